//! What a function promises about one invocation, whatever Batch and the queue do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use jobwire_core::plan::Deployment;
use jobwire_core::trigger::Triggers;
use jobwire_lambda::batch::SubmitError;
use jobwire_lambda::fake::{FakeBatch, FakeLedger, FakeRejects, Fate};
use jobwire_lambda::function::Function;
use jobwire_lambda::pace::Pace;
use jobwire_lambda::window::Timing;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

fn triggers() -> Triggers {
    let file = "
version: 1
triggers:
  consume:
    on: { topic: feed }
    when: message is not defined or message.type == 'go'
    submit:
      jobName: consume
      jobQueue: feeds
      jobDefinition: FeedConsumer
      parameters: { must: \"{{ message.must if message is defined else 'x' }}\" }
";
    jobwire_core::trigger_file::read(file, None, &[jobwire_sns::SOURCE]).unwrap()
}

fn record(id: &str, message: &str) -> Value {
    json!({"EventSource": "aws:sns", "Sns": {"TopicArn": "arn:aws:sns:eu-west-1:1:feed", "MessageId": id, "Timestamp": "2026-11-21T06:00:00Z", "Message": message}})
}

type Faked<'a> = Function<&'a FakeBatch, &'a FakeLedger, &'a FakeRejects>;

/// A function without a ledger.
fn function<'a>(batch: &'a FakeBatch, rejects: Option<&'a FakeRejects>) -> Faked<'a> {
    Function {
        source: jobwire_sns::SOURCE,
        triggers: triggers(),
        deployment: Deployment::default(),
        batch,
        ledger: None,
        rejects,
        pace: Pace::of(f64::INFINITY),
        timing: Timing::default(),
    }
}

/// More time than any test takes.
fn later() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

const GO: &str = r#"{"type": "go", "must": "y"}"#;

#[tokio::test]
async fn one_job_is_answered_at_the_top_too() {
    let (batch, rejects) = (FakeBatch::default(), FakeRejects::default());
    let answer =
        function(&batch, Some(&rejects)).handle(&json!({"Records": [record("1", GO)]}), later()).await.unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    let submitted = &answer["submitted"][0];
    assert_eq!((&answer["jobId"], &answer["skipped"], &answer["rejected"]), (&json!("job-1"), &json!(0), &json!(0)));
    assert_eq!((&submitted["trigger"], &submitted["outcome"]), (&json!("consume"), &json!("new")));
    assert_eq!(submitted["jobName"].as_str().unwrap().len(), "consume-".len() + 16);
    assert_eq!(answer.get("batchItemFailures"), None);
}

#[tokio::test]
async fn good_records_go_on_beside_bad_templates_bad_records_and_refused_requests() {
    let (batch, rejects) = (FakeBatch::default(), FakeRejects::default());
    batch.next([Fate::Fails(SubmitError::Refused("ClientException: no such queue".into()))]);
    let records = json!([
        record("1", GO),
        record("2", r#"{"type": "go"}"#),
        7,
        record("3", r#"{"type": "stop"}"#),
        record("4", "plain")
    ]);
    let answer = function(&batch, Some(&rejects)).handle(&json!({"Records": records}), later()).await.unwrap();
    assert_eq!((answer.submitted.len(), answer.skipped, answer.rejected), (1, 1, 3));
    let taken = rejects.taken();
    let path = |index: usize| taken[index]["problems"][0]["path"].as_str().unwrap();
    assert_eq!((path(0), path(1)), ("Records[2]", "triggers.consume.submit.parameters.must"));
    assert_eq!(taken[2]["problems"][0]["message"], "Batch refuses the job: ClientException: no such queue");
    assert_eq!(taken[1]["event"], json!({"Records": [records[1]]}), "an event of the record alone goes to the queue");
}

#[tokio::test]
async fn a_fault_of_the_moment_fails_the_invocation_after_everything_else_was_done() {
    let (batch, rejects) = (FakeBatch::default(), FakeRejects::default());
    batch.next([Fate::Fails(SubmitError::Lost("the answer was lost".into()))]);
    let fault = function(&batch, Some(&rejects))
        .handle(&json!({"Records": [record("1", GO), record("2", GO)]}), later())
        .await
        .unwrap_err();
    assert_eq!(fault.error_type(), "Jobwire.BatchUnavailable");
    assert_eq!(batch.submitted().len(), 1);
}

#[tokio::test]
async fn without_a_rejects_queue_or_with_a_broken_one_nothing_is_lost_in_silence() {
    let batch = FakeBatch::default();
    let event = json!({"Records": [7]});
    assert_eq!(function(&batch, None).handle(&event, later()).await.unwrap_err().error_type(), "Jobwire.Rejected");
    let broken = FakeRejects::broken();
    assert_eq!(
        function(&batch, Some(&broken)).handle(&event, later()).await.unwrap_err().error_type(),
        "Jobwire.RejectsQueueUnavailable"
    );
}

#[tokio::test(start_paused = true)]
async fn a_rejects_queue_that_does_not_answer_takes_no_more_than_the_function_s_time() {
    let (batch, silent) = (FakeBatch::default(), FakeRejects::silent());
    let event = json!({"Records": [7, record("1", GO)]});
    let deadline = later();
    let error = function(&batch, Some(&silent)).handle(&event, deadline).await.unwrap_err();
    assert_eq!(error.error_type(), "Jobwire.RejectsQueueUnavailable");
    assert!(Instant::now() < deadline, "Lambda would have ended the process");
    assert_eq!(batch.submitted().len(), 1);
}

#[tokio::test]
async fn of_a_batch_of_sqs_only_the_message_concerned_comes_again() {
    let (batch, rejects) = (FakeBatch::default(), FakeRejects::default());
    batch.next([Fate::Fails(SubmitError::Lost("the answer was lost".into()))]);
    let queued = |id: &str| {
        let mut body = record(id, GO)["Sns"].clone();
        body["Type"] = "Notification".into();
        json!({"messageId": format!("sqs-{id}"), "eventSource": "aws:sqs", "body": body.to_string()})
    };
    let answer = function(&batch, Some(&rejects))
        .handle(&json!({"Records": [queued("1"), queued("2")]}), later())
        .await
        .unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    assert_eq!(answer["batchItemFailures"], json!([{"itemIdentifier": "sqs-1"}]));
    assert_eq!(answer["submitted"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_that_holds_an_occurrence_twice_starts_one_job() {
    let (batch, rejects) = (FakeBatch::default(), FakeRejects::default());
    let event = json!({"Records": [record("1", GO), record("1", GO), record("2", GO)]});
    let answer = function(&batch, Some(&rejects)).handle(&event, later()).await.unwrap();
    let answer = serde_json::to_value(answer).unwrap();
    let outcome =
        |index: usize| (answer["submitted"][index]["jobId"].clone(), answer["submitted"][index]["outcome"].clone());
    assert_eq!((outcome(0), outcome(1)), ((json!("job-1"), json!("new")), (json!("job-1"), json!("duplicate"))));
    assert_eq!((outcome(2).0, batch.submitted().len()), (json!("job-2"), 2));
    // A failure is shared too, so that both messages of SQS come again.
    batch.next([Fate::Fails(SubmitError::Lost("the answer was lost".into()))]);
    let event = json!({"Records": [record("3", GO), record("3", GO)]});
    assert!(function(&batch, Some(&rejects)).handle(&event, later()).await.is_err());
    assert_eq!(batch.submitted().len(), 2);
}

#[tokio::test]
async fn nothing_is_begun_when_the_function_s_time_is_over() {
    let (batch, rejects) = (FakeBatch::default(), FakeRejects::default());
    let event = json!({"Records": [record("1", GO)]});
    let fault =
        function(&batch, Some(&rejects)).handle(&event, Instant::now() + Duration::from_secs(1)).await.unwrap_err();
    assert_eq!((fault.error_type(), batch.submitted().len()), ("Jobwire.OutOfTime", 0));
}

/// A reader with a defect that one record meets.
fn with_a_defect(event: &Value) -> jobwire_core::source::Reading {
    let text = event["Records"].to_string();
    assert!(!text.contains("poison"), "the reader has a defect");
    (jobwire_sns::SOURCE.read)(event)
}

#[tokio::test]
async fn a_defect_of_ours_costs_the_record_that_meets_it_and_no_other() {
    let (batch, rejects) = (FakeBatch::default(), FakeRejects::default());
    let mut function = function(&batch, Some(&rejects));
    function.source.read = with_a_defect;
    let event = json!({"Records": [record("1", GO), record("2", "poison"), record("3", GO)]});
    let answer = function.handle(&event, later()).await.unwrap();
    assert_eq!((answer.submitted.len(), answer.rejected), (2, 1));
    assert_eq!(rejects.taken()[0]["event"], json!({"Records": [event["Records"][1]]}));
    // While a job is submitted it is no other: the record that meets it comes again, and the next has its job.
    batch.next([Fate::Panics]);
    let event = json!({"Records": [record("4", GO), record("5", GO)]});
    let fault = function.handle(&event, later()).await.unwrap_err();
    assert_eq!((fault.error_type(), batch.submitted().len()), ("Jobwire.Defect", 3));
}

#[tokio::test]
async fn a_replay_is_for_its_trigger_alone_and_fails_where_it_would_be_rejected() {
    let (batch, rejects) = (FakeBatch::default(), FakeRejects::default());
    let function = function(&batch, Some(&rejects));
    let event = json!({"Records": [record("1", GO)]});
    let replay = |trigger| jobwire_core::replay::Replay { event: &event, trigger }.wrapped();
    assert_eq!(function.handle(&replay(Some("another")), later()).await.unwrap().submitted.len(), 0);
    assert_eq!(function.handle(&replay(Some("consume")), later()).await.unwrap().submitted.len(), 1);
    assert_eq!(function.handle(&replay(None), later()).await.unwrap().submitted.len(), 1);
    batch.next([Fate::Fails(SubmitError::Refused("ClientException: no such queue".into()))]);
    let fault = function.handle(&replay(None), later()).await.unwrap_err();
    assert_eq!((fault.error_type(), rejects.taken().len()), ("Jobwire.Rejected", 0));
}

#[tokio::test(start_paused = true)]
async fn while_batch_is_busy_a_burst_waits_as_long_as_the_time_allows() {
    let (batch, rejects) = (FakeBatch::default(), FakeRejects::default());
    let busy = || Fate::Fails(SubmitError::Throttled("TooManyRequestsException".into()));
    batch.next((0..12).map(|_| busy()));
    let event = json!({"Records": [record("1", GO)]});
    let answer = function(&batch, Some(&rejects)).handle(&event, later()).await.unwrap();
    assert_eq!(answer.submitted.len(), 1);
    batch.next((0..1000).map(|_| busy()));
    let fault = function(&batch, Some(&rejects)).handle(&event, later()).await.unwrap_err();
    assert_eq!((fault.error_type(), batch.submitted().len()), ("Jobwire.BatchThrottled", 1));
}
