//! Jobs on EKS.

use serde_json::{Value, json};

use super::recorded::{Answer, Recorded};
use super::{ID, job, objects, quiet, step};

const CLUSTER: &str = "arn:aws:eks:eu-west-1:123456789012:cluster/batch";
const NODE: &str = "ip-10-1-2-3.eu-west-1.compute.internal";

fn pod(status: &str, code: Option<i32>) -> Value {
    let mut container = json!({ "name": "Default", "image": "busybox", "resources": { "limits": { "cpu": "1", "memory": "1024Mi" }, "requests": { "cpu": "1", "memory": "1024Mi" } } });
    let mut tried = json!({ "name": "Default", "containerID": "containerd://0a1b" });
    if let Some(code) = code {
        (container["exitCode"], tried["exitCode"]) = (json!(code), json!(code));
    }
    let mut pod = json!({ "containers": [container], "metadata": { "labels": { "app": "feed" } } });
    let mut fields = json!({ "attempts": [], "eksAttempts": [] });
    if status != "RUNNABLE" {
        (pod["podName"], pod["nodeName"]) = (json!("aws-batch.8f1c7a6e"), json!(NODE));
        let mut attempt = json!({ "containers": [tried], "eksClusterArn": CLUSTER, "podName": "aws-batch.8f1c7a6e", "podNamespace": "feed-jobs", "nodeName": NODE, "startedAt": 1_790_000_012_000_u64 });
        if code.is_some() {
            attempt["stoppedAt"] = json!(1_790_000_137_000_u64);
        }
        fields["eksAttempts"] = json!([attempt]);
    }
    fields["eksProperties"] = json!({ "podProperties": pod });
    json!({ "jobs": [job(ID, status, &fields)] })
}

fn served() -> Recorded {
    let steps = [pod("RUNNABLE", None), pod("RUNNING", None), pod("FAILED", Some(3))];
    Recorded::start(move |call| match call.operation {
        "DescribeJobs" => step(call, &steps),
        "GetLogEvents" => panic!("a pod has no stream that Batch knows"),
        "DescribeComputeEnvironments" => Answer::Good(json!({ "computeEnvironments": [super::environment(&json!({
            "containerOrchestrationType": "EKS", "eksConfiguration": { "eksClusterArn": CLUSTER, "kubernetesNamespace": "feed-jobs" }
        }))] })),
        _ => quiet(call),
    })
}

#[test]
fn a_job_on_eks_is_told_with_its_pod_its_node_and_where_to_read_its_log() {
    let (code, printed, words) = served().watched(&[ID]);
    assert_eq!(code, 3, "{printed}\n{words}");
    assert!(printed.contains(&format!("RUNNING    after 12 s, pod aws-batch.8f1c7a6e on {NODE}")), "{printed}");
    for wanted in [
        "consume-feed: kubectl logs -n feed-jobs aws-batch.8f1c7a6e\n".to_owned(),
        format!(
            "in the group /aws/containerinsights/batch/application, in streams that begin with {NODE}-application.var.log.containers.aws-batch.8f1c7a6e_feed-jobs_: https://eu-west-1.console.aws.amazon.com/"
        ),
        "$252Faws$252Fcontainerinsights$252Fbatch$252Fapplication$3FlogStreamNameFilter$3Dip$252D10".to_owned(),
    ] {
        assert!(words.contains(&wanted), "{wanted}\n---\n{words}");
        assert_eq!(words.matches(&wanted).count(), 1, "said once\n{words}");
    }
}

#[test]
fn programs_get_the_pod_as_the_api_says_it() {
    let (_, printed, _) = served().watched(&[ID, "--json"]);
    let objects = objects(&printed);
    let running = objects.iter().find(|object| object["status"] == "RUNNING").unwrap();
    assert_eq!(
        running["pod"],
        json!({ "name": "aws-batch.8f1c7a6e", "node": NODE, "namespace": "feed-jobs", "cluster": "batch" })
    );
    assert!(
        objects.iter().any(|object| object["kubectl"] == "kubectl logs -n feed-jobs aws-batch.8f1c7a6e"),
        "{printed}"
    );
}

#[test]
fn what_a_pod_lacks_is_taken_from_the_compute_environment_of_its_queue() {
    let mut running = pod("RUNNING", None);
    running["jobs"][0]["eksAttempts"] = json!([]);
    // A pod has its name before it has its node.
    let mut starting = running.clone();
    starting["jobs"][0]["status"] = json!("STARTING");
    starting["jobs"][0]["eksProperties"]["podProperties"].as_object_mut().unwrap().remove("nodeName");
    let steps = [starting, running, pod("SUCCEEDED", Some(0))];
    let server = Recorded::start(move |call| match call.operation {
        "DescribeJobs" => step(call, &steps),
        "DescribeComputeEnvironments" => Answer::Good(json!({ "computeEnvironments": [super::environment(&json!({
            "containerOrchestrationType": "EKS", "eksConfiguration": { "eksClusterArn": CLUSTER, "kubernetesNamespace": "feed-jobs" }
        }))] })),
        _ => quiet(call),
    });
    let (code, _, words) = server.watched(&[ID]);
    assert_eq!(code, 0, "{words}");
    assert_eq!(words.matches("kubectl logs -n feed-jobs aws-batch.8f1c7a6e\n").count(), 1, "{words}");
    assert_eq!(words.matches("in streams that begin with").count(), 1, "{words}");
    assert_eq!(server.calls("DescribeComputeEnvironments").len(), 1, "a queue is asked once");
}
