//! Submit once: one occurrence and trigger start one job, however often and however badly the event is delivered.

use std::time::Duration;

use jobwire_core::key::OccurrenceKey;
use jobwire_core::plan::Planned;
use tokio::time::sleep;
use uuid::Uuid;

use crate::answer::Outcome;
use crate::batch::{Batch, SubmitError};
use crate::fault::Fault;
use crate::ledger::{Entry, Ledger, LedgerError, Put};
use crate::metrics::Meter;
use crate::pace::Pace;
use crate::send::send;
use crate::window::{Window, millis, now};

/// How long it is waited for another delivery to come to its end, which mostly takes a tenth of a second: with this the
/// second of two deliveries at once is answered, and not failed. In milliseconds.
const PAUSES: [u64; 6] = [50, 100, 200, 300, 400, 500];

/// How far the clocks of a function and of Batch may be apart.
const CLOCKS_DIFFER: Duration = Duration::from_mins(1);

/// How long Batch lists a job at least that has ended.
const LISTED: Duration = Duration::from_hours(7 * 24);

/// How long a holder that came too late waits before it looks again.
const LATE_PAUSE: Duration = Duration::from_millis(500);

/// Why the surplus of several jobs of one occurrence is terminated; Batch shows it as the jobs' status reason.
const SURPLUS: &str = "jobwire: another job runs for the same occurrence";

/// Why there is no job for a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    /// Batch refuses it; no retry can help.
    Refused(String),
    /// It has to come again.
    Fault(Fault),
}

impl<F: Into<Fault>> From<F> for Failure {
    fn from(fault: F) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Self {
        let text = error.to_string();
        match error {
            SubmitError::Refused(message) => Self::Refused(message),
            SubmitError::Throttled(_) => Self::Fault(Fault::Throttled(text)),
            SubmitError::TooLate => Self::Fault(Fault::OutOfTime),
            SubmitError::NotSent(_) | SubmitError::Lost(_) => Self::Fault(Fault::Batch(text)),
        }
    }
}

/// The job of an occurrence.
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
}

impl Job {
    /// The job of a settled entry.
    fn of(entry: &Entry, outcome: Outcome) -> Self {
        Self { id: entry.job_id.clone().unwrap_or_default(), name: entry.job_name.clone(), outcome }
    }
}

/// Submits once for each occurrence.
pub(crate) struct Once<'a, B, L> {
    pub(crate) batch: &'a B,
    pub(crate) ledger: &'a L,
    pub(crate) pace: &'a Pace,
    pub(crate) meter: Meter<'a>,
    pub(crate) settle: Duration,
    pub(crate) window: Window,
}

/// What the ledger says to a delivery.
pub(crate) enum Claimed {
    /// It is the first.
    New(Entry),
    /// Another held the claim and is gone; whether it submitted is not known.
    TakenOver(Entry),
    /// The job is known.
    Settled { job_id: String, job_name: String, differs: bool },
}

impl<B: Batch, L: Ledger> Once<'_, B, L> {
    /// Submits the planned job, or finds the one that was submitted for its occurrence before.
    pub(crate) async fn submit(&self, planned: &Planned, claimed: Claimed) -> Result<Job, Failure> {
        let entry = match claimed {
            Claimed::Settled { job_id, job_name, differs } => {
                if differs {
                    tracing::info!(
                        trigger = planned.trigger,
                        key = planned.key.as_ref().map(OccurrenceKey::hash),
                        job_id,
                        "was submitted before the trigger file changed"
                    );
                }
                return Ok(Job { id: job_id, name: job_name, outcome: Outcome::Duplicate });
            }
            Claimed::New(entry) => entry,
            Claimed::TakenOver(entry) => match self.jobs_of_another(&entry).await {
                Ok(jobs) if jobs.is_empty() => self.renew(&entry, planned).await?,
                Ok(jobs) => return self.settle(&entry, &jobs, Outcome::Adopted).await,
                Err(fault) => {
                    self.release(&entry).await;
                    return Err(fault.into());
                }
            },
        };
        self.start(entry, planned).await
    }

    /// Asks the ledger for the right to submit. Who has it and does not submit leaves the occurrence to a later delivery.
    pub(crate) async fn claim(&self, planned: &Planned, key: &OccurrenceKey) -> Result<Claimed, Fault> {
        let id = format!("{}#{}", planned.trigger, key.hash());
        let owner = Uuid::new_v4().simple().to_string();
        let first = Entry::claim(id, owner, &planned.request, now(), self.window.times);
        let mut seen = match self.ledger.put(&first, None).await? {
            Put::Done => return Ok(Claimed::New(first)),
            Put::Instead(seen) => seen,
        };
        for pause in PAUSES {
            let (mine, before) = match seen {
                None => (first.clone(), None),
                Some(entry) => {
                    if let Some(job_id) = entry.job_id.clone() {
                        let differs = entry.differs(&planned.request);
                        return Ok(Claimed::Settled { job_id, job_name: entry.job_name, differs });
                    }
                    if now() <= entry.lease_until {
                        sleep(Duration::from_millis(pause)).await;
                        seen = self.ledger.read(&first.id).await?.map(Box::new);
                        continue;
                    }
                    (entry.taken_over(first.holder.owner.clone(), self.window.times.lease_until), Some(entry.holder))
                }
            };
            match self.ledger.put(&mine, before.as_ref()).await? {
                Put::Done if before.is_none() => return Ok(Claimed::New(mine)),
                Put::Done => return Ok(Claimed::TakenOver(mine)),
                Put::Instead(other) => seen = other,
            }
        }
        Err(Fault::ClaimHeld)
    }

    /// Submits under a claim that is held.
    async fn start(&self, entry: Entry, planned: &Planned) -> Result<Job, Failure> {
        let error = match send(self.batch, self.pace, &self.meter, &planned.request, &self.window).await {
            Ok(job_id) => return self.settle(&entry, &[job_id], Outcome::New).await,
            Err(error) => error,
        };
        if let SubmitError::Lost(_) = error {
            // Most often the job is there, and the next delivery need not be waited for.
            match self.find(&entry).await {
                Ok(jobs) if !jobs.is_empty() => return self.settle(&entry, &jobs, Outcome::Adopted).await,
                _ => self.release(&entry).await,
            }
        } else {
            // Batch did not take it: nothing is left that another delivery would have to look for.
            self.give_back(&entry).await;
        }
        Err(error.into())
    }

    /// Makes the claim one for this request, which is to be sent anew.
    async fn renew(&self, entry: &Entry, planned: &Planned) -> Result<Entry, Fault> {
        let renewed = entry.renewed(&planned.request, self.window.times);
        match self.ledger.put(&renewed, Some(&entry.holder)).await? {
            Put::Done => Ok(renewed),
            Put::Instead(_) => Err(Fault::ClaimHeld),
        }
    }

    /// The jobs of an entry that was taken over; none only where none is to be waited for, nor may be forgotten.
    async fn jobs_of_another(&self, entry: &Entry) -> Result<Vec<String>, Fault> {
        let jobs = self.find(entry).await?;
        let (now, after) = (now(), |time| entry.submit_by.saturating_add(millis(time)));
        match jobs.is_empty() {
            true if now < after(self.settle) => Err(Fault::Unsettled),
            true if now >= after(LISTED) => Err(Fault::Forgotten),
            _ => Ok(jobs),
        }
    }

    /// The jobs of an entry whose answer was lost, the oldest first.
    async fn find(&self, entry: &Entry) -> Result<Vec<String>, Fault> {
        let mut jobs = self.batch.jobs_named(&entry.job_queue, &entry.job_name).await.map_err(Fault::Batch)?;
        // A job of this name that was there before belongs to an item that somebody deleted, to start it anew.
        let oldest = i64::try_from(entry.claimed_at.saturating_sub(millis(CLOCKS_DIFFER))).unwrap_or(i64::MAX);
        jobs.retain(|job| job.created_at >= oldest);
        jobs.sort_by(|left, right| (left.created_at, &left.job_id).cmp(&(right.created_at, &right.job_id)));
        Ok(jobs.into_iter().map(|job| job.job_id).collect())
    }

    /// Writes the first of the occurrence's jobs into the ledger, and terminates the others.
    async fn settle(&self, entry: &Entry, jobs: &[String], outcome: Outcome) -> Result<Job, Failure> {
        let settled = entry.settled(&jobs[0], now());
        if jobs.len() > 1 {
            // Before the entry says that all is done, or nobody would come back for the rest; and only by the holder.
            match self.ledger.put(entry, Some(&entry.holder)).await? {
                Put::Done => self.terminate_all_but(&jobs[0], jobs).await?,
                Put::Instead(seen) => return self.concede(&settled, seen, jobs, outcome).await,
            }
        }
        match self.ledger.put(&settled, Some(&entry.holder)).await? {
            Put::Done => Ok(Job::of(&settled, outcome)),
            Put::Instead(seen) => self.concede(&settled, seen, jobs, outcome).await,
        }
    }

    /// What a holder does that comes too late, because it slept longer than its lease: it changes nothing, waits for what
    /// the ledger will say, and terminates its jobs that are not the ledger's. It ends with the function's time at the
    /// latest, or when nobody is left who would write: the next delivery finds its job by name.
    async fn concede(
        &self,
        settled: &Entry,
        mut seen: Option<Box<Entry>>,
        jobs: &[String],
        outcome: Outcome,
    ) -> Result<Job, Failure> {
        loop {
            seen = match seen {
                None => match self.ledger.put(settled, None).await? {
                    Put::Done => return Ok(Job::of(settled, outcome)),
                    Put::Instead(other) => other,
                },
                Some(other) => {
                    if let Some(job_id) = &other.job_id {
                        // Once this delivery has failed, the next is answered by the entry and looks for nothing.
                        while self.terminate_all_but(job_id, jobs).await.is_err() {
                            sleep(LATE_PAUSE).await;
                        }
                        let outcome = if *job_id == jobs[0] { outcome } else { Outcome::Duplicate };
                        return Ok(Job::of(&other, outcome));
                    }
                    if now() > other.lease_until {
                        return Err(Fault::Unsettled.into());
                    }
                    sleep(LATE_PAUSE).await;
                    self.ledger.read(&settled.id).await?.map(Box::new)
                }
            };
        }
    }

    /// Gives a claim back for which nothing was sent: the next delivery begins anew.
    pub(crate) async fn give_back(&self, entry: &Entry) {
        let removed = self.ledger.remove(&entry.id, &entry.holder).await;
        tell(entry, removed, "the claim stays, until the settle time is over");
    }

    /// Lets the next delivery take over at once.
    async fn release(&self, entry: &Entry) {
        let released = self.ledger.put(&entry.released(now()), Some(&entry.holder)).await;
        tell(entry, released.map(|_| ()), "the claim stays, until its lease is over");
    }

    async fn terminate_all_but(&self, kept: &str, jobs: &[String]) -> Result<(), Fault> {
        for job_id in jobs.iter().filter(|job_id| *job_id != kept) {
            tracing::warn!(job_id, kept, "terminating a second job of one occurrence");
            self.batch.terminate(job_id, SURPLUS).await.map_err(|error| {
                tracing::error!(job_id, kept, error, "a second job of one occurrence still runs");
                Fault::Batch(error)
            })?;
        }
        Ok(())
    }
}

/// Says what went wrong beside the fault that is already being answered.
fn tell(entry: &Entry, result: Result<(), LedgerError>, consequence: &str) {
    if let Err(error) = result {
        tracing::warn!(claim = entry.id, %error, "{consequence}");
    }
}
