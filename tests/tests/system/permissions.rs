//! Least privilege, in the local cloud, where functions have their roles and what a role does not allow is refused.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::AttributeValue;
use jobwire_tests::cloud::Cloud;
use jobwire_tests::jobs;
use serde_json::{Value, json};

use crate::{batch_yaml, jobwire, project};

/// For each kind a trigger whose job starts, one whose template fails, and one whose job Batch refuses. The jobs that the
/// fourth kind waits for are in another queue, so that no job starts the next.
const TRIGGERS: &str = r#"
version: 1
triggers:
  schedule-good: { on: &schedule { schedule: cron(0 0 1 1 ? *) }, submit: &good { jobName: good, jobQueue: q, jobDefinition: d } }
  schedule-bad: { on: *schedule, submit: &bad { jobName: "{{ event.nothing.here }}", jobQueue: q, jobDefinition: d } }
  schedule-refused: { on: *schedule, submit: &refused { jobName: refused, jobQueue: q, jobDefinition: not-there } }
  topic-good: { on: &topic { topic: t }, submit: *good }
  topic-bad: { on: *topic, submit: *bad }
  topic-refused: { on: *topic, submit: *refused }
  bucket-good: { on: &bucket { bucket: b }, submit: *good }
  bucket-bad: { on: *bucket, submit: *bad }
  bucket-refused: { on: *bucket, submit: *refused }
  job-good: { on: &job { job: { queue: elsewhere, status: [FAILED] } }, submit: *good }
  job-bad: { on: *job, submit: *bad }
  job-refused: { on: *job, submit: *refused }
"#;

/// What AWS itself does in the name of a function, of which the local cloud asks no role (that messages are kept and read is
/// tested elsewhere), and what there is only with a key of the user's.
const NOT_OF_THE_FUNCTION: [&str; 4] = ["KeepFailed", "WriteLogs", "ReadBuffers", "UseKey"];

fn up(folder: &Path, file: &Path) -> Cloud {
    let batch = batch_yaml("sleep 600").replace(
        "  Definition:",
        "  Other:\n    Type: AWS::Batch::JobQueue\n    Properties: { JobQueueName: other, Priority: 1, ComputeEnvironmentOrder: [{ Order: 1, ComputeEnvironment: !Ref Compute }] }\n  Definition:",
    );
    std::fs::write(file.with_file_name("batch.yaml"), batch).unwrap();
    std::fs::write(file.with_file_name("jobwire.local.yaml"), "images: { shell: { entrypoint: [/bin/sh] } }\n")
        .unwrap();
    Cloud::up(file, &folder.join("state"), &[], false).unwrap()
}

/// The events of one kind that are the occurrence `number` for its three triggers.
fn events(cloud: &Cloud, kind: &str, number: u32) -> Vec<Value> {
    match kind {
        "schedule" => ["good", "bad", "refused"]
            .iter()
            .map(|what| {
                let time = format!("2026-01-01T00:{number:02}:00Z");
                let rule = "arn:aws:events:us-east-1:000000000000:rule/r";
                json!({"jobwire": {"trigger": format!("schedule-{what}"), "rule": rule, "time": time}, "event": {}})
            })
            .collect(),
        "topic" => {
            let sns = json!({"TopicArn": cloud.output("TTopic").unwrap(), "MessageId": format!("m{number}"), "Message": "x", "Timestamp": "2026-01-01T00:00:00Z"});
            vec![
                json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "s", "Sns": sns}]}),
            ]
        }
        "bucket" => {
            let object = json!({"key": "k", "size": 1, "eTag": "e", "sequencer": format!("0{number}")});
            vec![json!({"Records": [{
                "eventSource": "aws:s3", "eventVersion": "2.1", "eventName": "ObjectCreated:Put", "eventTime": "2026-01-01T00:00:00Z", "awsRegion": "us-east-1",
                "s3": {"bucket": {"name": cloud.output("BucketB").unwrap()}, "object": object},
            }]})]
        }
        _ => {
            let detail = json!({
                "jobId": format!("00000000-0000-0000-0000-00000000000{number}"), "jobName": "n", "status": "FAILED", "attempts": [],
                "jobQueue": "arn:aws:batch:us-east-1:000000000000:job-queue/elsewhere",
                "jobDefinition": "arn:aws:batch:us-east-1:000000000000:job-definition/x:1",
            });
            vec![json!({
                "detail-type": "Batch Job State Change", "source": "aws.batch", "time": "2026-01-01T00:00:00Z", "account": "000000000000",
                "region": "us-east-1", "id": "1", "resources": [], "detail": detail,
            })]
        }
    }
}

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Leaves the ledger as a function does that works at the event until then, or died at it.
async fn claim(cloud: &Cloud, file: &Path, event: &Value, trigger: &str, lease_until: u64) -> String {
    let path = file.with_file_name("event.json");
    std::fs::write(&path, event.to_string()).unwrap();
    let (_, rendered, words) = jobwire(file, &["render", path.to_str().unwrap()]);
    let rendered: Value = serde_json::from_str(&rendered).expect(&words);
    let of_trigger = rendered.as_array().unwrap().iter().find(|one| one["trigger"] == trigger).expect(&words);
    let (key, name) = (of_trigger["key"].as_str().unwrap(), of_trigger["request"]["jobName"].as_str().unwrap());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: u64| AttributeValue::N(number.to_string());
    let now = now();
    let put = cloud.dynamodb().put_item().table_name(cloud.output("LedgerTable").unwrap());
    put.item("id", text(&format!("{trigger}#{key}")))
        .item("owner", text("0123456789abcdef0123456789abcdef"))
        .item("fence", number(1))
        .item("requestHash", text("0123456789abcdef"))
        .item("jobName", text(name))
        .item("jobQueue", text("q"))
        .item("claimedAt", number(now - 1000))
        .item("submitBy", number(now - 500))
        .item("leaseUntil", number(lease_until))
        .item("expires", number(now / 1000 + 3600))
        .send()
        .await
        .unwrap();
    name.to_owned()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The roles of the functions, and the statements of each.
fn roles(template: &Value) -> Vec<(&String, Vec<&Value>)> {
    let resources = template["Resources"].as_object().unwrap();
    let roles = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::IAM::Role");
    roles
        .map(|(id, role)| {
            let policies = role["Properties"]["Policies"].as_array().unwrap().iter();
            let all = policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
            (id, all.map(|statement| statement["Fn::If"].get(1).unwrap_or(statement)).collect())
        })
        .collect()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// Whether a statement has this resource: ours end with `*` or hold none.
fn has_resource(statement: &Value, resource: &str) -> bool {
    statement["Resource"].as_array().unwrap().iter().any(|pattern| {
        let pattern = pattern["Fn::Sub"].as_str().or(pattern.as_str()).unwrap_or_default();
        let pattern = pattern
            .replace("${AWS::Partition}", "aws")
            .replace("${AWS::Region}", "us-east-1")
            .replace("${AWS::AccountId}", "000000000000");
        match pattern.strip_suffix('*') {
            Some(beginning) => resource.starts_with(beginning),
            None => resource == pattern,
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_do_nothing_that_their_roles_do_not_allow_and_need_every_statement_of_them() {
    let (folder, file) = project(TRIGGERS);
    let cloud = up(folder.path(), &file);
    for kind in ["schedule", "topic", "bucket", "job"] {
        let answers: Vec<Value> = events(&cloud, kind, 1).iter().map(|event| cloud.send(event).unwrap()).collect();
        let submitted = answers.iter().flat_map(|answer| answer["submitted"].as_array().unwrap()).count();
        let rejected: u64 = answers.iter().map(|answer| answer["rejected"].as_u64().unwrap()).sum();
        assert_eq!((submitted, rejected), (1, 2), "{kind}: {answers:?}");

        let trigger = format!("{kind}-good");
        let second = events(&cloud, kind, 2).remove(0);
        // Another is at work, for whom this delivery waits a moment.
        claim(&cloud, &file, &second, &trigger, now() + 3_600_000).await;
        assert_eq!(cloud.send(&second).unwrap()["errorType"], "Jobwire.ClaimHeld");
        // It died, and had submitted twice without hearing an answer.
        let name = claim(&cloud, &file, &second, &trigger, now() - 1).await;
        for _ in 0..2 {
            let submit = cloud.batch().submit_job().job_name(&name).job_queue("q").job_definition("d");
            submit.tags("jobwire.trigger", &trigger).send().await.unwrap();
        }
        let answer = cloud.send(&second).unwrap();
        let adopted = answer["submitted"].as_array().unwrap().iter().find(|job| job["trigger"] == trigger.as_str());
        assert_eq!(adopted.unwrap()["outcome"], "adopted", "{answer}");
        jobs::until(&cloud.batch(), "q", "the second job to be terminated", |jobs| {
            jobs.iter().any(|job| job.job_name() == Some(&name) && jobs::has_ended(job)).then_some(())
        })
        .await
        .unwrap();
    }

    let template: Value =
        serde_json::from_slice(&std::fs::read(cloud.state().join("out/template.json")).unwrap()).unwrap();
    let calls = lines(&cloud.state().join("calls.jsonl"));
    let refused: Vec<&Value> = calls.iter().filter(|call| call["allowed"] != true).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    let of_batch = lines(&cloud.state().join("batch-calls.jsonl"));
    let roles = roles(&template);
    assert_eq!(roles.len(), 4);
    for (role, statements) in roles {
        let by_role = |call: &&Value| call["caller"].as_str().unwrap().contains(&format!("-{role}-"));
        let needed: BTreeSet<(&str, &str)> = calls
            .iter()
            .filter(by_role)
            .map(|call| (call["sid"].as_str().unwrap(), call["action"].as_str().unwrap()))
            .collect();
        for statement in &statements {
            let sid = statement["Sid"].as_str().unwrap();
            for action in texts(&statement["Action"]) {
                let used = needed.contains(&(sid, action));
                assert!(used != NOT_OF_THE_FUNCTION.contains(&sid), "{role} {sid} {action}: {needed:#?}");
            }
        }
        // What local-batch saw, looked at without the local cloud's own judgement.
        let mut seen = of_batch.iter().filter(by_role).peekable();
        assert!(seen.peek().is_some(), "{role} called Batch");
        for call in seen {
            let (action, resource) = (call["action"].as_str().unwrap(), call["resource"].as_str().unwrap());
            let allows =
                |statement: &&Value| texts(&statement["Action"]).contains(&action) && has_resource(statement, resource);
            assert!(statements.iter().any(allows), "{role}: {action} on {resource}");
        }
    }
}

/// The credentials that the running function has.
fn credentials_of(function: &str) -> Credentials {
    let environments = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let bytes = std::fs::read(entry.path().join("environ")).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        Some(text.split('\0').map(str::to_owned).collect::<Vec<String>>())
    });
    let variable = |environment: &[String], name: &str| {
        environment.iter().find_map(|variable| variable.strip_prefix(&format!("{name}=")).map(str::to_owned))
    };
    let own = environments
        .into_iter()
        .find(|environment| variable(environment, "AWS_LAMBDA_FUNCTION_NAME").as_deref() == Some(function))
        .expect("the function runs");
    let of = |name: &str| variable(&own, name).unwrap();
    let token = variable(&own, "AWS_SESSION_TOKEN");
    Credentials::new(of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY"), token, None, "function")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_role_does_not_allow_is_refused_by_batch_and_by_the_cloud() {
    let (folder, file) = project(TRIGGERS);
    let cloud = up(folder.path(), &file);
    // It runs on for a while after an event.
    cloud.send(&events(&cloud, "topic", 1)[0]).unwrap();
    let credentials = credentials_of(cloud.output("SnsFunction").unwrap());
    let batch = aws_sdk_batch::Client::from_conf(
        cloud.batch().config().to_builder().credentials_provider(credentials.clone()).build(),
    );
    let submit = |queue: &str| batch.submit_job().job_name("n").job_queue(queue).job_definition("d").send();
    submit("q").await.expect("its triggers name this queue");
    let refused = submit("other").await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDeniedException"));
    assert!(
        refused.message().is_some_and(|message| message.contains("batch:SubmitJob")
            && message.contains("job-queue/other")
            && message.contains("SnsRole")),
        "{refused:?}"
    );
    // A job that no trigger started is none of its business.
    let by_hand =
        cloud.batch().submit_job().job_name("by-hand").job_queue("q").job_definition("d").send().await.unwrap();
    let terminated = batch.terminate_job().job_id(by_hand.job_id().unwrap()).reason("r").send().await;
    assert_eq!(terminated.unwrap_err().code(), Some("AccessDeniedException"));
    assert_eq!(batch.describe_job_queues().send().await.unwrap_err().code(), Some("AccessDeniedException"));

    let dynamodb = aws_sdk_dynamodb::Client::from_conf(
        cloud.dynamodb().config().to_builder().credentials_provider(credentials).build(),
    );
    let scanned = dynamodb.scan().table_name(cloud.output("LedgerTable").unwrap()).send().await;
    assert_eq!(scanned.unwrap_err().code(), Some("AccessDeniedException"), "it reads single items alone");
}
