//! Multi-node jobs.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::recorded::{Answer, Recorded};
use super::{ID, job, quiet};

fn whole(status: &str) -> Value {
    let container = json!({ "image": "mpi", "resourceRequirements": [{ "type": "VCPU", "value": "2" }, { "type": "MEMORY", "value": "2048" }] });
    let nodes = json!({ "numNodes": 2, "mainNode": 0, "nodeRangeProperties": [{ "targetNodes": "0:1", "container": container }] });
    json!({ "jobs": [job(ID, status, &json!({ "nodeProperties": nodes }))] })
}

fn node(index: u32, status: &str) -> Value {
    let mut container = json!({ "logStreamName": format!("mpi/default/{index}") });
    if status == "FAILED" {
        container["exitCode"] = json!(if index == 0 { 4 } else { 1 });
    }
    job(
        &format!("{ID}#{index}"),
        status,
        &json!({ "nodeDetails": { "nodeIndex": index, "isMainNode": index == 0 }, "container": container }),
    )
}

#[test]
fn a_multi_node_job_shows_its_nodes_and_ends_with_its_main_node() {
    let steps = [whole("RUNNABLE"), whole("RUNNING"), whole("RUNNING"), whole("FAILED")];
    // The nodes are asked for by the same operation, so the calls for the whole job are counted by themselves.
    let asked = AtomicUsize::new(0);
    let server = Recorded::start(move |call| match call.operation {
        "DescribeJobs" if call.body["jobs"][0] == ID => {
            let before = asked.fetch_add(1, Ordering::SeqCst);
            Answer::Good(steps[before.saturating_sub(1).min(steps.len() - 1)].clone())
        }
        "DescribeJobs" => {
            assert_eq!(call.body["jobs"], json!([format!("{ID}#0"), format!("{ID}#1")]));
            let status = if asked.load(Ordering::SeqCst) > steps.len() { "FAILED" } else { "RUNNING" };
            Answer::Good(json!({ "jobs": [node(0, status), node(1, status)] }))
        }
        "GetLogEvents" => {
            let events = match call.body["nextToken"].as_str() {
                None => json!([{ "timestamp": 1, "message": "rank 0" }]),
                Some(_) => json!([]),
            };
            match call.body["logStreamName"].as_str() {
                Some("mpi/default/0") => Answer::Good(json!({ "events": events, "nextForwardToken": "f/1" })),
                _ => quiet(call),
            }
        }
        _ => quiet(call),
    });
    let (code, printed, words) = server.watched(&[ID]);
    assert_eq!(code, 4, "{printed}\n{words}");
    for wanted in
        ["consume-feed#0  RUNNING    after 12 s, main node", "consume-feed#1  RUNNING    after 12 s", "rank 0"]
    {
        assert!(printed.lines().any(|line| line == wanted), "{wanted}\n---\n{printed}\n{words}");
    }
    assert!(printed.contains("consume-feed#0  FAILED     exit code 4, ran 2 min 5 s, main node"), "{printed}");
}
