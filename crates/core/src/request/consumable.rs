//! Consumable resources, such as licences, that jobs share.

use serde::{Deserialize, Serialize};

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_ConsumableResourceProperties.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsumableResourceProperties {
    /// What the job needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumable_resource_list: Vec<ConsumableResourceRequirement>,
}

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_ConsumableResourceRequirement.html>
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsumableResourceRequirement {
    /// The resource's name or ARN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumable_resource: Option<String>,
    /// How many of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
}
