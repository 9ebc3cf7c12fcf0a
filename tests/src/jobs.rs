//! Watching Batch jobs.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use aws_sdk_batch::types::{JobDetail, JobStatus, KeyValuesPair};

/// Far more than any job here takes, so that only a real fault runs into it.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Every job of the queue, the oldest first.
pub async fn all(client: &aws_sdk_batch::Client, queue: &str) -> Result<Vec<JobDetail>> {
    let every = KeyValuesPair::builder().name("JOB_NAME").values("*").build();
    let listed =
        client.list_jobs().job_queue(queue).filters(every).send().await.context("the jobs cannot be listed")?;
    let ids: Vec<String> = listed.job_summary_list().iter().filter_map(|job| job.job_id().map(str::to_owned)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let described = client.describe_jobs().set_jobs(Some(ids)).send().await.context("the jobs cannot be described")?;
    let mut jobs = described.jobs.unwrap_or_default();
    jobs.sort_by_key(|job| (job.created_at(), job.job_id().map(str::to_owned)));
    Ok(jobs)
}

/// Waits until `found` gives something for the jobs of the queue.
pub async fn until<T>(
    client: &aws_sdk_batch::Client,
    queue: &str,
    what: &str,
    found: impl Fn(&[JobDetail]) -> Option<T>,
) -> Result<T> {
    let began = Instant::now();
    let mut pause = tokio::time::interval(Duration::from_millis(100));
    loop {
        pause.tick().await;
        let jobs = all(client, queue).await?;
        if let Some(found) = found(&jobs) {
            return Ok(found);
        }
        if began.elapsed() > PATIENCE {
            let seen: Vec<String> =
                jobs.iter().map(|job| format!("{} {:?}", job.job_name().unwrap_or_default(), job.status())).collect();
            bail!("waited {} s for {what}; the jobs are: {}", PATIENCE.as_secs(), seen.join(", "));
        }
    }
}

/// Waits until `count` jobs of the trigger have ended, and gives the last of them.
pub async fn until_ended(
    client: &aws_sdk_batch::Client,
    queue: &str,
    trigger: &str,
    count: usize,
) -> Result<JobDetail> {
    until(client, queue, &format!("job {count} of trigger {trigger} to end"), |jobs| {
        let mut ended = jobs.iter().filter(|job| of_trigger(job, trigger) && has_ended(job));
        ended.nth(count.checked_sub(1)?).cloned()
    })
    .await
}

/// Whether it has ended.
#[must_use]
pub fn has_ended(job: &JobDetail) -> bool {
    matches!(job.status(), Some(JobStatus::Succeeded | JobStatus::Failed))
}

/// Whether the trigger started it.
#[must_use]
pub fn of_trigger(job: &JobDetail, trigger: &str) -> bool {
    tag(job, "jobwire.trigger") == Some(trigger)
}

/// A tag of the job.
#[must_use]
pub fn tag<'a>(job: &'a JobDetail, name: &str) -> Option<&'a str> {
    job.tags().and_then(|tags| tags.get(name)).map(String::as_str)
}

/// The exit code of its container.
#[must_use]
pub fn exit_code(job: &JobDetail) -> Option<i32> {
    job.container().and_then(aws_sdk_batch::types::ContainerDetail::exit_code)
}

/// A variable of its container.
#[must_use]
pub fn variable<'a>(job: &'a JobDetail, name: &str) -> Option<&'a str> {
    let environment = job.container()?.environment();
    environment.iter().find(|pair| pair.name() == Some(name))?.value()
}
