//! Why jobs do not start: looked up now and then, and each reason told once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_batch::types::JobStatus;
use tokio::time::Instant;

use super::calls;
use super::job::Job;
use super::place::Place;
use super::screen::Screen;
use super::stuck::{self, Surroundings};
use super::trouble::Trouble;

/// How often it is looked, beside each time when there is a new job to explain.
const EVERY: Duration = Duration::from_secs(30);

/// What is known of why jobs do not start.
#[derive(Debug, Default)]
pub(crate) struct Reasons {
    /// When it was looked last.
    looked: Option<Instant>,
    /// Since when each job is seen to be RUNNABLE.
    since: BTreeMap<String, Instant>,
    /// What was told, by the job's id.
    told: BTreeSet<(String, String)>,
    /// Whether queues and compute environments may not be looked at, which was said.
    is_refused: bool,
}

impl Reasons {
    /// Tells what is new of these jobs.
    pub(crate) async fn explain(&mut self, place: &Place, screen: &Screen, jobs: impl Iterator<Item = &Job>) {
        let mut runnable = Vec::new();
        for job in jobs {
            if let Some(reason) = stuck::dependencies(job) {
                self.tell(screen, job, &reason);
            }
            if is_runnable(job) {
                runnable.push(job);
            }
        }
        self.since.retain(|id, _| runnable.iter().any(|job| job.id == *id));
        let mut is_due = self.looked.is_none_or(|looked| looked.elapsed() >= EVERY);
        for job in &runnable {
            if !self.since.contains_key(&job.id) {
                self.since.insert(job.id.clone(), Instant::now());
                is_due = true;
            }
            is_due |= job.reason.as_ref().is_some_and(|reason| !self.has_told(job, reason));
        }
        if runnable.is_empty() || !is_due {
            return;
        }
        self.looked = Some(Instant::now());
        let mut known: BTreeMap<&str, Surroundings> = BTreeMap::new();
        for job in runnable {
            if !known.contains_key(job.queue.as_str()) {
                let Some(around) = self.around(place, screen, &job.queue).await else { return };
                known.insert(&job.queue, around);
            }
            let waited = self.since.get(&job.id).map(Instant::elapsed).unwrap_or_default();
            let reasons = known.get(job.queue.as_str()).map(|around| stuck::reasons(job, around, waited));
            for reason in reasons.unwrap_or_default() {
                self.tell(screen, job, &reason);
            }
        }
    }

    /// The queue and its compute environments; nothing where Batch does not answer, which is told by whoever asks for
    /// the jobs themselves.
    async fn around(&mut self, place: &Place, screen: &Screen, queue: &str) -> Option<Surroundings> {
        if self.is_refused {
            return Some(Surroundings::default());
        }
        match calls::surroundings(place, queue).await {
            Ok(around) => Some(around),
            Err(Trouble::Passing(_)) => None,
            Err(Trouble::Final(error)) => {
                self.is_refused = true;
                screen.say(&format!("why jobs do not start cannot be looked up: {error:#}"));
                Some(Surroundings::default())
            }
        }
    }

    fn has_told(&self, job: &Job, reason: &str) -> bool {
        self.told.iter().any(|(id, told)| *id == job.id && told.starts_with(reason))
    }

    fn tell(&mut self, screen: &Screen, job: &Job, reason: &str) {
        if self.told.insert((job.id.clone(), reason.to_owned())) {
            screen.reason(job, reason);
        }
    }
}

/// Whether it waits for a machine. An array does as long as none of its children has got one.
fn is_runnable(job: &Job) -> bool {
    let Some(children) = &job.array else { return job.status == JobStatus::Runnable };
    let is_some = |state: &JobStatus| children.counts.contains_key(state.as_str());
    let active = [JobStatus::Starting, JobStatus::Running, JobStatus::Succeeded, JobStatus::Failed];
    is_some(&JobStatus::Runnable) && !active.iter().any(is_some)
}
