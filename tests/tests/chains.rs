//! A chain goes on from job to job by what Batch tells of a job, whatever it runs on, and it ends.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use jobwire_core::chain::Chain;
use jobwire_core::names_table::NamesTable;
use jobwire_core::plan::{Deployment, Plan, plan};
use jobwire_core::trigger_file;
use serde_json::{Value, json};

/// The blocks of overrides that carry variables, each with its platform.
const PLATFORMS: [(&str, &str); 5] = [
    ("container", "containerOverrides: { command: [x] }"),
    ("fargate", "containerOverrides: { command: [x] }"),
    ("ecs", "ecsPropertiesOverride: { taskProperties: [{ containers: [{ name: main }] }] }"),
    ("eks", "eksPropertiesOverride: { podProperties: { containers: [{ name: main }] } }"),
    (
        "multinode",
        "nodeOverrides: { nodePropertyOverrides: [{ targetNodes: '0:', containerOverrides: { command: [x] } }] }",
    ),
];

fn planned(platform: &str, block: &str, event: &Value) -> Plan {
    let file = format!(
        "{{version: 1, triggers: {{loop: {{on: {{job: {{queue: q, status: SUCCEEDED}}}}, platform: {platform}, when: 'true', submit: {{jobName: a, jobQueue: q, jobDefinition: d, {block}}}}}}}}}"
    );
    let source = jobwire_job_state::SOURCE;
    let triggers = trigger_file::read(&file, None, &[source]).unwrap();
    let deployment = Deployment { names: NamesTable::offline(), ..Deployment::default() };
    plan(&triggers, &deployment, event, (source.read)(event))
}

/// What Batch tells when the job of this request has succeeded: its properties with what was overridden, and its tags.
fn succeeded(number: usize, request: &Value, tags: bool) -> Value {
    let mut detail = json!({
        "jobId": format!("00000000-0000-4000-8000-{number:012}"),
        "jobName": request["jobName"],
        "jobQueue": "arn:aws:batch:eu-west-1:123456789012:job-queue/q",
        "jobDefinition": "arn:aws:batch:eu-west-1:123456789012:job-definition/d:1",
        "status": "SUCCEEDED",
        "attempts": [{}],
    });
    for (name, of) in [
        ("container", "containerOverrides"),
        ("ecsProperties", "ecsPropertiesOverride"),
        ("eksProperties", "eksPropertiesOverride"),
    ] {
        if !request[of].is_null() {
            detail[name] = request[of].clone();
        }
    }
    if let Some(nodes) = request["nodeOverrides"]["nodePropertyOverrides"].as_array() {
        let ranges: Vec<Value> =
            nodes.iter().map(|node| json!({"targetNodes": "0:1", "container": node["containerOverrides"]})).collect();
        detail["nodeProperties"] = json!({"numNodes": 2, "mainNode": 0, "nodeRangeProperties": ranges});
    }
    if tags {
        detail["tags"] = request["tags"].clone();
    }
    json!({"source": "aws.batch", "detail-type": "Batch Job State Change", "id": "x", "account": "123456789012",
        "region": "eu-west-1", "time": "2026-11-21T06:00:00Z", "resources": [], "detail": detail})
}

#[test]
fn a_chain_goes_on_by_tags_or_variables_on_every_platform_and_ends_at_its_depth() {
    for (platform, block) in PLATFORMS {
        for tags in [true, false] {
            let mut event = succeeded(0, &json!({"jobName": "first"}), tags);
            let mut first: Option<Chain> = None;
            for number in 1..=10 {
                let plan = planned(platform, block, &event);
                assert_eq!(
                    (plan.requests.len(), plan.rejects.len()),
                    (1, 0),
                    "{platform} {number}: {:?}",
                    plan.rejects
                );
                let request = serde_json::to_value(&plan.requests[0].request).unwrap();
                let carried = |name: &str| request["tags"][name].as_str().unwrap().to_owned();
                let first = first.get_or_insert_with(|| Chain { id: carried("jobwire.chain"), depth: 1, parent: None });
                assert_eq!(carried("jobwire.chain"), first.id, "{platform}, tags {tags}, job {number}");
                assert_eq!(carried("jobwire.depth"), number.to_string(), "{platform}, tags {tags}");
                if number > 1 {
                    assert_eq!(carried("jobwire.parent"), event["detail"]["jobId"], "{platform}, tags {tags}");
                }
                event = succeeded(number, &request, tags);
            }
            let plan = planned(platform, block, &event);
            assert_eq!((plan.requests.len(), plan.rejects.len()), (0, 1), "{platform}: the eleventh job");
            assert!(plan.rejects[0].problems[0].message.contains("a chain has at most 10 jobs"));
        }
    }
}
