//! Jobs that are containers: what they get, how their ends are told, and that none outlives the server.
//!
//! `tests/images/bases.sh` makes the image; where that cannot be, the tests say so and are skipped.

use std::process::{Command, Stdio};

use aws_sdk_batch::types::{
    ContainerProperties, JobDetail, JobStatus, LinuxParameters, ResourceRequirement, ResourceType,
};
use jobwire_local_batch::{Executor, Image};

use crate::harness::{Server, texts};

const IMAGE: &str = "jobwire-test/busybox";

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).stderr(Stdio::null()).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// Whether there is the image, and with it Docker.
#[expect(clippy::print_stderr, reason = "a skipped test is to be seen")]
fn is_there() -> bool {
    if !docker(&["image", "inspect", "--format", "{{.Id}}", IMAGE]).is_empty() {
        return true;
    }
    assert!(std::env::var_os("JOBWIRE_DOCKER").is_none_or(|value| value != "required"), "there is no image {IMAGE}");
    eprintln!("skipped: there is no image {IMAGE}, which tests/images/bases.sh makes");
    false
}

async fn server() -> Server {
    Server::start_with(|options| options.executor = Executor::Docker).await
}

fn shell(script: &str) -> aws_sdk_batch::types::builders::ContainerPropertiesBuilder {
    ContainerProperties::builder().image(IMAGE).set_command(Some(texts(&["sh", "-c", script])))
}

fn needs(kind: ResourceType, value: &str) -> ResourceRequirement {
    ResourceRequirement::builder().r#type(kind).value(value).build()
}

/// Runs a job of these properties to its end.
async fn ended(server: &Server, properties: ContainerProperties) -> JobDetail {
    server.register("container", properties).await;
    let id = server.submit(server.request().job_definition("container")).await;
    server.until_ended(&id).await
}

fn reason(job: &JobDetail) -> &str {
    job.container().and_then(|container| container.reason()).unwrap_or_default()
}

fn exit_code(job: &JobDetail) -> Option<i32> {
    job.container().and_then(aws_sdk_batch::types::ContainerDetail::exit_code)
}

/// The containers of a job that Docker still knows.
fn left(job: &str) -> String {
    docker(&["ps", "--all", "--quiet", "--filter", &format!("label=jobwire.job={job}")])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_gets_its_command_its_user_and_batch_s_variables_and_its_output_is_kept() {
    if !is_there() {
        return;
    }
    let server = server().await;
    let script = "id -un; echo \"$0 [$1]\"; echo to standard error >&2; env | sort; exit 3";
    let properties = ContainerProperties::builder()
        .image(IMAGE)
        .set_command(Some(texts(&["sh", "-c", script, "name", "a b"])))
        .user("nobody")
        .build();
    let job = ended(&server, properties).await;
    assert_eq!((job.status(), exit_code(&job)), (Some(&JobStatus::Failed), Some(3)));
    assert_eq!(job.status_reason(), Some("Essential container in task exited"));
    let log = server.log(job.job_id().unwrap());
    // Docker has a pipe for each of the two streams, so their lines come in no order.
    for line in ["nobody\n", "name [a b]\n", "to standard error\n"] {
        assert!(log.contains(line), "{line}: {log}");
    }
    for variable in ["AWS_BATCH_JOB_ID=", "AWS_BATCH_JQ_NAME=q", "AWS_ENDPOINT_URL_BATCH=http://127.0.0.1:"] {
        assert!(log.contains(variable), "{variable}: {log}");
    }
    assert!(!log.contains("TMPDIR="), "an image says itself where its temporary files go: {log}");
    assert_eq!(left(job.job_id().unwrap()), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_reaches_what_listens_on_this_machine_s_loopback() {
    if !is_there() {
        return;
    }
    let server = server().await;
    let script = "echo x | wget -q -O- --post-data '{}' $AWS_ENDPOINT_URL_BATCH/v1/describejobqueues";
    let job = ended(&server, shell(script).build()).await;
    assert_eq!(exit_code(&job), Some(0), "{}", server.log(job.job_id().unwrap()));
    assert!(server.log(job.job_id().unwrap()).contains("jobQueues"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_takes_more_memory_than_it_asked_for_is_ended_as_batch_tells_it() {
    if !is_there() {
        return;
    }
    let server = server().await;
    let greedy = shell("x=aaaaaaaa; while :; do x=$x$x; done").resource_requirements(needs(ResourceType::Memory, "16"));
    let job = ended(&server, greedy.build()).await;
    assert_eq!((job.status(), exit_code(&job)), (Some(&JobStatus::Failed), Some(137)));
    assert_eq!(reason(&job), "OutOfMemoryError: Container killed due to memory usage");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_kernel_settings_are_those_of_the_definition() {
    if !is_there() {
        return;
    }
    let server = server().await;
    let script = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; \
                  touch /x 2>/dev/null || echo readonly; df /dev/shm | tail -n 1; cat /proc/1/comm";
    let linux = LinuxParameters::builder().shared_memory_size(3).init_process_enabled(true).build();
    let properties = shell(script)
        .resource_requirements(needs(ResourceType::Memory, "32"))
        .resource_requirements(needs(ResourceType::Vcpu, "1"))
        .readonly_root_filesystem(true)
        .linux_parameters(linux);
    let job = ended(&server, properties.build()).await;
    let log = server.log(job.job_id().unwrap());
    assert!(log.contains(&(32 * 1024 * 1024).to_string()), "{log}");
    assert!(log.contains("readonly") && log.contains(" 3072 "), "{log}");
    assert!(log.contains("docker-init") || log.contains("tini"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_pulled_and_a_program_that_is_not_there_fail_the_job_as_on_batch() {
    if !is_there() {
        return;
    }
    let server = server().await;
    let missing = ContainerProperties::builder().image("127.0.0.1:9/jobwire-test/none").build();
    let job = ended(&server, missing).await;
    assert!(reason(&job).starts_with("CannotPullContainerError: Error response from daemon: "), "{}", reason(&job));
    assert_eq!((job.status(), exit_code(&job)), (Some(&JobStatus::Failed), None));

    let nothing = ContainerProperties::builder().image(IMAGE).set_command(Some(texts(&["/no/such/program"])));
    let job = ended(&server, nothing.build()).await;
    assert!(reason(&job).starts_with("CannotStartContainerError: Error response from daemon: "), "{}", reason(&job));
    assert!(reason(&job).contains("/no/such/program"), "{}", reason(&job));
    assert_eq!(left(job.job_id().unwrap()), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_with_power_over_the_machine_is_not_run() {
    if !is_there() {
        return;
    }
    let server = server().await;
    let job = ended(&server, shell("true").privileged(true).build()).await;
    assert!(reason(&job).contains("privileged would give a job power over this machine"), "{}", reason(&job));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_container_gets_sigterm_and_its_own_exit_code_is_told() {
    if !is_there() {
        return;
    }
    let server = server().await;
    server.register("container", shell("trap 'exit 5' TERM; echo ready; while :; do sleep 0.1; done").build()).await;
    let id = server.submit(server.request().job_definition("container")).await;
    server.until_log(&id, "ready").await;
    server.client.terminate_job().job_id(&id).reason("enough").send().await.unwrap();
    let job = server.until_ended(&id).await;
    assert_eq!((job.status_reason(), exit_code(&job)), (Some("enough"), Some(5)));
    assert_eq!(left(&id), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_container_outlives_the_server_that_is_asked_to_end() {
    if !is_there() {
        return;
    }
    let mut server = server().await;
    server.register("container", shell("trap '' TERM; echo ready; while :; do sleep 0.1; done").build()).await;
    let id = server.submit(server.request().job_definition("container")).await;
    server.until_log(&id, "ready").await;
    server.stop().await.unwrap();
    assert_eq!(left(&id), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn auto_takes_the_container_where_its_image_is_there_and_else_the_process() {
    if !is_there() {
        return;
    }
    let process = Image { entrypoint: texts(&["/bin/sh", "-c", "echo a process; exit 0"]), dir: None };
    let server = Server::start_with(|options| {
        options.executor = Executor::Auto;
        for image in [IMAGE, "not/built"] {
            options.images.insert(image.to_owned(), process.clone());
        }
    })
    .await;
    let job = ended(&server, shell("echo a container").build()).await;
    assert_eq!(server.log(job.job_id().unwrap()), "a container\n");
    let job = ended(&server, ContainerProperties::builder().image("not/built").build()).await;
    assert_eq!(server.log(job.job_id().unwrap()), "a process\n");
}

#[tokio::test]
async fn docker_that_is_asked_for_and_not_there_is_told_before_anything_is_served() {
    let mut server = Server::start_empty(|options| {
        options.executor = Executor::Docker;
        options.docker_host = "unix:///no/such/docker.sock".to_owned();
    })
    .await;
    let error = server.stop().await.unwrap_err().to_string();
    assert!(error.contains("Docker") && error.contains("/no/such/docker.sock"), "{error}");
}
