//! The pipelines fetch-and-run and image-labels in a local cloud.

use std::path::Path;

use anyhow::{Context as _, Result};
use aws_sdk_batch::types::{ContainerOverrides, KeyValuePair};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;

use crate::binaries;
use crate::cloud::Cloud;
use crate::containers;

/// The output with the bucket of scripts.
pub const FETCH_AND_RUN: &str = "BucketScripts";
/// The output with the bucket of images.
pub const IMAGE_LABELS: &str = "BucketUploads";
/// The queue of scripts.
pub const SCRIPTS: &str = "scripts";
/// The queue of images.
pub const IMAGE_QUEUE: &str = "image-processor-queue";
/// The table of labels.
pub const TABLE: &str = "aws-batch-image-processor";

/// The images that the repository ships, by name.
pub const IMAGES: &[(&str, &[u8])] = &[
    ("harbour.png", include_bytes!("../../infra/pipelines/image-labels/images/harbour.png")),
    ("house.png", include_bytes!("../../infra/pipelines/image-labels/images/house.png")),
    ("bicycle.jpg", include_bytes!("../../infra/pipelines/image-labels/images/bicycle.jpg")),
];

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// `ID`
    pub id: String,
    /// `ImageName`
    pub image: String,
    /// `Labels`: name and confidence.
    pub labels: Vec<(String, String)>,
}

/// Starts a local cloud for scripts, whose image and executor are these.
pub fn fetch_and_run(state: &Path, image: &str, executor: &str, progress: bool) -> Result<Cloud> {
    let folder = binaries::root().join("infra/pipelines/fetch-and-run");
    let arguments = [format!("--parameter=Image={image}"), format!("--executor={executor}")];
    Cloud::up_with(&folder.join("jobwire.yaml"), state, &arguments, progress)
}

/// Starts a local cloud for images, with Rekognition.
pub fn image_labels(state: &Path, image: &str, executor: &str, progress: bool) -> Result<Cloud> {
    let folder = binaries::root().join("infra/pipelines/image-labels");
    let arguments =
        ["--with=rekognition".to_owned(), format!("--parameter=Image={image}"), format!("--executor={executor}")];
    Cloud::up_with(&folder.join("jobwire.yaml"), state, &arguments, progress)
}

/// The image that jobs are to have, and what that makes of them: the wanted one where Docker has it, else the one that the
/// pipeline knows a process for.
#[must_use]
pub fn image_or_process(wanted: Option<&str>, known: &str) -> (String, String) {
    let wanted = wanted.unwrap_or(known);
    match containers::docker(&["image", "inspect", wanted]) {
        Some(_) => (wanted.to_owned(), format!("containers of {wanted}")),
        None => (known.to_owned(), format!("processes, because Docker has no image {wanted}")),
    }
}

/// Puts an object into the bucket of this output.
pub async fn put(cloud: &Cloud, output: &str, key: &str, body: impl Into<Vec<u8>>) -> Result<()> {
    let body = ByteStream::from(body.into());
    let put = cloud.s3().put_object().bucket(cloud.output(output)?).key(key).body(body).send().await;
    put.map(|_| ()).context("the object cannot be put")
}

/// Submits a script of the bucket with this command, and gives the job's id.
pub async fn submit_script(cloud: &Cloud, key: &str, command: &[&str]) -> Result<String> {
    let variable = |name: &str, value: String| KeyValuePair::builder().name(name).value(value).build();
    let overrides = ContainerOverrides::builder()
        .set_command(Some(command.iter().map(|word| (*word).to_owned()).collect()))
        .environment(variable("BATCH_FILE_TYPE", "script".to_owned()))
        .environment(variable("BATCH_FILE_S3_URL", format!("s3://{}/{key}", cloud.output(FETCH_AND_RUN)?)))
        .build();
    let batch = cloud.batch();
    let submit = batch.submit_job().job_name("script-test").job_queue(SCRIPTS).job_definition("fetch_and_run");
    let submitted = submit.container_overrides(overrides).send().await.context("the job is refused")?;
    submitted.job_id.context("the answer has no job id")
}

/// What a job wrote until now.
#[must_use]
pub fn log(cloud: &Cloud, job: &str) -> String {
    std::fs::read_to_string(cloud.state().join("jobs").join(job).join("log")).unwrap_or_default()
}

/// The rows of the table, by the names of their images.
pub async fn rows(cloud: &Cloud) -> Result<Vec<Row>> {
    let scanned = cloud.dynamodb().scan().table_name(TABLE).send().await.context("the table cannot be read")?;
    let text = |value: Option<&AttributeValue>| match value {
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => Some(text.clone()),
        _ => None,
    };
    let label = |value: &AttributeValue| {
        let map = value.as_m().ok()?;
        Some((text(map.get("name"))?, text(map.get("confidence"))?))
    };
    let row = |item: std::collections::HashMap<String, AttributeValue>| {
        let labels = item.get("Labels")?.as_l().ok()?.iter().filter_map(label).collect();
        Some(Row { id: text(item.get("ID"))?, image: text(item.get("ImageName"))?, labels })
    };
    let mut rows: Vec<Row> = scanned.items.unwrap_or_default().into_iter().filter_map(row).collect();
    rows.sort_by(|left, right| left.image.cmp(&right.image));
    Ok(rows)
}
