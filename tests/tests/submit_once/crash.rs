//! The process ends anywhere on its way from an event to a job.

use std::collections::BTreeMap;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use jobwire_lambda::answer::Outcome;
use jobwire_tests::binaries;
use jobwire_tests::deliveries::{Deliveries, VISIBLE_AFTER};
use jobwire_tests::fake_aws::FakeAws;
use jobwire_tests::jobs::PATIENCE;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How many occurrences are played at once: they mostly wait for leases to end.
const AT_ONCE: usize = 24;

/// The time of a delivery that will crash. Its lease ends soon after.
const CRASHING: Duration = Duration::from_millis(800);

/// The time of any other delivery.
const TIME: Duration = Duration::from_secs(10);

const MOMENTS: [&str; 2] = ["wait", "idle"];

/// Delivers an event of these messages, with commas between, in a process of its own, which ends at the given moment.
async fn crash(url: &str, messages: &str, moment: &str, number: usize) -> ExitStatus {
    let command = binaries::command("jobwire-crashing").unwrap();
    let time = CRASHING.as_millis().to_string();
    let mut command = tokio::process::Command::from(command);
    command.args([url, messages, moment, &number.to_string(), &time]).stderr(Stdio::null()).kill_on_drop(true);
    command.status().await.unwrap()
}

/// Whether the process was ended, and did not come to its end.
fn was_cut_off(status: ExitStatus) -> bool {
    status.code().is_none()
}

/// Delivers an event of these messages until it succeeds, as the source, the queues and people do, and gives their jobs.
async fn deliver(url: &str, messages: &str) -> Vec<(String, Outcome)> {
    let deliveries = Deliveries::to(url).unwrap();
    let (began, mut faults) = (Instant::now(), Vec::new());
    let mut retries = tokio::time::interval(Duration::from_millis(300));
    loop {
        retries.tick().await;
        match deliveries.deliver(messages, TIME).await {
            Ok(answer) => return answer.submitted.into_iter().map(|job| (job.job_id, job.outcome)).collect(),
            Err(fault) => faults.push(fault.error_type()),
        }
        assert!(began.elapsed() < PATIENCE, "{messages} has no job: {faults:?}");
    }
}

/// Holds what was played against what Batch has: one job for each message, and every answer names it.
fn one_job_each(fake: &FakeAws, answers: &BTreeMap<String, Vec<String>>) {
    let jobs = fake.jobs();
    assert_eq!(jobs.len(), answers.len(), "jobs and occurrences");
    for (message, answers) in answers {
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{message}: {answers:?}");
        assert!(jobs.iter().any(|job| job.id == answers[0] && job.terminated.is_none()), "{message}");
    }
}

/// Plays the courses of things, some at once, and gives what each of them says.
async fn play<T, F>(courses: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut playing = JoinSet::new();
    for course in courses {
        let places = places.clone();
        playing.spawn(async move {
            let _place = places.acquire().await.unwrap();
            course.await
        });
    }
    playing.join_all().await
}

/// The process ends at every single moment of a delivery, one after the other; of one message, and of three, each of which
/// is claimed while the job of the one before is submitted.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_at_any_moment_the_next_delivery_brings_each_message_to_one_job() {
    let fake = FakeAws::start().await.unwrap();
    fake.set_visibility_delay(VISIBLE_AFTER);
    let mut left = Vec::new();
    for (moment, count) in MOMENTS.into_iter().flat_map(|moment| [(moment, 1), (moment, 3)]) {
        for number in 1.. {
            let messages: Vec<String> =
                (0..count).map(|message| format!("{moment}-{count}-{number}-{message}")).collect();
            let status = crash(&fake.url, &messages.join(","), moment, number).await;
            left.push(messages);
            if !was_cut_off(status) {
                assert!(number > 3, "a delivery waits for the ledger, for Batch, and for the ledger");
                break;
            }
        }
    }
    let url = fake.url.clone();
    let courses = left.into_iter().map(move |messages| {
        let url = url.clone();
        async move {
            let jobs = deliver(&url, &messages.join(",")).await;
            assert_eq!(jobs.len(), messages.len(), "{messages:?}");
            messages.into_iter().zip(jobs).map(|(message, (job, _))| (message, vec![job])).collect::<Vec<_>>()
        }
    });
    one_job_each(&fake, &play(courses).await.into_iter().flatten().collect());
}

/// The process ends at a random moment, perhaps twice; then the event comes again two to five times, all at once.
#[tokio::test(flavor = "multi_thread")]
async fn however_crashes_and_deliveries_fall_together_there_is_one_job() {
    let seeds: u64 = if crate::soak() { 1000 } else { 100 };
    let fake = FakeAws::start().await.unwrap();
    fake.set_visibility_delay(VISIBLE_AFTER);
    let url = fake.url.clone();
    let courses = (0..seeds).map(move |seed| {
        let url = url.clone();
        async move {
            let mut rng = Rng::with_seed(seed);
            let message = format!("seed-{seed}");
            let mut crashes = 0;
            for _ in 0..rng.usize(1..=2) {
                let status = crash(&url, &message, MOMENTS[rng.usize(0..2)], rng.usize(1..=12)).await;
                crashes += usize::from(was_cut_off(status));
            }
            let mut again = JoinSet::new();
            for _ in 0..rng.usize(2..=5) {
                let (url, message, crashing) = (url.clone(), message.clone(), rng.u8(0..4) == 0);
                let (moment, number) = (MOMENTS[rng.usize(0..2)], rng.usize(1..=12));
                // Not waiting for anything: deliveries come when they come.
                let comes_after = Duration::from_millis(rng.u64(0..3000));
                again.spawn(async move {
                    tokio::time::sleep(comes_after).await;
                    if crashing {
                        let status = crash(&url, &message, moment, number).await;
                        return (Vec::new(), usize::from(was_cut_off(status)));
                    }
                    (deliver(&url, &message).await, 0)
                });
            }
            let mut answers = Vec::new();
            for (jobs, crashed) in again.join_all().await {
                answers.extend(jobs);
                crashes += crashed;
            }
            answers.extend(deliver(&url, &message).await);
            (message, crashes, answers)
        }
    });
    let played = play(courses).await;
    let crashes: usize = played.iter().map(|(_, crashes, _)| crashes).sum();
    let adopted =
        played.iter().filter(|(_, _, answers)| answers.iter().any(|(_, how)| *how == Outcome::Adopted)).count();
    println!("{seeds} seeds: {crashes} processes ended on their way, {adopted} jobs adopted");
    let answers =
        played.into_iter().map(|(message, _, answers)| (message, answers.into_iter().map(|(job, _)| job).collect()));
    one_job_each(&fake, &answers.collect());
    assert!(crashes as u64 > seeds / 2 && adopted > 0, "the crashes fall where they hurt");
}
