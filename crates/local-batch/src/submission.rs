//! What a submission refers to, changes, and may not ask for.

use serde::{Deserialize, Serialize};

use crate::{
    arn::Arns,
    compute::JobQueue,
    definition::{
        ContainerProperties, JobDefinition, KeyValue, ResourceRequirement, ResourceType, check_command,
        check_environment, check_requirements,
    },
    operations::submit_job::SubmitJob,
    refusal::{ClientException, known},
    state::State,
};

/// What a submission changes of its definition.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ContainerOverrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    vcpus: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_type: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    environment: Vec<KeyValue>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    resource_requirements: Vec<ResourceRequirement>,
}

/// The queue of this name or ARN.
pub(crate) fn queue<'a>(state: &'a State, arns: &Arns, text: &str) -> Result<&'a JobQueue, ClientException> {
    arns.name_of("job-queue", text).and_then(|name| state.queues.get(name)).ok_or_else(|| {
        ClientException::new(format!(
            "jobQueue: `{text}` does not exist here; known here: {}",
            known(state.queues.keys().map(String::as_str))
        ))
    })
}

/// The definition of this name (then its newest revision), name and revision, or ARN.
pub(crate) fn definition<'a>(state: &'a State, arns: &Arns, text: &str) -> Result<&'a JobDefinition, ClientException> {
    let found = arns.name_of("job-definition", text).and_then(|name| match name.split_once(':') {
        None => state.definitions.get(name)?.last(),
        Some((name, revision)) => {
            let revision = revision.parse::<u32>().ok()?;
            state.definitions.get(name)?.iter().find(|one| one.revision == revision)
        }
    });
    found.ok_or_else(|| {
        let names: Vec<_> = state
            .definitions
            .values()
            .filter_map(|all| all.last())
            .map(|one| format!("{}:{}", one.name, one.revision))
            .collect();
        ClientException::new(format!(
            "jobDefinition: `{text}` does not exist here; known here, with the newest revision: {}",
            known(names.iter().map(String::as_str))
        ))
    })
}

/// Refuses what is not run here, so that no job seems to be what it is not.
pub(crate) fn runnable(
    request: &SubmitJob,
    queue: &JobQueue,
    definition: &JobDefinition,
) -> Result<(), ClientException> {
    let container = &definition.container;
    let some = |list: &Option<Vec<serde_json::Value>>| list.as_ref().is_some_and(|list| !list.is_empty());
    for (asked, what, instead) in [
        (
            request.array_properties.is_some(),
            "array jobs",
            "leave arrayProperties out and submit one job for each index",
        ),
        (
            !request.depends_on.is_empty(),
            "jobs with dependencies",
            "leave dependsOn out and submit when the other job has ended",
        ),
        (request.node_overrides.is_some(), "multi-node jobs", "leave nodeOverrides out"),
        (
            request.eks_properties_override.is_some(),
            "jobs on EKS",
            "leave eksPropertiesOverride out and use containerOverrides",
        ),
        (
            request.ecs_properties_override.is_some(),
            "jobs with several containers",
            "leave ecsPropertiesOverride out and use containerOverrides",
        ),
        (
            request.consumable_resource_properties_override.is_some(),
            "jobs with consumable resources",
            "leave consumableResourcePropertiesOverride out",
        ),
        (
            request.timeout.is_some() || definition.timeout.is_some(),
            "jobs with a timeout",
            "leave timeout out of the request and of the job definition",
        ),
        (
            some(&container.volumes) || some(&container.mount_points),
            "jobs with volumes",
            "use a job definition without volumes and mountPoints",
        ),
        (some(&container.secrets), "jobs with secrets", "use a job definition without secrets"),
    ] {
        if asked {
            return Err(ClientException::not_yet(what, instead));
        }
    }
    let strategy = request.retry_strategy.as_ref().or(definition.retry_strategy.as_ref());
    match strategy.and_then(|strategy| strategy.attempts) {
        None | Some(1) => {}
        Some(attempts @ 2..=10) => {
            let what = format!("jobs with retries (retryStrategy.attempts is {attempts})");
            return Err(ClientException::not_yet(&what, "submit with retryStrategy {\"attempts\": 1}"));
        }
        Some(attempts) => {
            let message = format!("retryStrategy.attempts: found {attempts}, allowed is a number from 1 to 10");
            return Err(ClientException::new(message));
        }
    }
    if request.share_identifier.is_some() || request.scheduling_priority_override.is_some() {
        return Err(if queue.fair_share {
            ClientException::not_yet(
                "fair-share scheduling",
                "leave shareIdentifier and schedulingPriorityOverride out",
            )
        } else {
            ClientException::new(format!(
                "shareIdentifier and schedulingPriorityOverride: the queue `{}` has no scheduling policy: leave them out",
                queue.name
            ))
        });
    }
    if queue.fair_share {
        let message = format!(
            "shareIdentifier: is missing, and the queue `{}` has a scheduling policy: local-batch does \
                               not run fair-share scheduling yet, so submit to a queue without one",
            queue.name
        );
        return Err(ClientException::new(message));
    }
    Ok(())
}

/// The definition's container properties with the overrides applied: the command as a whole, variables by name,
/// requirements by type. A deprecated number has no effect where a requirement of its kind stands, as on AWS.
pub(crate) fn overridden(
    definition: &JobDefinition,
    overrides: &ContainerOverrides,
) -> Result<ContainerProperties, ClientException> {
    let at = "containerOverrides";
    if overrides.instance_type.is_some() {
        return Err(ClientException::new(format!("{at}.instanceType: is for multi-node jobs alone: leave it out")));
    }
    let whole = !definition.platform_capabilities.iter().any(|platform| platform == "FARGATE");
    check_command(overrides.command.as_deref().unwrap_or_default(), at)?;
    check_environment(&overrides.environment, at)?;
    check_requirements(&overrides.resource_requirements, whole, at)?;
    let mut container = definition.container.clone();
    if let Some(command) = &overrides.command {
        container.command = Some(command.clone());
    }
    let environment = container.environment.get_or_insert_default();
    for variable in &overrides.environment {
        match environment.iter_mut().find(|one| one.name == variable.name) {
            Some(one) => one.value.clone_from(&variable.value),
            None => environment.push(variable.clone()),
        }
    }
    let requirements = container.resource_requirements.get_or_insert_default();
    for requirement in &overrides.resource_requirements {
        match requirements.iter_mut().find(|one| one.kind == requirement.kind) {
            Some(one) => one.value.clone_from(&requirement.value),
            None => requirements.push(requirement.clone()),
        }
    }
    if requirements.iter().any(|one| one.kind == ResourceType::Gpu) {
        return Err(ClientException::not_yet("jobs with GPUs", "leave the GPU requirement out"));
    }
    container.vcpus = overrides.vcpus.or(container.vcpus);
    container.memory = overrides.memory.or(container.memory);
    if container.vcpus == Some(0) {
        return Err(ClientException::new("vcpus: found 0, allowed is at least 1"));
    }
    Ok(container)
}
