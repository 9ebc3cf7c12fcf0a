//! Compute environments, queues and definitions.

use aws_sdk_batch::types::{
    CeState, CeStatus, CeType, ComputeEnvironmentOrder, ContainerProperties, JobDefinitionType, JqState, JqStatus,
    ResourceRequirement, ResourceType,
};

use crate::harness::{Server, variable};

/// Resources are ENABLED and VALID at once and can be described by name and by ARN.
#[tokio::test]
async fn resources_are_valid_at_once() {
    let server = Server::start().await;
    let queue = "arn:aws:batch:us-east-1:000000000000:job-queue/q";
    for name in ["q", queue] {
        let answer = server.client.describe_job_queues().job_queues(name).send().await.unwrap();
        let [found] = answer.job_queues() else { panic!("{answer:?}") };
        assert_eq!((found.state(), found.status()), (Some(&JqState::Enabled), Some(&JqStatus::Valid)));
        let order = found.compute_environment_order()[0].compute_environment().unwrap();
        assert_eq!(order, "arn:aws:batch:us-east-1:000000000000:compute-environment/ce");
    }
    let answer = server.client.describe_compute_environments().send().await.unwrap();
    let [found] = answer.compute_environments() else { panic!("{answer:?}") };
    assert_eq!((found.state(), found.status()), (Some(&CeState::Enabled), Some(&CeStatus::Valid)));
    assert_eq!(found.compute_resources().unwrap().maxv_cpus(), Some(4));
}

/// Each registration of a name is its next revision, and all that was registered is described.
#[tokio::test]
async fn definitions_have_revisions_and_keep_what_they_were_given() {
    let server = Server::start().await;
    let memory = ResourceRequirement::builder().r#type(ResourceType::Memory).value("512").build();
    let container = ContainerProperties::builder()
        .image("sh")
        .job_role_arn("arn:aws:iam::000000000000:role/job")
        .user("nobody")
        .environment(variable("A", "b"))
        .resource_requirements(memory)
        .build();
    let register = || {
        let request = server.client.register_job_definition().job_definition_name("kept");
        let request = request.r#type(JobDefinitionType::Container).container_properties(container.clone());
        request.parameters("p", "v").tags("t", "u").propagate_tags(true)
    };
    for revision in 1..=3 {
        assert_eq!(register().send().await.unwrap().revision(), Some(revision));
    }
    let answer = server.client.describe_job_definitions().job_definition_name("kept").max_results(2).send().await;
    let answer = answer.unwrap();
    let revisions: Vec<_> = answer.job_definitions().iter().map(|one| one.revision().unwrap()).collect();
    assert_eq!(revisions, [3, 2]);
    assert!(answer.next_token().is_some());
    let found = &answer.job_definitions()[0];
    let described = found.container_properties().unwrap();
    assert_eq!(described.job_role_arn(), container.job_role_arn());
    assert_eq!((described.user(), described.environment()), (Some("nobody"), container.environment()));
    assert_eq!((found.status(), found.propagate_tags()), (Some("ACTIVE"), Some(true)));
    assert_eq!((&found.parameters().unwrap()["p"], &found.tags().unwrap()["t"]), (&"v".into(), &"u".into()));
}

/// Duplicates, unknown environments, bad names and definitions that are not run here are refused with words.
#[tokio::test]
async fn wrong_resources_are_refused_with_words() {
    let server = Server::start().await;
    let order = |name: &str| ComputeEnvironmentOrder::builder().order(1).compute_environment(name).build();
    let queue = |name: &str, compute: &str| {
        server.client.create_job_queue().job_queue_name(name).priority(1).compute_environment_order(order(compute))
    };
    for (request, words) in [
        (queue("q", "ce"), "`q` exists already"),
        (queue("a b", "ce"), "jobQueueName: found `a b`"),
        (queue("new", "nowhere"), "`nowhere` does not exist; known here: ce"),
        (server.client.create_job_queue().job_queue_name("new").priority(1), "computeEnvironmentOrder: found 0"),
    ] {
        let message = request.send().await.unwrap_err().into_service_error().meta().message().unwrap().to_owned();
        assert!(message.contains(words), "{message}");
    }
    let create = |name: &str| {
        server.client.create_compute_environment().compute_environment_name(name).r#type(CeType::Unmanaged)
    };
    let message = create("ce").send().await.unwrap_err().into_service_error().meta().message().unwrap().to_owned();
    assert!(message.contains("`ce` exists already"), "{message}");

    let register =
        |kind: JobDefinitionType| server.client.register_job_definition().job_definition_name("new").r#type(kind);
    let with = |container| register(JobDefinitionType::Container).container_properties(container);
    let container = || ContainerProperties::builder().image("sh");
    for (request, words) in [
        (register(JobDefinitionType::Multinode), "does not run multi-node definitions yet"),
        (register(JobDefinitionType::Container), "containerProperties: is missing"),
        (with(ContainerProperties::builder().build()), "containerProperties.image"),
        (with(container().command("").build()), "containerProperties.command[0]"),
        (with(container().environment(variable("AWS_BATCH_A", "b")).build()), "AWS_BATCH"),
    ] {
        let message = request.send().await.unwrap_err().into_service_error().meta().message().unwrap().to_owned();
        assert!(message.contains(words), "{message}");
    }
}
