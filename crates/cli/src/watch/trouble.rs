//! Calls that failed: those that are worth another try, and those that no try can help.

use std::error::Error;
use std::fmt::Debug;

use anyhow::anyhow;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_batch::error::{ProvideErrorMetadata, SdkError};

use super::plain::plain;
use crate::aws;

/// Why a call has no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The network, or a service that is too busy or at fault itself: a later try may go well.
    Passing(anyhow::Error),
    /// A refusal, such as a permission that is missing: a later try ends the same way.
    Final(anyhow::Error),
}

impl Trouble {
    /// The error itself, for whoever does not try again.
    pub(crate) fn into_error(self) -> anyhow::Error {
        match self {
            Self::Passing(error) | Self::Final(error) => error,
        }
    }
}

/// Says what could not be done, and whether it may be tried again. The SDK has tried three times already.
pub(crate) fn trouble<E>(what: &str, error: SdkError<E>) -> Trouble
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let passes = passes(&error);
    let error = match &error {
        // What a service says is a text of others, which a terminal must not obey.
        SdkError::ServiceError(_) => anyhow!("{}", plain(&aws::explain(error).to_string())),
        SdkError::DispatchFailure(_) if credentials_fault(&error).is_some() => {
            let fault = credentials_fault(&error).map(ToString::to_string).unwrap_or_default();
            anyhow!(
                "there are no AWS credentials to call it with ({fault}): set AWS_PROFILE, or sign in by `aws sso login`"
            )
        }
        _ => aws::explain(error),
    };
    let error = error.context(what.to_owned());
    if passes { Trouble::Passing(error) } else { Trouble::Final(error) }
}

fn passes<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::ServiceError(refusal) => {
            let status = refusal.raw().status().as_u16();
            let code = refusal.err().code().unwrap_or_default();
            status >= 500 || status == 429 || is_throttling(code)
        }
        SdkError::DispatchFailure(_) => credentials_fault(error).is_none(),
        SdkError::TimeoutError(_) | SdkError::ResponseError(_) => true,
        _ => false,
    }
}

/// The words that AWS's services have for too many calls.
fn is_throttling(code: &str) -> bool {
    code.contains("Throttl") || matches!(code, "TooManyRequestsException" | "RequestLimitExceeded" | "SlowDown")
}

/// The SDK asks for credentials on the way to each call, and tells of their lack as of a fault on the way.
fn credentials_fault<E>(error: &SdkError<E>) -> Option<&CredentialsError> {
    let SdkError::DispatchFailure(failure) = error else { return None };
    let mut next = failure.as_connector_error().map(|error| error as &(dyn Error + 'static));
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<CredentialsError>() {
            return Some(fault);
        }
        next = error.source();
    }
    None
}
