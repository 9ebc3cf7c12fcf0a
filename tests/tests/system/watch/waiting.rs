//! Jobs that do not start.

use serde_json::{Value, json};

use super::recorded::{Answer, Call, Recorded};
use super::{ID, environment, job, queue, quiet, step};

fn runnable(fields: &Value) -> Value {
    let mut all = json!({ "container": { "resourceRequirements": [{ "type": "VCPU", "value": "2" }, { "type": "GPU", "value": "1" }] } });
    for (name, value) in fields.as_object().unwrap() {
        all[name] = value.clone();
    }
    json!({ "jobs": [job(ID, "RUNNABLE", &all)] })
}

fn over() -> Value {
    json!({ "jobs": [job(ID, "SUCCEEDED", &json!({ "container": { "exitCode": 0 } }))] })
}

fn with(call: &Call, steps: &[Value], of_queue: &Value, of_environment: &Value) -> Answer {
    match call.operation {
        "DescribeJobs" => step(call, steps),
        "DescribeJobQueues" => Answer::Good(json!({ "jobQueues": [queue(of_queue)] })),
        "DescribeComputeEnvironments" => Answer::Good(json!({ "computeEnvironments": [environment(of_environment)] })),
        _ => quiet(call),
    }
}

#[test]
fn every_reason_that_the_api_knows_is_said_once_with_what_to_do() {
    let blocked = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) have a maxvCpus less than the job's";
    let steps = [
        runnable(&json!({})),
        runnable(&json!({})),
        runnable(&json!({ "statusReason": blocked })),
        runnable(&json!({ "statusReason": blocked })),
        over(),
    ];
    let of_queue = json!({ "state": "DISABLED", "status": "INVALID", "statusReason": "no \u{1b}[31menvironment" });
    let of_environment = json!({
        "state": "DISABLED", "status": "INVALID", "statusReason": "CLIENT_ERROR - the subnet does not exist",
        "computeResources": { "type": "FARGATE", "maxvCpus": 1, "subnets": ["subnet-1"] },
    });
    let server = Recorded::start(move |call| with(call, &steps, &of_queue, &of_environment));
    let (code, printed, words) = server.watched(&[ID]);
    assert_eq!(code, 0, "{printed}\n{words}");
    for wanted in [
        "is RUNNABLE: the queue feeds is INVALID: no environment: mend",
        "the queue feeds is DISABLED and takes no further jobs: `aws batch update-job-queue --job-queue feeds --state ENABLED`",
        "the compute environment compute is INVALID: CLIENT_ERROR - the subnet does not exist: mend",
        "the compute environment compute is DISABLED: `aws batch update-compute-environment --compute-environment compute --state ENABLED`",
        "the job asks for 2 vCPUs and the compute environment compute has 1 at most",
        "the job asks for a GPU and the compute environment compute is Fargate, which has none",
        "a maxvCpus less than the job's: raise maxvCpus of a compute environment",
    ] {
        assert_eq!(words.matches(wanted).count(), 1, "{wanted}\n---\n{words}");
    }
    assert!(!words.contains('\u{1b}'), "{words:?}");
}

#[test]
fn a_job_that_waits_for_its_turn_is_not_called_stuck() {
    let steps = [runnable(&json!({ "container": {} })), over()];
    let server = Recorded::start(move |call| with(call, &steps, &json!({}), &json!({})));
    let (code, printed, words) = server.watched(&[ID]);
    assert_eq!((code, words.as_str()), (0, ""), "{printed}");
}

#[test]
fn without_the_permission_to_look_why_watching_goes_on() {
    let steps = [runnable(&json!({ "statusReason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - none left" })), over()];
    let server = Recorded::start(move |call| match call.operation {
        "DescribeJobQueues" => Answer::Refused(403, "AccessDeniedException", "User is not authorized"),
        _ => with(call, &steps, &json!({}), &json!({})),
    });
    let (code, _, words) = server.watched(&[ID]);
    assert_eq!(code, 0, "{words}");
    assert!(
        words.contains("cannot be looked up: the job's queue cannot be described: AccessDeniedException"),
        "{words}"
    );
    assert!(words.contains("none left: EC2 has none of these instances left"), "{words}");
}

#[test]
fn a_job_that_waits_for_another_one_says_so() {
    let other = "0a1b2c3d-0b0c-41a1-9cde-2ad2ab5a8a0f";
    let steps = [json!({ "jobs": [job(ID, "PENDING", &json!({ "dependsOn": [{ "jobId": other }] }))] }), over()];
    let server = Recorded::start(move |call| with(call, &steps, &json!({}), &json!({})));
    let (code, _, words) = server.watched(&[ID]);
    assert_eq!(
        (code, words.as_str()),
        (0, format!("consume-feed is PENDING: it waits for the success of {other}\n").as_str())
    );
}
