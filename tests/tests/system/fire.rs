//! `jobwire fire` over a local cloud: events that are made by hand have the keys of the real ones.

use std::path::PathBuf;
use std::process::Command;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use jobwire_tests::binaries;
use jobwire_tests::cloud::Cloud;
use jobwire_tests::jobs::{self, variable};
use serde_json::{Value, json};

use crate::{batch_yaml, jobwire, project};

const QUEUE: &str = "q";

/// Triggers of each kind; `daily` was last due in 2020, whenever this runs; `once` was due before the cloud began, so that EventBridge Scheduler sends it at once, and
/// `after` follows the jobs of `daily` alone.
const TRIGGERS: &str = r#"
version: 1
triggers:
  daily: { on: { schedule: cron(0 6 * * ? 2020) }, submit: &job { jobName: a, jobQueue: q, jobDefinition: d } }
  once: { on: { schedule: "at(2026-01-02T03:04:05)", timezone: UTC }, submit: *job }
  zoned:
    on: { schedule: cron(30 2 * * ? *), timezone: Europe/Berlin, input: { due: "<aws.scheduler.scheduled-time>" } }
    submit: { <<: *job, parameters: { due: "{{ event.due }}" } }
  minutely:
    on: { schedule: rate(1 minute) }
    submit: { <<: *job, containerOverrides: { environment: [{ name: TIME, value: "{{ schedule.time }}" }] } }
  never:
    on: { schedule: cron(0 6 * * ? 2190) }
    submit: { <<: *job, containerOverrides: { environment: [{ name: CODE, value: "3" }] } }
  paused: { on: { schedule: cron(0 6 * * ? *) }, enabled: false, submit: *job }
  note:
    on: { topic: t }
    when: message is defined and message.go
    submit: { <<: *job, parameters: { text: "{{ sns.Message }}", who: "{{ sns.MessageAttributes.who.Value }}" } }
  also: { on: { topic: t }, submit: *job }
  object: { on: { bucket: b, prefix: in/ }, submit: { <<: *job, parameters: { size: "{{ object.size }}" } } }
  elsewhere: { on: { bucket: b, prefix: out/ }, submit: *job }
  bridged: { on: { bucket: e, prefix: in/ }, submit: *job }
  bridged-too: { on: { bucket: e, prefix: in/x }, submit: *job }
  direct: { on: { bucket: c }, submit: *job }
  removed: { on: { bucket: c, events: removed }, submit: *job }
  after:
    on: { job: { queue: q, status: [SUCCEEDED] } }
    when: job.tags["jobwire.trigger"] == "daily"
    submit: *job
"#;

struct Scene {
    cloud: Cloud,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Scene {
    fn up() -> Self {
        let (folder, file) = project(TRIGGERS);
        let beside = |name: &str, text: &str| std::fs::write(file.with_file_name(name), text).unwrap();
        beside("batch.yaml", &batch_yaml("'exit ${CODE:-0}'"));
        beside("jobwire.local.yaml", "images: { shell: { entrypoint: [/bin/sh] } }\n");
        let cloud = Cloud::up(&file, &folder.path().join("state"), &[], false).unwrap();
        Self { cloud, file, _folder: folder }
    }

    /// Runs `jobwire fire TRIGGER --local` with these arguments.
    fn fire(&self, arguments: &[&str]) -> (i32, String, String) {
        let state = self.cloud.state().to_string_lossy();
        jobwire(&self.file, &[&["fire", "--local", "--state", &state], arguments].concat())
    }

    /// The same with `--json`.
    fn fired(&self, arguments: &[&str]) -> (i32, Value, String) {
        let (code, printed, words) = self.fire(&[arguments, &["--json"]].concat());
        let fired = serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}\n{words}"));
        (code, fired, words)
    }

    /// Fires, and asserts that the job is there by this outcome; the job's id and what was said.
    fn job(&self, arguments: &[&str], outcome: &str) -> (String, String) {
        let (code, fired, words) = self.fired(arguments);
        assert_eq!((code, fired["outcome"].as_str()), (0, Some(outcome)), "{arguments:?}: {fired}\n{words}");
        (fired["jobId"].as_str().unwrap().to_owned(), words)
    }

    /// Waits until the trigger has started a job and it has ended, and gives the job's id.
    async fn own_job(&self, trigger: &str) -> String {
        let job = jobs::until_ended(&self.cloud.batch(), QUEUE, trigger, 1).await.unwrap();
        job.job_id().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_that_came_is_known_again_and_one_that_was_missed_starts_its_job_once() {
    let scene = Scene::up();
    let (first, words) = scene.job(&["daily"], "submitted");
    assert!(words.contains("daily was last due at 2020-12-31T06:00:00Z"), "{words}");
    assert_eq!(scene.job(&["daily"], "duplicate").0, first);
    let (other, words) = scene.job(&["daily", "--time", "2020-11-20T07:00:00+01:00"], "submitted");
    assert!(other != first && !words.contains("not due"), "{words}");
    assert_eq!(scene.job(&["daily", "--time", "2020-11-20T06:00:00Z"], "duplicate").0, other);
    let (_, words) = scene.job(&["daily", "--time", "2020-11-20T06:01:00Z"], "submitted");
    assert!(words.contains("daily is not due at 2020-11-20T06:01:00Z"), "{words}");

    // EventBridge Scheduler sent this one itself, and the rule below too.
    let own = scene.own_job("once").await;
    let (job, words) = scene.job(&["once"], "duplicate");
    assert!(job == own && words.contains("last due at 2026-01-02T03:04:05Z"), "{words}");
    let own = jobs::until_ended(&scene.cloud.batch(), QUEUE, "minutely", 1).await.unwrap();
    let time = variable(&own, "TIME").unwrap();
    assert_eq!(Some(scene.job(&["minutely", "--time", time], "duplicate").0.as_str()), own.job_id());
    let (_, words) = scene.job(&["minutely"], "submitted");
    assert!(words.contains("nobody can say here when minutely was due"), "{words}");
    scene.job(&["minutely"], "submitted");

    let (code, shown, words) = scene.fired(&["zoned", "--time", "2026-07-01T00:30:00Z", "--dry-run"]);
    assert_eq!((code, &shown["outcome"]), (0, &json!("would-submit")), "{words}");
    assert!(!words.contains("not due") && words.contains("nothing was sent"), "{words}");
    let (rule, time) = (&shown["event"]["jobwire"]["rule"], "2026-07-01T00:30:00Z");
    assert!(rule.as_str().unwrap().contains(":schedule/default/"), "{rule}");
    assert_eq!(
        (&shown["request"]["parameters"]["due"], &shown["event"]["jobwire"]["time"]),
        (&json!(time), &json!(time))
    );
    let (_, fired, _) = scene.fired(&["zoned", "--time", time]);
    assert_eq!(
        (&fired["jobName"], &fired["key"]),
        (&shown["jobName"], &shown["key"]),
        "what was shown is what is sent"
    );

    let (code, printed, words) = scene.fire(&["never"]);
    assert_eq!((code, printed.as_str()), (1, ""));
    assert!(words.contains("was not due yet, and is for the first time at 2190-01-01T06:00:00Z"), "{words}");
    let (code, printed, words) = scene.fire(&["never", "--time", "2190-01-01T06:00:00Z", "--wait"]);
    assert_eq!(code, 3, "the job's own exit code: {printed}{words}");
    assert!(printed.contains("submitted") && words.contains("FAILED, exit code 3"), "{printed}{words}");
    assert!(words.contains("lies in the future") && !words.contains("not due"), "{words}");
    let (code, _, words) = scene.fire(&["paused"]);
    assert!(code == 1 && words.contains("is paused"), "{words}");

    // A job that has ended: what Batch told of it, told once more.
    let own = scene.own_job("after").await;
    assert_eq!(scene.job(&["after", "--job", &first], "duplicate").0, own);
    let (code, fired, words) = scene.fired(&["after", "--job", &own]);
    assert_eq!((code, &fired["outcome"]), (1, &json!("skipped")), "{words}");
    let (code, printed, words) = scene.fire(&["after", "--job", "00000000-0000-4000-8000-000000000000"]);
    assert_eq!((code, printed.as_str()), (1, ""));
    assert!(words.contains("Batch in us-east-1, account 000000000000, does not know this job"), "{words}");
    scene.cloud.down().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_or_an_object_is_told_to_its_trigger_alone_and_one_that_came_is_known_again() {
    let scene = Scene::up();
    let text = "{\"go\": true}\n";
    let file = scene.file.with_file_name("message.txt");
    std::fs::write(&file, text).unwrap();
    let from_file = format!("@{}", file.display());
    let message = ["note", "--message", &from_file, "--attribute", "who=hand"];
    let (first, words) = scene.job(&message, "submitted");
    let id = words.split("--message-id ").nth(1).unwrap().split(' ').next().unwrap();
    let (_, shown, _) = scene.fired(&[&message[..], &["--dry-run", "--subject", "s"]].concat());
    assert_eq!(shown["request"]["parameters"], json!({"text": text, "who": "hand"}));
    assert_eq!(shown["event"]["Records"][0]["Sns"]["Subject"], "s");
    assert_eq!(scene.job(&[&message[..], &["--message-id", id]].concat(), "duplicate").0, first);
    assert_ne!(scene.job(&message, "submitted").0, first, "another message has another id");
    let (code, fired, words) = scene.fired(&["note", "--message", "no json"]);
    assert_eq!((code, &fired["outcome"]), (1, &json!("skipped")));
    assert!(words.contains("the trigger's `when` is false"), "{words}");
    let (code, fired, words) = scene.fired(&["note", "--message", text]);
    assert_eq!((code, &fired["outcome"]), (1, &json!("failed")));
    assert!(words.contains("Jobwire.Rejected") && words.contains("triggers.note.submit.parameters.who"), "{words}");

    // What the topic itself has sent is known by its id.
    let topic = scene.cloud.output("TTopic").unwrap();
    let sent = scene.cloud.sns().publish().topic_arn(topic).message("x").send().await.unwrap();
    let own = scene.own_job("also").await;
    let again = ["also", "--message", "x", "--message-id", sent.message_id().unwrap()];
    assert_eq!(scene.job(&again, "duplicate").0, own);

    let (s3, [b, c]) = (scene.cloud.s3(), ["BucketB", "BucketC"].map(|name| scene.cloud.output(name).unwrap()));
    // The stack's buckets keep versions, until somebody ends it.
    let ended = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    s3.put_bucket_versioning().bucket(c).versioning_configuration(ended).send().await.unwrap();
    let put = async |bucket: &str, key: &str, body: &'static str| {
        let body = ByteStream::from_static(body.as_bytes());
        let put = s3.put_object().bucket(bucket).key(key).body(body).send().await.unwrap();
        put.version_id().unwrap_or_default().to_owned()
    };
    let key = "in/a b+c%20é.xml";
    let version = put(b, key, "four").await;
    let own = scene.own_job("object").await;
    assert_eq!(scene.job(&["object", "--object", key], "duplicate").0, own);
    put(b, key, "fives").await;
    jobs::until_ended(&scene.cloud.batch(), QUEUE, "object", 2).await.unwrap();
    assert_eq!(scene.job(&["object", "--object", key, "--version-id", &version], "duplicate").0, own);
    assert_ne!(scene.job(&["object", "--object", key], "duplicate").0, own);
    let (_, shown, _) = scene.fired(&["object", "--object", key, "--dry-run"]);
    assert_eq!(shown["event"]["Records"][0]["s3"]["object"]["key"], "in/a+b%2Bc%2520%C3%A9.xml");
    assert_eq!(shown["request"]["parameters"]["size"], "5");
    let (code, fired, words) = scene.fired(&["elsewhere", "--object", key]);
    assert_eq!((code, &fired["outcome"]), (1, &json!("failed")), "the other trigger takes it, and is not asked");
    assert!(words.contains("the trigger does not take this object: see its `prefix`"), "{words}");

    // The filters of this bucket overlap, so that its events come through EventBridge.
    put(scene.cloud.output("BucketE").unwrap(), key, "four").await;
    let (_, shown, _) = scene.fired(&["bridged", "--object", key, "--dry-run"]);
    let (kind, detail) = (&shown["event"]["detail-type"], &shown["event"]["detail"]);
    assert_eq!(
        (kind, &detail["object"]["key"], &detail["reason"]),
        (&json!("Object Created"), &json!(key), &json!("PutObject"))
    );

    put(c, key, "four").await;
    let own = scene.own_job("direct").await;
    let (fired, words) = scene.job(&["direct", "--object", key], "submitted");
    assert!(fired != own && words.contains("keeps no versions"), "{words}");
    assert_eq!(
        scene.job(&["direct", "--object", key], "duplicate").0,
        fired,
        "an object that is as it was is fired once"
    );
    let also = jobs::all(&scene.cloud.batch(), QUEUE).await.unwrap();
    assert_eq!(also.iter().filter(|job| jobs::of_trigger(job, "also")).count(), 1, "messages to `note` are not for it");
    for (arguments, wanted) in [
        (&["direct", "--object", "none"][..], "has no such object"),
        (&["removed", "--object", key], "does not take `created`"),
    ] {
        let (code, printed, words) = scene.fire(arguments);
        assert_eq!((code, printed.as_str()), (1, ""), "{arguments:?}");
        assert!(words.contains(wanted), "{arguments:?}: {words}");
    }
    scene.cloud.down().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn fire_finds_functions_and_rules_by_what_your_aws_configuration_leads_to() {
    let scene = Scene::up();
    let status: Value = serde_json::from_slice(&scene.cloud.jobwire(&["status", "--json"]).unwrap().stdout).unwrap();
    let stack = status["stack"].as_str().unwrap();
    let with_aws = |arguments: &[&str], region: &str, secret: &str| {
        let mut command: Command = binaries::command("jobwire").unwrap();
        command.env_clear().env("AWS_ENDPOINT_URL", &scene.cloud.endpoint).env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        for (name, value) in [("AWS_REGION", region), ("AWS_ACCESS_KEY_ID", secret), ("AWS_SECRET_ACCESS_KEY", secret)]
        {
            if !value.is_empty() {
                command.env(name, value);
            }
        }
        let output = command.arg("--file").arg(&scene.file).arg("fire").args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    };
    let (code, printed, words) = with_aws(&["daily", "--stack", stack], "us-east-1", "test");
    assert_eq!(code, 0, "{words}");
    assert!(printed.contains("daily") && printed.contains("submitted"), "{printed}");
    let function = scene.cloud.output("ScheduledFunction").unwrap();
    let (code, printed, words) = with_aws(&["daily", "--function", function], "us-east-1", "test");
    assert!(code == 0 && printed.contains("duplicate"), "{printed}{words}");

    let own = scene.own_job("once").await;
    let (code, printed, words) = with_aws(&["once", "--stack", stack], "us-east-1", "test");
    assert!(code == 0 && printed.contains("duplicate") && printed.contains(&own), "{printed}{words}");
    assert!(words.contains("this tick has its job already; `--time` names another"), "{words}");
    for (arguments, region, secret, wanted) in [
        (&["once", "--function", function][..], "us-east-1", "test", "name it by --rule ARN"),
        (&["daily", "--stack", "nobody-s"], "us-east-1", "test", "the stack nobody-s cannot be described"),
        (&["daily", "--function", "nobody-s"], "us-east-1", "test", "the function nobody-s is not found"),
        (&["daily", "--stack", stack], "us-east-1", "", "no AWS credentials are found: set AWS_PROFILE"),
        (&["daily", "--stack", stack], "", "test", "no AWS Region is configured"),
    ] {
        let (code, printed, words) = with_aws(arguments, region, secret);
        assert_eq!((code, printed.as_str()), (1, ""), "{arguments:?}: {words}");
        assert!(words.contains(wanted), "{arguments:?}: {words}");
    }
    scene.cloud.down().unwrap();
}

#[test]
fn fire_refuses_what_does_not_go_together_and_says_what_does() {
    let (folder, file) = project(TRIGGERS);
    for (arguments, wanted) in [
        (&["daily"][..], "--stack <NAME>|--local|--function <NAME>"),
        (&["daily", "--local", "--stack", "s"], "cannot be used with"),
        (&["daily", "--local", "--job", "j"], "daily is on a schedule, and --job is for another kind of trigger"),
        (&["note", "--local"], "note is on a topic, and needs --message"),
        (&["note", "--local", "--message-id", "m"], "--message"),
        (&["object", "--local"], "object is on a bucket, and needs --object"),
        (&["after", "--local", "--time", "2026-11-21T06:00:00Z"], "after is on jobs, and --time is for another kind"),
        (&["after", "--local"], "after is on jobs, and needs --job"),
        (&["daily", "--local", "--time", "yesterday"], "a time is written as 2026-11-21T06:00:00Z"),
        (&["daily", "--local", "--rule", "daily"], "must be the whole ARN"),
        (&["daily", "--stack", "s", "--wait"], "cannot be used with"),
        (&["daily", "--function", "f", "--state", "s"], "cannot be used with"),
    ] {
        let (code, printed, words) = jobwire(&file, &[&["fire"], arguments].concat());
        assert_eq!((code, printed.as_str()), (2, ""), "{arguments:?}: {words}");
        assert!(words.contains(wanted), "{arguments:?}: {words}");
    }
    let (code, _, words) = jobwire(&file, &["fire", "dayly", "--local"]);
    assert!(code == 2 && words.contains("there is no trigger dayly: did you mean `daily`?"), "{words}");
    let (code, _, words) = jobwire(&file, &["fire", "daily", "--local"]);
    let state = folder.path().join(".jobwire");
    assert!(code == 1 && words.contains(&format!("no local cloud is up in {}", state.display())), "{words}");
    assert!(words.contains("--file") && words.contains("--state"), "{words}");
}
