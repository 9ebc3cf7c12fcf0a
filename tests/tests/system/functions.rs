//! The functions' binaries over the Lambda Runtime API, with a Batch endpoint that answers as it is told.

use std::path::{Path, PathBuf};

use jobwire_tests::batch_stub::{BatchStub, Reply};
use jobwire_tests::binaries;
use jobwire_tests::lambda::Lambda;
use serde_json::{Value, json};

use crate::{jobwire, project};

const TRIGGERS: &str = "
version: 1
triggers:
  consume-feed:
    on: { topic: start_feed_consumer }
    submit:
      jobName: consume
      jobQueue: feeds
      jobDefinition: FeedConsumer
      containerOverrides:
        environment:
          - { name: DOWNLOAD_MESSAGE, value: \"{{ sns.Message }}\" }
";

/// The compiled trigger file, as `synth` puts it beside a function.
pub(crate) fn compiled(file: &Path) -> PathBuf {
    let text = std::fs::read_to_string(file).unwrap();
    let sources = [jobwire_scheduled::SOURCE, jobwire_sns::SOURCE, jobwire_s3::SOURCE, jobwire_job_state::SOURCE];
    let triggers = jobwire_core::trigger_file::read(&text, None, &sources).unwrap();
    let path = file.with_file_name("jobwire.json");
    std::fs::write(&path, triggers.to_json()).unwrap();
    path
}

fn message(text: &str) -> Value {
    message_of("start_feed_consumer", text)
}

/// The event of a topic's message.
pub(crate) fn message_of(topic: &str, text: &str) -> Value {
    let arn = format!("arn:aws:sns:us-east-1:123456789012:{topic}");
    json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": format!("{arn}:1"), "Sns": {
        "Type": "Notification", "MessageId": "28dcb39b-12da-5518-a56c-8f5ad5a0a1b2", "TopicArn": arn,
        "Subject": null, "Message": text, "Timestamp": "2026-11-21T06:00:00.000Z", "SignatureVersion": "1", "Signature": "EXAMPLE",
        "SigningCertUrl": "EXAMPLE", "UnsubscribeUrl": "EXAMPLE", "MessageAttributes": {}}}]})
}

async fn function(stub: &BatchStub, name: &str, text: &str) -> (tempfile::TempDir, PathBuf, Lambda) {
    let (folder, file) = project(text);
    let lambda = Lambda::start(name, &compiled(&file), &[("AWS_ENDPOINT_URL_BATCH", &stub.url)]).await.unwrap();
    (folder, file, lambda)
}

#[tokio::test]
async fn what_render_prints_is_what_goes_over_the_wire() {
    let stub = BatchStub::start([]).await.unwrap();
    let (folder, file, mut lambda) = function(&stub, "jobwire-sns", TRIGGERS).await;
    // One brace too many: a message may be any text, and stays byte for byte.
    let event = message("{\"type\":\"lovelive\",\"jobXmlTag\":\"job\",\"gzipped\":true,\"emptyCDATA\":false}}");
    let (outcome, answer) = lambda.invoke(event.clone()).await.unwrap();
    assert_eq!((outcome.as_str(), &answer["jobId"]), ("response", &json!("11111111-2222-3333-4444-555555555555")));
    let path = folder.path().join("event.json");
    std::fs::write(&path, event.to_string()).unwrap();
    let (code, printed, words) = jobwire(&file, &["render", "--request-only", path.to_str().unwrap()]);
    assert_eq!((code, words.as_str()), (0, ""));
    assert_eq!(stub.requests(), [serde_json::from_str::<Value>(&printed).unwrap()]);
    let environment = &stub.requests()[0]["containerOverrides"]["environment"];
    assert_eq!(environment[0], json!({"name": "DOWNLOAD_MESSAGE", "value": event["Records"][0]["Sns"]["Message"]}));
}

#[tokio::test]
async fn a_request_whose_answer_is_lost_is_not_sent_again_by_the_sdk() {
    for reply in [Reply::Lost, Reply::Status(500, "{}"), Reply::Status(503, "{}")] {
        let stub = BatchStub::start([reply]).await.unwrap();
        let (_folder, _, mut lambda) = function(&stub, "jobwire-sns", TRIGGERS).await;
        let (outcome, answer) = lambda.invoke(message("x")).await.unwrap();
        assert_eq!(
            (outcome.as_str(), &answer["errorType"]),
            ("error", &json!("Jobwire.BatchUnavailable")),
            "{reply:?}"
        );
        assert_eq!(stub.requests().len(), 1, "{reply:?}");
    }
}

#[tokio::test]
async fn a_throttled_request_is_sent_again_even_without_an_error_code() {
    let stub = BatchStub::start([Reply::Status(429, ""), Reply::Status(429, "{}")]).await.unwrap();
    let (_folder, _, mut lambda) = function(&stub, "jobwire-sns", TRIGGERS).await;
    let (outcome, answer) = lambda.invoke(message("x")).await.unwrap();
    assert_eq!((outcome.as_str(), answer["submitted"].as_array().map(Vec::len)), ("response", Some(1)));
    assert_eq!(stub.requests().len(), 3);
}

#[tokio::test]
async fn a_refused_request_without_a_rejects_queue_fails_under_its_own_name() {
    let stub =
        BatchStub::start([Reply::Status(400, "{\"message\": \"Job queue feeds does not exist\"}")]).await.unwrap();
    let (_folder, _, mut lambda) = function(&stub, "jobwire-sns", TRIGGERS).await;
    let (outcome, answer) = lambda.invoke(message("x")).await.unwrap();
    assert_eq!((outcome.as_str(), &answer["errorType"]), ("error", &json!("Jobwire.Rejected")));
    assert!(answer["errorMessage"].as_str().unwrap().contains("Job queue feeds does not exist"), "{answer}");
}

#[tokio::test]
async fn a_constant_schedule_input_is_taken_within_allow_alone() {
    let triggers = "
version: 1
triggers:
  any:
    on: { schedule: rate(5 minutes) }
    submit: from-event
    allow: { queues: [feeds], definitions: [feedstream] }
";
    let stub = BatchStub::start([]).await.unwrap();
    let (_folder, _, mut lambda) = function(&stub, "jobwire-scheduled", triggers).await;
    let constant =
        |queue: &str| json!({"jobName": "Lambda-Broadbean", "jobQueue": queue, "jobDefinition": "feedstream"});
    let (_, answer) = lambda.invoke(constant("feeds")).await.unwrap();
    assert_eq!(answer["submitted"][0]["claim"], "none");
    let (outcome, _) = lambda.invoke(constant("payroll")).await.unwrap();
    assert_eq!(outcome, "error");
    assert_eq!(stub.requests().len(), 1);
    assert_eq!(stub.requests()[0]["jobName"], "Lambda-Broadbean");
}

#[tokio::test]
async fn logs_hold_ids_and_names_and_never_what_users_wrote_at_any_level() {
    let stub = BatchStub::start([Reply::Job, Reply::Status(400, "{\"message\": \"no\"}")]).await.unwrap();
    let (folder, file) = project(TRIGGERS);
    let variables = [("AWS_ENDPOINT_URL_BATCH", stub.url.as_str()), ("AWS_LAMBDA_LOG_LEVEL", "TRACE")];
    let mut lambda = Lambda::start("jobwire-sns", &compiled(&file), &variables).await.unwrap();
    let mut event = message("hunter2");
    event["Records"][0]["Sns"]["Subject"] = "hunter3".into();
    let (_, answer) = lambda.invoke(event.clone()).await.unwrap();
    event["Records"].as_array_mut().unwrap().push(json!({"EventSource": "aws:sns", "Sns": {"Message": "hunter4"}}));
    lambda.invoke(event).await.unwrap();
    let log = lambda.log().unwrap();
    drop(folder);
    let submitted = &answer["submitted"][0];
    for wanted in
        [submitted["jobId"].as_str(), submitted["jobName"].as_str(), submitted["key"].as_str(), Some("rejected")]
    {
        assert!(log.contains(wanted.unwrap()), "{wanted:?}\n{log}");
    }
    assert!(!log.contains("hunter") && !log.contains("[\\\"topic"), "{log}");
    assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "every line is JSON: {log}");
}

#[test]
fn a_cold_start_that_cannot_work_ends_with_every_problem_in_the_log() {
    let (folder, file) = project("");
    let bad = "{\"version\": 1, \"triggers\": [{\"name\": \"t\", \"enabled\": true, \"on\": {\"schedule\": {\"schedule\": \"hourly\"}}, \
               \"when\": \"((\", \"submit\": {\"fields\": {\"jobName\": \"a\"}}, \"positions\": {}}]}";
    let compiled = file.with_file_name("jobwire.json");
    std::fs::write(&compiled, bad).unwrap();
    let variables = [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
    let mut command = binaries::command("jobwire-sns").unwrap();
    let output = command.env_clear().envs(variables).env("JOBWIRE_FILE", &compiled).output().unwrap();
    drop(folder);
    assert_eq!(output.status.code(), Some(1));
    let log = String::from_utf8(output.stdout).unwrap();
    let fields: Vec<String> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["field"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        fields,
        ["triggers.t.when", "triggers.t.submit.jobQueue", "triggers.t.submit.jobDefinition", "triggers.t.on.schedule"]
    );
    assert!(!log.contains("panicked"), "{log}");
}
