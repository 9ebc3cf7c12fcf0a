//! `RegisterJobDefinition`: <https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    definition::{
        ContainerProperties, JobDefinition, RetryStrategy, check_command, check_environment, check_name,
        check_requirements, check_tags,
    },
    refusal::ClientException,
    service::Service,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RegisterJobDefinition {
    job_definition_name: String,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    scheduling_priority: Option<i64>,
    container_properties: Option<ContainerProperties>,
    node_properties: Option<Value>,
    retry_strategy: Option<RetryStrategy>,
    propagate_tags: Option<bool>,
    timeout: Option<Value>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    platform_capabilities: Vec<Platform>,
    eks_properties: Option<Value>,
    ecs_properties: Option<Value>,
    consumable_resource_properties: Option<Value>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Container,
    Multinode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Platform {
    Ec2,
    Fargate,
}

/// Registers the next revision of a definition.
pub(crate) fn answer(service: &Service, request: RegisterJobDefinition) -> Result<Value, ClientException> {
    let name = request.job_definition_name;
    check_name("jobDefinitionName", &name)?;
    check_tags(&request.tags)?;
    let only = "register a definition of type container with containerProperties";
    for (found, what) in [
        (request.kind == Kind::Multinode || request.node_properties.is_some(), "multi-node definitions"),
        (request.eks_properties.is_some(), "EKS definitions"),
        (request.ecs_properties.is_some(), "definitions with ecsProperties"),
    ] {
        if found {
            return Err(ClientException::not_yet(what, only));
        }
    }
    if request.consumable_resource_properties.is_some() {
        return Err(ClientException::not_yet("consumable resources", "leave consumableResourceProperties out"));
    }
    let Some(container) = request.container_properties else {
        return Err(ClientException::new(format!("containerProperties: is missing: {only}")));
    };
    if container.image().is_empty() {
        return Err(ClientException::new("containerProperties.image: is missing: give the name of an image"));
    }
    let at = "containerProperties";
    check_command(container.command.as_deref().unwrap_or_default(), at)?;
    check_environment(container.environment.as_deref().unwrap_or_default(), at)?;
    let whole = !request.platform_capabilities.contains(&Platform::Fargate);
    check_requirements(container.resource_requirements.as_deref().unwrap_or_default(), whole, at)?;
    let platforms = request.platform_capabilities.iter().map(|platform| match platform {
        Platform::Ec2 => "EC2".to_owned(),
        Platform::Fargate => "FARGATE".to_owned(),
    });
    let mut state = service.state();
    let revisions = state.definitions.entry(name.clone()).or_default();
    let revision = revisions.last().map_or(1, |last| last.revision + 1);
    let arn = service.arns.definition(&name, revision);
    revisions.push(JobDefinition {
        name: name.clone(),
        arn: arn.clone(),
        revision,
        parameters: request.parameters,
        container,
        retry_strategy: request.retry_strategy,
        timeout: request.timeout,
        scheduling_priority: request.scheduling_priority,
        propagate_tags: request.propagate_tags,
        tags: request.tags,
        platform_capabilities: platforms.collect(),
    });
    Ok(json!({ "jobDefinitionName": name, "jobDefinitionArn": arn, "revision": revision }))
}
