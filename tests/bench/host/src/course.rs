//! What is known of the run that is under way: the connections' threads write it, the run reads it.

use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// One run.
#[derive(Debug)]
pub(crate) struct Course {
    /// The events that are sent, in order.
    events: Vec<String>,
    /// Whether a request must be signed.
    pub(crate) signed: bool,
    state: Mutex<State>,
    /// Hears when the last event is answered, and what went wrong.
    over: Sender<Result<(), String>>,
}

/// What has happened.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// When events were asked for, in order.
    pub(crate) asked: Vec<Instant>,
    /// When they were sent, in order.
    pub(crate) sent: Vec<Instant>,
    /// How many answers came.
    pub(crate) answered: usize,
    /// How many jobs were submitted.
    pub(crate) jobs: usize,
    /// How many items were written.
    pub(crate) items: usize,
    /// The last job request.
    pub(crate) request: String,
    /// The last answer.
    pub(crate) answer: String,
}

impl Course {
    pub(crate) fn new(events: Vec<String>, signed: bool, over: Sender<Result<(), String>>) -> Self {
        let room = events.len() + 1;
        let state = State { asked: Vec::with_capacity(room), sent: Vec::with_capacity(room), ..State::default() };
        Self { events, signed, state: Mutex::new(state), over }
    }

    /// What has happened until now.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next event and its number, for a question that came at `asked`; none after the last.
    pub(crate) fn next(&self, asked: Instant) -> Option<(usize, &str)> {
        let mut state = self.state();
        state.asked.push(asked);
        let number = state.sent.len();
        let Some(event) = self.events.get(number) else {
            drop(state);
            self.end(Ok(()));
            return None;
        };
        state.sent.push(Instant::now());
        Some((number, event))
    }

    /// Ends the run.
    pub(crate) fn end(&self, outcome: Result<(), String>) {
        // Who ends it twice is not heard: the first word counts.
        let _ = self.over.send(outcome);
    }
}
