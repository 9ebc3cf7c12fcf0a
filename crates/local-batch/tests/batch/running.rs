//! What a job gets to see.

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt};

use aws_sdk_batch::types::{ContainerProperties, JobDefinitionType, JobStatus, ResourceRequirement, ResourceType};
use jobwire_local_batch::Image;

use crate::harness::{Server, shell, texts, variable};

fn variables(log: &str) -> BTreeMap<String, String> {
    log.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
}

/// A job has the variables of its definition, its overrides and Batch, and none of the server's own.
#[tokio::test]
async fn the_environment_is_clean_and_overrides_win_by_name() {
    let server = Server::start_with(|options| {
        options.aws_endpoint = Some("http://127.0.0.1:1".to_owned());
        options.path = vec!["/opt/runner".into()];
    })
    .await;
    let container = ContainerProperties::builder()
        .image("sh")
        .command("/usr/bin/env")
        .environment(variable("KEPT", "definition"))
        .environment(variable("CHANGED", "definition"))
        .environment(variable("AWS_REGION", "xx-own-1"))
        .environment(variable("PATH", "/own/bin"))
        .build();
    server.register("env", container).await;
    let overrides = aws_sdk_batch::types::ContainerOverrides::builder()
        .environment(variable("CHANGED", "override"))
        .environment(variable("EMPTY", ""))
        .build();
    let id = server.submit(server.request().job_definition("env").container_overrides(overrides)).await;
    let job = server.wait_for(&id, JobStatus::Succeeded).await;

    let mut found = variables(&server.log(&id));
    // The shell that runs the script sets these by itself.
    for own in ["PWD", "OLDPWD", "SHLVL", "_"] {
        found.remove(own);
    }
    let dir = server.job_dir(&id).to_string_lossy().into_owned();
    let expected = [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_BATCH_CE_NAME", "ce"),
        ("AWS_BATCH_JOB_ATTEMPT", "1"),
        ("AWS_BATCH_JOB_ID", &id),
        ("AWS_BATCH_JQ_NAME", "q"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_BATCH", &server.url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("CHANGED", "override"),
        ("EMPTY", ""),
        ("HOME", &dir),
        ("KEPT", "definition"),
        ("LANG", "C.UTF-8"),
        ("PATH", "/opt/runner:/own/bin:/usr/local/bin:/usr/bin:/bin"),
        ("TMPDIR", &dir),
    ];
    assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());

    let described: Vec<_> = job.container().unwrap().environment().iter().map(|one| one.name().unwrap()).collect();
    assert_eq!(described, ["KEPT", "CHANGED", "AWS_REGION", "PATH", "EMPTY"]);
}

/// `Ref::name` in the command becomes the parameter, the request's before the definition's; the environment stays.
#[tokio::test]
async fn parameters_fill_the_command_and_nothing_else() {
    let server = Server::start().await;
    let container = ContainerProperties::builder()
        .image("bare")
        .set_command(Some(texts(&["/bin/echo", "s3://Ref::bucket/Ref::key", "Ref::unknown"])))
        .environment(variable("KEY", "Ref::key"))
        .build();
    let request = server.client.register_job_definition().job_definition_name("echo");
    let request = request.r#type(JobDefinitionType::Container).container_properties(container);
    request.parameters("bucket", "default").parameters("key", "default").send().await.unwrap();

    let id = server.submit(server.request().job_definition("echo").parameters("key", "a b;$(c)")).await;
    let job = server.wait_for(&id, JobStatus::Succeeded).await;
    assert_eq!(server.log(&id), "s3://default/a b;$(c) Ref::unknown\n");
    let container = job.container().unwrap();
    assert_eq!(container.command(), ["/bin/echo", "s3://default/a b;$(c)", "Ref::unknown"]);
    assert_eq!(container.environment()[0].value(), Some("Ref::key"));
    assert_eq!(job.parameters().unwrap().len(), 2);
}

/// Overridden requirements replace the definition's of the same type and leave the others.
#[tokio::test]
async fn requirements_are_overridden_by_type() {
    let server = Server::start().await;
    let requirement =
        |kind: ResourceType, value: &str| ResourceRequirement::builder().r#type(kind).value(value).build();
    let container = ContainerProperties::builder()
        .image("sh")
        .command("true")
        .resource_requirements(requirement(ResourceType::Vcpu, "1"))
        .resource_requirements(requirement(ResourceType::Memory, "512"))
        .build();
    server.register("sized", container).await;
    let overrides = shell("true").resource_requirements(requirement(ResourceType::Vcpu, "2")).build();
    let id = server.submit(server.request().job_definition("sized").container_overrides(overrides)).await;
    let job = server.wait_for(&id, JobStatus::Succeeded).await;
    let found: Vec<_> =
        job.container().unwrap().resource_requirements().iter().map(|one| one.value().unwrap()).collect();
    assert_eq!(found, ["2", "512"]);
}

/// An image's directory is the working directory, and a program given by a relative path is found in it.
#[tokio::test]
async fn a_job_works_in_its_images_directory() {
    let dir = tempfile::TempDir::new().unwrap();
    let program = dir.path().join("main.sh");
    std::fs::write(&program, "#!/bin/sh\npwd\necho \"$@\"\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let place = dir.path().to_owned();
    let server = Server::start_with(|options| {
        let image = Image { entrypoint: texts(&["./main.sh", "--first"]), dir: Some(place) };
        options.images.insert("app".to_owned(), image);
    })
    .await;
    server.define("app", "app", &["two words"]).await;
    let id = server.submit(server.request().job_definition("app")).await;
    server.wait_for(&id, JobStatus::Succeeded).await;
    assert_eq!(server.log(&id), format!("{}\n--first two words\n", dir.path().canonicalize().unwrap().display()));
}
