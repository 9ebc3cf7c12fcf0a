//! The job request: what goes over the wire to `SubmitJob`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A complete job request, in the API's own words.
/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html>
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobRequest {
    /// The job's name: letters, digits, `-` and `_`, at most 128.
    pub job_name: String,
    /// A queue's name or ARN.
    pub job_queue: String,
    /// A definition's name, `name:revision` or ARN.
    pub job_definition: String,
    /// Fills `Ref::name` in the definition's command.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// What differs from the definition's container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_overrides: Option<ContainerOverrides>,
    /// Tags of the job.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerOverrides.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContainerOverrides {
    /// The command's arguments; absent, the definition's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Variables beside, or in place of, the definition's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<Variable>,
    /// vCPUs, memory in MiB, GPUs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_requirements: Vec<ResourceRequirement>,
}

/// An environment variable.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html>
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceRequirement {
    /// `GPU`, `MEMORY` (MiB) or `VCPU`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How much, as text.
    pub value: String,
}
