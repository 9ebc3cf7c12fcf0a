//! What differs from the definition's nodes, of a multi-node parallel job.

use serde::{Deserialize, Serialize};

use super::consumable::ConsumableResourceProperties;
use super::container::ContainerOverrides;
use super::ecs::EcsPropertiesOverride;
use super::eks::EksPropertiesOverride;

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_NodeOverrides.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeOverrides {
    /// How many nodes the job has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_nodes: Option<i32>,
    /// What differs on which nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub node_property_overrides: Vec<NodePropertyOverride>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_NodePropertyOverride.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodePropertyOverride {
    /// The nodes' indexes: `0:3`, `4:`, `:3`.
    pub target_nodes: String,
    /// What differs from the nodes' container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_overrides: Option<ContainerOverrides>,
    /// What differs from the nodes' ECS task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecs_properties_override: Option<EcsPropertiesOverride>,
    /// What differs from the nodes' pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eks_properties_override: Option<EksPropertiesOverride>,
    /// The nodes' instance types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instance_types: Vec<String>,
    /// The consumable resources that the nodes need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumable_resource_properties_override: Option<ConsumableResourceProperties>,
}
