//! `CreateJobQueue`: <https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateJobQueue.html>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::create_compute_environment::Enabled;
use crate::{
    compute::JobQueue,
    definition::{check_name, check_tags},
    refusal::{ClientException, known},
    request::strip_nulls,
    service::Service,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateJobQueue {
    job_queue_name: String,
    #[serde(default)]
    state: Enabled,
    scheduling_policy_arn: Option<String>,
    priority: i64,
    #[serde(default)]
    compute_environment_order: Vec<Place>,
    service_environment_order: Option<Vec<Value>>,
    job_queue_type: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    job_state_time_limit_actions: Option<Vec<Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Place {
    order: i64,
    compute_environment: String,
}

/// Creates a job queue, which is VALID at once.
pub(crate) fn answer(service: &Service, request: CreateJobQueue) -> Result<Value, ClientException> {
    let name = request.job_queue_name;
    check_name("jobQueueName", &name)?;
    check_tags(&request.tags)?;
    if request.service_environment_order.is_some_and(|order| !order.is_empty()) {
        return Err(ClientException::not_yet("service jobs", "leave serviceEnvironmentOrder out"));
    }
    if request.job_state_time_limit_actions.is_some_and(|actions| !actions.is_empty()) {
        return Err(ClientException::not_yet("time limits on job states", "leave jobStateTimeLimitActions out"));
    }
    if !(0..=1000).contains(&request.priority) {
        let found = request.priority;
        return Err(ClientException::new(format!("priority: found {found}, allowed is a number from 0 to 1000")));
    }
    let mut places = request.compute_environment_order;
    if !(1..=3).contains(&places.len()) {
        let found = places.len();
        return Err(ClientException::new(format!("computeEnvironmentOrder: found {found}, allowed are 1 to 3")));
    }
    places.sort_by_key(|place| place.order);
    if places.windows(2).any(|pair| pair[0].order == pair[1].order) {
        return Err(ClientException::new("computeEnvironmentOrder: each order may stand there once"));
    }
    let mut state = service.state();
    if state.queues.contains_key(&name) {
        return Err(ClientException::new(format!("jobQueueName: `{name}` exists already: choose another name")));
    }
    let mut compute_environments = Vec::new();
    let mut order = Vec::new();
    for place in &places {
        let wanted = service.arns.name_of("compute-environment", &place.compute_environment);
        let Some(found) = wanted.and_then(|wanted| state.compute_environments.get(wanted)) else {
            return Err(ClientException::new(format!(
                "computeEnvironmentOrder: the compute environment `{}` does not exist; known here: {}",
                place.compute_environment,
                known(state.compute_environments.keys().map(String::as_str))
            )));
        };
        compute_environments.push(found.name.clone());
        order.push(json!({ "order": place.order, "computeEnvironment": found.arn }));
    }
    let arn = service.arns.queue(&name);
    let mut document = json!({
        "jobQueueName": name,
        "jobQueueArn": arn,
        "state": request.state,
        "schedulingPolicyArn": request.scheduling_policy_arn,
        "status": "VALID",
        "statusReason": "JobQueue Healthy",
        "priority": request.priority,
        "computeEnvironmentOrder": order,
        "jobQueueType": request.job_queue_type,
        "tags": request.tags,
    });
    strip_nulls(&mut document);
    let queue = JobQueue {
        name: name.clone(),
        arn: arn.clone(),
        enabled: request.state == Enabled::Enabled,
        priority: request.priority,
        compute_environments,
        fair_share: request.scheduling_policy_arn.is_some(),
        document,
    };
    state.queues.insert(name.clone(), queue);
    Ok(json!({ "jobQueueName": name, "jobQueueArn": arn }))
}
