//! From submission to the end.

use aws_sdk_batch::types::JobStatus;
use serde_json::{Value, json};

use crate::harness::{Server, shell, variable};

fn statuses(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["detail"]["status"].as_str().unwrap()).collect()
}

/// A job that exits with 0 goes through all states in order, and an event tells of each but the submission.
#[tokio::test]
async fn a_successful_job_announces_each_state_in_order() {
    let server = Server::start().await;
    let id = server.submit(server.request().tags("team", "feeds").parameters("a", "b")).await;
    let job = server.wait_for(&id, JobStatus::Succeeded).await;
    assert_eq!(job.attempts().len(), 1);
    assert_eq!(job.container().unwrap().exit_code(), Some(0));
    let times = [job.created_at(), job.started_at(), job.stopped_at()].map(Option::unwrap);
    assert!(times.is_sorted() && times[0] > 1_600_000_000_000, "{times:?}");

    let events = server.events_until(&id, "SUCCEEDED").await;
    assert_eq!(statuses(&events), ["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]);
    let event = &events[3];
    let arn = format!("arn:aws:batch:us-east-1:000000000000:job/{id}");
    assert_eq!(event["version"], "0");
    assert_eq!(event["detail-type"], "Batch Job State Change");
    assert_eq!(event["source"], "aws.batch");
    assert_eq!((&event["account"], &event["region"]), (&json!("000000000000"), &json!("us-east-1")));
    assert_eq!(event["resources"], json!([arn]));
    let time = event["time"].as_str().unwrap();
    assert!(time.len() == 20 && time.ends_with('Z'), "{time}");
    let detail = &event["detail"];
    assert_eq!(detail["jobArn"], arn);
    assert_eq!(detail["jobQueue"], "arn:aws:batch:us-east-1:000000000000:job-queue/q");
    assert_eq!(detail["jobDefinition"], "arn:aws:batch:us-east-1:000000000000:job-definition/job:1");
    assert_eq!(detail["tags"], json!({ "resourceArn": arn, "team": "feeds" }));
    assert_eq!(detail["parameters"], json!({ "a": "b" }));
    assert_eq!(detail["attempts"][0]["container"]["exitCode"], 0);
    assert_eq!(detail["attempts"][0]["container"]["networkInterfaces"], json!([]));
    assert_eq!((&events[0]["detail"]["attempts"], &detail["dependsOn"]), (&json!([]), &json!([])));
    let ids: std::collections::BTreeSet<_> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 4);
}

/// The exit code alone decides, and it stands wherever AWS shows it.
#[tokio::test]
async fn a_job_that_exits_otherwise_fails_with_its_code() {
    let server = Server::start().await;
    let id = server.script("exit 42").await;
    let job = server.wait_for(&id, JobStatus::Failed).await;
    assert_eq!(job.status_reason(), Some("Essential container in task exited"));
    assert_eq!(job.container().unwrap().exit_code(), Some(42));
    let attempt = &job.attempts()[0];
    assert_eq!(attempt.status_reason(), job.status_reason());
    assert_eq!(attempt.container().unwrap().exit_code(), Some(42));
    let stream = attempt.container().unwrap().log_stream_name().unwrap();
    let hex = stream.strip_prefix("job/default/").unwrap();
    assert!(hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "{stream}");
    assert!(attempt.container().unwrap().task_arn().unwrap().ends_with(hex));
    let events = server.events_until(&id, "FAILED").await;
    assert_eq!(statuses(&events), ["RUNNABLE", "STARTING", "RUNNING", "FAILED"]);
}

/// A job that a signal ends has the exit code that a container would have.
#[tokio::test]
async fn a_signal_counts_as_128_and_its_number() {
    let server = Server::start().await;
    let id = server.script("kill -9 $$").await;
    assert_eq!(server.wait_for(&id, JobStatus::Failed).await.container().unwrap().exit_code(), Some(137));
}

/// An image that nobody has described cannot be pulled, and the words say what to do.
#[tokio::test]
async fn an_unknown_image_fails_the_job() {
    let server = Server::start().await;
    server.define("nowhere", "registry/nowhere:1", &["true"]).await;
    let id = server.submit(server.request().job_definition("nowhere")).await;
    let job = server.wait_for(&id, JobStatus::Failed).await;
    let reason = "CannotPullContainerError: image registry/nowhere:1 has no entry under images in jobwire.local.yaml";
    assert_eq!((job.status_reason(), job.container().unwrap().reason()), (Some(reason), Some(reason)));
    assert_eq!(job.container().unwrap().exit_code(), None);
    assert_eq!(statuses(&server.events_until(&id, "FAILED").await), ["RUNNABLE", "STARTING", "FAILED"]);
}

/// What cannot be started fails with words, never silently.
#[tokio::test]
async fn a_program_that_is_not_there_fails_the_job() {
    let server = Server::start().await;
    server.define("missing", "bare", &["no-such-program"]).await;
    server.define("empty", "bare", &[]).await;
    for (definition, words) in [("missing", "cannot start `no-such-program`"), ("empty", "nothing to run")] {
        let id = server.submit(server.request().job_definition(definition)).await;
        let job = server.wait_for(&id, JobStatus::Failed).await;
        assert!(job.container().unwrap().reason().unwrap().contains(words), "{job:?}");
        assert_eq!(job.container().unwrap().exit_code(), Some(127));
    }
}

/// AWS takes a request whose overrides are too long, and fails the job late; so does this.
#[tokio::test]
async fn overrides_beyond_8192_characters_are_accepted_and_fail_late() {
    let server = Server::start().await;
    let overrides = shell("true").environment(variable("LONG", &"x".repeat(8192))).build();
    let id = server.submit(server.request().container_overrides(overrides)).await;
    let job = server.wait_for(&id, JobStatus::Failed).await;
    assert!(job.status_reason().unwrap().contains("at most 8192"), "{job:?}");
}
