//! What Batch would refuse, or accept and fail later, found before anything is sent.

mod container;
mod eks;
mod findings;
mod nodes;
mod retry;
mod tags;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::job_name;
use crate::limits::{
    ARRAY_SIZE, CONSUMABLE_RESOURCES, DEPENDENCIES, JOB_NAME_LENGTH, OVERRIDES_CHARACTERS, PRIORITY, REQUEST_BYTES,
    SHARE_LENGTH, TIMEOUT_SECONDS,
};
use crate::platform::{Platform, blocks};
use crate::problem::{Problem, each_text, field, item};
use crate::request::{ConsumableResourceProperties, JobRequest};
use findings::Findings;

pub use tags::is_tag_character;

/// Every problem of the request, with the field's path; none means that it may be sent.
#[must_use]
pub fn validate(request: &JobRequest, platform: Platform) -> Vec<Problem> {
    validate_known(request, platform, &BTreeSet::new())
}

/// The same for a request of which the values below the paths in `open` are not known yet.
pub(crate) fn validate_known(request: &JobRequest, platform: Platform, open: &BTreeSet<String>) -> Vec<Problem> {
    let mut findings = Findings::new(open);
    names(request, &mut findings);
    share(request, &mut findings);
    if let Some(array) = &request.array_properties {
        match array.size {
            Some(size) => findings.in_range("arrayProperties.size", size, &ARRAY_SIZE),
            None => findings.add("arrayProperties.size", "is missing"),
        }
    }
    dependencies(request, &mut findings);
    overrides(request, platform, &mut findings);
    if let Some(strategy) = &request.retry_strategy {
        retry::strategy(strategy, &mut findings);
    }
    if let Some(seconds) = request.timeout.as_ref().and_then(|timeout| timeout.attempt_duration_seconds)
        && seconds < TIMEOUT_SECONDS
    {
        findings.add(
            "timeout.attemptDurationSeconds",
            format!("is less than {TIMEOUT_SECONDS} seconds, the shortest timeout that Batch takes"),
        );
    }
    tags::tags(&request.tags, &mut findings);
    wire(request, &mut findings);
    findings.into_problems()
}

fn names(request: &JobRequest, findings: &mut Findings<'_>) {
    if !job_name::is_valid(&request.job_name) {
        findings.add("jobName", format!("must be 1 to {JOB_NAME_LENGTH} of A-Z a-z 0-9 - _, a letter or digit first"));
    }
    for (path, text, kind) in [
        ("jobQueue", &request.job_queue, Resource::Queue),
        ("jobDefinition", &request.job_definition, Resource::Definition),
    ] {
        if !kind.is_named_by(text) {
            findings.add(path, format!("must be {}", kind.forms()));
        }
    }
}

/// What a job goes to and what it is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Resource {
    /// A job queue.
    Queue,
    /// A job definition.
    Definition,
}

impl Resource {
    /// Whether `text` is a name as Batch gives it, or an ARN.
    #[must_use]
    pub fn is_named_by(self, text: &str) -> bool {
        let (text, kind) = match self {
            Self::Queue => (text, "job-queue/"),
            Self::Definition => (definition_name(text), "job-definition/"),
        };
        let name = match text.split(':').collect::<Vec<_>>()[..] {
            ["arn", _, "batch", _, _, resource] => resource.strip_prefix(kind).unwrap_or_default(),
            _ => text,
        };
        // Queues and definitions are named by the rules for job names.
        job_name::is_valid(name)
    }

    /// The forms that a name may have, for messages.
    #[must_use]
    pub fn forms(self) -> &'static str {
        match self {
            Self::Queue => "a queue's name or ARN",
            Self::Definition => "a job definition's name, name:revision or ARN",
        }
    }
}

/// A definition's name or ARN without its revision.
fn definition_name(definition: &str) -> &str {
    match definition.rsplit_once(':') {
        Some((name, revision)) if revision.bytes().all(|byte| byte.is_ascii_digit()) && !revision.is_empty() => name,
        _ => definition,
    }
}

fn share(request: &JobRequest, findings: &mut Findings<'_>) {
    if let Some(share) = &request.share_identifier {
        let stem = share.strip_suffix('*').unwrap_or(share);
        if stem.is_empty() || stem.len() > SHARE_LENGTH || !stem.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            findings.add(
                "shareIdentifier",
                format!("must be 1 to {SHARE_LENGTH} of A-Z a-z 0-9, with `*` behind them at most"),
            );
        }
    }
    if let Some(priority) = request.scheduling_priority_override {
        findings.in_range("schedulingPriorityOverride", priority, &PRIORITY);
        if request.share_identifier.is_none() {
            findings.add_with_help(
                "schedulingPriorityOverride",
                "orders the jobs of one share, and the request has no `shareIdentifier`",
                "name the share by `shareIdentifier`",
            );
        }
    }
}

fn dependencies(request: &JobRequest, findings: &mut Findings<'_>) {
    let count = request.depends_on.len();
    if count > DEPENDENCIES {
        findings.add("dependsOn", format!("has {count} jobs, and a job may depend on {DEPENDENCIES}"));
    }
    for (index, dependency) in request.depends_on.iter().enumerate() {
        let path = item("dependsOn", index);
        let kind = dependency.kind.as_deref();
        if kind.is_some() && request.array_properties.is_none() {
            findings.add_with_help(
                &field(&path, "type"),
                "is for array jobs, and the request has no `arrayProperties`",
                "leave `type` out: the job then waits for the whole other job",
            );
        }
        match &dependency.job_id {
            Some(id) if !is_job_id(id) => findings.add_with_help(
                &field(&path, "jobId"),
                "is no job id; names and ARNs are not taken",
                "a job id is what SubmitJob answers, such as 1d828f65-7a4d-42e8-996d-3b900ed59dc4",
            ),
            Some(_) => {}
            None if kind == Some("SEQUENTIAL") => {}
            None => findings.add(&field(&path, "jobId"), "is missing; a SEQUENTIAL array alone needs none"),
        }
    }
}

/// Whether `text` is a job's id: 36 characters of hexadecimal digits and hyphens, and an array child's index or a
/// node's behind it.
fn is_job_id(text: &str) -> bool {
    let (id, part) = text.split_once([':', '#']).map_or((text, None), |(id, part)| (id, Some(part)));
    let groups: Vec<&str> = id.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
        && part.is_none_or(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn overrides(request: &JobRequest, platform: Platform, findings: &mut Findings<'_>) {
    let written = blocks(request);
    for block in written.iter().skip(1) {
        findings.add_with_help(
            block,
            format!("stands beside `{}`, and a job definition takes the overrides of its own kind alone", written[0]),
            "keep the block that fits the job definition",
        );
    }
    if let [block] = written[..]
        && platform != Platform::Container
        && block != platform.block()
    {
        findings.add_with_help(
            block,
            format!("does not fit `platform: {}`, whose overrides are `{}`", platform.name(), platform.block()),
            "change `platform`, or leave it out: the block says it too",
        );
    }
    if request.array_properties.is_some() && request.node_overrides.is_some() {
        findings.add("arrayProperties", "stands beside `nodeOverrides`, and a multi-node job is no array");
    }
    if let Some(overrides) = &request.container_overrides {
        container::overrides(overrides, "containerOverrides", container::Place::Single(platform), findings);
    }
    if let Some(overrides) = &request.ecs_properties_override {
        container::ecs(overrides, "ecsPropertiesOverride", findings);
    }
    if let Some(overrides) = &request.eks_properties_override {
        eks::overrides(overrides, "eksPropertiesOverride", findings);
    }
    if let Some(overrides) = &request.node_overrides {
        nodes::overrides(overrides, findings);
    }
    if let Some(resources) = &request.consumable_resource_properties_override {
        consumable(resources, "consumableResourcePropertiesOverride", findings);
    }
}

fn consumable(resources: &ConsumableResourceProperties, path: &str, findings: &mut Findings<'_>) {
    let path = field(path, "consumableResourceList");
    let count = resources.consumable_resource_list.len();
    if count > CONSUMABLE_RESOURCES {
        findings.add(&path, format!("has {count} resources, and a job may need {CONSUMABLE_RESOURCES}"));
    }
    for (index, requirement) in resources.consumable_resource_list.iter().enumerate() {
        let path = item(&path, index);
        if requirement.consumable_resource.as_deref().is_none_or(str::is_empty) {
            findings.add(&field(&path, "consumableResource"), "must name the resource");
        }
        match requirement.quantity {
            Some(1..) => {}
            Some(_) => findings.add(&field(&path, "quantity"), "must be a whole number above 0"),
            None => findings.add(&field(&path, "quantity"), "is missing"),
        }
    }
}

/// What the overrides of one ECS task take as JSON.
fn task_size(overrides: &impl Serialize, path: &str, findings: &mut Findings<'_>) {
    let characters = serde_json::to_string(overrides).map_or(usize::MAX, |wire| wire.chars().count());
    if characters > OVERRIDES_CHARACTERS {
        findings.add_whatever(
            path,
            format!(
                "is {characters} characters as JSON, and {OVERRIDES_CHARACTERS} are allowed; Batch would take it and fail the job later"
            ),
            "put the data into S3 and give the job its key",
        );
    }
}

/// What shows only in the bytes that are sent.
fn wire(request: &JobRequest, findings: &mut Findings<'_>) {
    let wire = serde_json::to_string(request).unwrap_or_default();
    let bytes = wire.len();
    if bytes > REQUEST_BYTES {
        findings.add_whatever(
            "",
            format!("the request is {bytes} bytes as JSON, and Batch takes {REQUEST_BYTES}"),
            "put the data into S3 and give the job its key",
        );
    }
    if wire.contains("\\u0000") {
        let value: Value = serde_json::from_str(&wire).unwrap_or_default();
        each_text(&value, "", &mut |path, text| {
            if text.contains('\0') {
                findings.add(path, "holds a NUL character, which no process can be given");
            }
        });
    }
}
