//! The feed pipeline on this machine, from a schedule to the report of a failed job.

use anyhow::{Context as _, Result, ensure};
use aws_sdk_batch::types::JobDetail;
use comfy_table::{Table, presets};
use jobwire_tests::binaries;
use jobwire_tests::cloud::Cloud;
use jobwire_tests::feed_service::{FEED, FeedService};
use jobwire_tests::jobs::{self, exit_code, tag, variable};
use serde_json::{Value, json};

use crate::stage::{expect_code, now, print, short, waiting};

/// The queue of the feed pipeline.
const QUEUE: &str = "feeds";

/// A row of the timeline: something that we did, or a job.
struct Row {
    millis: i64,
    cells: [String; 5],
}

struct Demo {
    cloud: Cloud,
    service: FeedService,
    done: Vec<Row>,
    began: i64,
}

/// Plays it, and tells what happened as a timeline.
pub(crate) async fn play() -> Result<()> {
    let folder = tempfile::tempdir().context("there is no room for temporary files")?;
    let service = FeedService::start().await?;
    let feed_url = format!("{}/feed.xml", service.url);
    let pipeline = binaries::root().join("infra/pipelines/feed/jobwire.yaml");
    let cloud = Cloud::up(&pipeline, folder.path(), &[("FeedUrl", &feed_url), ("ServiceUrl", &service.url)], true)?;
    let mut demo = Demo { cloud, service, done: Vec::new(), began: now() };
    let outcome = Box::pin(demo.scenes()).await;
    demo.timeline().await?;
    outcome?;
    demo.cloud.down()?;
    print("\nEvery job ended as expected, and nothing is left running.");
    Ok(())
}

impl Demo {
    async fn scenes(&mut self) -> Result<()> {
        let client = self.cloud.batch();

        self.did("the schedule is sent", "check-feed");
        self.tick()?;
        let check = self.wait("check-feed to see a new feed", "check-feed", 1).await?;
        let consume = self.wait("consume-feed, started by check-feed's message", "consume-feed", 1).await?;
        expect_code(&check, 0)?;
        expect_code(&consume, 0)?;
        ensure!(
            tag(&consume, "jobwire.parent") == check.job_id(),
            "consume-feed was not started by check-feed's own message"
        );
        let message: Value = serde_json::from_str(variable(&consume, "DOWNLOAD_MESSAGE").unwrap_or_default())
            .context("DOWNLOAD_MESSAGE is no JSON")?;
        ensure!(
            message["type"] == "lovelive" && message["jobXmlTag"] == "job",
            "DOWNLOAD_MESSAGE lacks its parameters: {message}"
        );
        let posted: usize =
            self.service.taken("/jobs").iter().map(|batch| batch["entries"].as_array().map_or(0, Vec::len)).sum();
        ensure!(posted == 2, "the service got {posted} entries of 2");

        self.did("the schedule is sent again, the feed is the same", "check-feed");
        self.tick()?;
        expect_code(&self.wait("check-feed to see nothing new", "check-feed", 2).await?, 0)?;

        self.put("incoming/a b+c.xml", FEED).await?;
        expect_code(&self.wait("import-feed, started by the object", "import-feed", 1).await?, 0)?;

        self.put("incoming/broken.xml", "<jobs><job>").await?;
        let broken = self.wait("import-feed to fail on a broken feed", "import-feed", 2).await?;
        ensure!(exit_code(&broken).is_some_and(|code| code != 0), "the broken feed was imported");
        let report = self.wait("report-failure, started by the failed job", "report-failure", 1).await?;
        expect_code(&report, 0)?;
        ensure!(tag(&report, "jobwire.parent") == broken.job_id(), "report-failure was not started by the failed job");
        ensure!(self.service.taken("/failures").len() == 1, "the service was not told of the failure");

        let consumed =
            jobs::all(&client, QUEUE).await?.iter().filter(|job| jobs::of_trigger(job, "consume-feed")).count();
        ensure!(consumed == 1, "the unchanged feed was consumed again");
        Ok(())
    }

    /// Sends the schedule's own event at once.
    fn tick(&self) -> Result<()> {
        let event = json!({"jobwire": {"trigger": "check-feed", "rule": "arn:aws:events:us-east-1:000000000000:rule/demo", "time": rfc3339(now())}, "event": {}});
        let answer = self.cloud.send(&event)?;
        ensure!(answer["jobId"].is_string(), "the schedule started no job: {answer}");
        Ok(())
    }

    async fn put(&mut self, key: &str, body: &str) -> Result<()> {
        self.did(&format!("object `{key}` is put"), "import-feed");
        let bucket = self.cloud.output("BucketInbox")?;
        let body = aws_sdk_s3::primitives::ByteStream::from(body.as_bytes().to_vec());
        self.cloud
            .s3()
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(body)
            .send()
            .await
            .context("the object cannot be put")?;
        Ok(())
    }

    async fn wait(&self, what: &str, trigger: &str, count: usize) -> Result<JobDetail> {
        waiting(what, jobs::until_ended(&self.cloud.batch(), QUEUE, trigger, count)).await
    }

    fn did(&mut self, what: &str, trigger: &str) {
        self.done.push(Row {
            millis: now(),
            cells: [what.to_owned(), trigger.to_owned(), String::new(), String::new(), String::new()],
        });
    }

    /// Prints what happened: our own acts and the jobs, by time.
    async fn timeline(&mut self) -> Result<()> {
        let all = jobs::all(&self.cloud.batch(), QUEUE).await?;
        let name = |id: &str| {
            all.iter().find(|job| job.job_id() == Some(id)).and_then(JobDetail::job_name).unwrap_or(id).to_owned()
        };
        let mut rows = std::mem::take(&mut self.done);
        rows.extend(all.iter().map(|job| {
            let status = job.status().map(|status| status.as_str().to_lowercase()).unwrap_or_default();
            let trigger = tag(job, "jobwire.trigger").unwrap_or_default().to_owned();
            let parent = tag(job, "jobwire.parent").map(|id| short(&name(id))).unwrap_or_default();
            let exit = exit_code(job).map(|code| code.to_string()).unwrap_or_default();
            Row {
                millis: job.created_at().unwrap_or_default(),
                cells: [format!("job {status}"), trigger, short(job.job_name().unwrap_or_default()), parent, exit],
            }
        }));
        rows.sort_by_key(|row| row.millis);
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["time", "what", "trigger", "job", "parent", "exit code"]);
        for row in rows {
            #[expect(clippy::cast_precision_loss, reason = "a demo lasts seconds")]
            let seconds = (row.millis - self.began) as f64 / 1000.0;
            table.add_row(std::iter::once(format!("{seconds:+.1} s")).chain(row.cells));
        }
        print(&format!("\n{}", table.trim_fmt()));
        if let Some(consume) = all.iter().find(|job| jobs::of_trigger(job, "consume-feed")) {
            print(&format!(
                "\nThe message that started {}: {}",
                consume.job_name().unwrap_or_default(),
                variable(consume, "DOWNLOAD_MESSAGE").unwrap_or_default()
            ));
        }
        for summary in self.service.taken("/feeds") {
            print(&format!("The service was told: {summary}"));
        }
        Ok(())
    }
}

/// The moment as schedules say it; the SDK's own formatter knows the calendar.
fn rfc3339(millis: i64) -> String {
    let moment = aws_sdk_batch::primitives::DateTime::from_millis(millis);
    moment.fmt(aws_sdk_batch::primitives::DateTimeFormat::DateTime).unwrap_or_default()
}
