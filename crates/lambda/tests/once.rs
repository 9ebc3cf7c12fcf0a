//! What the ledger promises about one occurrence and its job, whatever answers are lost.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Mutex;
use std::time::Duration;

use jobwire_core::plan::Deployment;
use jobwire_core::request::JobRequest;
use jobwire_lambda::answer::{Answer, Outcome};
use jobwire_lambda::batch::{Batch, ListedJob, SubmitError};
use jobwire_lambda::fake::{FakeBatch, FakeLedger, FakeRejects, Fate};
use jobwire_lambda::fault::Fault;
use jobwire_lambda::function::Function;
use jobwire_lambda::ledger::{Entry, Holder};
use jobwire_lambda::pace::Pace;
use jobwire_lambda::window::Timing;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// A cloud that outlives its functions.
#[derive(Default)]
struct World {
    batch: FakeBatch,
    ledger: FakeLedger,
    rejects: FakeRejects,
}

impl World {
    /// Delivers the one occurrence to a new function with this definition in its file and this settle time.
    async fn deliver_as(&self, definition: &str, settle: Duration) -> Result<Answer, Fault> {
        self.deliver_by(&self.batch, definition, settle).await
    }

    async fn deliver_by<B: Batch>(&self, batch: B, definition: &str, settle: Duration) -> Result<Answer, Fault> {
        self.deliver_event_by(batch, definition, settle, &event(&["m"])).await
    }

    async fn deliver_event_by<B: Batch>(
        &self,
        batch: B,
        definition: &str,
        settle: Duration,
        event: &Value,
    ) -> Result<Answer, Fault> {
        let file = format!(
            "{{version: 1, triggers: {{t: {{on: {{topic: feed}}, submit: {{jobName: a, jobQueue: q, jobDefinition: {definition}}}}}}}}}"
        );
        let function = Function {
            source: jobwire_sns::SOURCE,
            triggers: jobwire_core::trigger_file::read(&file, None, &[jobwire_sns::SOURCE]).unwrap(),
            deployment: Deployment::default(),
            batch,
            ledger: Some(&self.ledger),
            rejects: Some(&self.rejects),
            pace: Pace::of(f64::INFINITY),
            timing: Timing { settle, ..Timing::default() },
        };
        function.handle(event, Instant::now() + Duration::from_mins(1)).await
    }

    async fn deliver(&self) -> Result<Answer, Fault> {
        self.deliver_as("d", Duration::from_mins(1)).await
    }

    /// The one entry.
    fn entry(&self) -> Entry {
        self.ledger.entries().into_values().next().unwrap()
    }
}

/// An event of these messages.
fn event(ids: &[&str]) -> Value {
    let record = |id: &&str| json!({"EventSource": "aws:sns", "Sns": {"TopicArn": "arn:aws:sns:eu-west-1:1:feed", "MessageId": id, "Timestamp": "2026-11-21T06:00:00Z", "Message": id}});
    json!({"Records": ids.iter().map(record).collect::<Vec<_>>()})
}

fn lost() -> SubmitError {
    SubmitError::Lost("the connection was closed".into())
}

fn outcome(answer: &Answer) -> (&str, Outcome) {
    (answer.submitted[0].job_id.as_str(), answer.submitted[0].outcome)
}

fn now() -> u64 {
    u64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap()
}

#[tokio::test]
async fn a_new_occurrence_costs_two_writes_and_one_call_and_a_duplicate_one_write_and_none() {
    let world = World::default();
    assert_eq!(outcome(&world.deliver().await.unwrap()), ("job-1", Outcome::New));
    assert_eq!((world.ledger.writes(), world.batch.submitted().len()), (2, 1));
    assert_eq!(outcome(&world.deliver().await.unwrap()), ("job-1", Outcome::Duplicate));
    assert_eq!((world.ledger.writes(), world.batch.submitted().len()), (3, 1));
    let entry = world.entry();
    assert_eq!((entry.job_id.as_deref(), entry.job_queue.as_str(), entry.holder.fence), (Some("job-1"), "q", 1));
    assert_eq!(entry.job_name, world.batch.submitted()[0].job_name);
    let thirty_days = now() / 1000 + 30 * 24 * 60 * 60;
    assert!(entry.expires.abs_diff(thirty_days) < 60, "SNS delivers for 23 days");
}

#[tokio::test]
async fn a_job_whose_answer_was_lost_is_adopted_at_once_and_not_submitted_again() {
    let world = World::default();
    world.batch.next([Fate::TakenAnd(lost())]);
    assert_eq!(outcome(&world.deliver().await.unwrap()), ("job-1", Outcome::Adopted));
    assert_eq!(outcome(&world.deliver().await.unwrap()), ("job-1", Outcome::Duplicate));
    assert_eq!(world.batch.submitted().len(), 1);
}

#[tokio::test]
async fn a_call_that_left_no_job_is_made_again_once_the_settle_time_is_over() {
    let world = World::default();
    world.batch.next([Fate::Fails(lost())]);
    assert_eq!(world.deliver().await.unwrap_err().error_type(), "Jobwire.BatchUnavailable");
    // The job may still show up.
    assert_eq!(world.deliver().await.unwrap_err().error_type(), "Jobwire.Unsettled");
    assert_eq!(world.batch.submitted().len(), 0);
    let settled = Duration::ZERO;
    assert_eq!(outcome(&world.deliver_as("d", settled).await.unwrap()), ("job-1", Outcome::New));
    assert_eq!(world.entry().holder.fence, 3);
}

#[tokio::test]
async fn what_batch_did_not_take_leaves_no_claim_behind() {
    for error in [SubmitError::Refused("no".into()), SubmitError::NotSent("no".into())] {
        let world = World::default();
        world.batch.next((0..4).map(|_| Fate::Fails(error.clone())));
        let answer = world.deliver().await;
        assert_eq!(
            answer.is_ok(),
            matches!(error, SubmitError::Refused(_)),
            "a refused request goes to the rejects queue"
        );
        assert_eq!(world.ledger.entries().len(), 0, "{error}");
    }
}

#[tokio::test]
async fn a_replay_after_the_file_was_mended_submits_and_a_late_duplicate_after_a_redeploy_does_not() {
    let world = World::default();
    world.batch.next([Fate::Fails(SubmitError::Refused("ClientException: no such definition".into()))]);
    assert_eq!(world.deliver_as("misspelt", Duration::ZERO).await.unwrap().rejected, 1);
    assert_eq!(outcome(&world.deliver_as("mended", Duration::ZERO).await.unwrap()), ("job-1", Outcome::New));
    assert_eq!(outcome(&world.deliver_as("changed", Duration::ZERO).await.unwrap()), ("job-1", Outcome::Duplicate));
    assert_eq!(world.batch.submitted().len(), 1);
}

/// Leaves the claim of a holder that is gone, and gives the request that it may have sent.
async fn abandoned(world: &World, lease_until: u64) -> JobRequest {
    world.deliver().await.unwrap();
    let holder = Holder { owner: "gone".into(), fence: 4 };
    world.ledger.set(Entry { holder, lease_until, job_id: None, ..world.entry() });
    world.batch.submitted()[0].clone()
}

#[tokio::test]
async fn of_several_jobs_the_oldest_is_kept_and_the_others_are_terminated() {
    let world = World::default();
    let request = abandoned(&world, 0).await;
    world.batch.add(&request);
    world.batch.add(&request);
    assert_eq!(outcome(&world.deliver().await.unwrap()), ("job-1", Outcome::Adopted));
    assert_eq!(world.batch.terminated(), ["job-2", "job-3"]);
    assert_eq!((world.entry().holder.fence, world.entry().job_id.as_deref()), (5, Some("job-1")));
}

#[tokio::test(start_paused = true)]
async fn nobody_takes_over_before_the_lease_is_over() {
    let world = World::default();
    abandoned(&world, now() + 600_000).await;
    assert_eq!(world.deliver().await.unwrap_err().error_type(), "Jobwire.ClaimHeld");
    assert_eq!((world.entry().holder.fence, world.batch.submitted().len()), (4, 1));
}

#[tokio::test]
async fn without_the_ledger_nothing_is_submitted_and_the_event_comes_again() {
    let world = World::default();
    world.ledger.fail_next(1);
    assert_eq!(world.deliver().await.unwrap_err().error_type(), "Jobwire.LedgerUnavailable");
    assert_eq!(world.batch.submitted().len(), 0);
    assert_eq!(outcome(&world.deliver().await.unwrap()), ("job-1", Outcome::New));
}

#[tokio::test]
async fn a_job_that_is_older_than_the_claim_is_neither_adopted_nor_a_reason_to_terminate() {
    let (before, world) = (World::default(), World::default());
    before.deliver().await.unwrap();
    let hour_ago = i64::try_from(now() - 60 * 60 * 1000).unwrap();
    world.batch.add_at(&before.batch.submitted()[0], hour_ago);
    world.batch.next([Fate::TakenAnd(lost())]);
    assert_eq!(outcome(&world.deliver().await.unwrap()), ("job-2", Outcome::Adopted));
    assert_eq!(world.batch.terminated(), Vec::<String>::new());
}

#[tokio::test]
async fn what_batch_may_have_forgotten_is_not_submitted_again_by_itself() {
    let (before, world) = (World::default(), World::default());
    abandoned(&before, 0).await;
    let eight_days_ago = now() - 8 * 24 * 60 * 60 * 1000;
    world.ledger.set(Entry { claimed_at: eight_days_ago, submit_by: eight_days_ago, ..before.entry() });
    for _ in 0..2 {
        assert_eq!(world.deliver().await.unwrap_err().error_type(), "Jobwire.Forgotten");
    }
    assert_eq!(world.batch.submitted().len(), 0);
}

/// Batch, where another delivery takes over and comes to its end while this one's call is under way, with this job or
/// without one.
struct Overtaken<'a>(&'a World, Option<&'a str>);

impl Batch for Overtaken<'_> {
    async fn submit(&self, request: &JobRequest) -> Result<String, SubmitError> {
        let mine = (&self.0.batch).submit(request).await;
        let theirs = Entry { holder: Holder { owner: "other".into(), fence: 2 }, ..self.0.entry() };
        self.0.ledger.set(match self.1 {
            Some(job_id) => theirs.settled(job_id, now()),
            None => theirs.released(now()),
        });
        mine
    }

    async fn jobs_named(&self, _: &str, _: &str) -> Result<Vec<ListedJob>, String> {
        Ok(Vec::new())
    }

    async fn terminate(&self, job_id: &str, reason: &str) -> Result<(), String> {
        (&self.0.batch).terminate(job_id, reason).await
    }
}

#[tokio::test]
async fn a_holder_that_comes_too_late_takes_its_own_job_back() {
    let world = World::default();
    let answer = world.deliver_by(Overtaken(&world, Some("theirs")), "d", Duration::from_mins(1)).await.unwrap();
    assert_eq!(outcome(&answer), ("theirs", Outcome::Duplicate));
    assert_eq!(world.batch.terminated(), ["job-1"]);
    assert_eq!((world.entry().holder.fence, world.entry().job_id.as_deref()), (2, Some("theirs")));
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_comes_too_late_waits_for_nobody_who_is_gone() {
    let world = World::default();
    let began = Instant::now();
    let error = world.deliver_by(Overtaken(&world, None), "d", Duration::from_mins(1)).await.unwrap_err();
    assert_eq!((error.error_type(), began.elapsed()), ("Jobwire.Unsettled", Duration::ZERO));
    assert_eq!(outcome(&world.deliver().await.unwrap()), ("job-1", Outcome::Adopted));
    assert_eq!(world.batch.submitted().len(), 1);
}

/// Batch, which takes its time and counts the ledger's entries meanwhile.
#[derive(Default)]
struct Slow<'a> {
    world: Option<&'a World>,
    claimed: Mutex<Vec<usize>>,
}

impl Batch for &Slow<'_> {
    async fn submit(&self, request: &JobRequest) -> Result<String, SubmitError> {
        let world = self.world.unwrap();
        sleep(Duration::from_millis(100)).await;
        self.claimed.lock().unwrap().push(world.ledger.entries().len());
        (&world.batch).submit(request).await
    }

    async fn jobs_named(&self, queue: &str, name: &str) -> Result<Vec<ListedJob>, String> {
        (&self.world.unwrap().batch).jobs_named(queue, name).await
    }

    async fn terminate(&self, job_id: &str, reason: &str) -> Result<(), String> {
        (&self.world.unwrap().batch).terminate(job_id, reason).await
    }
}

#[tokio::test(start_paused = true)]
async fn while_a_job_is_submitted_the_next_occurrence_is_claimed_and_jobs_keep_their_order() {
    let world = World::default();
    let slow = Slow { world: Some(&world), ..Slow::default() };
    let settle = Duration::from_mins(1);
    // The second message stands there twice in a row, and is neither claimed nor submitted twice.
    let event = event(&["1", "2", "2", "3", "4"]);
    let answer = world.deliver_event_by(&slow, "d", settle, &event).await.unwrap();
    let jobs: Vec<_> = answer.submitted.iter().map(|job| (job.job_id.as_str(), job.outcome)).collect();
    let new = |id| (id, Outcome::New);
    assert_eq!(jobs, [new("job-1"), new("job-2"), ("job-2", Outcome::Duplicate), new("job-3"), new("job-4")]);
    let names: Vec<_> = world.batch.submitted().into_iter().map(|request| request.job_name).collect();
    let listed: Vec<_> = answer.submitted.iter().map(|job| job.job_name.clone()).collect();
    assert_eq!(names, [0, 1, 3, 4].map(|at: usize| listed[at].clone()));
    assert_eq!(*slow.claimed.lock().unwrap(), [2, 2, 4, 4]);
    assert_eq!(world.ledger.writes(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_turn_does_not_come_is_given_back() {
    let world = World::default();
    world.batch.next((0..1000).map(|_| Fate::Fails(SubmitError::Throttled("TooManyRequestsException".into()))));
    let settle = Duration::from_mins(1);
    let error = world.deliver_event_by(&world.batch, "d", settle, &event(&["1", "2", "3"])).await.unwrap_err();
    assert_eq!(error.error_type(), "Jobwire.BatchThrottled");
    assert!(world.ledger.entries().is_empty(), "the next delivery begins at once");
}

/// Batch, which never answers.
struct Silent;

impl Batch for Silent {
    async fn submit(&self, _: &JobRequest) -> Result<String, SubmitError> {
        std::future::pending().await
    }

    async fn jobs_named(&self, _: &str, _: &str) -> Result<Vec<ListedJob>, String> {
        std::future::pending().await
    }

    async fn terminate(&self, _: &str, _: &str) -> Result<(), String> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_given_back_also_where_batch_has_taken_the_time_for_it() {
    let world = World::default();
    let settle = Duration::from_mins(1);
    let error = world.deliver_event_by(Silent, "d", settle, &event(&["1", "2", "3"])).await.unwrap_err();
    assert_eq!(error.error_type(), "Jobwire.OutOfTime");
    assert_eq!(world.ledger.entries().len(), 1, "only of the first it is not known whether it was submitted");
}
