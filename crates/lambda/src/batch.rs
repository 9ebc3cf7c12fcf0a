//! `SubmitJob`: the port, and when it may be sent again.

use aws_sdk_batch::config::interceptors::InterceptorContext;
use aws_sdk_batch::error::ProvideErrorMetadata as _;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use jobwire_core::request::JobRequest;

use crate::sdk_request::sdk_request;

/// The one thing that functions ask of Batch.
pub trait SubmitJob {
    /// Submits the job and answers its id.
    fn submit(&self, request: &JobRequest) -> impl Future<Output = Result<String, SubmitError>> + Send;
}

/// Why a job was not submitted, or may not have been.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SubmitError {
    /// Batch refused the request. No retry can help; the request goes to the rejects queue.
    #[error("Batch refuses the job: {0}")]
    Refused(String),
    /// Batch was not reached, was busy, or its answer was lost. A retry can help; after a lost answer the job may run.
    #[error("Batch gave no usable answer: {0}")]
    Unavailable(String),
}

/// Batch, by the SDK.
#[derive(Clone, Debug)]
pub struct Batch {
    client: aws_sdk_batch::Client,
}

impl Batch {
    /// Sends by this client.
    #[must_use]
    pub fn new(client: aws_sdk_batch::Client) -> Self {
        Self { client }
    }
}

impl SubmitJob for Batch {
    async fn submit(&self, request: &JobRequest) -> Result<String, SubmitError> {
        let answer = sdk_request(&self.client, request).send().await.map_err(|error| {
            let status = error.raw_response().map(|response| response.status().as_u16());
            let text = match (error.code(), error.message()) {
                (Some(code), Some(message)) => format!("{code}: {}", without_values(message)),
                (Some(code), None) => code.to_owned(),
                _ => causes(&error),
            };
            match status {
                Some(status) if (400..500).contains(&status) && !is_passing(status, error.code()) => {
                    SubmitError::Refused(text)
                }
                _ => SubmitError::Unavailable(text),
            }
        })?;
        answer.job_id().map(str::to_owned).ok_or_else(|| SubmitError::Unavailable("the answer has no jobId".into()))
    }
}

/// Whether a 4xx is about the moment rather than the request: throttling, or credentials and clocks that a new sandbox
/// or a mended role puts right.
fn is_passing(status: u16, code: Option<&str>) -> bool {
    const PASSING: [&str; 6] = [
        "TooManyRequestsException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "ExpiredTokenException",
        "IncompleteSignature",
        "RequestTimeout",
    ];
    matches!(status, 401 | 403 | 408 | 425 | 429) || code.is_some_and(|code| PASSING.contains(&code))
}

/// AWS's validation quotes what it found, `Value '…' at 'field' failed to satisfy constraint`; the value stays out of
/// logs and queues.
fn without_values(message: &str) -> String {
    let mut text = String::new();
    let mut rest = message;
    while let Some((before, quoted)) = rest.split_once("Value '") {
        text.push_str(before);
        text.push_str("Value");
        rest = quoted.find("' at '").map_or("", |end| &quoted[end + 1..]);
    }
    text + rest
}

fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Narrows the SDK's retries of `SubmitJob`, which has no client token: sent again is only what Batch refused for being
/// too busy, and what failed before its first byte left.
#[derive(Debug)]
pub(crate) struct SendOnce;

impl ClassifyRetry for SendOnce {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = match context.output_or_error() {
            Some(Ok(_)) | None => return RetryAction::NoActionIndicated,
            Some(Err(error)) => error,
        };
        if context.response().is_some_and(|response| response.status().as_u16() == 429) {
            return RetryAction::throttling_error();
        }
        match error.as_connector_error() {
            Some(connector) if was_never_sent(connector) => RetryAction::transient_error(),
            _ => RetryAction::RetryForbidden,
        }
    }

    fn name(&self) -> &'static str {
        "send once"
    }

    fn priority(&self) -> RetryClassifierPriority {
        // After the SDK's own classifiers, so that this one's word is the last.
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// Whether the connection was never made: the name not resolved, the connection or TLS refused.
fn was_never_sent(error: &(impl std::error::Error + 'static)) -> bool {
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

#[cfg(test)]
mod tests {
    use super::without_values;

    #[test]
    fn what_aws_quotes_of_a_request_is_left_out() {
        let message = "2 validation errors detected: Value 'it's secret' at 'jobName' failed to satisfy constraint; Value 'x' at 'tags' failed";
        assert_eq!(
            without_values(message),
            "2 validation errors detected: Value at 'jobName' failed to satisfy constraint; Value at 'tags' failed"
        );
        assert_eq!(without_values("Job queue feeds does not exist"), "Job queue feeds does not exist");
        assert_eq!(without_values("Value 'cut off"), "Value");
    }
}
