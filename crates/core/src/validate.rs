//! What Batch would refuse, or accept and fail later, found before anything is sent.

use std::collections::BTreeMap;

use crate::job_name;
use crate::limits::{
    JOB_NAME_LENGTH, OVERRIDES_CHARACTERS, REQUEST_BYTES, RESERVED_VARIABLES, RESOURCES, TAG_KEY_LENGTH,
    TAG_VALUE_LENGTH, TAGS,
};
use crate::problem::{Problem, field, item};
use crate::request::{ContainerOverrides, JobRequest};

/// Every problem of the request, with the field's path; none means that it may be sent.
#[must_use]
pub fn validate(request: &JobRequest) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !job_name::is_valid(&request.job_name) {
        problems.push(Problem::new(
            "jobName",
            format!("must be 1 to {JOB_NAME_LENGTH} of A-Z a-z 0-9 - _, a letter or digit first"),
        ));
    }
    for (name, value) in [("jobQueue", &request.job_queue), ("jobDefinition", &request.job_definition)] {
        if value.is_empty() {
            problems.push(Problem::new(name, "is empty"));
        }
    }
    if let Some(overrides) = &request.container_overrides {
        container_overrides(overrides, &mut problems);
    }
    tags(&request.tags, &mut problems);
    no_nul(request, &mut problems);
    let bytes = serde_json::to_vec(request).map_or(usize::MAX, |wire| wire.len());
    if bytes > REQUEST_BYTES {
        problems.push(
            Problem::new("", format!("the request is {bytes} bytes as JSON, and Batch takes {REQUEST_BYTES}"))
                .help("put the data into S3 and give the job its key"),
        );
    }
    problems
}

fn container_overrides(overrides: &ContainerOverrides, problems: &mut Vec<Problem>) {
    const PATH: &str = "containerOverrides";
    for (index, argument) in overrides.command.iter().flatten().enumerate() {
        if argument.is_empty() {
            problems
                .push(Problem::new(item(&field(PATH, "command"), index), "is an empty argument, which Batch refuses"));
        }
    }
    let mut seen = BTreeMap::new();
    for (index, variable) in overrides.environment.iter().enumerate() {
        let path = field(&item(&field(PATH, "environment"), index), "name");
        if variable.name.is_empty() || variable.name.contains(['=', '\0']) {
            problems.push(Problem::new(path, "must be a variable's name: not empty, no `=`"));
        } else if variable.name.starts_with(RESERVED_VARIABLES) {
            problems
                .push(Problem::new(path, format!("begins with {RESERVED_VARIABLES}, which Batch keeps for itself")));
        } else if let Some(first) = seen.insert(variable.name.as_str(), index) {
            problems.push(Problem::new(
                path,
                format!("is the name of environment[{first}] too; which value wins is not defined"),
            ));
        }
    }
    let mut kinds = BTreeMap::new();
    for (index, requirement) in overrides.resource_requirements.iter().enumerate() {
        let path = item(&field(PATH, "resourceRequirements"), index);
        if !RESOURCES.contains(&requirement.kind.as_str()) {
            problems.push(Problem::new(field(&path, "type"), format!("must be one of {}", RESOURCES.join(", "))));
            continue;
        }
        if let Some(first) = kinds.insert(requirement.kind.as_str(), index) {
            problems
                .push(Problem::new(field(&path, "type"), format!("is the type of resourceRequirements[{first}] too")));
        }
        let good = match requirement.kind.as_str() {
            // Fargate takes quarters and halves of a vCPU; EC2 takes whole ones, and which it will be is not known here.
            "VCPU" => matches!(requirement.value.as_str(), "0.25" | "0.5") || is_whole(&requirement.value),
            _ => is_whole(&requirement.value),
        };
        if !good {
            problems.push(
                Problem::new(field(&path, "value"), "must be a whole number above 0, as text")
                    .help("MEMORY counts MiB; VCPU may be 0.25 or 0.5 on Fargate; write \"1\", not \"1.0\""),
            );
        }
    }
    let characters = serde_json::to_string(overrides).map_or(usize::MAX, |wire| wire.chars().count());
    if characters > OVERRIDES_CHARACTERS {
        problems.push(
            Problem::new(PATH, format!("is {characters} characters as JSON; Batch accepts more than {OVERRIDES_CHARACTERS} and then fails the job"))
                .help("put the data into S3 and give the job its key"),
        );
    }
}

/// A process can be given no NUL, so a job with one in its arguments or variables never starts.
fn no_nul(request: &JobRequest, problems: &mut Vec<Problem>) {
    let parameters = request.parameters.iter().map(|(name, value)| (field("parameters", name), value));
    let overrides = request.container_overrides.as_ref();
    let command = overrides.and_then(|overrides| overrides.command.as_ref()).into_iter().flatten().enumerate();
    let command = command.map(|(index, argument)| (item("containerOverrides.command", index), argument));
    let environment = overrides.into_iter().flat_map(|overrides| &overrides.environment).enumerate();
    let environment = environment
        .map(|(index, variable)| (field(&item("containerOverrides.environment", index), "value"), &variable.value));
    let found = parameters.chain(command).chain(environment).filter(|(_, text)| text.contains('\0'));
    problems.extend(found.map(|(path, _)| Problem::new(path, "holds a NUL character, which no process can be given")));
}

fn is_whole(text: &str) -> bool {
    !text.starts_with('0') && text.parse::<u32>().is_ok() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn tags(tags: &BTreeMap<String, String>, problems: &mut Vec<Problem>) {
    if tags.len() > TAGS {
        problems.push(Problem::new("tags", format!("are {}, and a job may have {TAGS}", tags.len())));
    }
    for (key, value) in tags {
        let path = field("tags", key);
        if key.is_empty() || key.chars().count() > TAG_KEY_LENGTH {
            problems.push(Problem::new(path.clone(), format!("a tag's key has 1 to {TAG_KEY_LENGTH} characters")));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            problems.push(Problem::new(path.clone(), "a tag's key may not begin with `aws:`"));
        }
        if value.chars().count() > TAG_VALUE_LENGTH {
            problems.push(Problem::new(
                path.clone(),
                format!("is {} characters, and a tag's value has at most {TAG_VALUE_LENGTH}", value.chars().count()),
            ));
        }
        if !key.chars().chain(value.chars()).all(is_tag_character) {
            problems.push(
                Problem::new(path, "holds a character that tags do not take")
                    .help("letters, digits, spaces and + - = . _ : / @"),
            );
        }
    }
}

/// The characters that every AWS service takes in tags.
#[must_use]
pub fn is_tag_character(character: char) -> bool {
    character.is_alphanumeric() || character == ' ' || "+-=._:/@".contains(character)
}

#[cfg(test)]
mod tests {
    use super::validate;
    use crate::request::{ContainerOverrides, JobRequest, ResourceRequirement, Variable};

    fn request() -> JobRequest {
        JobRequest {
            job_name: "a".into(),
            job_queue: "q".into(),
            job_definition: "d".into(),
            parameters: [].into(),
            container_overrides: Some(ContainerOverrides::default()),
            tags: [].into(),
        }
    }

    fn paths(change: impl FnOnce(&mut JobRequest, &mut ContainerOverrides)) -> Vec<String> {
        let mut request = request();
        let mut overrides = ContainerOverrides::default();
        change(&mut request, &mut overrides);
        request.container_overrides = Some(overrides);
        validate(&request).into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn each_limit_has_two_sides() {
        let variable = |name: &str, value: String| Variable { name: name.into(), value };
        // 8192 characters, of which the JSON around the value takes 41.
        assert!(paths(|_, overrides| overrides.environment = vec![variable("A", "x".repeat(8192 - 41))]).is_empty());
        assert_eq!(
            paths(|_, overrides| overrides.environment = vec![variable("A", "x".repeat(8192 - 40))]),
            ["containerOverrides"]
        );
        assert!(paths(|request, _| request.job_name = "x".repeat(128)).is_empty());
        assert_eq!(paths(|request, _| request.job_name = "x".repeat(129)), ["jobName"]);
        assert!(
            paths(|request, _| request.tags = (0..50).map(|n| (n.to_string(), String::new())).collect()).is_empty()
        );
        assert_eq!(
            paths(|request, _| request.tags = (0..51).map(|n| (n.to_string(), String::new())).collect()),
            ["tags"]
        );
        assert!(
            paths(|request, _| {
                request.parameters.insert("p".into(), "x".repeat(30_000));
            })
            .is_empty()
        );
        assert_eq!(
            paths(|request, _| {
                request.parameters.insert("p".into(), "x".repeat(30_720));
            }),
            [""]
        );
    }

    #[test]
    fn every_problem_is_reported_with_its_path() {
        let found = paths(|request, overrides| {
            request.job_name = "a b".into();
            overrides.command = Some(vec!["ok".into(), String::new()]);
            overrides.environment = vec![
                Variable { name: "AWS_BATCH_X".into(), value: String::new() },
                Variable { name: String::new(), value: String::new() },
            ];
            overrides.resource_requirements = vec![
                ResourceRequirement { kind: "VCPU".into(), value: "1.0".into() },
                ResourceRequirement { kind: "DISK".into(), value: "1".into() },
            ];
            request.tags.insert("aws:x".into(), "é\u{0}".into());
        });
        assert_eq!(
            found,
            [
                "jobName",
                "containerOverrides.command[1]",
                "containerOverrides.environment[0].name",
                "containerOverrides.environment[1].name",
                "containerOverrides.resourceRequirements[0].value",
                "containerOverrides.resourceRequirements[1].type",
                "tags.aws:x",
                "tags.aws:x",
            ]
        );
    }
}
