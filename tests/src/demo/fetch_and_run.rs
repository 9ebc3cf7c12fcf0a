//! A script from S3 as a job: submitted by hand, and by putting it into the bucket.

use anyhow::{Context as _, Result, ensure};
use aws_sdk_batch::types::JobDetail;
use jobwire_tests::cloud::Cloud;
use jobwire_tests::jobs;
use jobwire_tests::pipelines::{self, FETCH_AND_RUN, SCRIPTS};

use crate::stage::{expect_code, print, say, waiting};

/// The example's script.
const SCRIPT: &str = include_str!("../../../infra/pipelines/fetch-and-run/myjob.sh");

/// Plays it, and shows what the scripts wrote.
pub(crate) async fn play(image: Option<&str>) -> Result<()> {
    let folder = tempfile::tempdir().context("there is no room for temporary files")?;
    let (image, kind) = pipelines::image_or_process(image, "jobwire/fetch-and-run");
    let cloud = pipelines::fetch_and_run(folder.path(), &image, "auto", true)?;
    say(&format!("the jobs are {kind}"));

    pipelines::put(&cloud, FETCH_AND_RUN, "myjob.sh", SCRIPT).await?;
    let id = pipelines::submit_script(&cloud, "myjob.sh", &["myjob.sh", "1"]).await?;
    let by_hand = waiting("the script that was submitted as `myjob.sh 1`", ended(&cloud, &id)).await?;
    show(&cloud, &by_hand)?;

    pipelines::put(&cloud, FETCH_AND_RUN, "run/nightly.sh", SCRIPT.replace("done", "done at night")).await?;
    let batch = cloud.batch();
    let by_upload = jobs::until_ended(&batch, SCRIPTS, "run-script", 1);
    let by_upload = waiting("the script that was put below run/", by_upload).await?;
    show(&cloud, &by_upload)?;
    cloud.down()?;
    print("Both scripts ended well, and nothing is left running.");
    Ok(())
}

async fn ended(cloud: &Cloud, id: &str) -> Result<JobDetail> {
    jobs::until(&cloud.batch(), SCRIPTS, "the job to end", |jobs| {
        jobs.iter().find(|job| job.job_id() == Some(id) && jobs::has_ended(job)).cloned()
    })
    .await
}

fn show(cloud: &Cloud, job: &JobDetail) -> Result<()> {
    let log = pipelines::log(cloud, job.job_id().unwrap_or_default());
    expect_code(job, 0).with_context(|| format!("its log:\n{log}"))?;
    ensure!(log.contains("done"), "the script did not come to its end: {log}");
    print(&format!("\n{}\n{}", job.job_name().unwrap_or_default(), indented(&log)));
    Ok(())
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |indented, line| indented + "  " + line + "\n")
}
