//! What a function answers.

use aws_lambda_events::event::sqs::SqsBatchResponse;
use jobwire_core::key::OccurrenceKey;
use serde::Serialize;

/// `{"submitted": […], "skipped": N, "rejected": N}`, with `jobId` at the top where one job was started, `untaken` where
/// no trigger takes some of it, and
/// `batchItemFailures` where the event came from SQS.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The id of the one job that was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// The jobs that were started.
    pub submitted: Vec<Submitted>,
    /// Pairs of trigger and occurrence whose `when` was false.
    pub skipped: usize,
    /// Occurrences that no trigger takes.
    #[serde(skip_serializing_if = "is_zero")]
    pub untaken: usize,
    /// What was sent to the rejects queue.
    pub rejected: usize,
    /// The messages that SQS must deliver again.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub again: Option<SqsBatchResponse>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A job that was started.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Submitted {
    /// The trigger that asked for it.
    pub trigger: String,
    /// Its id.
    pub job_id: String,
    /// Its name.
    pub job_name: String,
    /// The hash of its occurrence's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<OccurrenceKey>,
    /// `none` where the occurrence has no key, so that a second delivery starts a second job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<&'static str>,
    /// How it came to be.
    pub outcome: Outcome,
}

/// How a job came to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// This invocation started it.
    New,
    /// It was started before: by an earlier delivery, or for the same occurrence earlier in this event.
    Duplicate,
    /// An earlier call, whose answer was lost, started it.
    Adopted,
}

impl Outcome {
    /// The word for it in answers and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Duplicate => "duplicate",
            Self::Adopted => "adopted",
        }
    }
}
