//! A `CloudFormation` template's Batch resources, as requests of the API.
//!
//! Resolved are `Ref`, `Fn::Sub`, `Fn::GetAtt`, `Fn::Join`, `Fn::If` and `Fn::ImportValue`, in their long and short forms, of
//! parameters, pseudo-parameters, conditions, the template's resources and the exports given in [`Context`]. IAM, EC2, ECR and Logs
//! resources, tables, buckets, topics and queues are passed over: a reference to one gives the name or a made-up id that AWS could have given.

mod conditions;
mod intrinsics;
mod mapping;
mod names;
mod parameters;
mod stores;
mod yaml;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use self::parameters::{Parameter, parameters};
pub use self::stores::stores;
use self::{intrinsics::Template, yaml::Node};

/// What the template is resolved with.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// What `AWS::Region` means.
    pub region: String,
    /// What `AWS::AccountId` means.
    pub account: String,
    /// What `AWS::StackName` means.
    pub stack_name: String,
    /// Values of parameters, which win over their defaults.
    pub parameters: BTreeMap<String, String>,
    /// What `Fn::ImportValue` may name.
    pub exports: BTreeMap<String, String>,
}

/// One Batch resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its key under `Resources`.
    pub logical_id: String,
    /// What it is.
    pub kind: Kind,
    /// The body of the API's request that creates it.
    pub request: Value,
}

/// The types of resources that are created, in the order in which they need each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `AWS::Batch::ComputeEnvironment`.
    ComputeEnvironment,
    /// `AWS::Batch::JobQueue`.
    JobQueue,
    /// `AWS::Batch::JobDefinition`.
    JobDefinition,
}

impl Kind {
    fn of(resource_type: &str) -> Option<Self> {
        match resource_type {
            "AWS::Batch::ComputeEnvironment" => Some(Self::ComputeEnvironment),
            "AWS::Batch::JobQueue" => Some(Self::JobQueue),
            "AWS::Batch::JobDefinition" => Some(Self::JobDefinition),
            _ => None,
        }
    }

    /// The operation that creates it, as in the API's path.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::ComputeEnvironment => "createcomputeenvironment",
            Self::JobQueue => "createjobqueue",
            Self::JobDefinition => "registerjobdefinition",
        }
    }

    /// The property that names it, in the template and in the request.
    fn name_property(self) -> (&'static str, &'static str) {
        match self {
            Self::ComputeEnvironment => ("ComputeEnvironmentName", "computeEnvironmentName"),
            Self::JobQueue => ("JobQueueName", "jobQueueName"),
            Self::JobDefinition => ("JobDefinitionName", "jobDefinitionName"),
        }
    }
}

/// Why a template cannot be read; only editing it, or giving it other parameters or exports, helps.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is no YAML.
    #[error("{0}")]
    Yaml(String),
    /// Something in it cannot be resolved or is not as `CloudFormation` has it.
    #[error("{path} (line {line}): {message}")]
    Template {
        /// Where in the document, with dots between the keys.
        path: String,
        /// The line in the file.
        line: u64,
        /// What was found and what is allowed.
        message: String,
    },
}

/// Reads a template and answers its Batch resources in the order in which they can be created.
///
/// # Errors
/// It is no YAML, or something that a Batch resource needs cannot be resolved here.
pub fn load(text: &str, context: &Context) -> Result<Vec<Resource>, Error> {
    let root = yaml::parse(text)?;
    let template = Template::new(&root, context)?;
    let mut found = Vec::new();
    for (logical_id, resource) in template.resources() {
        let Some(kind) = intrinsics::type_of(logical_id, resource)? else { continue };
        if !template.exists(logical_id, resource)? {
            continue;
        }
        found.push(read(&template, logical_id, kind, resource)?);
    }
    found.sort_by_key(|resource| resource.kind);
    Ok(found)
}

fn read(template: &Template<'_>, logical_id: &str, kind: Kind, resource: &Node) -> Result<Resource, Error> {
    let at = format!("Resources.{logical_id}.Properties");
    let mut properties = match resource.get("Properties") {
        None => Value::Object(Map::new()),
        Some(properties) => template.resolve(properties, &at)?.unwrap_or_default(),
    };
    let Some(members) = properties.as_object_mut() else {
        return Err(resource.fault(&at, "must be a map"));
    };
    let (cfn_name, name) = kind.name_property();
    members.remove(cfn_name);
    let mut request = mapping::to_api(kind, properties);
    request[name] = Value::String(template.name_of(logical_id, kind, resource)?);
    Ok(Resource { logical_id: logical_id.to_owned(), kind, request })
}

#[cfg(test)]
mod tests;
