//! `SubmitJob`: <https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    definition::{RetryStrategy, check_name, check_tags},
    job::{Job, Status},
    job_id::JobId,
    refusal::ClientException,
    request::read,
    service::Service,
    state::now,
    submission::{ContainerOverrides, definition, overridden, queue, runnable},
    substitution::substitute,
};

const LARGEST_REQUEST: usize = 30 * 1024;
/// AWS accepts longer overrides and fails the job later, when ECS refuses them.
const LARGEST_OVERRIDES: usize = 8192;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SubmitJob {
    job_name: String,
    job_queue: String,
    pub(crate) share_identifier: Option<String>,
    pub(crate) scheduling_priority_override: Option<i64>,
    pub(crate) array_properties: Option<Value>,
    #[serde(default)]
    pub(crate) depends_on: Vec<Value>,
    job_definition: String,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    container_overrides: Option<ContainerOverrides>,
    pub(crate) node_overrides: Option<Value>,
    pub(crate) retry_strategy: Option<RetryStrategy>,
    propagate_tags: Option<bool>,
    pub(crate) timeout: Option<Value>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    pub(crate) eks_properties_override: Option<Value>,
    pub(crate) ecs_properties_override: Option<Value>,
    pub(crate) consumable_resource_properties_override: Option<Value>,
}

/// Accepts a job, which is RUNNABLE at once, or refuses what AWS refuses and what is not run here.
pub(crate) fn answer(service: &Service, body: &[u8]) -> Result<Value, ClientException> {
    if body.len() > LARGEST_REQUEST {
        return Err(ClientException::new(format!(
            "the request has {} bytes, allowed are at most {LARGEST_REQUEST}: put large values into S3 and submit their keys",
            body.len()
        )));
    }
    let request: SubmitJob = read(body)?;
    check_name("jobName", &request.job_name)?;
    check_tags(&request.tags)?;
    let mut state = service.state();
    if state.closing {
        return Err(ClientException::new("local-batch is going down and takes no more jobs"));
    }
    let queue = queue(&state, &service.arns, &request.job_queue)?;
    if !queue.enabled {
        let message = format!("jobQueue: `{}` is DISABLED: submit to a queue that is ENABLED", queue.name);
        return Err(ClientException::new(message));
    }
    let definition = definition(&state, &service.arns, &request.job_definition)?;
    runnable(&request, queue, definition)?;
    let overrides = request.container_overrides.unwrap_or_default();
    let mut container = overridden(definition, &overrides)?;
    let mut parameters = definition.parameters.clone();
    parameters.extend(request.parameters);
    for argument in container.command.iter_mut().flatten() {
        *argument = substitute(argument, &parameters);
    }
    let overrides_length = json!(overrides).to_string().chars().count();
    let id = JobId::random();
    let job = Job {
        id,
        arn: service.arns.job(&id),
        name: request.job_name,
        queue: queue.name.clone(),
        queue_arn: queue.arn.clone(),
        definition: definition.name.clone(),
        definition_arn: definition.arn.clone(),
        parameters,
        container,
        retry_strategy: request.retry_strategy.or_else(|| definition.retry_strategy.clone()).unwrap_or_default(),
        tags: request.tags,
        propagate_tags: request.propagate_tags.or(definition.propagate_tags).unwrap_or(false),
        platform_capabilities: definition.platform_capabilities.clone(),
        doomed: (overrides_length > LARGEST_OVERRIDES).then(|| {
            format!(
                "InvalidParameterException: Container Overrides length must be at most {LARGEST_OVERRIDES}, found \
                 {overrides_length}"
            )
        }),
        status: Status::Submitted,
        status_reason: None,
        created_at: now(),
        started_at: None,
        stopped_at: None,
        attempt: None,
        is_cancelled: false,
        is_terminated: false,
        stop: watch::Sender::new(None),
    };
    let answer = json!({ "jobArn": job.arn, "jobName": job.name, "jobId": id.to_string() });
    let index = state.add(job);
    state.advance(index, Status::Runnable);
    drop(state);
    service.wake();
    Ok(answer)
}
