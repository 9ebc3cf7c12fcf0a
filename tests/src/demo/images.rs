//! Images that are uploaded, and the rows of their labels.

use anyhow::{Context as _, Result, ensure};
use comfy_table::{Table, presets};
use jobwire_tests::jobs;
use jobwire_tests::pipelines::{self, IMAGE_LABELS, IMAGE_QUEUE, IMAGES};

use crate::stage::{expect_code, print, say, waiting};

/// Plays it, and shows the rows.
pub(crate) async fn play(image: Option<&str>) -> Result<()> {
    let folder = tempfile::tempdir().context("there is no room for temporary files")?;
    let (image, kind) = pipelines::image_or_process(image, "jobwire/image-labels");
    let cloud = pipelines::image_labels(folder.path(), &image, "auto", true)?;
    say(&format!("the jobs are {kind}"));

    for (name, bytes) in IMAGES {
        pipelines::put(&cloud, IMAGE_LABELS, &format!("incoming/{name}"), *bytes).await?;
    }
    let batch = cloud.batch();
    for number in 1..=IMAGES.len() {
        let ended = jobs::until_ended(&batch, IMAGE_QUEUE, "label-image", number);
        let job = waiting(&format!("image {number} of {} to be labelled", IMAGES.len()), ended).await?;
        let log = pipelines::log(&cloud, job.job_id().unwrap_or_default());
        expect_code(&job, 0).with_context(|| format!("its log:\n{log}"))?;
    }

    let rows = pipelines::rows(&cloud).await?;
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["ID", "image", "labels"]);
    for row in &rows {
        let labels = row.labels.iter().map(|(name, confidence)| format!("{name} {confidence}"));
        // Where the bucket's name is, only the key helps people.
        let key = row.image.split_once('/').map_or(row.image.as_str(), |(_, key)| key);
        table.add_row([row.id.clone(), key.to_owned(), labels.collect::<Vec<_>>().join(", ")]);
    }
    print(&format!("\n{}", table.trim_fmt()));
    ensure!(rows.len() == IMAGES.len(), "there are {} rows for {} images", rows.len(), IMAGES.len());
    cloud.down()?;
    print(
        "\nEach image has its row (moto plays Rekognition, and has the same labels for every image); nothing is left running.",
    );
    Ok(())
}
