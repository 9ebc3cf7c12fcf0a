//! The SDK clients, which share one HTTP connector.

use std::fmt::Debug;

use anyhow::{Result, anyhow};
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};

/// A client for SNS in `region`, whatever the environment's Region is.
pub(crate) async fn sns(region: &str) -> Result<aws_sdk_sns::Client> {
    Ok(aws_sdk_sns::Client::new(&loader()?.region(Region::new(region.to_owned())).load().await))
}

/// A client for S3 in the environment's Region. With an endpoint of the user's own, the bucket goes into the path,
/// because such an endpoint has seldom a host name for each bucket.
pub(crate) async fn s3() -> Result<aws_sdk_s3::Client> {
    let shared: SdkConfig = loader()?.load().await;
    let own_endpoint = shared.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
    let config = aws_sdk_s3::config::Builder::from(&shared).force_path_style(own_endpoint).build();
    Ok(aws_sdk_s3::Client::from_conf(config))
}

/// The environment's configuration, with root certificates compiled in: an image of the user's may have none.
fn loader() -> Result<ConfigLoader> {
    Ok(aws_config::defaults(BehaviorVersion::latest()).http_client(jobwire_https::of_process()?))
}

/// What the service said, where it answered; otherwise the SDK's own chain of causes. The SDK's text for a service's
/// error is no more than "service error".
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
