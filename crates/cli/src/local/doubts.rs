//! What will not work although everything is up: queues, definitions and images that a trigger needs and nobody has.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result};
use jobwire_core::arn::{job_definition, last_component};
use jobwire_core::nearest::suggestion;
use jobwire_core::trigger::Submit;
use jobwire_local_batch::LocalConfig;
use serde_json::Value;

use crate::commands::local_batch::Executor;
use crate::project::Project;

/// What Batch has.
pub(crate) struct Resources {
    /// The queues' names.
    pub(crate) queues: BTreeSet<String>,
    /// The definitions' names.
    pub(crate) definitions: BTreeSet<String>,
    /// Definition and image.
    images: BTreeSet<(String, String)>,
}

/// Asks Batch for its queues and definitions.
pub(crate) async fn resources(client: &aws_sdk_batch::Client) -> Result<Resources> {
    let queues = client.describe_job_queues().send().await.context("the queues cannot be described")?;
    let answer = client.describe_job_definitions().send().await.context("the definitions cannot be described")?;
    let named = |definition: &aws_sdk_batch::types::JobDefinition| definition.job_definition_name().map(str::to_owned);
    let image = |definition: &aws_sdk_batch::types::JobDefinition| {
        Some((named(definition)?, definition.container_properties()?.image()?.to_owned()))
    };
    Ok(Resources {
        queues: queues.job_queues().iter().filter_map(|queue| queue.job_queue_name().map(str::to_owned)).collect(),
        definitions: answer.job_definitions().iter().filter_map(named).collect(),
        images: answer.job_definitions().iter().filter_map(image).collect(),
    })
}

/// A sentence for each; `functions` is the folder that also holds the runner.
pub(crate) fn of(
    resources: &Resources,
    project: &Project,
    functions: &Path,
    executor: Executor,
) -> Result<Vec<String>> {
    let Resources { queues, definitions, images } = resources;
    let mut doubts = Vec::new();
    for trigger in project.triggers.triggers.iter().filter(|trigger| trigger.enabled) {
        let Submit::Fields(fields) = &trigger.submit else { continue };
        let constant = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.contains("{{"));
        let mut missing = |what: &str, name: &str, known: &BTreeSet<String>| {
            if !known.contains(name) {
                let help = suggestion(name, known.iter().map(String::as_str));
                doubts.push(format!(
                    "trigger {} wants the {what} `{name}`, which batch.yaml does not have; {help}",
                    trigger.name
                ));
            }
        };
        if let Some(queue) = constant("jobQueue") {
            missing("queue", last_component(queue), queues);
        }
        if let Some(definition) = constant("jobDefinition") {
            missing("job definition", job_definition(definition).0, definitions);
        }
    }
    let known = known_images(project)?;
    for (definition, image) in images.iter().filter(|(_, image)| !known.contains(image)) {
        let otherwise = match executor {
            Executor::Process => "its jobs will fail",
            Executor::Auto => "its jobs will fail where Docker has none of that name",
            Executor::Docker => continue,
        };
        doubts.push(format!("the image `{image}` of job definition {definition} has no entry under `images` in jobwire.local.yaml, so {otherwise}"));
    }
    if !functions.join("jobwire-runner").is_file() {
        doubts.push(format!("{} holds no jobwire-runner, so jobs that call it will fail", functions.display()));
    }
    Ok(doubts)
}

fn known_images(project: &Project) -> Result<BTreeSet<String>> {
    let file = project.folder().join("jobwire.local.yaml");
    let Ok(text) = std::fs::read_to_string(&file) else { return Ok(BTreeSet::new()) };
    Ok(LocalConfig::parse(&text, project.folder())?.images.into_keys().collect())
}
