//! Stateful fakes of Batch, the ledger and the rejects queue, for faults that the real ones do not produce on demand.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jobwire_core::plan::Reject;
use jobwire_core::request::JobRequest;
use serde_json::Value;

use crate::batch::{Batch, ListedJob, SubmitError};
use crate::ledger::{Entry, Holder, Ledger, LedgerError, Put};
use crate::rejects::{self, Rejects};
use crate::window::now;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn moment() -> i64 {
    i64::try_from(now()).unwrap_or(i64::MAX)
}

/// What happens to a submission.
#[derive(Clone, Debug)]
pub enum Fate {
    /// The job is submitted.
    Taken,
    /// It is not, and this is said.
    Fails(SubmitError),
    /// The job is submitted, and this is said.
    TakenAnd(SubmitError),
    /// The code meets a defect.
    Panics,
}

/// Batch, as far as a function sees it.
#[derive(Debug, Default)]
pub struct FakeBatch {
    state: Mutex<BatchState>,
}

#[derive(Debug, Default)]
struct BatchState {
    /// With the time of each, in milliseconds since 1970.
    submitted: Vec<(JobRequest, i64)>,
    terminated: Vec<String>,
    fates: VecDeque<Fate>,
}

impl FakeBatch {
    /// What happens to the next submissions, in order; those behind are taken.
    pub fn next(&self, fates: impl IntoIterator<Item = Fate>) {
        lock(&self.state).fates.extend(fates);
    }

    /// What was submitted until now; the job of the first is `job-1`.
    #[must_use]
    pub fn submitted(&self) -> Vec<JobRequest> {
        lock(&self.state).submitted.iter().map(|(request, _)| request.clone()).collect()
    }

    /// The ids of the jobs that were terminated.
    #[must_use]
    pub fn terminated(&self) -> Vec<String> {
        lock(&self.state).terminated.clone()
    }

    /// Submits past the function, as a holder does that slept.
    pub fn add(&self, request: &JobRequest) {
        self.add_at(request, moment());
    }

    /// The same, at this time in milliseconds since 1970.
    pub fn add_at(&self, request: &JobRequest, created_at: i64) {
        lock(&self.state).submitted.push((request.clone(), created_at));
    }
}

impl Batch for &FakeBatch {
    async fn submit(&self, request: &JobRequest) -> Result<String, SubmitError> {
        let mut state = lock(&self.state);
        let fate = state.fates.pop_front().unwrap_or(Fate::Taken);
        if let Fate::Fails(error) = fate {
            return Err(error);
        }
        assert!(!matches!(fate, Fate::Panics), "the code meets a defect");
        state.submitted.push((request.clone(), moment()));
        match fate {
            Fate::TakenAnd(error) => Err(error),
            _ => Ok(format!("job-{}", state.submitted.len())),
        }
    }

    async fn jobs_named(&self, queue: &str, name: &str) -> Result<Vec<ListedJob>, String> {
        let state = lock(&self.state);
        let jobs = (1_u32..).zip(&state.submitted);
        let named = jobs.filter(|(_, (request, _))| request.job_queue == queue && request.job_name == name);
        Ok(named.map(|(number, (_, at))| ListedJob { job_id: format!("job-{number}"), created_at: *at }).collect())
    }

    async fn terminate(&self, job_id: &str, _reason: &str) -> Result<(), String> {
        lock(&self.state).terminated.push(job_id.to_owned());
        Ok(())
    }
}

/// A ledger in memory, under the conditions of the real one.
#[derive(Debug, Default)]
pub struct FakeLedger {
    entries: Mutex<BTreeMap<String, Entry>>,
    writes: Mutex<usize>,
    unavailable: Mutex<usize>,
}

impl FakeLedger {
    /// The entries by their ids.
    #[must_use]
    pub fn entries(&self) -> BTreeMap<String, Entry> {
        lock(&self.entries).clone()
    }

    /// Puts an entry past the function.
    pub fn set(&self, entry: Entry) {
        lock(&self.entries).insert(entry.id.clone(), entry);
    }

    /// How many writes were asked for.
    #[must_use]
    pub fn writes(&self) -> usize {
        *lock(&self.writes)
    }

    /// The next calls fail, this many.
    pub fn fail_next(&self, count: usize) {
        *lock(&self.unavailable) = count;
    }

    /// An answer comes, as over a network, when it was waited for.
    async fn answers(&self) -> Result<(), LedgerError> {
        tokio::task::yield_now().await;
        let mut unavailable = lock(&self.unavailable);
        match unavailable.checked_sub(1) {
            Some(left) => {
                *unavailable = left;
                Err(LedgerError("not reached".into()))
            }
            None => Ok(()),
        }
    }
}

impl Ledger for &FakeLedger {
    async fn put(&self, entry: &Entry, expected: Option<&Holder>) -> Result<Put, LedgerError> {
        *lock(&self.writes) += 1;
        self.answers().await?;
        let mut entries = lock(&self.entries);
        let now = entries.get(&entry.id);
        let holds = match expected {
            None => now.is_none(),
            Some(holder) => now.is_some_and(|now| now.holder == *holder && now.job_id.is_none()),
        };
        if !holds {
            return Ok(Put::Instead(now.cloned().map(Box::new)));
        }
        entries.insert(entry.id.clone(), entry.clone());
        Ok(Put::Done)
    }

    async fn remove(&self, id: &str, holder: &Holder) -> Result<(), LedgerError> {
        *lock(&self.writes) += 1;
        self.answers().await?;
        let mut entries = lock(&self.entries);
        if entries.get(id).is_some_and(|now| now.holder == *holder) {
            entries.remove(id);
        }
        Ok(())
    }

    async fn read(&self, id: &str) -> Result<Option<Entry>, LedgerError> {
        self.answers().await?;
        Ok(lock(&self.entries).get(id).cloned())
    }
}

/// A rejects queue that keeps what it is sent, or takes nothing.
#[derive(Debug, Default)]
pub struct FakeRejects {
    broken: bool,
    silent: bool,
    taken: Mutex<Vec<Value>>,
}

impl FakeRejects {
    /// A queue that takes nothing.
    #[must_use]
    pub fn broken() -> Self {
        Self { broken: true, ..Self::default() }
    }

    /// A queue that never answers.
    #[must_use]
    pub fn silent() -> Self {
        Self { silent: true, ..Self::default() }
    }

    /// The messages' bodies.
    #[must_use]
    pub fn taken(&self) -> Vec<Value> {
        lock(&self.taken).clone()
    }
}

impl Rejects for &FakeRejects {
    async fn send(&self, source: &str, reject: &Reject) -> Result<(), String> {
        if self.silent {
            return std::future::pending().await;
        }
        if self.broken {
            return Err("the queue does not exist".into());
        }
        let body = serde_json::from_str(&rejects::body(source, reject)).map_err(|error| error.to_string())?;
        lock(&self.taken).push(body);
        Ok(())
    }
}
