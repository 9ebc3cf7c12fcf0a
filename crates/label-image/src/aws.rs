//! What both services' clients share: the configuration, and the words for what fails.

use std::fmt::Debug;

use anyhow::{Result, anyhow};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// Credentials, Region and endpoints of the environment, over one HTTPS client with root certificates compiled in: an
/// image of the user's may have none.
pub(crate) async fn config() -> Result<SdkConfig> {
    let http = jobwire_https::of_process()?;
    Ok(aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await)
}

/// The service's own code and message, since the SDK's text for its answer says no more than "service error". Where no
/// service answered, the SDK's chain of causes stays.
pub(crate) fn explain<E, R>(error: SdkError<E, R>) -> anyhow::Error
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => anyhow!("{code}: {message}"),
        (Some(code), None) => anyhow!("{code}"),
        (None, _) => error.into(),
    }
}
