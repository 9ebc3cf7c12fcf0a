//! From a template's properties to the members of the API's requests.
//!
//! The names differ in the case of their first letter. `CloudFormation` also turns scalars into the type that a property
//! has, so a number may stand where the API wants a text.

use serde_json::{Map, Value};

use super::Kind;

/// Members whose values are numbers in the API; all other scalars but booleans are texts.
const NUMBERS: &[&str] = &[
    "attempts",
    "attemptDurationSeconds",
    "bidPercentage",
    "desiredvCpus",
    "hardLimit",
    "maxSwap",
    "maxTimeSeconds",
    "maxvCpus",
    "memory",
    "minScaleDownDelayMinutes",
    "minvCpus",
    "order",
    "priority",
    "schedulingPriority",
    "sharedMemorySize",
    "size",
    "sizeInGiB",
    "softLimit",
    "swappiness",
    "transitEncryptionPort",
    "unmanagedvCpus",
    "vcpus",
];

const BOOLEANS: &[&str] = &[
    "enableExecuteCommand",
    "initProcessEnabled",
    "privileged",
    "propagateTags",
    "readOnly",
    "readonlyRootFilesystem",
];

/// Members whose keys are the user's own.
const FREE: &[&str] = &["options", "parameters", "tags"];

/// Makes the request's members of a resource's resolved properties.
pub(super) fn to_api(kind: Kind, mut properties: Value) -> Value {
    if let Some(members) = properties.as_object_mut() {
        // These steer CloudFormation's updates and have no counterpart in the API's creation.
        for member in ["ReplaceComputeEnvironment", "UpdatePolicy", "ResourceRetentionPolicy"] {
            members.shift_remove(member);
        }
        if let Some(resources) = members.get_mut("ComputeResources").and_then(Value::as_object_mut) {
            resources.shift_remove("UpdateToLatestImageVersion");
        }
    }
    if kind == Kind::ComputeEnvironment {
        // CloudFormation takes these in any case, and templates have them so.
        for pointer in ["/Type", "/State", "/ComputeResources/Type"] {
            if let Some(Value::String(text)) = properties.pointer_mut(pointer) {
                text.make_ascii_uppercase();
            }
        }
    }
    converted("", properties)
}

fn converted(member: &str, value: Value) -> Value {
    match value {
        Value::Object(members) if FREE.contains(&member) => {
            Value::Object(members.into_iter().map(|(key, value)| (key, text(value))).collect())
        }
        Value::Object(members) => {
            let mut out = Map::new();
            for (key, value) in members {
                let key = lower_first(&key);
                let value = converted(&key, value);
                out.insert(key, value);
            }
            Value::Object(out)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(|item| converted(member, item)).collect()),
        Value::String(text) if NUMBERS.contains(&member) => {
            text.parse::<i64>().map_or_else(|_| Value::String(text), Value::from)
        }
        Value::String(text) if BOOLEANS.contains(&member) => {
            text.parse::<bool>().map_or_else(|_| Value::String(text), Value::from)
        }
        scalar if NUMBERS.contains(&member) || BOOLEANS.contains(&member) => scalar,
        scalar => text(scalar),
    }
}

fn text(value: Value) -> Value {
    match value {
        Value::Number(_) | Value::Bool(_) => Value::String(value.to_string()),
        other => other,
    }
}

fn lower_first(key: &str) -> String {
    let mut characters = key.chars();
    characters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + characters.as_str())
}
