//! `jobwire synth`: a template that cfn-lint passes, and zips that stay the same.

use std::path::Path;

use jobwire_tests::{binaries, checkers};
use serde_json::Value;

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
    let mut templates = vec![infra.join("template.yaml"), infra.join("fetch-and-run.yaml")];
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

#[test]
fn functions_may_do_no_more_than_their_triggers_need() {
    let folder = tempfile::tempdir().unwrap();
    let template = synth(&feed(), &folder.path().join("out"), &[]);
    let statements = &template["Resources"]["ScheduledFunction"]["Properties"]["Policies"][0]["Statement"];
    let batch = |resource: &str| serde_json::json!({"Fn::Sub": format!("arn:${{AWS::Partition}}:batch:${{AWS::Region}}:${{AWS::AccountId}}:{resource}")});
    assert_eq!(statements[0]["Action"], serde_json::json!(["batch:SubmitJob", "batch:TagResource"]));
    assert_eq!(
        statements[0]["Resource"],
        serde_json::json!([
            batch("job-queue/feeds"),
            batch("job-definition/feedstream"),
            batch("job-definition/feedstream:*")
        ])
    );
    let actions: Vec<&Value> = statements.as_array().unwrap().iter().map(|statement| &statement["Action"]).collect();
    let ledger = serde_json::json!(["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:DeleteItem"]);
    assert_eq!(actions[1..3], ["batch:TagResource", "sqs:SendMessage"]);
    assert_eq!(
        (actions[3], actions[4..].to_vec()),
        (&ledger, vec![&"batch:ListJobs".into(), &"batch:TerminateJob".into()])
    );
}

#[test]
fn without_the_ledger_there_is_no_table_and_nothing_that_only_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let template = synth(&feed(), &folder.path().join("out"), &["--no-ledger"]);
    let statements = &template["Resources"]["ScheduledFunction"]["Properties"]["Policies"][0]["Statement"];
    assert_eq!(statements.as_array().map(Vec::len), Some(3));
    let text = template.to_string();
    for gone in ["Ledger", "LEDGER", "dynamodb", "Settle", "SETTLE", "ListJobs", "TerminateJob"] {
        assert!(!text.contains(gone), "{gone}");
    }
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
