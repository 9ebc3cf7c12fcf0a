//! What will not work although everything is up: queues, definitions and images that a trigger needs and nobody has.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use jobwire_core::arn::{job_definition, last_component};
use jobwire_core::nearest::suggestion;
use jobwire_core::trigger::Submit;
use jobwire_local_batch::LocalConfig;
use serde_json::Value;

use crate::project::Project;

/// A sentence for each.
pub(crate) async fn of(client: &aws_sdk_batch::Client, project: &Project) -> Result<Vec<String>> {
    let answer = client.describe_job_queues().send().await.context("the queues cannot be described")?;
    let queues: BTreeSet<String> =
        answer.job_queues().iter().filter_map(|queue| queue.job_queue_name().map(str::to_owned)).collect();
    let answer = client.describe_job_definitions().send().await.context("the definitions cannot be described")?;
    let definitions: BTreeSet<String> = answer
        .job_definitions()
        .iter()
        .filter_map(|definition| definition.job_definition_name().map(str::to_owned))
        .collect();
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
            missing("queue", last_component(queue), &queues);
        }
        if let Some(definition) = constant("jobDefinition") {
            missing("job definition", job_definition(definition).0, &definitions);
        }
    }
    let images = images(project)?;
    for definition in answer.job_definitions() {
        let image = definition.container_properties().and_then(|container| container.image()).unwrap_or_default();
        if !images.contains(image) {
            let name = definition.job_definition_name().unwrap_or_default();
            doubts.push(format!("the image `{image}` of job definition {name} has no entry under `images` in jobwire.local.yaml, so its jobs will fail"));
        }
    }
    Ok(doubts)
}

fn images(project: &Project) -> Result<BTreeSet<String>> {
    let file = project.folder().join("jobwire.local.yaml");
    let Ok(text) = std::fs::read_to_string(&file) else { return Ok(BTreeSet::new()) };
    Ok(LocalConfig::parse(&text, project.folder())?.images.into_keys().collect())
}
