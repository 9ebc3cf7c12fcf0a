//! How many jobs run at once, and which come first.

use aws_sdk_batch::types::{JobStatus, ResourceRequirement, ResourceType};

use crate::harness::{Server, shell, wait_until};

const HELD: &str = "echo > ready; while [ ! -e go ]; do sleep 0.01; done";

async fn submit(server: &Server, queue: &str, vcpus: &str, script: &str) -> String {
    let requirement = ResourceRequirement::builder().r#type(ResourceType::Vcpu).value(vcpus).build();
    let overrides = shell(script).resource_requirements(requirement).build();
    server.submit(server.request().job_queue(queue).container_overrides(overrides)).await
}

fn release(server: &Server, id: &str) {
    std::fs::write(server.job_dir(id).join("go"), "").unwrap();
}

/// No more vCPUs than maxvCpus are taken at once; who does not fit waits, and whoever came later waits behind it.
#[tokio::test]
async fn jobs_wait_in_order_for_their_vcpus() {
    let server = Server::start().await;
    let first = submit(&server, "q", "3", HELD).await;
    server.file(&first, "ready").await;
    let large = submit(&server, "q", "2", HELD).await;
    let small = submit(&server, "q", "1", HELD).await;
    for id in [&large, &small] {
        assert_eq!(server.describe(id).await.status, Some(JobStatus::Runnable));
    }
    release(&server, &first);
    // Both fit now, side by side.
    server.file(&large, "ready").await;
    server.file(&small, "ready").await;
    for id in [&large, &small] {
        release(&server, id);
        server.wait_for(id, JobStatus::Succeeded).await;
    }
}

/// The queue of the higher priority is served first where queues share a compute environment.
#[tokio::test]
async fn a_queue_of_higher_priority_comes_first() {
    let server = Server::start_empty(|_| {}).await;
    server.compute("ce", 1).await;
    server.queue("q", 1, "ce").await;
    server.queue("urgent", 10, "ce").await;
    server.define("job", "sh", &["true"]).await;
    let running = submit(&server, "q", "1", HELD).await;
    server.file(&running, "ready").await;
    let patient = submit(&server, "q", "1", "true").await;
    let urgent = submit(&server, "urgent", "1", HELD).await;
    release(&server, &running);
    server.file(&urgent, "ready").await;
    assert_eq!(server.describe(&patient).await.status, Some(JobStatus::Runnable));
    release(&server, &urgent);
    server.wait_for(&patient, JobStatus::Succeeded).await;
}

/// A job larger than its compute environment stays RUNNABLE with AWS's word for it, and can be cancelled.
#[tokio::test]
async fn a_job_that_never_fits_says_why() {
    let server = Server::start().await;
    let id = submit(&server, "q", "5", "true").await;
    let reason = wait_until("the reason", async || server.describe(&id).await.status_reason).await;
    assert!(reason.starts_with("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - "), "{reason}");
    assert!(reason.contains("needs 5 vCPUs") && reason.contains("at most 4"), "{reason}");
    assert_eq!(server.describe(&id).await.status, Some(JobStatus::Runnable));
    let behind = server.script("true").await;
    server.client.cancel_job().job_id(&id).reason("too large").send().await.unwrap();
    server.wait_for(&id, JobStatus::Failed).await;
    server.wait_for(&behind, JobStatus::Succeeded).await;
}
