//! Batch: the port, and what its answers to `SubmitJob` mean.

use std::time::Duration;

use aws_sdk_batch::config::retry::RetryConfig;
use aws_sdk_batch::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_batch::operation::list_jobs::ListJobsError;
use aws_sdk_batch::types::KeyValuesPair;
use jobwire_core::request::JobRequest;

use crate::sdk_error::said;
use crate::sdk_request::sdk_request;

/// What functions ask of Batch.
pub trait Batch {
    /// Submits the job and answers its id. It is sent once.
    fn submit(&self, request: &JobRequest) -> impl Future<Output = Result<String, SubmitError>> + Send;

    /// Every job of exactly this name in the queue, whatever became of it. An error says why the list is not known, and a
    /// retry can help.
    fn jobs_named(&self, queue: &str, name: &str) -> impl Future<Output = Result<Vec<ListedJob>, String>> + Send;

    /// Ends a job; one that has ended stays as it is. An error says why, and a retry can help.
    fn terminate(&self, job_id: &str, reason: &str) -> impl Future<Output = Result<(), String>> + Send;
}

/// A job as `ListJobs` shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedJob {
    /// Its id.
    pub job_id: String,
    /// When it was submitted, in milliseconds since 1970.
    pub created_at: i64,
}

/// Why a job was not submitted, or may not have been.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SubmitError {
    /// Batch refused the request. No retry can help; the request goes to the rejects queue.
    #[error("Batch refuses the job: {0}")]
    Refused(String),
    /// Batch is too busy, and took nothing. A retry can help.
    #[error("Batch is too busy: {0}")]
    Throttled(String),
    /// The request never left, or was turned away for a reason of the moment. A retry can help.
    #[error("Batch was not reached: {0}")]
    NotSent(String),
    /// The time was over before its turn, so the request was not sent. A retry can help.
    #[error("the function's time is over")]
    TooLate,
    /// The answer was lost: the job may run. A retry can help, once it is known whether it does.
    #[error("Batch gave no usable answer: {0}")]
    Lost(String),
}

/// Batch, by the SDK.
#[derive(Clone, Debug)]
pub struct SdkBatch {
    client: aws_sdk_batch::Client,
}

impl SdkBatch {
    /// Sends by this client, which sends nothing twice by itself.
    #[must_use]
    pub fn new(client: aws_sdk_batch::Client) -> Self {
        Self { client }
    }
}

/// What can be sent again without harm is.
fn tried_again() -> aws_sdk_batch::config::Builder {
    aws_sdk_batch::Config::builder()
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(200)))
}

impl Batch for SdkBatch {
    async fn submit(&self, request: &JobRequest) -> Result<String, SubmitError> {
        let answer = sdk_request(&self.client, request).send().await.map_err(|error| {
            let status = error.raw_response().map(|response| response.status().as_u16());
            let text = said(&error);
            match status {
                Some(status) if is_busy(status, error.code()) => SubmitError::Throttled(text),
                Some(status) if is_passing(status, error.code()) => SubmitError::NotSent(text),
                // An answer that was cut off is no refusal, whatever its status.
                Some(400..500) if matches!(error, SdkError::ServiceError(_)) => SubmitError::Refused(text),
                None if was_never_sent(&error) => SubmitError::NotSent(text),
                _ => SubmitError::Lost(text),
            }
        })?;
        answer.job_id().map(str::to_owned).ok_or_else(|| SubmitError::Lost("the answer has no jobId".into()))
    }

    async fn jobs_named(&self, queue: &str, name: &str) -> Result<Vec<ListedJob>, String> {
        let mut jobs = Vec::new();
        let mut page = None;
        loop {
            let answer = self
                .client
                .list_jobs()
                .job_queue(queue)
                .filters(KeyValuesPair::builder().name("JOB_NAME").values(name).build())
                .set_next_token(page)
                .customize()
                .config_override(tried_again())
                .send()
                .await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) if jobs.is_empty() && is_gone(&error) => return Ok(Vec::new()),
                Err(error) => return Err(format!("the jobs named {name} cannot be listed: {}", said(&error))),
            };
            // Batch compares names without regard to case.
            let named = answer.job_summary_list().iter().filter(|job| job.job_name() == Some(name));
            jobs.extend(named.filter_map(|job| {
                Some(ListedJob { job_id: job.job_id()?.to_owned(), created_at: job.created_at().unwrap_or_default() })
            }));
            match answer.next_token.filter(|token| !token.is_empty()) {
                Some(token) => page = Some(token),
                None => return Ok(jobs),
            }
        }
    }

    async fn terminate(&self, job_id: &str, reason: &str) -> Result<(), String> {
        let call = self.client.terminate_job().job_id(job_id).reason(reason).customize().config_override(tried_again());
        call.send().await.map(|_| ()).map_err(|error| format!("job {job_id} cannot be terminated: {}", said(&error)))
    }
}

/// Whether the queue is gone, and its jobs with it. Anything else that Batch refuses says nothing about the jobs.
fn is_gone(error: &SdkError<ListJobsError>) -> bool {
    let refused = error.as_service_error().filter(|error| error.is_client_exception());
    refused.and_then(ProvideErrorMetadata::message).is_some_and(|message| message.contains("exist"))
}

/// Whether Batch turned the request away for want of room.
fn is_busy(status: u16, code: Option<&str>) -> bool {
    const BUSY: [&str; 3] = ["TooManyRequestsException", "ThrottlingException", "RequestLimitExceeded"];
    status == 429 || code.is_some_and(|code| BUSY.contains(&code))
}

/// Whether a 4xx is about the moment rather than the request: credentials and clocks that a new sandbox or a mended role
/// puts right, and a proxy that wants a password.
fn is_passing(status: u16, code: Option<&str>) -> bool {
    const PASSING: [&str; 3] = ["ExpiredTokenException", "IncompleteSignature", "RequestTimeout"];
    matches!(status, 401 | 403 | 407 | 408 | 425) || code.is_some_and(|code| PASSING.contains(&code))
}

/// Whether the connection was never made: the name not resolved, the connection or TLS refused.
fn was_never_sent<E: std::error::Error + 'static>(error: &SdkError<E>) -> bool {
    use std::error::Error as _;
    if matches!(error, SdkError::ConstructionFailure(_)) {
        return true;
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
        {
            return true;
        }
        cause = inner.source();
    }
    false
}
