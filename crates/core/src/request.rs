//! The job request: what goes over the wire to `SubmitJob`.
//!
//! Every field of the API is here under its own name, and serialises to the bytes that are sent.

mod consumable;
mod container;
mod ecs;
mod eks;
mod nodes;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use consumable::{ConsumableResourceProperties, ConsumableResourceRequirement};
pub use container::{ContainerOverrides, KeyValuePair, ResourceRequirement};
pub use ecs::{EcsPropertiesOverride, TaskContainerOverrides, TaskPropertiesOverride};
pub use eks::{
    EksContainerEnvironmentVariable, EksContainerOverride, EksContainerResourceRequirements, EksMetadata,
    EksPodPropertiesOverride, EksPropertiesOverride,
};
pub use nodes::{NodeOverrides, NodePropertyOverride};

/// A complete job request, in the API's own words.
/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobRequest {
    /// The job's name: letters, digits, `-` and `_`, at most 128.
    pub job_name: String,
    /// A queue's name or ARN.
    pub job_queue: String,
    /// A definition's name, `name:revision` or ARN.
    pub job_definition: String,
    /// The share of a fair-share queue that the job counts for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_identifier: Option<String>,
    /// The job's place among those of its share, 0 to 9999; the higher goes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduling_priority_override: Option<i32>,
    /// Makes an array job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub array_properties: Option<ArrayProperties>,
    /// The jobs that must succeed first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<JobDependency>,
    /// Fills `Ref::name` in the command.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// What differs from the definition's container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_overrides: Option<ContainerOverrides>,
    /// What differs from the definition's nodes, of a multi-node parallel job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_overrides: Option<NodeOverrides>,
    /// What differs from the definition's ECS tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecs_properties_override: Option<EcsPropertiesOverride>,
    /// What differs from the definition's pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eks_properties_override: Option<EksPropertiesOverride>,
    /// The consumable resources that the job needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumable_resource_properties_override: Option<ConsumableResourceProperties>,
    /// What happens when an attempt fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_strategy: Option<RetryStrategy>,
    /// When an attempt is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<JobTimeout>,
    /// Whether the tags of job and definition go to the ECS task too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propagate_tags: Option<bool>,
    /// Tags of the job.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_ArrayProperties.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ArrayProperties {
    /// How many children the job has, 2 to 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i32>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDependency.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobDependency {
    /// The other job's id; a sequential array needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// `N_TO_N` or `SEQUENTIAL`, of an array job.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_RetryStrategy.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryStrategy {
    /// How often the job is tried in all, 1 to 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<i32>,
    /// Which failures are tried again; a failure that none of them fits is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evaluate_on_exit: Vec<EvaluateOnExit>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_EvaluateOnExit.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvaluateOnExit {
    /// A pattern for the job's `statusReason`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_status_reason: Option<String>,
    /// A pattern for the container's `reason`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_reason: Option<String>,
    /// A pattern for the exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_exit_code: Option<String>,
    /// `RETRY` or `EXIT`.
    pub action: String,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_JobTimeout.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobTimeout {
    /// How long an attempt may run, in seconds, at least 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt_duration_seconds: Option<i32>,
}
