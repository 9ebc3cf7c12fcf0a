//! Overrides of containers that ECS runs: one of a job, the several of a task, those of nodes.

use std::collections::BTreeMap;

use super::findings::Findings;
use super::task_size;
use crate::digits::digits;
use crate::limits::{CONTAINERS, ECS_TASKS, FARGATE, MEMORY_MIB, MiB, RESERVED_VARIABLES};
use crate::platform::Platform;
use crate::problem::{field, item};
use crate::request::{ContainerOverrides, EcsPropertiesOverride, ResourceRequirement};

/// Where a container is.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Place {
    /// It is the job.
    Single(Platform),
    /// It runs on nodes of a multi-node job.
    Node,
}

pub(super) fn overrides(overrides: &ContainerOverrides, path: &str, place: Place, findings: &mut Findings<'_>) {
    command(overrides.command.as_deref(), &field(path, "command"), findings);
    environment(
        overrides.environment.iter().map(|variable| variable.name.as_str()),
        &field(path, "environment"),
        findings,
    );
    requirements(&overrides.resource_requirements, &field(path, "resourceRequirements"), place, findings);
    for (name, value, least) in [("vcpus", overrides.vcpus, 1), ("memory", overrides.memory, MEMORY_MIB.cast_signed())]
    {
        let path = field(path, name);
        match value {
            Some(_) if place == Place::Single(Platform::Fargate) => {
                findings.add_with_help(&path, "is not taken on Fargate", "use resourceRequirements");
            }
            Some(value) if value < least => {
                findings.add(&path, format!("is less than {least}, the least that Batch takes"));
            }
            _ => {}
        }
    }
    if overrides.instance_type.is_some() && place != Place::Node {
        findings.add_with_help(
            &field(path, "instanceType"),
            "is for the nodes of a multi-node job, and Batch takes it in no other",
            "choose the instance type by the queue's compute environment",
        );
    }
    task_size(overrides, path, findings);
}

pub(super) fn ecs(overrides: &EcsPropertiesOverride, path: &str, findings: &mut Findings<'_>) {
    let tasks = field(path, "taskProperties");
    let count = overrides.task_properties.len();
    if count > ECS_TASKS {
        findings.add(&tasks, format!("has {count} tasks, and Batch takes {ECS_TASKS}"));
    }
    for (index, task) in overrides.task_properties.iter().enumerate() {
        let containers = field(&item(&tasks, index), "containers");
        number_of(task.containers.len(), &containers, findings);
        let mut names = BTreeMap::new();
        for (index, container) in task.containers.iter().enumerate() {
            let path = item(&containers, index);
            name(container.name.as_deref(), index, &path, &mut names, findings);
            command(container.command.as_deref(), &field(&path, "command"), findings);
            environment(
                container.environment.iter().map(|variable| variable.name.as_str()),
                &field(&path, "environment"),
                findings,
            );
            let place = Place::Single(Platform::Ecs);
            requirements(&container.resource_requirements, &field(&path, "resourceRequirements"), place, findings);
        }
    }
    task_size(overrides, path, findings);
}

pub(super) fn number_of(containers: usize, path: &str, findings: &mut Findings<'_>) {
    if containers > CONTAINERS {
        findings.add(path, format!("has {containers} containers, and there may be {CONTAINERS}"));
    }
}

/// The name by which an override finds its container; two overrides of one container cannot both hold.
pub(super) fn name<'a>(
    name: Option<&'a str>,
    index: usize,
    path: &str,
    seen: &mut BTreeMap<&'a str, usize>,
    findings: &mut Findings<'_>,
) {
    let path = field(path, "name");
    match name {
        None | Some("") => findings.add(&path, "must be the container's name in the job definition"),
        Some(name) => {
            if let Some(first) = seen.insert(name, index) {
                findings.add(&path, format!("is the name of containers[{first}] too"));
            }
        }
    }
}

fn command(command: Option<&[String]>, path: &str, findings: &mut Findings<'_>) {
    for (index, argument) in command.unwrap_or_default().iter().enumerate() {
        if argument.is_empty() {
            findings.add(&item(path, index), "is an empty argument, which Batch refuses");
        }
    }
}

pub(super) fn environment<'a>(names: impl Iterator<Item = &'a str>, path: &str, findings: &mut Findings<'_>) {
    let mut seen = BTreeMap::new();
    for (index, name) in names.enumerate() {
        let path = field(&item(path, index), "name");
        if name.is_empty() || name.contains(['=', '\0']) {
            findings.add(&path, "must be a variable's name: not empty, no `=`");
        } else if name.starts_with(RESERVED_VARIABLES) {
            findings.add(&path, format!("begins with {RESERVED_VARIABLES}, which Batch keeps for itself"));
        } else if let Some(first) = seen.insert(name, index) {
            findings.add(
                &path,
                format!("is the name of the variable with index {first} too; which value wins is not defined"),
            );
        }
    }
}

fn requirements(requirements: &[ResourceRequirement], path: &str, place: Place, findings: &mut Findings<'_>) {
    let on_fargate = place == Place::Single(Platform::Fargate);
    let fractions = !matches!(place, Place::Node | Place::Single(Platform::Ec2));
    let mut kinds = BTreeMap::new();
    for (index, requirement) in requirements.iter().enumerate() {
        let (of_kind, path) = (field(&item(path, index), "type"), field(&item(path, index), "value"));
        let (kind, value) = (requirement.kind.as_str(), requirement.value.as_str());
        if let Some(first) = kinds.insert(kind, index) {
            findings.add(&of_kind, format!("is the type of resourceRequirements[{first}] too"));
        }
        match kind {
            "GPU" if on_fargate => findings.add(&path, "asks for GPUs, and Fargate has none"),
            "GPU" if !is_whole(value) => findings.add(&path, "must be a whole number of GPUs above 0, as a string"),
            "MEMORY" if !is_whole(value) || digits(value).is_some_and(|mib| mib < MEMORY_MIB) => {
                findings.add_with_help(
                    &path,
                    format!("must be a whole number of MiB, at least {MEMORY_MIB}, as a string"),
                    "for example \"2048\"",
                );
            }
            // Quarters and halves are Fargate's; on EC2 a vCPU is whole, and only `platform` could tell which it is.
            "VCPU" if fractions && FARGATE.iter().any(|(vcpu, _)| *vcpu == value) => {}
            "VCPU" if on_fargate => findings.add(&path, format!("must be one of Fargate's vCPUs: {}", fargate_vcpus())),
            "VCPU" if !is_whole(value) => findings.add_with_help(
                &path,
                "must be a whole number of vCPUs, as a string",
                "write \"1\", not \"1.0\"; parts are Fargate's: \"0.25\" and \"0.5\"",
            ),
            "MEMORY" if on_fargate && !FARGATE.iter().any(|(_, ranges)| has(ranges, value)) => {
                findings.add(&path, "is no memory that Fargate has with any vCPU");
            }
            "GPU" | "MEMORY" | "VCPU" => {}
            _ => findings.add(&of_kind, "must be one of GPU, MEMORY, VCPU"),
        }
    }
    let of = |kind: &str| kinds.get(kind).map(|index| (item(path, *index), requirements[*index].value.as_str()));
    if let (Some((vcpu_path, vcpu)), Some((path, memory))) = (of("VCPU"), of("MEMORY"))
        && (on_fargate || vcpu.starts_with("0."))
        && !findings.is_open(&field(&vcpu_path, "value"))
        && let Some((_, ranges)) = FARGATE.iter().find(|(known, _)| *known == vcpu)
        && is_whole(memory)
        && FARGATE.iter().any(|(_, ranges)| !on_fargate || has(ranges, memory))
        && !has(ranges, memory)
    {
        findings.add(
            &field(&path, "value"),
            format!("is no memory that Fargate has with {vcpu} vCPU: {} MiB", pairs(ranges)),
        );
    }
}

/// Whether the memory is among what these ranges have.
fn has(ranges: &[MiB], memory: &str) -> bool {
    let Some(mib) = digits(memory) else { return false };
    ranges.iter().any(|MiB(low, high, step)| (*low..=*high).contains(&mib) && (mib - low) % step == 0)
}

fn fargate_vcpus() -> String {
    FARGATE.iter().map(|(vcpu, _)| *vcpu).collect::<Vec<_>>().join(", ")
}

fn pairs(ranges: &[MiB]) -> String {
    let range = |MiB(low, high, step): &MiB| {
        if low == high { low.to_string() } else { format!("{low} to {high} in steps of {step}") }
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(", ")
}

pub(super) fn is_whole(text: &str) -> bool {
    !text.starts_with('0') && digits(text).is_some()
}
