//! The local cloud: real functions behind real schedules, topics, buckets and events, with real jobs.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};
use aws_sdk_batch::types::JobDetail;
use aws_sdk_s3::primitives::ByteStream;
use jobwire_tests::binaries;
use jobwire_tests::cloud::Cloud;
use jobwire_tests::feed_service::{FEED, FeedService};
use jobwire_tests::jobs::{self, exit_code, tag, variable};
use serde_json::{Value, json};

use crate::{batch_yaml, feed, project};

const QUEUE: &str = "q";

struct Pipeline {
    cloud: Cloud,
    _folder: tempfile::TempDir,
}

/// A cloud whose jobs print what they were given and end as they are told.
fn up(triggers: &str) -> Pipeline {
    let (folder, file) = project(triggers);
    let beside = |name: &str, text: &str| std::fs::write(file.with_file_name(name), text).unwrap();
    beside("batch.yaml", &batch_yaml(r#"'printf "%s\n" "message: $MESSAGE"; exit ${CODE:-0}'"#));
    beside("jobwire.local.yaml", "images: { shell: { entrypoint: [/bin/sh] } }\n");
    let cloud = Cloud::up(&file, &folder.path().join("state"), &[], false).unwrap();
    Pipeline { cloud, _folder: folder }
}

/// The messages of a queue, as soon as there are `count` of them.
async fn messages(cloud: &Cloud, url: &str, count: usize) -> Result<Vec<Value>> {
    let began = Instant::now();
    let mut found = Vec::new();
    while found.len() < count {
        if began.elapsed() > jobs::PATIENCE {
            bail!("{} of {count} messages came in {} s", found.len(), jobs::PATIENCE.as_secs());
        }
        let answer =
            cloud.sqs().receive_message().queue_url(url).wait_time_seconds(1).max_number_of_messages(10).send().await?;
        for message in answer.messages() {
            found.push(serde_json::from_str(message.body().unwrap_or_default())?);
            cloud
                .sqs()
                .delete_message()
                .queue_url(url)
                .receipt_handle(message.receipt_handle().unwrap_or_default())
                .send()
                .await?;
        }
    }
    Ok(found)
}

/// What the job printed, from the log group.
async fn logged(cloud: &Cloud, group: &str, job: &JobDetail) -> Vec<String> {
    let stream = job.container().unwrap().log_stream_name().unwrap();
    let log = cloud
        .logs()
        .get_log_events()
        .log_group_name(group)
        .log_stream_name(stream)
        .start_from_head(true)
        .send()
        .await
        .unwrap();
    log.events().iter().filter_map(|event| event.message().map(str::to_owned)).collect()
}

/// The processes whose command line or folder names the path.
fn processes_of(path: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let of = |entry: std::fs::DirEntry| {
        let command = std::fs::read(entry.path().join("cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        let program = std::fs::read_link(entry.path().join("exe")).unwrap_or_default();
        (command.contains(path) || program.to_string_lossy().contains(path)).then_some(command)
    };
    entries.filter_map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_pipeline_consumes_a_changed_feed_once_and_reports_a_failed_import() {
    let folder = tempfile::tempdir().unwrap();
    let service = FeedService::start().await.unwrap();
    let url = format!("{}/feed.xml", service.url);
    let cloud = Cloud::up(&feed(), folder.path(), &[("FeedUrl", &url), ("ServiceUrl", &service.url)], false).unwrap();
    let client = cloud.batch();
    let tick = |minute: u32| {
        let time = format!("2026-11-21T06:{minute:02}:00Z");
        let event = json!({"jobwire": {"trigger": "check-feed", "rule": "arn:aws:events:us-east-1:000000000000:rule/t", "time": time}, "event": {}});
        assert!(cloud.send(&event).unwrap()["jobId"].is_string());
    };

    tick(0);
    let check = jobs::until_ended(&client, "feeds", "check-feed", 1).await.unwrap();
    let consume = jobs::until_ended(&client, "feeds", "consume-feed", 1).await.unwrap();
    assert_eq!((exit_code(&check), exit_code(&consume)), (Some(0), Some(0)));
    assert_eq!(tag(&consume, "jobwire.parent"), check.job_id());
    assert_eq!(
        (tag(&consume, "jobwire.depth"), tag(&consume, "jobwire.chain")),
        (Some("2"), tag(&check, "jobwire.chain"))
    );
    let message: Value = serde_json::from_str(variable(&consume, "DOWNLOAD_MESSAGE").unwrap()).unwrap();
    assert_eq!(
        (&message["type"], &message["jobXmlTag"], &message["gzipped"], &message["emptyCDATA"]),
        (&json!("lovelive"), &json!("job"), &json!(true), &json!(false))
    );
    assert_eq!(
        service.taken("/jobs"),
        [
            json!({"type": "lovelive", "entries": [{"title": "Idol manager", "city": "Numazu"}, {"title": "Stage hand"}]})
        ]
    );
    assert_eq!(service.taken("/feeds")[0]["parallelism"], 15);

    tick(1);
    jobs::until_ended(&client, "feeds", "check-feed", 2).await.unwrap();
    service.publish(&FEED.replace("Stage hand", "Stage manager"));
    tick(2);
    jobs::until_ended(&client, "feeds", "consume-feed", 2).await.unwrap();
    let all = jobs::all(&client, "feeds").await.unwrap();
    assert_eq!(
        all.iter().filter(|job| jobs::of_trigger(job, "consume-feed")).count(),
        2,
        "the unchanged feed started nothing"
    );

    let bucket = cloud.output("BucketInbox").unwrap();
    let put = async |key: &str, body: &'static str| {
        cloud
            .s3()
            .put_object()
            .bucket(bucket)
            .key(key)
            .body(ByteStream::from_static(body.as_bytes()))
            .send()
            .await
            .unwrap()
    };
    put("incoming/a b+c.xml", FEED).await;
    let import = jobs::until_ended(&client, "feeds", "import-feed", 1).await.unwrap();
    assert_eq!(exit_code(&import), Some(0));
    assert!(variable(&import, "DOWNLOAD_MESSAGE").unwrap().contains("\"incoming/a b+c.xml\""));

    put("incoming/broken.xml", "<jobs>").await;
    let report = jobs::until_ended(&client, "feeds", "report-failure", 1).await.unwrap();
    let broken = jobs::until_ended(&client, "feeds", "import-feed", 2).await.unwrap();
    assert_eq!((exit_code(&report), tag(&report, "jobwire.parent")), (Some(0), broken.job_id()));
    assert_eq!(service.taken("/failures")[0]["jobId"].as_str(), broken.job_id());

    // The definition names its log group; without one it is Batch's own.
    assert!(
        logged(&cloud, "/jobwire/feed", &broken).await.iter().any(|line| line.contains("XML")),
        "the job's log is where DescribeJobs says"
    );

    let state = folder.path().to_string_lossy().into_owned();
    assert!(!processes_of(&state).is_empty());
    cloud.down().unwrap();
    assert_eq!(processes_of(&state), Vec::<String>::new(), "down leaves no process, functions included");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_text_reaches_the_job_byte_for_byte_and_a_failing_template_goes_to_the_rejects_queue() {
    let pipeline = up("
version: 1
triggers:
  every:
    on: { topic: start_feed_consumer }
    submit:
      jobName: every
      jobQueue: q
      jobDefinition: d
      containerOverrides: { environment: [{ name: MESSAGE, value: \"{{ sns.Message }}\" }] }
  strict:
    on: { topic: start_feed_consumer }
    submit: { jobName: strict, jobQueue: q, jobDefinition: d, parameters: { type: \"{{ message.type }}\" } }
");
    let cloud = &pipeline.cloud;
    let topic = cloud.output("StartFeedConsumerTopic").unwrap();
    let text = "{\"type\":\"lovelive\",\"jobXmlTag\":\"job\",\"gzipped\":true,\"emptyCDATA\":false}}";
    cloud.sns().publish().topic_arn(topic).message(text).send().await.unwrap();
    let job = jobs::until_ended(&cloud.batch(), QUEUE, "every", 1).await.unwrap();
    assert_eq!((exit_code(&job), variable(&job, "MESSAGE")), (Some(0), Some(text)));
    assert_eq!(logged(cloud, "/aws/batch/job", &job).await, [format!("message: {text}")]);
    let rejected = messages(cloud, cloud.output("RejectsQueueUrl").unwrap(), 1).await.unwrap();
    assert_eq!((&rejected[0]["source"], &rejected[0]["trigger"]), (&json!("sns"), &json!("strict")));
    assert_eq!(rejected[0]["problems"][0]["path"], "triggers.strict.submit.parameters.type");
    assert_eq!(rejected[0]["event"]["Records"][0]["Sns"]["Message"], text);
    assert_eq!(jobs::all(&cloud.batch(), QUEUE).await.unwrap().len(), 1, "the rejected pair started nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_whose_function_keeps_failing_is_kept_in_the_on_failure_queue() {
    let pipeline = up("
version: 1
triggers:
  every: { on: { topic: t }, submit: &job { jobName: every, jobQueue: q, jobDefinition: d } }
  by-rule: { on: { schedule: rate(1 minute) }, submit: *job }
  by-scheduler: { on: { schedule: cron(* * * * ? *), timezone: UTC }, submit: *job }
");
    let cloud = &pipeline.cloud;
    // Without Batch every try of the functions fails, as in an outage of Batch.
    let status: Value = serde_json::from_slice(&cloud.jobwire(&["status", "--json"]).unwrap().stdout).unwrap();
    let pid = status["parts"][1]["pid"].as_i64().unwrap();
    assert_eq!(status["parts"][1]["name"], "local-batch");
    assert!(std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    cloud.sns().publish().topic_arn(cloud.output("TTopic").unwrap()).message("lost?").send().await.unwrap();
    let mut kept = std::collections::BTreeMap::new();
    // Each function has a queue of its own; the topic has one message, and the schedules send again and again.
    let mut queue = "SnsOnFailureQueueUrl";
    while kept.len() < 3 {
        for failed in messages(cloud, cloud.output(queue).unwrap(), 1).await.unwrap() {
            let event = &failed["requestPayload"];
            let from = event["jobwire"]["trigger"].as_str().or(event["Records"][0]["Sns"]["Message"].as_str()).unwrap();
            kept.insert(
                from.to_owned(),
                (
                    failed["requestContext"]["approximateInvokeCount"].clone(),
                    failed["responsePayload"]["errorType"].clone(),
                ),
            );
        }
        queue = "ScheduledOnFailureQueueUrl";
    }
    let tried = (json!(3), json!("Jobwire.BatchUnavailable"));
    let all = ["by-rule", "by-scheduler", "lost?"].map(|from| (from.to_owned(), tried.clone()));
    assert_eq!(kept, std::collections::BTreeMap::from(all));
    assert_eq!(cloud.jobwire(&["status"]).unwrap().status.code(), Some(1), "status says that a part has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_occurrence_starts_one_job_however_often_and_however_concurrently_it_is_delivered() {
    let pipeline = up("
version: 1
triggers:
  every: { on: { topic: t }, submit: { jobName: every, jobQueue: q, jobDefinition: d } }
");
    let cloud = &pipeline.cloud;
    let path = cloud.state().join("occurrence.json");
    let mut event = crate::functions::message_of("t", "once");
    event["Records"][0]["Sns"]["TopicArn"] = cloud.output("TTopic").unwrap().into();
    std::fs::write(&path, event.to_string()).unwrap();
    let outcomes: Vec<Value> = std::thread::scope(|scope| {
        let send = || {
            let output = cloud.jobwire(&["send", path.to_str().unwrap()]).unwrap();
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
        };
        let sending: Vec<_> = (0..5).map(|_| scope.spawn(send)).collect();
        sending.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (jobs, count) = (jobs::all(&cloud.batch(), QUEUE).await.unwrap(), |outcome: &str| {
        outcomes.iter().filter(|answer: &&Value| answer["submitted"][0]["outcome"] == outcome).count()
    });
    assert_eq!((jobs.len(), count("new"), count("duplicate")), (1, 1, 4), "{outcomes:?}");
    let table = cloud.output("LedgerTable").unwrap();
    let items = cloud.dynamodb().scan().table_name(table).send().await.unwrap().items.unwrap_or_default();
    let job_ids: Vec<Option<&String>> = items.iter().map(|item| item["jobId"].as_s().ok()).collect();
    assert_eq!(job_ids, [jobs[0].job_id().map(str::to_owned).as_ref()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_would_go_round_for_ever_ends_at_its_tenth_job() {
    let pipeline = up("
version: 1
triggers:
  first: { on: { topic: t }, submit: { jobName: a, jobQueue: q, jobDefinition: d } }
  round: { on: { job: { queue: q, status: SUCCEEDED } }, when: \"chain.depth < 99\", submit: { jobName: b, jobQueue: q, jobDefinition: d } }
");
    let cloud = &pipeline.cloud;
    cloud.sns().publish().topic_arn(cloud.output("TTopic").unwrap()).message("x").send().await.unwrap();
    let rejected = messages(cloud, cloud.output("RejectsQueueUrl").unwrap(), 1).await.unwrap();
    let message = rejected[0]["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("a chain has at most 10 jobs"), "{message}");
    let jobs = jobs::all(&cloud.batch(), QUEUE).await.unwrap();
    let mut depths: Vec<u32> = jobs.iter().map(|job| tag(job, "jobwire.depth").unwrap().parse().unwrap()).collect();
    depths.sort_unstable();
    assert_eq!(depths, (1..=10).collect::<Vec<u32>>());
    let chains: std::collections::BTreeSet<_> = jobs.iter().map(|job| tag(job, "jobwire.chain")).collect();
    assert_eq!(chains.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_tick_of_a_schedule_starts_a_job_with_its_time() {
    let pipeline = up("
version: 1
triggers:
  minutely:
    on: { schedule: rate(1 minute) }
    submit:
      jobName: minutely
      jobQueue: q
      jobDefinition: d
      containerOverrides: { environment: [{ name: MESSAGE, value: \"{{ schedule.time }}\" }] }
");
    let client = pipeline.cloud.batch();
    let job = jobs::until_ended(&client, QUEUE, "minutely", 1).await.unwrap();
    assert_eq!(exit_code(&job), Some(0));
    let time = variable(&job, "MESSAGE").unwrap();
    assert!(time.len() >= 20 && time.ends_with('Z') && time.starts_with("20"), "{time}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_through_queues_and_the_event_bus_arrive_too() {
    let pipeline = up("
version: 1
triggers:
  buffered: { on: { topic: t, buffer: sqs }, submit: &job { jobName: a, jobQueue: q, jobDefinition: d } }
  queued: { on: { bucket: queued, via: sqs }, submit: *job }
  bridged-a: { on: { bucket: bridged, prefix: a/ }, submit: *job }
  bridged-b: { on: { bucket: bridged, prefix: a/b }, submit: *job }
  removed: { on: { bucket: queued, events: removed }, submit: *job }
");
    let cloud = &pipeline.cloud;
    let client = cloud.batch();
    cloud.sns().publish().topic_arn(cloud.output("TTopic").unwrap()).message("x").send().await.unwrap();
    jobs::until_ended(&client, QUEUE, "buffered", 1).await.unwrap();
    let s3 = cloud.s3();
    let (queued, bridged) = (cloud.output("BucketQueued").unwrap(), cloud.output("BucketBridged").unwrap());
    s3.put_object().bucket(queued).key("k").body(ByteStream::from_static(b"1")).send().await.unwrap();
    jobs::until_ended(&client, QUEUE, "queued", 1).await.unwrap();
    s3.delete_object().bucket(queued).key("k").send().await.unwrap();
    jobs::until_ended(&client, QUEUE, "removed", 1).await.unwrap();
    s3.put_object().bucket(bridged).key("a/b%20+c").body(ByteStream::from_static(b"1")).send().await.unwrap();
    jobs::until_ended(&client, QUEUE, "bridged-a", 1).await.unwrap();
    jobs::until_ended(&client, QUEUE, "bridged-b", 1).await.unwrap();
    let all = jobs::all(&client, QUEUE).await.unwrap();
    assert_eq!(all.len(), 5, "two triggers on one bucket start one job each");
}

#[tokio::test(flavor = "multi_thread")]
async fn send_waits_for_the_job_and_exits_with_its_code() {
    let pipeline = up("
version: 1
triggers:
  exit:
    on: { schedule: rate(1 day), input: { detail: {} } }
    submit:
      jobName: exit
      jobQueue: q
      jobDefinition: d
      containerOverrides: { environment: [{ name: CODE, value: \"{{ event.detail.code }}\" }] }
");
    let cloud = &pipeline.cloud;
    let send = |code: u8| {
        let time = format!("2026-11-21T06:00:{code:02}Z");
        let event = json!({"jobwire": {"trigger": "exit", "rule": "arn:aws:events:us-east-1:000000000000:rule/t", "time": time}, "event": {"detail": {"code": code}}});
        let path: PathBuf = cloud.state().join("exit.json");
        std::fs::write(&path, event.to_string()).unwrap();
        cloud.jobwire(&["send", path.to_str().unwrap(), "--wait"]).unwrap()
    };
    assert_eq!(send(0).status.code(), Some(0));
    let failed = send(42);
    assert_eq!(failed.status.code(), Some(42));
    let words = String::from_utf8_lossy(&failed.stderr);
    assert!(words.contains("FAILED, exit code 42") && words.contains("Essential container in task exited"), "{words}");
    let log = words.lines().find_map(|line| line.trim().strip_prefix("its log: ")).unwrap();
    assert!(std::fs::read_to_string(log).unwrap().contains("message:"), "the log is where it says");
    assert!(words.lines().any(|line| line == "    message: "), "the end of the log stands below: {words}");
    let shown = String::from_utf8(cloud.jobwire(&["status"]).unwrap().stdout).unwrap();
    assert!(shown.contains("local-batch") && shown.contains("FAILED") && shown.contains("42"), "{shown}");
    assert!(shown.lines().any(|line| line.split_whitespace().eq(["rejects", "0"])), "{shown}");
    assert!(!shown.contains("Essential container"), "the exit code says it: {shown}");
    let (code, _, words) =
        crate::jobwire(&feed(), &["watch", "--local", "--state", &cloud.state().to_string_lossy(), "nope"]);
    assert!(code == 1 && words.contains("`jobwire local status` shows its jobs"), "{words}");
    assert!(!words.contains("AWS_PROFILE"), "the local cloud has no profiles: {words}");

    // A local cloud that is up already is left alone.
    let second = cloud.jobwire(&["up", "--port", "0", "--batch-port", "0"]).unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("is up here already"));
    assert!(cloud.jobwire(&["status"]).unwrap().status.success());
    cloud.down().unwrap();
    assert_eq!(cloud.jobwire(&["status"]).unwrap().status.code(), Some(1));
}

#[test]
fn up_says_what_will_not_work_although_everything_is_up() {
    let (folder, file) = project(
        "
version: 1
triggers:
  t: { on: { topic: t }, submit: { jobName: a, jobQueue: qq, jobDefinition: d } }
",
    );
    std::fs::write(file.with_file_name("batch.yaml"), batch_yaml("'true'")).unwrap();
    let mut command = binaries::command("jobwire").unwrap();
    command
        .arg("--file")
        .arg(&file)
        .args(["local", "up", "--port", "0", "--batch-port", "0", "--venv"])
        .arg(binaries::venv());
    let output = command.output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    let down = crate::jobwire(&file, &["local", "down"]);
    drop(folder);
    assert!(output.status.success(), "{words}");
    assert!(words.contains("trigger t wants the queue `qq`") && words.contains("did you mean `q`?"), "{words}");
    assert!(words.contains("the image `shell` of job definition d has no entry"), "{words}");
    let offered = String::from_utf8(output.stdout).unwrap();
    let mut commands = offered.lines().filter(|line| line.starts_with("  jobwire "));
    assert!(commands.next().unwrap().ends_with(" fire t --message TEXT --local --wait"), "{offered}");
    assert!(commands.next().unwrap().ends_with(" watch --local 'a*'"), "{offered}");
    assert_eq!(down.0, 0);
}
