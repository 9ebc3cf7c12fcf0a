//! The time that one invocation has, by both clocks: the one that does not jump, and the one that other processes share.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::ledger::Times;

/// How a function divides its time, and how long it distrusts an unanswered call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timing {
    /// What is kept of an invocation's time for the ledger, the rejects and the answer.
    pub answer: Duration,
    /// How long after an invocation's end nobody else may take its claims over.
    pub lease_margin: Duration,
    /// How long after it was sent a job may still show up in `ListJobs`.
    pub settle: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { answer: Duration::from_secs(3), lease_margin: Duration::from_secs(5), settle: Duration::from_mins(1) }
    }
}

/// The time of one invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Until when something may be sent to Batch.
    pub(crate) send_until: Instant,
    /// Until when something may be done at all: half of the time for the answer is left then.
    pub(crate) work_until: Instant,
    /// Until when a reject may be sent: what is left then is for the answer alone.
    pub(crate) answer_by: Instant,
    /// The same as the first by the clock that other processes share.
    pub(crate) times: Times,
}

impl Window {
    /// The window of an invocation that Lambda ends at `deadline`.
    pub(crate) fn until(deadline: Instant, timing: &Timing) -> Self {
        let left = deadline.saturating_duration_since(Instant::now());
        let now = now();
        let sending = left.saturating_sub(timing.answer);
        Self {
            send_until: Instant::now() + sending,
            work_until: Instant::now() + left.saturating_sub(timing.answer / 2),
            answer_by: Instant::now() + left.saturating_sub(timing.answer / 10),
            times: Times { submit_by: now + millis(sending), lease_until: now + millis(left + timing.lease_margin) },
        }
    }

    /// Whether nothing may be sent any more. A machine that slept shows it by one of its clocks.
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.send_until || now() >= self.times.submit_by
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> u64 {
    millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// A duration in milliseconds; one that does not fit is for ever.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
