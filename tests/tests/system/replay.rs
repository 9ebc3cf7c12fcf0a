//! `jobwire replay` over a local cloud: every shape of message, through real queues to the real functions.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName};
use jobwire_core::key::OccurrenceKey;
use jobwire_tests::binaries;
use jobwire_tests::cloud::Cloud;
use jobwire_tests::jobs;
use serde_json::{Value, json};

use crate::{batch_yaml, jobwire, project};

const QUEUE: &str = "q";

/// A trigger for each source; `typed` fails on a message that is JSON without a type.
const TRIGGERS: &str = "
version: 1
triggers:
  tick: { on: { schedule: rate(1 day) }, submit: &job { jobName: a, jobQueue: q, jobDefinition: d } }
  note:
    on: { topic: t }
    submit: { <<: *job, parameters: { text: \"{{ sns.Message }}\" } }
  typed:
    on: { topic: t }
    when: message is defined
    submit: { <<: *job, parameters: { type: \"{{ message.type }}\" } }
  object: { on: { bucket: b }, submit: *job }
  after: { on: { job: { queue: nightly, status: [FAILED] } }, submit: *job }
";

/// A local cloud, and what a test does with it.
struct Scene {
    cloud: Cloud,
    file: PathBuf,
    stack: String,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn up() -> Self {
        let (folder, file) = project(TRIGGERS);
        let beside = |name: &str, text: &str| std::fs::write(file.with_file_name(name), text).unwrap();
        beside("batch.yaml", &batch_yaml("'true'"));
        beside("jobwire.local.yaml", "images: { shell: { entrypoint: [/bin/sh] } }\n");
        let cloud = Cloud::up(&file, &folder.path().join("state"), &[], false).unwrap();
        let status: Value = serde_json::from_slice(&cloud.jobwire(&["status", "--json"]).unwrap().stdout).unwrap();
        let stack = status["stack"].as_str().unwrap().to_owned();
        Self { cloud, file, stack, _folder: folder }
    }

    fn url(&self, queue: &str) -> &str {
        self.cloud
            .output(match queue {
                "rejects" => "RejectsQueueUrl",
                "scheduled" => "ScheduledOnFailureQueueUrl",
                "sns" => "SnsOnFailureQueueUrl",
                "s3" => "S3OnFailureQueueUrl",
                _ => "JobStateOnFailureQueueUrl",
            })
            .unwrap()
    }

    /// Puts a message into a queue, and gives its id.
    async fn put(&self, queue: &str, body: &str) -> String {
        let sent = self.cloud.sqs().send_message().queue_url(self.url(queue)).message_body(body).send().await.unwrap();
        sent.message_id.unwrap()
    }

    /// How many messages of a queue can be received.
    async fn count(&self, queue: &str) -> usize {
        let visible = QueueAttributeName::ApproximateNumberOfMessages;
        let answer =
            self.cloud.sqs().get_queue_attributes().queue_url(self.url(queue)).attribute_names(visible.clone());
        answer.send().await.unwrap().attributes.unwrap()[&visible].parse().unwrap()
    }

    async fn counts(&self) -> [usize; 5] {
        let mut counts = [0; 5];
        for (count, queue) in counts.iter_mut().zip(["rejects", "scheduled", "sns", "s3", "job-state"]) {
            *count = self.count(queue).await;
        }
        counts
    }

    /// Runs `jobwire replay --local` with these arguments, and gives its exit code and what it printed.
    fn replay(&self, arguments: &[&str]) -> (i32, String, String) {
        let state = self.cloud.state().to_string_lossy();
        jobwire(&self.file, &[&["replay", "--local", "--state", &state], arguments].concat())
    }

    /// The same with `--json`: the exit code, and the rows by the id of their message.
    fn rows(&self, arguments: &[&str]) -> (i32, BTreeMap<String, Vec<Value>>) {
        let (code, printed, words) = self.replay(&[arguments, &["--json"]].concat());
        let rows: Vec<Value> =
            serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}\n{words}"));
        let mut by_message: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for row in rows {
            by_message.entry(row["messageId"].as_str().unwrap().to_owned()).or_default().push(row);
        }
        (code, by_message)
    }

    async fn jobs_of(&self, trigger: &str) -> usize {
        let all = jobs::all(&self.cloud.batch(), QUEUE).await.unwrap();
        all.iter().filter(|job| jobs::of_trigger(job, trigger)).count()
    }

    /// A message of the topic, as a queue or the topic's own redrive leaves it.
    fn notification(&self, id: &str, message: &str) -> Value {
        json!({"Type": "Notification", "MessageId": id, "TopicArn": self.cloud.output("TTopic").unwrap(), "Message": message,
            "Timestamp": "2026-11-21T06:00:00.000Z", "SignatureVersion": "1", "Signature": "EXAMPLE",
            "SigningCertURL": "EXAMPLE", "UnsubscribeURL": "EXAMPLE"})
    }

    /// The same as the function is invoked with it.
    fn sns_event(&self, id: &str, message: &str) -> Value {
        json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": self.notification(id, message)}]})
    }

    fn s3_event(&self, key: &str) -> Value {
        json!({"Records": [{"eventVersion": "2.1", "eventSource": "aws:s3", "eventTime": "2026-11-21T06:00:00.000Z", "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": self.cloud.output("BucketB").unwrap()}, "object": {"key": key, "size": 1, "eTag": "e", "sequencer": "0A"}}}]})
    }

    /// The outcomes of a message's rows, with their triggers.
    fn outcomes<'a>(rows: &'a BTreeMap<String, Vec<Value>>, message: &str) -> Vec<(&'a str, &'a str)> {
        let of = |row: &'a Value| (row["trigger"].as_str().unwrap_or_default(), row["outcome"].as_str().unwrap());
        rows.get(message).into_iter().flatten().map(of).collect()
    }
}

/// Lambda's record of a failed invocation.
fn failed_invocation(event: &Value) -> Value {
    json!({"version": "1.0", "timestamp": "2026-11-21T06:08:40.027Z",
        "requestContext": {"requestId": "1f58b914-5b24-4108-97ac-38887338b3ea", "functionArn": "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST", "condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": event, "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "Jobwire.BatchUnavailable", "errorMessage": "trigger note: service unavailable"}})
}

fn reject(source: &str, trigger: &str, event: &Value) -> Value {
    json!({"source": source, "trigger": trigger, "key": "0123456789abcdef", "problems": [{"path": "when", "message": "is wrong", "help": "write another"}], "event": event})
}

/// Messages that no replay can read.
const UNREADABLE: [(&str, &str); 3] =
    [("text", "hunter2, no JSON"), ("list", "[\"hunter2\"]"), ("word", "\"hunter2\"")];

/// What becomes of a message: its triggers, with an outcome each.
type Expected = [(&'static str, &'static [(&'static str, &'static str)])];

/// The ids of messages, by the names that the test gives them.
type Put = BTreeMap<&'static str, String>;

/// Asserts what the rows say of the messages.
fn assert_rows(rows: &BTreeMap<String, Vec<Value>>, put: &Put, expected: &Expected) {
    for (name, outcomes) in expected {
        assert_eq!(Scene::outcomes(rows, &put[name]), *outcomes, "{name}: {:?}", rows.get(&put[name]));
    }
}

/// The record of an invocation whose jobs were not started.
fn lost(scene: &Scene) -> String {
    failed_invocation(&scene.sns_event("m-1", "{\"type\": \"hunter2\"}")).to_string()
}

/// Puts every shape into the queues that it is found in.
async fn put_every_shape(scene: &Scene) -> Put {
    let rule = format!("arn:aws:events:us-east-1:000000000000:rule/{}-tick", scene.stack);
    let tick = json!({"version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "000000000000",
        "time": "2026-11-21T06:00:00Z", "region": "us-east-1", "resources": [rule], "detail": {}});
    let envelope = json!({"jobwire": {"trigger": "tick", "rule": rule, "time": "2026-11-22T06:00:00Z"}, "event": tick});
    let announced = scene.notification("m-3", &scene.s3_event("two").to_string());
    // What S3 sends to try a notification out.
    let trial =
        json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-11-21T06:00:00.000Z", "Bucket": "b"});
    let change = json!({"source": "aws.batch", "detail-type": "Batch Job State Change", "time": "2026-11-21T06:00:00Z", "detail": {
        "jobId": "j", "jobName": "n", "status": "FAILED", "jobQueue": "arn:aws:batch:us-east-1:000000000000:job-queue/nightly", "jobDefinition": "arn:aws:batch:us-east-1:000000000000:job-definition/n:1"}});
    let mended = reject("sns", "typed", &scene.sns_event("m-4", "{\"type\": \"b\"}"));
    let mut messages = vec![
        ("enveloped tick", "scheduled", envelope.to_string()),
        ("record", "sns", lost(scene)),
        ("message", "sns", scene.notification("m-2", "hunter2").to_string()),
        ("object", "s3", scene.s3_event("one").to_string()),
        ("announced object", "s3", announced.to_string()),
        ("trial", "s3", trial.to_string()),
        ("change", "job-state", change.to_string()),
        ("mended reject", "rejects", mended.to_string()),
        ("too large", "rejects", reject("s3", "object", &Value::Null).to_string()),
        // Its trigger is not there any more, so nothing would start: what it says must not be lost.
        ("renamed", "rejects", reject("sns", "gone", &scene.sns_event("m-5", "x")).to_string()),
    ];
    messages.extend(UNREADABLE.map(|(name, body)| (name, "sns", body.to_owned())));
    let mut put = Put::new();
    for (name, queue, body) in messages {
        put.insert(name, scene.put(queue, &body).await);
    }
    let text = |text: &str| MessageAttributeValue::builder().data_type("String").string_value(text).build().unwrap();
    let call = scene.cloud.sqs().send_message().queue_url(scene.url("scheduled")).message_body(tick.to_string());
    let call =
        call.message_attributes("RULE_ARN", text(&rule)).message_attributes("ERROR_CODE", text("NO_PERMISSIONS"));
    let sent = call.message_attributes("ERROR_MESSAGE", text("not allowed")).send().await.unwrap();
    put.insert("tick", sent.message_id.unwrap());
    put
}

/// Lets a function make a reject: `note` takes the message, and `typed` fails on it, now and whenever it comes again.
async fn reject_one(scene: &Scene) {
    let topic = scene.cloud.output("TTopic").unwrap();
    scene.cloud.sns().publish().topic_arn(topic).message("{\"hunter2\": 1}").send().await.unwrap();
    let began = Instant::now();
    let mut pause = tokio::time::interval(Duration::from_millis(100));
    while scene.count("rejects").await == 0 {
        pause.tick().await;
        assert!(began.elapsed() < jobs::PATIENCE, "the reject does not come");
    }
    jobs::until_ended(&scene.cloud.batch(), QUEUE, "note", 1).await.unwrap();
}

/// A dry run shows every request, and everything is as it was.
async fn show(scene: &Scene, put: &Put) {
    let before = scene.counts().await;
    let (code, rows) = scene.rows(&["--dry-run"]);
    assert_eq!((code, rows.len()), (1, put.len() + 1), "some can never be replayed");
    assert_rows(
        &rows,
        put,
        &[
            ("tick", &[("tick", "would-submit")]),
            ("enveloped tick", &[("tick", "would-submit")]),
            ("record", &[("note", "would-submit"), ("typed", "would-submit")]),
            ("message", &[("note", "would-submit"), ("typed", "skipped")]),
            ("object", &[("object", "would-submit")]),
            ("announced object", &[("object", "would-submit")]),
            ("trial", &[("", "skipped")]),
            ("change", &[("after", "would-submit")]),
            ("mended reject", &[("typed", "would-submit")]),
            ("too large", &[("object", "unreadable")]),
            ("renamed", &[("gone", "failed")]),
            ("text", &[("", "unreadable")]),
            ("list", &[("", "unreadable")]),
            ("word", &[("", "unreadable")]),
        ],
    );
    let first = |name: &str| &rows[&put[name]][0];
    let shape = |name: &str| (first(name)["shape"].as_str().unwrap(), first(name)["source"].as_str().unwrap());
    assert_eq!(shape("tick"), ("event", "scheduled"));
    assert_eq!(shape("record"), ("on-failure", "sns"));
    assert_eq!(shape("announced object"), ("sns", "s3"));
    assert_eq!(shape("mended reject"), ("reject", "sns"));
    assert_eq!(first("tick")["reason"], "NO_PERMISSIONS: not allowed");
    assert_eq!(first("record")["reason"], "Jobwire.BatchUnavailable: trigger note: service unavailable");
    assert_eq!(first("mended reject")["reason"], "when: is wrong (write another)");
    assert_eq!(first("message")["request"]["parameters"]["text"], "hunter2");
    assert_eq!(first("message")["key"], key_of_first_delivery(scene, "m-2").as_str());
    assert_eq!(scene.counts().await, before, "everything was given back");
    assert_eq!(jobs::all(&scene.cloud.batch(), QUEUE).await.unwrap().len(), 1, "nothing was started");

    // People see names and ids, and never what an event holds.
    let (code, printed, words) = scene.replay(&["scheduled", "sns", "--dry-run"]);
    assert_eq!(code, 1);
    assert!(printed.contains("would submit") && printed.contains(&put["tick"]), "{printed}");
    assert!(words.contains("came here by: NO_PERMISSIONS") && words.contains("its body is no JSON"), "{words}");
    assert!(!printed.contains("hunter2") && !words.contains("hunter2"), "{printed}{words}");
}

fn key_of_first_delivery(scene: &Scene, id: &str) -> String {
    OccurrenceKey::of(&["topic", scene.cloud.output("TTopic").unwrap(), id]).hash()
}

/// A replay submits, what succeeds is gone, and all the rest is there still.
async fn send(scene: &Scene, put: &Put) {
    let (code, rows) = scene.rows(&[]);
    assert_eq!(code, 1);
    let expected: &Expected = &[
        ("record", &[("note", "submitted"), ("typed", "submitted")]),
        ("message", &[("note", "submitted"), ("", "skipped")]),
        ("object", &[("object", "submitted")]),
        ("announced object", &[("object", "submitted")]),
        ("trial", &[("", "skipped")]),
        ("change", &[("after", "submitted")]),
        ("mended reject", &[("typed", "submitted")]),
        ("too large", &[("object", "unreadable")]),
        ("renamed", &[("gone", "failed")]),
        ("text", &[("", "unreadable")]),
    ];
    assert_rows(&rows, put, expected);
    for (name, outcomes) in expected {
        let is_good = ["submitted", "skipped"].contains(&outcomes[0].1);
        assert!(rows[&put[name]].iter().all(|row| row["deleted"] == is_good), "{name}: {:?}", rows[&put[name]]);
    }
    assert_eq!(rows[&put["message"]][0]["key"], key_of_first_delivery(scene, "m-2").as_str());
    let real = rows.iter().find(|(id, rows)| !put.values().any(|put| put == *id) && rows[0]["queue"] == "rejects");
    let real = &real.unwrap().1[0];
    assert_eq!((&real["trigger"], &real["outcome"]), (&json!("typed"), &json!("failed")), "{real}");
    assert!(real["error"].as_str().unwrap().starts_with("Jobwire."), "{real}");
    assert_eq!(scene.counts().await, [3, 0, 3, 0, 0], "no reject was made of a reject");
    for (trigger, count) in [("tick", 2), ("note", 3), ("typed", 2), ("object", 2), ("after", 1)] {
        jobs::until_ended(&scene.cloud.batch(), QUEUE, trigger, count).await.unwrap();
        assert_eq!(scene.jobs_of(trigger).await, count, "{trigger}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_sends_every_shape_again_and_deletes_only_what_succeeded() {
    let scene = Scene::up();
    assert_eq!(scene.rows(&["sns"]), (0, BTreeMap::new()));
    let (code, printed, words) = scene.replay(&[]);
    assert_eq!((code, printed.as_str()), (0, ""));
    assert!(words.ends_with("nothing to replay\n"), "{words}");

    reject_one(&scene).await;
    let put = put_every_shape(&scene).await;
    assert_eq!(scene.counts().await, [4, 2, 5, 3, 1]);
    show(&scene, &put).await;
    let (code, rows) = scene.rows(&["scheduled", "--max", "1"]);
    assert_eq!((code, rows.len(), scene.count("scheduled").await), (0, 1, 1), "no more messages than were asked for");
    send(&scene, &put).await;

    // An event whose jobs were started starts none twice, and is done with.
    let again = scene.put("sns", &lost(&scene)).await;
    let (code, rows) = scene.rows(&["sns"]);
    assert_eq!((code, Scene::outcomes(&rows, &again)), (1, vec![("note", "duplicate"), ("typed", "duplicate")]));
    assert_eq!((scene.jobs_of("note").await, scene.count("sns").await), (3, 3));
    scene.cloud.down().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_reads_a_stack_by_the_user_s_aws_configuration_and_other_queues_by_their_urls() {
    let scene = Scene::up();
    scene.put("sns", &scene.notification("m-1", "x").to_string()).await;
    let command = |arguments: &[&str]| {
        let mut command = binaries::command("jobwire").unwrap();
        command
            .env("AWS_ENDPOINT_URL", &scene.cloud.endpoint)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .arg("--file")
            .arg(&scene.file)
            .arg("replay")
            .args(arguments);
        command
    };
    let with_aws = |arguments: &[&str]| {
        let output = command(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    let (code, printed, words) = with_aws(&["--stack", &scene.stack, "--dry-run", "--json"]);
    let rows: Value = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}\n{words}"));
    assert_eq!((code, &rows[0]["outcome"], &rows[0]["queue"]), (0, &json!("would-submit"), &json!("sns")), "{words}");
    let (code, printed, words) = with_aws(&["--stack", "nobody-s"]);
    assert_eq!((code, printed.as_str()), (1, ""));
    assert!(words.contains("the stack nobody-s cannot be described") && words.contains("nobody-s"), "{words}");

    let (url, function) = (scene.url("sns"), scene.cloud.output("SnsFunction").unwrap());
    let (code, _, words) = scene.replay(&[url, "--function", "nobody-s"]);
    assert_eq!((code, scene.count("sns").await), (1, 1), "without a function the message stays");
    assert!(words.contains("nobody-s cannot be invoked"), "{words}");

    // A function that never answers: whoever loses patience loses no message.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let mut waiting = command(&[url, "--function", function]);
    waiting.env("AWS_ENDPOINT_URL_LAMBDA", endpoint).stdout(Stdio::null()).stderr(Stdio::piped());
    let waiting = waiting.spawn().unwrap();
    // It has the message in hand once it is connected.
    let connection = silent.accept().unwrap();
    assert_eq!(scene.count("sns").await, 0);
    assert!(Command::new("kill").args(["-INT", &waiting.id().to_string()]).status().unwrap().success());
    let ended = waiting.wait_with_output().unwrap();
    drop(connection);
    let words = String::from_utf8(ended.stderr).unwrap();
    assert_eq!((ended.status.code(), scene.count("sns").await), (Some(1), 1), "{words}");
    assert!(words.contains("interrupted"), "{words}");

    // A function that knows no replays makes a reject of what it refuses, and would make one of that, and so on.
    scene.put("sns", &scene.notification("m-2", "x").to_string()).await;
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let invoked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&invoked);
    let answer = axum::Router::new().fallback(async move || {
        count.fetch_add(1, Ordering::Relaxed);
        axum::Json(json!({"submitted": [], "skipped": 0, "rejected": 1}))
    });
    let server = tokio::spawn(async move { axum::serve(listener, answer).await });
    let mut outdated = command(&[url, "--function", function]);
    let output = outdated.env("AWS_ENDPOINT_URL_LAMBDA", endpoint).output().unwrap();
    server.abort();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), invoked.load(Ordering::Relaxed), scene.count("sns").await), (Some(1), 1, 2));
    assert!(words.contains("is of an earlier jobwire") && words.contains("deploy it anew"), "{words}");

    let (code, printed, words) = with_aws(&[url, "--function", function, "--json"]);
    let rows: Value = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}\n{words}"));
    let outcomes = [&rows[0]["outcome"], &rows[2]["outcome"]];
    assert_eq!((code, outcomes, scene.count("sns").await), (0, [&json!("submitted"); 2], 0), "{words}");
    jobs::until_ended(&scene.cloud.batch(), QUEUE, "note", 2).await.unwrap();
    scene.cloud.down().unwrap();
}

#[test]
fn replay_refuses_what_does_not_go_together_and_says_what_does() {
    let (folder, file) = project(TRIGGERS);
    for (arguments, wanted) in [
        (&[][..], "--stack <NAME>|--local|--function <NAME>"),
        (&["--local", "--stack", "s"], "cannot be used with"),
        (&["--local", "http://127.0.0.1:1/q"], "a queue's URL needs --function NAME"),
        (&["--local", "sns", "--function", "f"], "--function goes with queues by their URLs"),
        (&["--function", "f"], "--function goes with queues by their URLs"),
        (&["--local", "snss"], "must be rejects, scheduled, sns, s3, job-state or a URL"),
        (&["--local", "--max", "0"], "0 is not in"),
    ] {
        let (code, printed, words) = jobwire(&file, &[&["replay"], arguments].concat());
        assert_eq!((code, printed.as_str()), (2, ""), "{arguments:?}: {words}");
        assert!(words.contains(wanted), "{arguments:?}: {words}");
    }
    let (code, _, words) = jobwire(&file, &["replay", "--local"]);
    drop(folder);
    assert_eq!(code, 1);
    assert!(words.contains("no local cloud is up in "), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_file_is_deployed_into_the_cloud_that_is_up_and_its_rejects_start_their_jobs() {
    let scene = Scene::up();
    let event = scene.cloud.state().join("sent.json");
    let sns = scene.notification("m-1", "{\"kind\": \"x\"}");
    let record = json!({"EventSource": "aws:sns", "Sns": sns});
    std::fs::write(&event, json!({"Records": [record]}).to_string()).unwrap();
    let sent = scene.cloud.jobwire(&["send", &event.to_string_lossy()]).unwrap();
    assert_eq!(sent.status.code(), Some(1), "{}", String::from_utf8_lossy(&sent.stderr));
    assert_eq!((scene.count("rejects").await, scene.jobs_of("note").await), (1, 1));

    std::fs::write(&scene.file, TRIGGERS.replace("message.type", "message.kind")).unwrap();
    let (code, printed, words) = scene.replay(&["--dry-run"]);
    assert!(code == 0 && printed.contains("would submit"), "{printed}{words}");
    assert!(words.contains("has changed since it was deployed"), "{words}");
    // What is deployed decides, and that is still the file as it was.
    assert_eq!(scene.replay(&[]).0, 1);

    let deployed = scene.cloud.jobwire(&["deploy"]).unwrap();
    assert!(deployed.status.success(), "{}", String::from_utf8_lossy(&deployed.stderr));
    let (code, printed, words) = scene.replay(&[]);
    assert!(code == 0 && printed.contains("submitted"), "{printed}{words}");
    assert_eq!((scene.count("rejects").await, scene.jobs_of("typed").await), (0, 1));

    // The ledger stayed, so the first event is known whole.
    let again = scene.cloud.jobwire(&["send", &event.to_string_lossy()]).unwrap();
    let answer: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(answer["submitted"].as_array().map(Vec::len), Some(2), "{answer}");
    assert!(answer["submitted"].as_array().unwrap().iter().all(|job| job["outcome"] == "duplicate"), "{answer}");
}
