//! `jobwire watch`: over a local cloud with real jobs, and over recorded answers for what that cannot run.

mod arrays;
mod faults;
mod kubernetes;
mod nodes;
mod queues;
mod recorded;
mod running;
mod terminal;
mod tries;
mod waiting;

use serde_json::{Value, json};

use recorded::{Answer, Call};

/// A job's id.
const ID: &str = "4cd9ba3b-0b0c-41a1-9cde-2ad2ab5a8a0f";
const QUEUE: &str = "arn:aws:batch:eu-west-1:123456789012:job-queue/feeds";

/// A job as `DescribeJobs` answers it, with these fields beside or in the place of the usual ones.
fn job(id: &str, status: &str, fields: &Value) -> Value {
    let mut job = json!({
        "jobArn": format!("arn:aws:batch:eu-west-1:123456789012:job/{id}"),
        "jobName": "consume-feed",
        "jobId": id,
        "jobQueue": QUEUE,
        "jobDefinition": "arn:aws:batch:eu-west-1:123456789012:job-definition/FeedConsumer:3",
        "status": status,
        "createdAt": 1_790_000_000_000_u64,
        "dependsOn": [],
        "tags": {},
    });
    if matches!(status, "RUNNING" | "SUCCEEDED" | "FAILED") {
        job["startedAt"] = json!(1_790_000_012_000_u64);
    }
    if matches!(status, "SUCCEEDED" | "FAILED") {
        job["stoppedAt"] = json!(1_790_000_137_000_u64);
    }
    for (name, value) in fields.as_object().unwrap() {
        job[name] = value.clone();
    }
    job
}

/// The answer about a job that is watched by its id, of several that come in turn and of which the last stays. The first
/// is asked for twice: whether there is such a job, and how it is.
fn step(call: &Call, steps: &[Value]) -> Answer {
    Answer::Good(steps[call.before.saturating_sub(1).min(steps.len() - 1)].clone())
}

/// A queue of one compute environment, which is as it should be.
fn quiet(call: &Call) -> Answer {
    match call.operation {
        "DescribeJobQueues" => Answer::Good(json!({ "jobQueues": [queue(&json!({}))] })),
        "DescribeComputeEnvironments" => Answer::Good(json!({ "computeEnvironments": [environment(&json!({}))] })),
        "GetLogEvents" => Answer::Refused(400, "ResourceNotFoundException", "The specified log stream does not exist."),
        "GetCallerIdentity" => Answer::Good(json!({
            "Arn": "arn:aws:iam::123456789012:user/someone", "UserId": "AIDA", "Account": "123456789012"
        })),
        other => panic!("{other} is not asked for here"),
    }
}

fn queue(fields: &Value) -> Value {
    let mut queue = json!({
        "jobQueueName": "feeds",
        "jobQueueArn": QUEUE,
        "state": "ENABLED",
        "status": "VALID",
        "priority": 1,
        "computeEnvironmentOrder": [
            { "order": 1, "computeEnvironment": "arn:aws:batch:eu-west-1:123456789012:compute-environment/compute" }
        ],
    });
    for (name, value) in fields.as_object().unwrap() {
        queue[name] = value.clone();
    }
    queue
}

fn environment(fields: &Value) -> Value {
    let mut environment = json!({
        "computeEnvironmentName": "compute",
        "computeEnvironmentArn": "arn:aws:batch:eu-west-1:123456789012:compute-environment/compute",
        "ecsClusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/compute_Batch_0a",
        "type": "MANAGED",
        "state": "ENABLED",
        "status": "VALID",
        "statusReason": "ComputeEnvironment Healthy",
        "computeResources": { "type": "EC2", "minvCpus": 0, "maxvCpus": 16, "desiredvCpus": 0, "instanceTypes": ["optimal"], "subnets": ["subnet-1"] },
        "containerOrchestrationType": "ECS",
    });
    for (name, value) in fields.as_object().unwrap() {
        environment[name] = value.clone();
    }
    environment
}

/// The lines of `--json`.
fn objects(printed: &str) -> Vec<Value> {
    printed.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}
