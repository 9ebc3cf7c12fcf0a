//! What differs from the definition's ECS tasks, which may have several containers.

use serde::{Deserialize, Serialize};

use super::container::{KeyValuePair, ResourceRequirement};

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_EcsPropertiesOverride.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EcsPropertiesOverride {
    /// The task; there may be one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub task_properties: Vec<TaskPropertiesOverride>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_TaskPropertiesOverride.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TaskPropertiesOverride {
    /// The task's containers that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<TaskContainerOverrides>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_TaskContainerOverrides.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaskContainerOverrides {
    /// The container's name in the definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The command's arguments; absent, the definition's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Variables beside, or in place of, the definition's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<KeyValuePair>,
    /// vCPUs, memory in MiB, GPUs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_requirements: Vec<ResourceRequirement>,
}
