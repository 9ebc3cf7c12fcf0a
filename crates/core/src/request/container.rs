//! What differs from the definition's container.

use serde::{Deserialize, Serialize};

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerOverrides.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContainerOverrides {
    /// vCPUs; deprecated by AWS in favour of `resourceRequirements`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vcpus: Option<i32>,
    /// Memory in MiB; deprecated by AWS in favour of `resourceRequirements`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<i32>,
    /// The command's arguments; absent, the definition's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// The instance type of a multi-node parallel job's nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    /// Variables beside, or in place of, the definition's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<KeyValuePair>,
    /// vCPUs, memory in MiB, GPUs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_requirements: Vec<ResourceRequirement>,
}

/// An environment variable.
/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_KeyValuePair.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyValuePair {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceRequirement {
    /// `GPU`, `MEMORY` (MiB) or `VCPU`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How much, as text.
    pub value: String,
}
