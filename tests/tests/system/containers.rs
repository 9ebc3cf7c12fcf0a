//! Containers under the real programs.
//!
//! `tests/images/bases.sh` makes the images; where that cannot be, the tests say so and are skipped.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_batch::types::{
    CeType, ComputeEnvironmentOrder, ComputeResource, ContainerProperties, CrType, JobDefinitionType,
};
use jobwire_tests::{binaries, cloud, containers};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// `jobwire local-batch` by itself, on a free port.
struct LocalBatch {
    child: Child,
    client: aws_sdk_batch::Client,
}

impl LocalBatch {
    async fn start(folder: &std::path::Path) -> Self {
        let mut command = binaries::command("jobwire").unwrap();
        command.args(["local-batch", "--listen", "127.0.0.1:0", "--executor", "docker", "--work-dir"]).arg(folder);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("AWS_ENDPOINT_URL_BATCH=").unwrap();
        let client = cloud::batch_at(url);
        let compute = ComputeResource::builder().r#type(CrType::Ec2).maxv_cpus(2).subnets("subnet-1").build();
        let request = client.create_compute_environment().compute_environment_name("ce").r#type(CeType::Managed);
        request.compute_resources(compute).send().await.unwrap();
        let order = ComputeEnvironmentOrder::builder().order(1).compute_environment("ce").build();
        let request = client.create_job_queue().job_queue_name("q").priority(1).compute_environment_order(order);
        request.send().await.unwrap();
        Self { child, client }
    }

    async fn submit(&self, properties: ContainerProperties) -> String {
        let request = self.client.register_job_definition().job_definition_name("d");
        request.r#type(JobDefinitionType::Container).container_properties(properties).send().await.unwrap();
        let request = self.client.submit_job().job_name("j").job_queue("q").job_definition("d");
        request.send().await.unwrap().job_id.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_container_outlives_a_local_batch_that_is_killed() {
    if !containers::are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut server = LocalBatch::start(folder.path()).await;
    let command = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"].map(str::to_owned);
    let properties = ContainerProperties::builder().image(containers::BUSYBOX).set_command(Some(command.into()));
    let id = server.submit(properties.build()).await;
    until("the container runs", || !containers::of_job(&id).is_empty());
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    until("the container is gone", || containers::of_job(&id).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_a_local_batch_that_comes_to_its_end() {
    if !containers::are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut server = LocalBatch::start(folder.path()).await;
    let watchdogs = || {
        let own = format!("/proc/{}/task/{}/children", server.child.id(), server.child.id());
        std::fs::read_to_string(own).unwrap_or_default().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let watchdogs = watchdogs();
    assert_eq!(watchdogs.len(), 1, "a watchdog is there");
    kill(Pid::from_raw(i32::try_from(server.child.id()).unwrap()), Signal::SIGTERM).unwrap();
    assert!(server.child.wait().unwrap().success());
    let is_gone = |id: &String| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    };
    until("the watchdog is gone", || watchdogs.iter().all(is_gone));
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
