//! The output of jobs: a file beside the job, and a stream in `CloudWatch` Logs.

mod cloudwatch;
mod output;
mod pump;

pub(crate) use self::{cloudwatch::CloudWatch, output::copy, pump::pump};

/// One line of a job's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogLine {
    /// Milliseconds since 1970.
    pub(crate) timestamp: u64,
    pub(crate) message: String,
}

/// Where log lines go.
pub(crate) trait LogSink {
    /// Makes the group and the stream, if they are not there.
    fn create(&self, group: &str, stream: &str) -> impl Future<Output = Result<(), LogError>> + Send;

    /// Adds lines, which keep the limits of one batch.
    fn put(&self, group: &str, stream: &str, lines: Vec<LogLine>) -> impl Future<Output = Result<(), LogError>> + Send;
}

/// The lines were not taken; they stay in the job's own file, so nobody retries beyond what the SDK does.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct LogError(pub(crate) String);
