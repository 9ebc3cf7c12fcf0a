//! The real function binary over a Batch and a ledger whose answers are lost, late, or cut off.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jobwire_tests::deliveries::{FILE, event, record};
use jobwire_tests::fake_aws::{FakeAws, Fault, Operation};
use jobwire_tests::lambda::Lambda;
use serde_json::{Value, json};
use tokio::sync::Notify;

/// A function's time that leaves two seconds for a call.
const SHORT: Duration = Duration::from_secs(5);

/// The compiled trigger file, in a folder that lives as long as the test.
pub(crate) fn compiled(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let triggers = jobwire_core::trigger_file::read(text, None, &[jobwire_sns::SOURCE]).unwrap();
    let path = folder.path().join("jobwire.json");
    std::fs::write(&path, triggers.to_json()).unwrap();
    (folder, path)
}

struct Scene {
    fake: FakeAws,
    lambda: Lambda,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn start() -> Self {
        let fake = FakeAws::start().await.unwrap();
        let (folder, file) = compiled(FILE);
        let lambda = function(&fake, &file, true).await;
        Self { fake, lambda, folder }
    }

    /// Another sandbox of the same function.
    async fn another(&self) -> Lambda {
        function(&self.fake, &self.folder.path().join("jobwire.json"), true).await
    }

    async fn deliver(&mut self) -> (String, Value) {
        self.lambda.invoke_within(event(&[record("m")]), SHORT).await.unwrap()
    }

    /// The ledger's one item.
    fn item(&self) -> Value {
        self.fake.items().into_values().next().unwrap()
    }
}

async fn function(fake: &FakeAws, file: &std::path::Path, ledger: bool) -> Lambda {
    let mut variables = vec![("AWS_ENDPOINT_URL", fake.url.as_str()), ("JOBWIRE_SETTLE_SECONDS", "1")];
    if ledger {
        variables.push(("JOBWIRE_LEDGER_TABLE", "ledger"));
    }
    Lambda::start("jobwire-sns", file, &variables).await.unwrap()
}

fn outcome(answer: &(String, Value)) -> &str {
    answer.1["submitted"][0]["outcome"].as_str().unwrap_or_else(|| answer.1["errorType"].as_str().unwrap())
}

const LOST: [Fault; 4] = [Fault::TakenThenClosed, Fault::TakenThenHangs, Fault::TakenThenCut, Fault::TakenThen500];

#[tokio::test(flavor = "multi_thread")]
async fn a_new_occurrence_costs_two_writes_and_one_call_and_a_duplicate_one_write() {
    let mut scene = Scene::start().await;
    let counted = |fake: &FakeAws| {
        use Operation::{DeleteItem, GetItem, ListJobs, PutItem, SubmitJob, TerminateJob};
        [PutItem, DeleteItem, GetItem, SubmitJob, ListJobs, TerminateJob].map(|operation| fake.count(operation))
    };
    assert_eq!(outcome(&scene.deliver().await), "new");
    assert_eq!(counted(&scene.fake), [2, 0, 0, 1, 0, 0]);
    assert_eq!(outcome(&scene.deliver().await), "duplicate");
    assert_eq!(counted(&scene.fake), [3, 0, 0, 1, 0, 0]);
    // The contract of the table.
    let (item, job) = (scene.item(), scene.fake.jobs().remove(0));
    let names: Vec<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
    let mut wanted = vec![
        "id",
        "owner",
        "fence",
        "requestHash",
        "jobName",
        "jobQueue",
        "claimedAt",
        "submitBy",
        "leaseUntil",
        "jobId",
        "expires",
    ];
    wanted.sort_unstable();
    assert_eq!(
        {
            let mut names = names.clone();
            names.sort_unstable();
            names
        },
        wanted
    );
    assert_eq!((&item["jobId"], &item["jobName"], &item["fence"]), (&json!(job.id), &json!(job.name), &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_table_no_ledger_is_asked() {
    let fake = FakeAws::start().await.unwrap();
    let (_folder, file) = compiled(FILE);
    let mut lambda = function(&fake, &file, false).await;
    for _ in 0..2 {
        assert_eq!(outcome(&lambda.invoke(event(&[record("m")])).await.unwrap()), "new");
    }
    assert_eq!((fake.count(Operation::PutItem), fake.jobs().len()), (0, 2), "at least once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_answer_was_lost_is_adopted_and_never_sent_twice() {
    for fault in LOST {
        let mut scene = Scene::start().await;
        scene.fake.script(Operation::SubmitJob, [fault.clone()]);
        assert_eq!(outcome(&scene.deliver().await), "adopted", "{fault:?}");
        assert_eq!(outcome(&scene.deliver().await), "duplicate", "{fault:?}");
        assert_eq!((scene.fake.count(Operation::SubmitJob), scene.fake.jobs().len()), (1, 1), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_listed_late_is_adopted_by_a_later_delivery() {
    let mut scene = Scene::start().await;
    scene.fake.set_visibility_delay(Duration::MAX);
    scene.fake.script(Operation::SubmitJob, [Fault::TakenThenClosed]);
    assert_eq!(outcome(&scene.deliver().await), "Jobwire.BatchUnavailable");
    assert_eq!(outcome(&scene.deliver().await), "Jobwire.Unsettled");
    scene.fake.set_visibility_delay(Duration::ZERO);
    assert_eq!(outcome(&scene.deliver().await), "adopted");
    assert_eq!((scene.fake.count(Operation::SubmitJob), scene.fake.jobs().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_batch_never_took_is_submitted_after_the_settle_time() {
    for fault in [Fault::ClosedUnread, Fault::Status(500, "ServerException", "no")] {
        let mut scene = Scene::start().await;
        scene.fake.script(Operation::SubmitJob, [fault.clone()]);
        let mut outcomes = vec![outcome(&scene.deliver().await).to_owned()];
        while outcomes.last().unwrap() != "new" {
            outcomes.push(outcome(&scene.deliver().await).to_owned());
            assert!(outcomes.len() < 1000, "{fault:?}: {outcomes:?}");
        }
        assert_eq!(outcomes[0], "Jobwire.BatchUnavailable");
        assert_eq!((scene.fake.count(Operation::SubmitJob), scene.fake.jobs().len()), (2, 1), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_of_the_ledger_cost_neither_an_error_nor_a_second_job() {
    // The claim, then the settled entry.
    for at in 0..2 {
        for fault in [Fault::TakenThenClosed, Fault::TakenThenCut, Fault::TakenThen500] {
            let mut scene = Scene::start().await;
            scene.fake.script(Operation::PutItem, std::iter::repeat_n(Fault::None, at).chain([fault.clone()]));
            assert_eq!(outcome(&scene.deliver().await), "new", "{fault:?} of write {at}");
            assert_eq!(outcome(&scene.deliver().await), "duplicate", "{fault:?} of write {at}");
            assert_eq!(scene.fake.jobs().len(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_call_is_made_again_in_the_same_invocation() {
    let mut scene = Scene::start().await;
    let busy = Fault::Status(429, "TooManyRequestsException", "Too Many Requests");
    scene.fake.script(Operation::SubmitJob, [busy.clone(), busy]);
    assert_eq!(outcome(&scene.deliver().await), "new");
    assert_eq!((scene.fake.count(Operation::SubmitJob), scene.fake.jobs().len()), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_closed_while_the_function_slept_costs_neither_an_error_nor_a_second_job() {
    let mut scene = Scene::start().await;
    for round in 1..=20 {
        let message = format!("m-{round}");
        scene.lambda.send(event(&[record(&message)]), SHORT).unwrap();
        assert_eq!(outcome(&scene.lambda.answer().await.unwrap()), "new", "round {round}");
        scene.fake.until("the connection is idle", |fake| fake.idle_connections() > 0).await.unwrap();
        // Frozen as Lambda freezes it: it hears of nothing before the next event.
        scene.lambda.freeze().unwrap();
        scene.fake.close_idle_connections();
        scene.lambda.send(event(&[record(&format!("again-{round}"))]), SHORT).unwrap();
        scene.lambda.thaw().unwrap();
        assert_eq!(outcome(&scene.lambda.answer().await.unwrap()), "new", "round {round}");
    }
    let counted =
        [Operation::SubmitJob, Operation::PutItem, Operation::ListJobs].map(|operation| scene.fake.count(operation));
    assert_eq!((scene.fake.jobs().len(), counted), (40, [40, 80, 0]));
    assert!(!scene.lambda.log().unwrap().contains("ERROR"), "{}", scene.lambda.log().unwrap());
}

/// Delivers by another sandbox until it has a job, and gives how it has it.
async fn until_settled(scene: &Scene) -> String {
    let mut other = scene.another().await;
    for _ in 0..100 {
        let answer = other.invoke_within(event(&[record("m")]), SHORT).await.unwrap();
        if answer.0 == "response" {
            return outcome(&answer).to_owned();
        }
    }
    panic!("the occurrence is never settled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_slept_before_it_submitted_and_wakes_changes_nothing() {
    let mut scene = Scene::start().await;
    let claim = Arc::new(Notify::new());
    scene.fake.script(Operation::PutItem, [Fault::Held(claim.clone())]);
    scene.lambda.send(event(&[record("m")]), SHORT).unwrap();
    scene.fake.until("the claim is asked for", |fake| fake.count(Operation::PutItem) == 1).await.unwrap();
    scene.lambda.freeze().unwrap();
    claim.notify_one();
    scene.fake.until("the claim is written", |fake| fake.items().len() == 1).await.unwrap();
    assert_eq!(until_settled(&scene).await, "new", "another delivery takes over");
    let (item, jobs) = (scene.item(), scene.fake.jobs().len());
    scene.lambda.thaw().unwrap();
    let late = scene.lambda.answer().await.unwrap();
    assert_eq!(late.0, "error", "{late:?}");
    assert_eq!((scene.item(), scene.fake.jobs().len(), jobs), (item, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_slept_after_it_submitted_keeps_its_job() {
    let mut scene = Scene::start().await;
    let call = Arc::new(Notify::new());
    scene.fake.script(Operation::SubmitJob, [Fault::Held(call.clone())]);
    scene.lambda.send(event(&[record("m")]), SHORT).unwrap();
    scene.fake.until("the job is submitted", |fake| fake.count(Operation::SubmitJob) == 1).await.unwrap();
    scene.lambda.freeze().unwrap();
    call.notify_one();
    scene.fake.until("the job is there", |fake| fake.job_count() == 1).await.unwrap();
    assert_eq!(until_settled(&scene).await, "adopted");
    let item = scene.item();
    scene.lambda.thaw().unwrap();
    scene.lambda.answer().await.unwrap();
    assert_eq!((scene.item(), scene.fake.live_job_count()), (item, 1));
}

/// The metrics that the log holds, summed: trigger, source and name of each.
fn counted(log: &str) -> std::collections::BTreeMap<String, u64> {
    let mut counts = std::collections::BTreeMap::new();
    for line in log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let Some(metrics) = line["_aws"]["CloudWatchMetrics"].as_array() else { continue };
        assert_eq!((metrics.len(), &metrics[0]["Namespace"]), (1, &json!("Jobwire")));
        assert_eq!(metrics[0]["Dimensions"], json!([["Source", "Trigger"]]));
        for metric in metrics[0]["Metrics"].as_array().unwrap() {
            assert_eq!(metric["Unit"], "Count");
            let name = metric["Name"].as_str().unwrap();
            let of = format!("{} {} {name}", line["Source"].as_str().unwrap(), line["Trigger"].as_str().unwrap());
            *counts.entry(of).or_default() += line[name].as_u64().unwrap();
        }
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_counted_by_trigger_and_source() {
    const TRIGGERS: &str = "
version: 1
triggers:
  consume:
    on: { topic: feed }
    submit: { jobName: consume, jobQueue: feeds, jobDefinition: FeedConsumer }
  never:
    on: { topic: feed }
    when: sns.Message == 'stop'
    submit: { jobName: never, jobQueue: feeds, jobDefinition: FeedConsumer }
";
    let fake = FakeAws::start().await.unwrap();
    let (_folder, file) = compiled(TRIGGERS);
    let mut lambda = function(&fake, &file, true).await;
    let busy = Fault::Status(429, "TooManyRequestsException", "Too Many Requests");
    let refused = Fault::Status(400, "ClientException", "no such queue");
    fake.script(Operation::SubmitJob, [busy, Fault::None, Fault::TakenThenClosed, refused, Fault::ClosedUnread]);
    for message in ["submitted", "submitted", "adopted", "refused", "failed"] {
        lambda.invoke_within(event(&[record(message)]), SHORT).await.unwrap();
    }
    lambda.invoke(event(&[json!(7)])).await.unwrap();
    let wanted = [
        ("sns (none) Failed", 1),
        ("sns consume Adopted", 1),
        ("sns consume Duplicate", 1),
        // Without a rejects queue what is refused fails too.
        ("sns consume Failed", 2),
        ("sns consume Submitted", 1),
        ("sns consume Throttled", 1),
        ("sns never Skipped", 5),
    ];
    assert_eq!(counted(&lambda.log().unwrap()), wanted.map(|(name, count)| (name.to_owned(), count)).into());
}
