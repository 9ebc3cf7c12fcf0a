//! A stateful fake of Batch and of the rejects queue, for faults that the real ones do not produce on demand.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jobwire_core::plan::Reject;
use jobwire_core::request::JobRequest;
use serde_json::Value;

use crate::batch::{SubmitError, SubmitJob};
use crate::rejects::{self, Rejects};

/// Batch, as far as a function sees it.
#[derive(Debug, Default)]
pub struct FakeBatch {
    state: Mutex<BatchState>,
}

#[derive(Debug, Default)]
struct BatchState {
    submitted: Vec<JobRequest>,
    faults: VecDeque<Option<SubmitError>>,
}

impl FakeBatch {
    /// The next submissions fail with these, in order; `None` lets one through.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = Option<SubmitError>>) {
        self.lock().faults.extend(faults);
    }

    /// What was submitted until now.
    #[must_use]
    pub fn submitted(&self) -> Vec<JobRequest> {
        self.lock().submitted.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SubmitJob for &FakeBatch {
    async fn submit(&self, request: &JobRequest) -> Result<String, SubmitError> {
        let mut state = self.lock();
        if let Some(fault) = state.faults.pop_front().flatten() {
            return Err(fault);
        }
        state.submitted.push(request.clone());
        Ok(format!("job-{}", state.submitted.len()))
    }
}

/// A rejects queue that keeps what it is sent, or takes nothing.
#[derive(Debug, Default)]
pub struct FakeRejects {
    broken: bool,
    taken: Mutex<Vec<Value>>,
}

impl FakeRejects {
    /// A queue that takes nothing.
    #[must_use]
    pub fn broken() -> Self {
        Self { broken: true, ..Self::default() }
    }

    /// The messages' bodies.
    #[must_use]
    pub fn taken(&self) -> Vec<Value> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Rejects for &FakeRejects {
    async fn send(&self, source: &str, reject: &Reject) -> Result<(), String> {
        if self.broken {
            return Err("the queue does not exist".into());
        }
        let body = serde_json::from_str(&rejects::body(source, reject)).map_err(|error| error.to_string())?;
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(body);
        Ok(())
    }
}
