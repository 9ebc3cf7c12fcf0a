//! What an event says is for the job alone: nothing of it comes into logs, metrics or answers.

use std::collections::BTreeMap;
use std::time::Duration;

use jobwire_tests::binaries;
use jobwire_tests::fake_aws::{FakeAws, Fault, Operation};
use jobwire_tests::lambda::Lambda;
use serde_json::{Value, json};

const CANARY: &str = "hunter2canary";
const SOURCES: [&str; 4] = ["scheduled", "sns", "s3", "job-state"];

/// The event once for each of its texts, with the canary behind that text; also within texts that are JSON themselves.
fn with_the_canary_in_each_field(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => {
            let mut all = vec![json!(format!("{text}{CANARY}"))];
            if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                all.extend(with_the_canary_in_each_field(&inner).iter().map(|changed| json!(changed.to_string())));
            }
            all
        }
        Value::Null => vec![json!(CANARY)],
        Value::Array(items) => {
            let changed = |at: usize, item: Value| {
                let mut items = items.clone();
                items[at] = item;
                Value::Array(items)
            };
            (0..)
                .zip(items)
                .flat_map(|(at, item)| {
                    with_the_canary_in_each_field(item).into_iter().map(move |item| changed(at, item))
                })
                .collect()
        }
        Value::Object(members) => {
            let changed = |name: &str, member: Value| {
                let mut members = members.clone();
                members.insert(name.to_owned(), member);
                Value::Object(members)
            };
            members
                .iter()
                .flat_map(|(name, member)| {
                    with_the_canary_in_each_field(member).into_iter().map(move |member| changed(name, member))
                })
                .collect()
        }
        Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The text without the job names that templates made of the event, which may show what they are made of.
fn without_job_names(text: &str, fake: &FakeAws) -> String {
    let names = fake
        .requests(Operation::SubmitJob)
        .into_iter()
        .filter_map(|request| request["jobName"].as_str().map(str::to_owned));
    names.filter(|name| name.contains(CANARY)).fold(text.to_owned(), |text, name| text.replace(&name, "JOB-NAME"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_in_any_field_of_an_event_shows_in_no_log_no_metric_and_no_answer() {
    // With the ledger most of these events are duplicates; without it each of them is submitted.
    for ledger in [&[("JOBWIRE_LEDGER_TABLE", "ledger")][..], &[]] {
        play(ledger).await;
    }
}

async fn play(ledger: &[(&str, &str)]) {
    let file = binaries::root().join("events/jobwire.yaml");
    let sources = [jobwire_scheduled::SOURCE, jobwire_sns::SOURCE, jobwire_s3::SOURCE, jobwire_job_state::SOURCE];
    let triggers = jobwire_core::trigger_file::read(&std::fs::read_to_string(file).unwrap(), None, &sources).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let compiled = folder.path().join("jobwire.json");
    std::fs::write(&compiled, triggers.to_json()).unwrap();
    let fake = FakeAws::start().await.unwrap();
    let mut variables = vec![
        ("AWS_ENDPOINT_URL", fake.url.as_str()),
        ("JOBWIRE_SUBMIT_RATE", "10000"),
        ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
    ];
    variables.extend_from_slice(ledger);
    let mut functions = BTreeMap::new();
    for source in SOURCES {
        let lambda = Lambda::start(&format!("jobwire-{source}"), &compiled, &variables).await.unwrap();
        functions.insert(source, lambda);
    }
    let mut played = 0;
    for entry in std::fs::read_dir(binaries::root().join("events")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(source) = SOURCES.into_iter().find(|source| name.starts_with(&format!("{source}."))) else { continue };
        let event: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for event in with_the_canary_in_each_field(&event) {
            // Now and then Batch quotes what it refuses, and now and then it gives no answer.
            fake.script(
                Operation::SubmitJob,
                match played % 7 {
                    5 => vec![Fault::Status(
                        400,
                        "ClientException",
                        "Value 'hunter2canary' at 'jobName' failed to satisfy constraint",
                    )],
                    6 => vec![Fault::TakenThenClosed],
                    _ => vec![Fault::None],
                },
            );
            played += 1;
            let function = functions.get_mut(source).unwrap();
            let (_, mut answer) = function.invoke_within(event, Duration::from_secs(20)).await.unwrap();
            // SQS is told which of its messages must come again by the ids that it gave them.
            answer.as_object_mut().unwrap().remove("batchItemFailures");
            let answer = without_job_names(&answer.to_string(), &fake);
            assert!(!answer.contains(CANARY), "{name}: {answer}");
        }
    }
    assert!(played > 500, "{played} events");
    let (requests, jobs) = (fake.requests(Operation::SubmitJob), fake.job_count());
    println!("{played} events with the canary started {jobs} jobs");
    assert!(jobs > 50 && json!(requests).to_string().contains(CANARY), "what templates ask for is in the jobs");
    for (source, function) in &functions {
        let log = function.log().unwrap();
        let kinds = ["\"_aws\"", "\"level\":\"ERROR\"", "\"level\":\"INFO\"", "rejected"];
        assert!(kinds.iter().all(|kind| log.contains(kind)), "{source} logs everything that it has to say");
        let log = without_job_names(&log, &fake);
        let line = log.lines().find(|line| line.contains(CANARY));
        assert_eq!(line, None, "{source}");
    }
}
