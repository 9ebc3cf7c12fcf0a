//! Why an invocation fails.

use crate::ledger::LedgerError;

/// Why something has to come again. A retry can help, unless a variant says otherwise.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Batch was not reached, or its answer was lost and the job is not found.
    #[error("{0}")]
    Batch(String),
    /// Batch was too busy until the function's time was over.
    #[error("{0}")]
    Throttled(String),
    /// The ledger gave no usable answer.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Another delivery of the same occurrence works at it.
    #[error("another delivery of this occurrence is at work")]
    ClaimHeld,
    /// An earlier delivery ended before it had an answer of Batch, and its job may still show up.
    #[error(
        "an earlier delivery may have submitted the job, which is not listed yet; it is submitted again once the settle time is over"
    )]
    Unsettled,
    /// The same, so long ago that Batch may have forgotten the job. A retry cannot help: somebody has to look.
    #[error(
        "an earlier delivery may have submitted the job more than seven days ago, and Batch need not list it any more: see whether it ran, and delete the ledger's item to submit it again"
    )]
    Forgotten,
    /// The function's time is over.
    #[error("the function's time is over")]
    OutOfTime,
    /// The rejects queue took no message.
    #[error("the rejects queue takes no message: {0}")]
    RejectsQueue(String),
    /// Something was refused and no rejects queue is named, or a replay asks not to use it. No retry can help.
    #[error("refused: {0}")]
    Rejected(String),
    /// A defect of Jobwire itself; the place is in the log.
    #[error("a defect of Jobwire itself; its place in the code is in the function's log: please report it")]
    Defect,
}

impl Fault {
    /// The name by which an invocation's failure is known to Lambda and to alarms; it never changes.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Batch(_) => "Jobwire.BatchUnavailable",
            Self::Throttled(_) => "Jobwire.BatchThrottled",
            Self::Ledger(_) => "Jobwire.LedgerUnavailable",
            Self::ClaimHeld => "Jobwire.ClaimHeld",
            Self::Unsettled => "Jobwire.Unsettled",
            Self::Forgotten => "Jobwire.Forgotten",
            Self::OutOfTime => "Jobwire.OutOfTime",
            Self::RejectsQueue(_) => "Jobwire.RejectsQueueUnavailable",
            Self::Rejected(_) => "Jobwire.Rejected",
            Self::Defect => "Jobwire.Defect",
        }
    }
}
