//! Many events at once, through a queue, into functions that run side by side.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jobwire_tests::deliveries::{FILE, event, queued};
use jobwire_tests::fake_aws::{Chaos, FakeAws};
use jobwire_tests::lambda::Lambda;
use serde_json::Value;

use crate::faults::compiled;

/// How many functions run at once.
const CONCURRENCY: usize = 4;

/// What one invocation gets, as the template asks for.
const BATCH: usize = 10;

/// The queue before the functions, as Lambda reads it: what is not done comes again.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<String>,
    in_flight: usize,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Queue>>);

impl Shared {
    fn with<T>(&self, what: impl FnOnce(&mut Queue) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next batch; nothing where all is done.
    async fn take(&self) -> Option<Vec<String>> {
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        loop {
            let (batch, done) = self.with(|queue| {
                let count = queue.waiting.len().min(BATCH);
                let batch: Vec<String> = queue.waiting.drain(..count).collect();
                queue.in_flight += count;
                (batch, count == 0 && queue.in_flight == 0)
            });
            if done {
                return None;
            }
            if !batch.is_empty() {
                return Some(batch);
            }
            // Others are at the last batches, of which messages may come again.
            pause.tick().await;
        }
    }

    /// Puts back what has to come again.
    fn finish(&self, batch: &[String], answer: &(String, Value)) {
        let failed = |message: &&String| match answer.0.as_str() {
            "response" => {
                answer.1["batchItemFailures"].as_array().unwrap().iter().any(|item| item["itemIdentifier"] == **message)
            }
            _ => true,
        };
        let again: Vec<String> = batch.iter().filter(failed).cloned().collect();
        self.with(|queue| {
            queue.in_flight -= batch.len();
            queue.waiting.extend(again);
        });
    }
}

/// Sends `count` messages, every tenth of them twice, and gives the time that it took.
async fn pour(fake: &FakeAws, count: usize, time: Duration, variables: &[(&str, &str)]) -> Duration {
    let (_folder, file) = compiled(FILE);
    let queue = Shared::default();
    queue.with(|queue| {
        queue.waiting.extend((0..count).map(|number| format!("m-{number}")));
        queue.waiting.extend((0..count).step_by(10).map(|number| format!("m-{number}")));
    });
    let concurrency = CONCURRENCY.to_string();
    let mut all = vec![
        ("AWS_ENDPOINT_URL", fake.url.as_str()),
        ("JOBWIRE_LEDGER_TABLE", "ledger"),
        ("JOBWIRE_CONCURRENCY", concurrency.as_str()),
        ("JOBWIRE_SETTLE_SECONDS", "1"),
    ];
    all.extend_from_slice(variables);
    let mut sandboxes = tokio::task::JoinSet::new();
    let began = Instant::now();
    for _ in 0..CONCURRENCY {
        let mut lambda = Lambda::start("jobwire-sns", &file, &all).await.unwrap();
        let queue = queue.clone();
        sandboxes.spawn(async move {
            while let Some(batch) = queue.take().await {
                let records: Vec<Value> = batch.iter().map(|message| queued(message)).collect();
                let answer = lambda.invoke_within(event(&records), time).await.unwrap();
                queue.finish(&batch, &answer);
            }
        });
    }
    sandboxes.join_all().await;
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_events_becomes_as_many_jobs_at_the_rate_that_batch_takes() {
    let count: usize = if crate::soak() { 10_000 } else { 1_000 };
    let fake = FakeAws::start().await.unwrap();
    fake.set_rate(Some((50.0, 50.0)));
    let took = pour(&fake, count, Duration::from_secs(30), &[]).await;
    println!(
        "{count} events: {:.1} s; at 50 calls a second they cannot take less than {} s; Batch turned {} calls away",
        took.as_secs_f64(),
        count / 50,
        fake.throttled(),
    );
    assert_eq!((fake.job_count(), fake.live_job_count()), (count, count), "none lost, none twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_share_of_calls_and_answers_is_lost_each_event_has_one_job() {
    let (count, seeds) = if crate::soak() { (500, 0..5) } else { (100, 0..1) };
    for seed in seeds {
        let fake = FakeAws::start().await.unwrap();
        fake.set_chaos(Some(Chaos { seed, percent: 10 }));
        let rate = [("JOBWIRE_SUBMIT_RATE", "10000")];
        let took = pour(&fake, count, Duration::from_secs(6), &rate).await;
        println!("seed {seed}: {count} events through a tenth of faults: {:.1} s", took.as_secs_f64());
        assert_eq!((fake.job_count(), fake.live_job_count()), (count, count), "seed {seed}: none lost, none twice");
    }
}
