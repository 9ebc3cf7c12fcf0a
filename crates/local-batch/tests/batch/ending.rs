//! Cancelling, terminating, and the end of the server.

use std::time::{Duration, Instant};

use aws_sdk_batch::types::JobStatus;

use crate::harness::{Server, alive, shell, wait_for_death};

/// Starts a child and a grandchild that outlive a SIGTERM, and says their ids.
const FAMILY: &str =
    "trap '' TERM; sh -c 'trap \"\" TERM; sleep 1000 & echo $! > grandchild; wait' & echo $$ > self; wait; wait";

async fn start_family(server: &Server) -> (String, Vec<String>) {
    let id = server.script(FAMILY).await;
    let pids = vec![server.file(&id, "self").await, server.file(&id, "grandchild").await];
    assert!(pids.iter().all(|pid| alive(pid)));
    (id, pids)
}

/// `TerminateJob` ends the whole process group, however deaf it is to SIGTERM, and gives the job its reason.
#[tokio::test]
async fn terminate_kills_the_grandchildren_too() {
    let server = Server::start_with(|options| options.stop_grace = Duration::from_millis(50)).await;
    let (id, pids) = start_family(&server).await;
    server.client.terminate_job().job_id(&id).reason("enough").send().await.unwrap();
    let job = server.wait_for(&id, JobStatus::Failed).await;
    assert_eq!(
        (job.status_reason(), job.is_terminated(), job.is_cancelled()),
        (Some("enough"), Some(true), Some(false))
    );
    assert_eq!(job.container().unwrap().exit_code(), Some(137));
    for pid in pids {
        wait_for_death(&pid).await;
    }
}

/// A job that ends in time after SIGTERM is not killed, and has FAILED even if it exits with 0.
#[tokio::test]
async fn a_terminated_job_may_clean_up() {
    let server = Server::start().await;
    let id = server.script("trap 'echo cleaned; exit 0' TERM; echo > ready; while :; do sleep 0.01; done").await;
    server.file(&id, "ready").await;
    server.client.terminate_job().job_id(&id).reason("enough").send().await.unwrap();
    let job = server.wait_for(&id, JobStatus::Failed).await;
    assert_eq!((job.status_reason(), job.container().unwrap().exit_code()), (Some("enough"), Some(0)));
    assert!(server.log(&id).contains("cleaned"));
}

/// What a job leaves running ends with it, as in a container.
#[tokio::test]
async fn nothing_outlives_its_job() {
    let server = Server::start().await;
    let id = server.script("sleep 1000 & echo $! > child; exit 0").await;
    server.wait_for(&id, JobStatus::Succeeded).await;
    wait_for_death(&server.file(&id, "child").await).await;
}

/// `CancelJob` ends a job that waits; one that runs goes on and the call still succeeds; so do calls for unknown jobs.
#[tokio::test]
async fn cancel_is_for_waiting_jobs_alone() {
    let server = Server::start_empty(|_| {}).await;
    server.compute("ce", 1).await;
    server.queue("q", 1, "ce").await;
    server.define("job", "sh", &["true"]).await;
    let first = server.script("echo > ready; while [ ! -e go ]; do sleep 0.01; done").await;
    server.file(&first, "ready").await;
    let second = server.script("true").await;
    let third = server.script("true").await;
    for id in [&first, &second] {
        server.client.cancel_job().job_id(id).reason("not needed").send().await.unwrap();
    }
    server.client.terminate_job().job_id(&third).reason("not needed either").send().await.unwrap();
    let job = server.wait_for(&second, JobStatus::Failed).await;
    assert_eq!((job.status_reason(), job.is_cancelled()), (Some("not needed"), Some(true)));
    assert!(job.attempts().is_empty());
    let job = server.wait_for(&third, JobStatus::Failed).await;
    assert_eq!((job.status_reason(), job.is_terminated()), (Some("not needed either"), Some(true)));
    assert_eq!(server.describe(&first).await.status, Some(JobStatus::Running));
    std::fs::write(server.job_dir(&first).join("go"), "").unwrap();
    server.wait_for(&first, JobStatus::Succeeded).await;

    let unknown = "01234567-89ab-cdef-0123-456789abcdef";
    server.client.cancel_job().job_id(unknown).reason("r").send().await.unwrap();
    server.client.terminate_job().job_id(unknown).reason("r").send().await.unwrap();
    server.client.terminate_job().job_id(&first).reason("too late").send().await.unwrap();
    assert_eq!(server.describe(&first).await.status, Some(JobStatus::Succeeded));
    let malformed = server.client.cancel_job().job_id("nonsense").reason("r").send().await.unwrap_err();
    assert!(malformed.into_service_error().meta().message().unwrap().contains("`nonsense` is no job id"));
}

/// When the server returns, no process of any job is left and each job's last event is delivered.
#[tokio::test]
async fn shutdown_leaves_no_process() {
    let mut server = Server::start().await;
    let (id, mut pids) = start_family(&server).await;
    let (_, more) = start_family(&server).await;
    pids.extend(more);
    let begin = Instant::now();
    server.stop().await.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(6), "{:?}", begin.elapsed());
    assert!(!alive(&pids[0]) && !alive(&pids[2]), "the jobs' own processes are reaped before the server returns");
    for pid in pids {
        wait_for_death(&pid).await;
    }
    let events = server.events_until(&id, "FAILED").await;
    assert_eq!(events.last().unwrap()["detail"]["statusReason"], "local-batch was shut down");
}

/// A server that is dropped instead of being shut down kills its jobs as well.
#[tokio::test]
async fn a_dropped_server_leaves_no_process() {
    let mut server = Server::start().await;
    let (_, pids) = start_family(&server).await;
    server.abort().await;
    for pid in pids {
        wait_for_death(&pid).await;
    }
}

/// The end of the server does not wait for jobs that have not been started.
#[tokio::test]
async fn shutdown_starts_nothing() {
    let mut server = Server::start_empty(|_| {}).await;
    server.compute("ce", 1).await;
    server.queue("q", 1, "ce").await;
    server.define("job", "sh", &["true"]).await;
    let first = server.script("echo > ready; sleep 1000").await;
    server.file(&first, "ready").await;
    let request = server.request().container_overrides(shell("echo > started").build());
    let second = server.submit(request).await;
    server.stop().await.unwrap();
    assert!(!server.job_dir(&second).exists());
}
