//! What an operation asks IAM for, as Batch does.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html>

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::{
    service::Service,
    submission::{definition, queue},
};

/// One action on one resource.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Needed {
    pub(crate) action: String,
    pub(crate) resource: String,
    /// The condition keys that the resource gives, such as its tags.
    pub(crate) context: BTreeMap<String, String>,
}

impl Needed {
    fn new(action: &str, resource: impl Into<String>) -> Self {
        Self { action: format!("batch:{action}"), resource: resource.into(), context: BTreeMap::new() }
    }
}

/// The action of each operation whose path, all lower case, does not tell it, and which needs no resource.
const ACTIONS: [(&str, &str); 8] = [
    ("describejobs", "DescribeJobs"),
    ("listjobs", "ListJobs"),
    ("createcomputeenvironment", "CreateComputeEnvironment"),
    ("createjobqueue", "CreateJobQueue"),
    ("registerjobdefinition", "RegisterJobDefinition"),
    ("describecomputeenvironments", "DescribeComputeEnvironments"),
    ("describejobqueues", "DescribeJobQueues"),
    ("describejobdefinitions", "DescribeJobDefinitions"),
];

/// Everything that the operation needs. A request that cannot be read needs its action alone, and is refused after.
pub(crate) fn needed(service: &Service, operation: &str, body: &[u8]) -> Vec<Needed> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    match operation {
        "submitjob" => submission(service, &request),
        "terminatejob" => vec![of_job(service, "TerminateJob", &request)],
        "canceljob" => vec![of_job(service, "CancelJob", &request)],
        other => {
            let action = ACTIONS.iter().find(|(path, _)| *path == other).map_or(other, |(_, action)| *action);
            vec![Needed::new(action, "*")]
        }
    }
}

/// A job is submitted on its queue and on its definition: the bare one and the revision that Batch chooses, or the one
/// whose revision is named. Who gives it tags needs that for all of these, and for the job.
fn submission(service: &Service, request: &Value) -> Vec<Needed> {
    let text = |member: &str| request[member].as_str().unwrap_or_default();
    let state = service.state();
    let mut resources = Vec::new();
    match queue(&state, &service.arns, text("jobQueue")) {
        Ok(queue) => resources.push(service.arns.queue(&queue.name)),
        Err(_) => resources.push(whole(text("jobQueue"), &service.arns.queue(text("jobQueue")))),
    }
    let named = text("jobDefinition");
    let bare = service.arns.definition_without_revision(named);
    match definition(&state, &service.arns, named) {
        Ok(definition) => {
            let revision = service.arns.definition(&definition.name, definition.revision);
            let bare = service.arns.definition_without_revision(&definition.name);
            if !named.ends_with(&format!("{}:{}", definition.name, definition.revision)) {
                resources.push(bare);
            }
            resources.push(revision);
        }
        Err(_) => resources.push(whole(named, &bare)),
    }
    drop(state);
    let mut needed: Vec<Needed> = resources.iter().map(|resource| Needed::new("SubmitJob", resource)).collect();
    if request["tags"].as_object().is_some_and(|tags| !tags.is_empty()) {
        needed.extend(resources.iter().map(|resource| Needed::new("TagResource", resource)));
        needed.push(Needed::new("TagResource", service.arns.any_job()));
    }
    needed
}

fn whole(named: &str, otherwise: &str) -> String {
    if named.starts_with("arn:") { named.to_owned() } else { otherwise.to_owned() }
}

fn of_job(service: &Service, action: &str, request: &Value) -> Needed {
    let id = request["jobId"].as_str().unwrap_or_default();
    let state = service.state();
    let Some(index) = id.parse().ok().and_then(|id| state.find(&id)) else {
        return Needed::new(action, service.arns.any_job());
    };
    let job = state.job(index);
    let context = job.tags.iter().map(|(name, value)| (format!("aws:ResourceTag/{name}"), value.clone())).collect();
    Needed { context, ..Needed::new(action, service.arns.job(&job.id)) }
}
