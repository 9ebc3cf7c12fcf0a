//! The synthesized template into the local cloud, by CloudFormation.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use aws_sdk_cloudformation::types::{Capability, Stack};
use aws_sdk_s3::primitives::ByteStream;
use serde_json::Value;

use super::REGION;
use crate::aws::{self, LocalCloud};
use crate::synth::{FUNCTIONS, Written};

/// The bucket that the functions' zips lie in.
pub(crate) const CODE_BUCKET: &str = "jobwire-local-code";

const TEMPLATE_KEY: &str = "template.json";

/// How long the stack may take; it takes less than a second as a rule.
const PATIENCE: Duration = Duration::from_mins(1);

/// What becomes of the stack.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Change {
    Create,
    Update,
}

/// Outputs and exports of the deployed stack.
pub(crate) struct Deployed {
    /// By output name.
    pub(crate) outputs: BTreeMap<String, String>,
    /// By export name.
    pub(crate) exports: BTreeMap<String, String>,
}

/// Creates what the jobs read and write beside the functions' own resources, from the template of Batch's.
pub(crate) async fn deploy_stores(
    cloud: &LocalCloud,
    stack: &str,
    template: &Value,
    parameters: &[(String, String)],
) -> Result<()> {
    let known = |name: &str| template["Parameters"].get(name).is_some();
    let parameters = parameters.iter().filter(|(name, _)| known(name)).map(|(name, value)| {
        aws_sdk_cloudformation::types::Parameter::builder().parameter_key(name).parameter_value(value).build()
    });
    let cloudformation = cloud.cloudformation();
    let create = cloudformation.create_stack().stack_name(stack).template_body(template.to_string());
    let create = create.set_parameters(Some(parameters.collect())).send().await.map_err(aws::explain);
    create.with_context(|| format!("the stack {stack} is refused"))?;
    settled(&cloudformation, stack).await.map(|_| ())
}

/// Uploads the zips, creates or updates the stack, and looks whether every function has its code.
pub(crate) async fn deploy(cloud: &LocalCloud, stack: &str, written: &Written, change: Change) -> Result<Deployed> {
    let s3 = cloud.s3();
    if change == Change::Create {
        let made = s3.create_bucket().bucket(CODE_BUCKET).send().await.map_err(aws::explain);
        made.context("the bucket of the functions' code cannot be made")?;
    }
    let zips = written.zips.iter().map(|(name, zip)| (format!("{name}.zip"), zip.as_path()));
    // CloudFormation takes a template of more than 51,200 bytes from a bucket alone.
    for (key, path) in zips.chain([(TEMPLATE_KEY.to_owned(), written.template.as_path())]) {
        let put = s3.put_object().bucket(CODE_BUCKET).key(key).body(ByteStream::from(read(path)?)).send().await;
        let put = put.map_err(aws::explain);
        put.with_context(|| format!("{} cannot be uploaded", path.display()))?;
    }
    let template = format!("{}/{CODE_BUCKET}/{TEMPLATE_KEY}", cloud.endpoint());
    let cloudformation = cloud.cloudformation();
    let capabilities =
        vec![Capability::CapabilityIam, Capability::CapabilityNamedIam, Capability::CapabilityAutoExpand];
    let refused = || format!("the stack {stack} is refused");
    match change {
        Change::Create => {
            let create = cloudformation.create_stack().stack_name(stack).template_url(template);
            create.set_capabilities(Some(capabilities)).send().await.map_err(aws::explain).with_context(refused)?;
        }
        Change::Update => {
            let update = cloudformation.update_stack().stack_name(stack).template_url(template);
            match update.set_capabilities(Some(capabilities)).send().await {
                // Nothing but the functions' code has changed.
                Err(error) if error.message().is_some_and(|message| message.contains("No updates")) => {}
                updated => updated.map(|_| ()).map_err(aws::explain).with_context(refused)?,
            }
        }
    }
    let description = settled(&cloudformation, stack).await?;
    let mut deployed = Deployed { outputs: BTreeMap::new(), exports: BTreeMap::new() };
    for output in description.outputs() {
        let (Some(key), Some(value)) = (output.output_key(), output.output_value()) else { continue };
        deployed.outputs.insert(key.to_owned(), value.to_owned());
        deployed.exports.extend(output.export_name().map(|name| (name.to_owned(), value.to_owned())));
    }
    for (name, kind) in FUNCTIONS.iter().filter(|(name, _)| written.zips.contains_key(name)) {
        let output = crate::synth::function_output(*kind);
        let Some(function) = deployed.outputs.get(output) else {
            bail!("the stack has no output {output}: the {name} function was not deployed")
        };
        if change == Change::Update {
            // CloudFormation compares the zip's name and not its content.
            let code = cloud.lambda().update_function_code().function_name(function);
            let code = code.s3_bucket(CODE_BUCKET).s3_key(format!("{name}.zip")).send().await.map_err(aws::explain);
            code.with_context(|| format!("the {name} function's new code is refused"))?;
        }
        has_code(cloud, name, function).await?;
    }
    Ok(deployed)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

async fn settled(client: &aws_sdk_cloudformation::Client, name: &str) -> Result<Stack> {
    let began = Instant::now();
    let mut pause = tokio::time::interval(Duration::from_millis(50));
    loop {
        pause.tick().await;
        let answer = client.describe_stacks().stack_name(name).send().await;
        let answer = answer.map_err(aws::explain).context("the stack cannot be described")?;
        let Some(stack) = answer.stacks.unwrap_or_default().into_iter().next() else {
            bail!("the stack {name} is gone")
        };
        let status = stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default();
        match status.as_str() {
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" => return Ok(stack),
            status if status.ends_with("_IN_PROGRESS") && began.elapsed() < PATIENCE => {}
            status => {
                bail!("the stack {name} is {status}: {}", reasons(client, name, stack.stack_status_reason()).await)
            }
        }
    }
}

async fn reasons(client: &aws_sdk_cloudformation::Client, name: &str, reason: Option<&str>) -> String {
    let events = client
        .describe_stack_events()
        .stack_name(name)
        .send()
        .await
        .ok()
        .and_then(|answer| answer.stack_events)
        .unwrap_or_default();
    let failed = events
        .iter()
        .filter(|event| event.resource_status().is_some_and(|status| status.as_str().ends_with("_FAILED")));
    let lines: Vec<String> = failed
        .filter_map(|event| Some(format!("{}: {}", event.logical_resource_id()?, event.resource_status_reason()?)))
        .collect();
    if lines.is_empty() { reason.unwrap_or("no reason is given").to_owned() } else { lines.join("; ") }
}

/// The local cloud creates a function even where its code is missing, and lets it answer something made up.
async fn has_code(cloud: &LocalCloud, name: &str, function: &str) -> Result<()> {
    let answer = cloud
        .lambda()
        .get_function()
        .function_name(function)
        .send()
        .await
        .map_err(aws::explain)
        .with_context(|| format!("the {name} function was not deployed"))?;
    if answer.configuration().is_none_or(|configuration| configuration.code_size() <= 0) {
        bail!("the {name} function was deployed without its code: is {CODE_BUCKET}/{name}.zip there?");
    }
    Ok(())
}

/// Makes clients for the cloud at `endpoint`.
pub(crate) fn cloud(endpoint: &str) -> LocalCloud {
    LocalCloud::at(endpoint, REGION)
}
