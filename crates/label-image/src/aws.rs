//! What both services' clients share: the configuration, and the words for what fails.

use std::fmt::Debug;
use std::time::Duration;

use anyhow::{Result, anyhow};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use jobwire_https::Environment;

/// A connection that lay idle longer may have been closed by the other side without a word.
const IDLE: Duration = Duration::from_secs(20);

/// Credentials, Region and endpoints of the environment, over one HTTPS client with root certificates compiled in: an
/// image of the user's may have none.
pub(crate) async fn config() -> Result<SdkConfig> {
    let environment = Environment::read(|name| std::env::var(name).ok())
        .map_err(|faults| anyhow!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
    let http = jobwire_https::client(&environment, IDLE);
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
