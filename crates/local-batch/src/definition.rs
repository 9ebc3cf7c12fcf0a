//! Job definitions and the container properties that jobs take from them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{refusal::ClientException, request::strip_nulls};

/// A registered revision of a job definition.
#[derive(Debug, Clone)]
pub(crate) struct JobDefinition {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) revision: u32,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) container: ContainerProperties,
    pub(crate) retry_strategy: Option<RetryStrategy>,
    pub(crate) timeout: Option<Value>,
    pub(crate) scheduling_priority: Option<i64>,
    pub(crate) propagate_tags: Option<bool>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) platform_capabilities: Vec<String>,
}

impl JobDefinition {
    /// The revision as `DescribeJobDefinitions` shows it.
    pub(crate) fn describe(&self) -> Value {
        let mut document = json!({
            "jobDefinitionName": self.name,
            "jobDefinitionArn": self.arn,
            "revision": self.revision,
            "status": "ACTIVE",
            "type": "container",
            "schedulingPriority": self.scheduling_priority,
            "parameters": self.parameters,
            "retryStrategy": self.retry_strategy,
            "containerProperties": self.container.describe(),
            "timeout": self.timeout,
            "tags": self.tags,
            "propagateTags": self.propagate_tags,
            "platformCapabilities": self.platform_capabilities,
            "containerOrchestrationType": "ECS",
        });
        strip_nulls(&mut document);
        document
    }
}

/// The container properties of a definition, or of a job with its overrides applied.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ContainerProperties {
    pub(crate) image: Option<String>,
    pub(crate) vcpus: Option<u32>,
    pub(crate) memory: Option<u32>,
    pub(crate) command: Option<Vec<String>>,
    pub(crate) job_role_arn: Option<String>,
    pub(crate) execution_role_arn: Option<String>,
    pub(crate) volumes: Option<Vec<Value>>,
    pub(crate) environment: Option<Vec<KeyValue>>,
    pub(crate) mount_points: Option<Vec<Value>>,
    pub(crate) readonly_root_filesystem: Option<bool>,
    pub(crate) privileged: Option<bool>,
    pub(crate) ulimits: Option<Vec<Value>>,
    pub(crate) user: Option<String>,
    pub(crate) instance_type: Option<String>,
    pub(crate) resource_requirements: Option<Vec<ResourceRequirement>>,
    pub(crate) linux_parameters: Option<Value>,
    pub(crate) log_configuration: Option<Value>,
    pub(crate) secrets: Option<Vec<Value>>,
    pub(crate) network_configuration: Option<Value>,
    pub(crate) fargate_platform_configuration: Option<Value>,
    pub(crate) enable_execute_command: Option<bool>,
    pub(crate) ephemeral_storage: Option<Value>,
    pub(crate) runtime_platform: Option<Value>,
    pub(crate) repository_credentials: Option<Value>,
}

impl ContainerProperties {
    /// The properties as AWS shows them: lists are there even when they are empty.
    pub(crate) fn describe(&self) -> Value {
        let mut document = json!(self);
        strip_nulls(&mut document);
        for list in ["command", "volumes", "environment", "mountPoints", "ulimits", "resourceRequirements", "secrets"] {
            if document.get(list).is_none() {
                document[list] = json!([]);
            }
        }
        document
    }

    /// An option of the log driver `awslogs`.
    pub(crate) fn log_option(&self, name: &str) -> Option<&str> {
        let configuration = self.log_configuration.as_ref();
        configuration.filter(|configuration| configuration["logDriver"] == "awslogs")?["options"][name].as_str()
    }

    pub(crate) fn image(&self) -> &str {
        self.image.as_deref().unwrap_or_default()
    }

    /// The MiB that the job may use, where it says so.
    pub(crate) fn memory(&self) -> Option<u32> {
        let required = self.resource_requirements.iter().flatten().find(|one| one.kind == ResourceType::Memory);
        required.and_then(|one| one.value.parse().ok()).or(self.memory)
    }

    /// The vCPUs that the job takes, in thousandths; a definition that says nothing means one.
    pub(crate) fn milli_vcpus(&self) -> u64 {
        let required = self.resource_requirements.iter().flatten().find(|one| one.kind == ResourceType::Vcpu);
        match required {
            Some(one) => milli(&one.value).unwrap_or(1000),
            None => u64::from(self.vcpus.unwrap_or(1)) * 1000,
        }
    }
}

/// One variable, in AWS's shape.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyValue {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// One requirement, in AWS's shape.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceRequirement {
    pub(crate) value: String,
    #[serde(rename = "type")]
    pub(crate) kind: ResourceType,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ResourceType {
    Gpu,
    Vcpu,
    Memory,
}

/// How often a job is tried; more than once is refused when a job is submitted.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RetryStrategy {
    pub(crate) attempts: Option<u32>,
    #[serde(default)]
    pub(crate) evaluate_on_exit: Vec<Value>,
}

impl Default for RetryStrategy {
    fn default() -> Self {
        Self { attempts: Some(1), evaluate_on_exit: Vec::new() }
    }
}

/// Refuses requirements that AWS would refuse; `whole` means that vCPUs come in whole numbers, as on EC2.
pub(crate) fn check_requirements(
    requirements: &[ResourceRequirement],
    whole: bool,
    at: &str,
) -> Result<(), ClientException> {
    for (index, one) in requirements.iter().enumerate() {
        let fault = |allowed: &str| {
            Err(ClientException::new(format!(
                "{at}.resourceRequirements[{index}].value: found `{}`, allowed is {allowed}",
                one.value
            )))
        };
        if requirements[..index].iter().any(|other| other.kind == one.kind) {
            return Err(ClientException::new(format!(
                "{at}.resourceRequirements[{index}].type: each type may stand there once"
            )));
        }
        let number = one.value.parse::<u32>().is_ok_and(|number| number > 0);
        match one.kind {
            ResourceType::Vcpu if whole && !number => return fault("a whole number of vCPUs such as \"1\""),
            ResourceType::Vcpu if milli(&one.value).is_none() => return fault("a number of vCPUs such as \"0.5\""),
            ResourceType::Memory if !number => return fault("a whole number of MiB such as \"2048\""),
            ResourceType::Gpu if !number => return fault("a whole number of GPUs such as \"1\""),
            _ => {}
        }
    }
    Ok(())
}

/// Refuses variables whose names Batch keeps for itself, and such as no process can have.
pub(crate) fn check_environment(environment: &[KeyValue], at: &str) -> Result<(), ClientException> {
    for (index, variable) in environment.iter().enumerate() {
        let name = &variable.name;
        if name.starts_with("AWS_BATCH") {
            return Err(ClientException::new(format!(
                "{at}.environment[{index}].name: found `{name}`, but names that start with AWS_BATCH are kept for AWS \
                 Batch: choose another name"
            )));
        }
        if name.is_empty() || name.contains(['=', '\0']) || variable.value.contains('\0') {
            return Err(ClientException::new(format!(
                "{at}.environment[{index}]: a name may not be empty or hold `=`, and neither name nor value may hold a \
                 NUL character"
            )));
        }
    }
    Ok(())
}

/// Refuses an empty argument, which Batch does not accept.
pub(crate) fn check_command(command: &[String], at: &str) -> Result<(), ClientException> {
    match command.iter().position(|argument| argument.is_empty() || argument.contains('\0')) {
        None => Ok(()),
        Some(index) => Err(ClientException::new(format!(
            "{at}.command[{index}]: an argument may not be empty or hold a NUL character: leave it out or give it text"
        ))),
    }
}

/// Refuses tags beyond AWS's limits.
pub(crate) fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), ClientException> {
    if tags.len() > 50 {
        return Err(ClientException::new(format!("tags: found {}, allowed are at most 50", tags.len())));
    }
    let fits =
        |(key, value): (&String, &String)| (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
    match tags.iter().find(|tag| !fits(*tag)) {
        None => Ok(()),
        Some((key, _)) => {
            Err(ClientException::new(format!("tags.{key}: a key has 1 to 128 characters and a value at most 256")))
        }
    }
}

/// Refuses a name that AWS Batch would not take.
pub(crate) fn check_name(member: &str, name: &str) -> Result<(), ClientException> {
    let mut bytes = name.bytes();
    let good = bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && name.len() <= 128;
    if good {
        return Ok(());
    }
    Err(ClientException::new(format!(
        "{member}: found `{name}`, but a name starts with a letter or digit, goes on with letters, digits, `_` and `-`, \
         and has at most 128 characters"
    )))
}

/// A decimal number of vCPUs in thousandths.
fn milli(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 3 {
        return None;
    }
    let whole: u64 = whole.parse().ok().filter(|whole| *whole < 1_000_000)?;
    let fraction: u64 = format!("{fraction:0<3}").parse().ok()?;
    Some(whole * 1000 + fraction).filter(|milli| *milli > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vcpus_are_read_in_thousandths() {
        for (text, expected) in [
            ("1", Some(1000)),
            ("0.25", Some(250)),
            ("16.0", Some(16_000)),
            ("0", None),
            ("0.0001", None),
            ("-1", None),
            ("one", None),
            ("", None),
            (".5", None),
        ] {
            assert_eq!(milli(text), expected, "{text}");
        }
    }

    #[test]
    fn names_follow_the_pattern_of_aws() {
        let longest = "a".repeat(128);
        for name in ["a", "9-_a", &longest] {
            assert!(check_name("jobName", name).is_ok(), "{name}");
        }
        for name in ["", "-a", "_a", "a b", "a.b", "é", &format!("{longest}a")] {
            assert!(check_name("jobName", name).is_err(), "{name}");
        }
    }
}
