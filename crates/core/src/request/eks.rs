//! What differs from the definition's pod on Amazon EKS.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_EksPropertiesOverride.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EksPropertiesOverride {
    /// The pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_properties: Option<EksPodPropertiesOverride>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_EksPodPropertiesOverride.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EksPodPropertiesOverride {
    /// The containers that differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<EksContainerOverride>,
    /// The containers that run before them and differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub init_containers: Vec<EksContainerOverride>,
    /// Labels, annotations and the namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<EksMetadata>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_EksContainerOverride.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EksContainerOverride {
    /// The container's name in the definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What takes the place of the image's entrypoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// The entrypoint's arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Vec<String>>,
    /// Variables beside, or in place of, the definition's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EksContainerEnvironmentVariable>,
    /// CPU, memory, GPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<EksContainerResourceRequirements>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_EksContainerEnvironmentVariable.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EksContainerEnvironmentVariable {
    /// Its name.
    pub name: String,
    /// Its value; without one it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_EksContainerResourceRequirements.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EksContainerResourceRequirements {
    /// `cpu`, `memory` and `nvidia.com/gpu`, at most.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<String, String>,
    /// `cpu`, `memory` and `nvidia.com/gpu`, at least.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: BTreeMap<String, String>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_EksMetadata.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EksMetadata {
    /// Labels of the pod.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations of the pod.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// The namespace that the pod runs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}
