//! `jobwire synth`: a template that cfn-lint passes, and zips that stay the same.

use std::collections::BTreeMap;
use std::path::Path;

use jobwire_tests::{binaries, checkers};
use serde_json::{Value, json};

use crate::{feed, jobwire, project};

/// Every kind of `on`, and every way for an event to travel.
pub(crate) const EVERYTHING: &str = r#"
version: 1
triggers:
  rule: { on: { schedule: rate(5 minutes) }, submit: &job { jobName: a, jobQueue: q, jobDefinition: d } }
  paused: { enabled: false, on: { schedule: rate(5 minutes) }, submit: *job }
  zoned: { on: { schedule: "cron(0 6 * * ? *)", timezone: Asia/Tokyo }, submit: *job }
  once: { on: { schedule: at(2030-01-01T00:00:00), input: { detail: { a: "${b}" } } }, submit: *job }
  constant:
    on: { schedule: rate(1 day), input: { jobName: a, jobQueue: q, jobDefinition: d } }
    submit: from-event
    allow: { queues: [q], definitions: [d] }
  with-placeholders-in-its-input-and-a-long-name-for-a-rule: { on: { schedule: rate(1 day), input: { note: "<time> of <b>" } }, submit: *job }
  topic: { on: { topic: start_feed_consumer }, submit: *job, emits: { topics: [done], buckets: [results] } }
  buffered: { on: { topic: slow, buffer: sqs }, submit: *job }
  existing-topic: { on: { topic: "arn:aws:sns:us-east-1:123456789012:other" }, submit: *job }
  direct: { on: { bucket: uploads, prefix: incoming/, suffix: [.jpg, .png], events: [created, removed] }, submit: *job }
  overlapping-a: { on: { bucket: shared, prefix: a/ }, submit: *job }
  overlapping-b: { on: { bucket: shared, prefix: a/b/, suffix: .x }, submit: *job }
  queued: { on: { bucket: queued, via: sqs }, submit: *job }
  bridged: { on: { bucket: bridged, via: eventbridge, buffer: sqs }, submit: *job }
  existing-bucket: { on: { bucket: "arn:aws:s3:::of-somebody-else" }, submit: *job }
  encoded: { on: { bucket: encoded, prefix: "my files/é", suffix: "+.x" }, submit: *job }
  shared-edge-a: { on: { bucket: edge, prefix: in/, suffix: /done, via: eventbridge }, submit: *job }
  by-same-topic: { on: { bucket: "arn:aws:s3:::notifying-too", via: { sns: "arn:aws:sns:us-east-1:123456789012:notifying" } }, submit: *job }
  by-topic: { on: { bucket: "arn:aws:s3:::notifying", via: { sns: "arn:aws:sns:us-east-1:123456789012:notifying" } }, submit: *job }
  after: { on: { job: { queue: q, definition: d, status: [FAILED] } }, when: chain.depth < 5, submit: *job }
  after-child: { on: { job: { definition: "d:3", status: [SUCCEEDED, FAILED], each: child } }, submit: *job }
"#;

fn synth(file: &Path, out: &Path, more: &[&str]) -> Value {
    let functions = binaries::folder().unwrap();
    let (code, _, words) = jobwire(
        file,
        &[&["synth", "--out", out.to_str().unwrap(), "--functions", functions.to_str().unwrap()], more].concat(),
    );
    assert_eq!(code, 0, "{words}");
    serde_json::from_slice(&std::fs::read(out.join("template.json")).unwrap()).unwrap()
}

fn lint(paths: &[&Path]) {
    let output = checkers::program("cfn-lint").unwrap().args(paths).output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn cfn_lint_passes_every_template_with_no_rule_switched_off() {
    let (folder, everything) = project(EVERYTHING);
    let infra = binaries::root().join("infra");
    let mut templates = vec![infra.join("template.yaml"), infra.join("batch.yaml")];
    let mut batch_files = Vec::new();
    let mut of = |name: &str, file: &Path| {
        let out = folder.path().join(name);
        synth(file, &out, &[]);
        templates.push(out.join("template.json"));
    };
    of("everything", &everything);
    let pipelines = infra.join("pipelines").read_dir().unwrap().flatten().map(|entry| entry.path());
    for pipeline in pipelines.filter(|path| path.is_dir()) {
        of(&pipeline.file_name().unwrap().to_string_lossy(), &pipeline.join("jobwire.yaml"));
        batch_files.push(pipeline.join("batch.yaml"));
    }
    templates.extend(batch_files);
    assert!(templates.len() >= 9, "{templates:?}");
    lint(&templates.iter().map(std::path::PathBuf::as_path).collect::<Vec<_>>());
}

#[test]
fn names_filters_and_inputs_are_written_as_aws_reads_them() {
    let (folder, everything) = project(EVERYTHING);
    let template = synth(&everything, &folder.path().join("out"), &[]);
    let resources = template["Resources"].as_object().unwrap();
    let rules = &resources["BucketEncoded"]["Properties"]["NotificationConfiguration"]["LambdaConfigurations"][0]["Filter"]
        ["S3Key"]["Rules"];
    assert_eq!(
        (&rules[0]["Value"], &rules[1]["Value"]),
        (&"my+files/%C3%A9".into(), &"%2B.x".into()),
        "S3 compares encoded keys"
    );
    let keys = &resources["BucketEdgeRule"]["Properties"]["EventPattern"]["detail"]["object"]["key"];
    assert_eq!(keys, &serde_json::json!([{"prefix": "in/"}]), "the key in/done has both, and they overlap");
    let rule = &resources["WithPlaceholdersInItsInputAndALongNameForARuleRule"]["Properties"];
    let name = rule["Name"]["Fn::Sub"].as_str().unwrap().strip_prefix("${AWS::StackName}-").unwrap();
    assert!(name.len() <= 32, "{name}");
    let input = rule["Targets"][0]["InputTransformer"]["InputTemplate"].as_str().unwrap();
    assert!(input.contains(r"\u003ctime\u003e of \u003cb\u003e") && input.contains(r#""time":<time>"#), "{input}");
    let subscriptions = resources
        .values()
        .filter(|resource| resource["Properties"]["TopicArn"] == "arn:aws:sns:us-east-1:123456789012:notifying");
    assert_eq!(subscriptions.count(), 1, "a message that came twice would start its jobs twice");
}

#[test]
fn equal_files_give_equal_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    synth(&feed(), &first, &[]);
    synth(&feed(), &second, &[]);
    for name in ["template.json", "scheduled.zip", "sns.zip", "s3.zip", "job-state.zip"] {
        assert!(std::fs::read(first.join(name)).unwrap() == std::fs::read(second.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn the_local_template_differs_in_its_endpoint_its_code_and_its_settle_time_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut aws = synth(&feed(), &folder.path().join("aws"), &[]);
    let mut local = synth(
        &feed(),
        &folder.path().join("local"),
        &["--local", "--batch-endpoint", "http://127.0.0.1:1", "--code-bucket", "code"],
    );
    for function in ["ScheduledFunction", "SnsFunction", "S3Function", "JobStateFunction"] {
        let properties =
            |template: &mut Value| template["Resources"][function]["Properties"].as_object_mut().unwrap().clone();
        let (mut of_aws, mut of_local) = (properties(&mut aws), properties(&mut local));
        assert!(of_local.remove("CodeUri").unwrap().as_str().unwrap().starts_with("s3://code/"));
        of_aws.remove("CodeUri");
        let variables = of_local["Environment"]["Variables"].as_object_mut().unwrap();
        assert_eq!(variables.remove("AWS_ENDPOINT_URL_BATCH"), Some("http://127.0.0.1:1".into()));
        assert_eq!(variables.remove("JOBWIRE_SETTLE_SECONDS"), Some("1".into()));
        assert_eq!(of_aws, of_local);
        for template in [&mut aws, &mut local] {
            template["Resources"][function] = Value::Null;
        }
    }
    assert_eq!(aws, local);
}

/// The statements of a function's role, by their `Sid`.
fn statements(template: &Value, role: &str) -> BTreeMap<String, Value> {
    let policies = template["Resources"][role]["Properties"]["Policies"].as_array().unwrap();
    let all = policies.iter().flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
    // One that stands under a condition is the condition's first choice.
    let plain = all.map(|statement| statement["Fn::If"].get(1).unwrap_or(statement).clone());
    plain.map(|statement| (statement["Sid"].as_str().unwrap().to_owned(), statement)).collect()
}

#[test]
fn functions_may_do_no_more_than_their_triggers_need() {
    let folder = tempfile::tempdir().unwrap();
    let template = synth(&feed(), &folder.path().join("out"), &[]);
    let statements = statements(&template, "ScheduledRole");
    let batch = |resource: &str| json!({"Fn::Sub": format!("arn:${{AWS::Partition}}:batch:${{AWS::Region}}:${{AWS::AccountId}}:{resource}")});
    assert_eq!(statements["SubmitJobs"]["Action"], json!(["batch:SubmitJob", "batch:TagResource"]));
    assert_eq!(
        statements["SubmitJobs"]["Resource"],
        json!([batch("job-queue/feeds"), batch("job-definition/feedstream"), batch("job-definition/feedstream:*")])
    );
    let sids: Vec<&str> = statements.keys().map(String::as_str).collect();
    assert_eq!(
        sids,
        [
            "EndSecondJobs",
            "FindJobs",
            "KeepFailed",
            "KeepLedger",
            "Reject",
            "SubmitJobs",
            "TagJobs",
            "UseKey",
            "WriteLogs"
        ]
    );
    let everywhere = statements.values().filter(|statement| statement["Resource"] == json!(["*"]));
    assert_eq!(everywhere.map(|statement| &statement["Sid"]).collect::<Vec<_>>(), ["FindJobs"]);
}

#[test]
fn without_the_ledger_there_is_no_table_and_nothing_that_only_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let template = synth(&feed(), &folder.path().join("out"), &["--no-ledger"]);
    let sids: Vec<String> = statements(&template, "ScheduledRole").into_keys().collect();
    assert_eq!(sids, ["KeepFailed", "Reject", "SubmitJobs", "TagJobs", "UseKey", "WriteLogs"]);
    let text = template.to_string();
    for gone in ["Ledger", "LEDGER", "dynamodb", "Settle", "SETTLE", "ListJobs", "TerminateJob"] {
        assert!(!text.contains(gone), "{gone}");
    }
}

#[test]
fn every_permission_of_every_template_is_explained() {
    let (_folder, everything) = project(EVERYTHING);
    for file in [everything, feed()] {
        for more in [&["--json"][..], &["--json", "--no-ledger"]] {
            let (code, explained, words) = jobwire(&file, &[&["synth", "--explain"], more].concat());
            assert_eq!(code, 0, "{words}");
            let explained: Vec<Value> = serde_json::from_str(&explained).unwrap();
            let why = |one: &Value| one["why"].as_str().unwrap().len();
            assert!(explained.iter().all(|one| why(one) > 10 && one["actions"] != json!([]) && one["who"] != ""));
        }
    }
    let (code, told, _) = jobwire(&feed(), &["synth", "--explain"]);
    assert_eq!(code, 0);
    assert!(told.contains("named by check-feed") && told.contains("on job-queue/feeds"), "{told}");
    assert!(told.lines().all(|line| line.len() <= 120), "{told}");
}

#[test]
fn a_condition_that_begins_with_guarded_equalities_becomes_a_filter_policy() {
    let folder = tempfile::tempdir().unwrap();
    let template = synth(&feed(), &folder.path().join("out"), &[]);
    let subscription = &template["Resources"]["TopicStartFeedConsumerSubscription"]["Properties"];
    assert_eq!(
        (&subscription["FilterPolicyScope"], &subscription["FilterPolicy"]),
        (&json!("MessageBody"), &json!({"type": ["lovelive"]}))
    );
}

#[test]
fn a_function_that_is_not_built_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let (code, _, words) =
        jobwire(&feed(), &["synth", "--out", out.to_str().unwrap(), "--functions", folder.path().to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(words.contains("the function jobwire-scheduled is not built") && words.contains("make build"), "{words}");
}

#[test]
fn what_s3_would_refuse_is_refused_at_once() {
    let (folder, file) = project(
        "
version: 1
triggers:
  a: { on: { bucket: b, prefix: x/, via: direct }, submit: &job { jobName: a, jobQueue: q, jobDefinition: d } }
  b: { on: { bucket: b, prefix: x/y/, via: direct }, submit: *job }
",
    );
    let functions = binaries::folder().unwrap();
    let out = folder.path().join("out");
    let (code, _, words) =
        jobwire(&file, &["synth", "--out", out.to_str().unwrap(), "--functions", functions.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(words.contains("filters overlap"), "{words}");
}

#[test]
fn overlapping_prefixes_go_through_eventbridge_and_synth_says_so() {
    let (folder, file) = project(EVERYTHING);
    let (functions, out) = (binaries::folder().unwrap(), folder.path().join("out"));
    let (code, _, words) =
        jobwire(&file, &["synth", "--out", out.to_str().unwrap(), "--functions", functions.to_str().unwrap()]);
    assert_eq!(code, 0, "{words}");
    let said: Vec<&str> = words.lines().filter(|line| line.contains("EventBridge")).collect();
    assert!(
        matches!(said[..], [line] if line.starts_with("bucket shared: ") && line.contains("S3 refuses")),
        "{words}"
    );
}

#[test]
fn what_cannot_be_deployed_where_it_goes_is_said_by_check_and_refused_by_synth() {
    let (folder, file) = project(
        "
version: 1
triggers:
  far: { on: { topic: 'arn:aws:sns:eu-west-1:111111111111:t' }, submit: &job { jobName: a, jobQueue: q, jobDefinition: d } }
  never: { on: { schedule: 'cron(0 0 30 2 ? *)' }, submit: *job }
  over: { on: { schedule: 'cron(0 0 1 1 ? 2020)' }, submit: *job }
",
    );
    let (code, _, words) = jobwire(&file, &["check", "--region", "us-east-1", "--account", "222222222222"]);
    assert_eq!(code, 1);
    for said in [
        "error: triggers.far.on.topic: lies in the Region eu-west-1, and the stack in us-east-1",
        "warning: triggers.far.on.topic: lies in the account 111111111111, and the stack in 222222222222",
        "error: triggers.never.on.schedule: is never due",
        "warning: triggers.over.on.schedule: never fires again: its last time was on 2020-01-01",
    ] {
        assert!(words.contains(said), "{said}\n{words}");
    }
    let out = folder.path().join("out");
    let (code, _, _) = jobwire(&file, &["synth", "--region", "us-east-1", "--out", out.to_str().unwrap()]);
    assert!(code == 1 && !out.exists());
}
