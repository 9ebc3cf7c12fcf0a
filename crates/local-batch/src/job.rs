//! A job and the document that `DescribeJobs` and the events show of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    definition::{ContainerProperties, RetryStrategy},
    job_id::JobId,
    process::StopOrder,
    request::strip_nulls,
};

/// The states of AWS Batch. PENDING is for dependencies, which are not run yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    Submitted,
    Pending,
    Runnable,
    Starting,
    Running,
    Succeeded,
    Failed,
}

impl Status {
    pub(crate) fn is_waiting(self) -> bool {
        matches!(self, Self::Submitted | Self::Pending | Self::Runnable)
    }

    pub(crate) fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Running)
    }
}

/// Everything that is known of one job.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: JobId,
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) queue: String,
    pub(crate) queue_arn: String,
    pub(crate) definition: String,
    pub(crate) definition_arn: String,
    pub(crate) parameters: BTreeMap<String, String>,
    /// The definition's properties with the overrides applied and the command's references replaced.
    pub(crate) container: ContainerProperties,
    pub(crate) retry_strategy: RetryStrategy,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) propagate_tags: bool,
    pub(crate) platform_capabilities: Vec<String>,
    /// Why the job will fail instead of starting, though its request was accepted.
    pub(crate) doomed: Option<String>,
    pub(crate) status: Status,
    pub(crate) status_reason: Option<String>,
    pub(crate) created_at: u64,
    pub(crate) started_at: Option<u64>,
    pub(crate) stopped_at: Option<u64>,
    pub(crate) attempt: Option<Attempt>,
    pub(crate) is_cancelled: bool,
    pub(crate) is_terminated: bool,
    /// How whoever terminates the job reaches the task that runs it.
    pub(crate) stop: watch::Sender<Option<StopOrder>>,
}

/// The one try that a job has.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) compute_environment: String,
    pub(crate) task_arn: String,
    pub(crate) container_instance_arn: String,
    pub(crate) log_stream: String,
    pub(crate) exit_code: Option<i32>,
    pub(crate) reason: Option<String>,
}

impl Job {
    /// The job as `DescribeJobs` answers it.
    pub(crate) fn describe(&self) -> Value {
        let mut document = json!({
            "jobArn": self.arn,
            "jobName": self.name,
            "jobId": self.id.to_string(),
            "jobQueue": self.queue_arn,
            "status": self.status,
            "attempts": self.attempts(),
            "statusReason": self.status_reason,
            "createdAt": self.created_at,
            "retryStrategy": self.retry_strategy,
            "startedAt": self.started_at,
            "stoppedAt": self.stopped_at,
            "dependsOn": [],
            "jobDefinition": self.definition_arn,
            "parameters": self.parameters,
            "container": self.describe_container(),
            "tags": self.tags,
            "propagateTags": self.propagate_tags,
            "platformCapabilities": self.platform_capabilities,
            "eksAttempts": [],
            "isCancelled": self.is_cancelled,
            "isTerminated": self.is_terminated,
        });
        strip_nulls(&mut document);
        document
    }

    /// The job as an event's `detail`: Batch puts the job's ARN among the tags there.
    pub(crate) fn describe_for_event(&self) -> Value {
        let mut document = self.describe();
        let mut tags = json!({ "resourceArn": self.arn });
        for (key, value) in &self.tags {
            tags[key] = json!(value);
        }
        document["tags"] = tags;
        document
    }

    /// The job as an entry of `ListJobs`.
    pub(crate) fn summarize(&self) -> Value {
        let attempt = self.attempt.as_ref();
        let mut document = json!({
            "jobArn": self.arn,
            "jobId": self.id.to_string(),
            "jobName": self.name,
            "createdAt": self.created_at,
            "status": self.status,
            "statusReason": self.status_reason,
            "startedAt": self.started_at,
            "stoppedAt": self.stopped_at,
            "container": attempt.map(|attempt| json!({ "exitCode": attempt.exit_code, "reason": attempt.reason })),
            "jobDefinition": self.definition_arn,
        });
        strip_nulls(&mut document);
        document
    }

    /// AWS lists an attempt once it is over.
    fn attempts(&self) -> Vec<Value> {
        let Some(attempt) = self.attempt.as_ref().filter(|_| self.stopped_at.is_some()) else { return Vec::new() };
        vec![json!({
            "container": {
                "containerInstanceArn": attempt.container_instance_arn,
                "taskArn": attempt.task_arn,
                "exitCode": attempt.exit_code,
                "reason": attempt.reason,
                "logStreamName": attempt.log_stream,
                "networkInterfaces": [],
            },
            "startedAt": self.started_at,
            "stoppedAt": self.stopped_at,
            "statusReason": self.status_reason,
        })]
    }

    fn describe_container(&self) -> Value {
        let mut container = self.container.describe();
        container["networkInterfaces"] = json!([]);
        if let Some(attempt) = &self.attempt {
            container["containerInstanceArn"] = json!(attempt.container_instance_arn);
            container["taskArn"] = json!(attempt.task_arn);
            container["logStreamName"] = json!(attempt.log_stream);
            container["exitCode"] = json!(attempt.exit_code);
            container["reason"] = json!(attempt.reason);
        }
        container
    }
}
