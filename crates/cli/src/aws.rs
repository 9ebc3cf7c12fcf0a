//! SDK clients: of the local cloud, which reach loopback alone with credentials that mean nothing anywhere else, and of
//! the user's own account.

use std::fmt::Debug;

use anyhow::{Result, anyhow, bail};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_batch::config::{Region, SharedHttpClient};
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// The local cloud's address, and a connection pool that all clients share.
#[derive(Clone, Debug)]
pub(crate) struct LocalCloud {
    endpoint: String,
    region: String,
    http: SharedHttpClient,
}

/// Builds the configuration of one service's client; the SDK gives each service a type of its own.
macro_rules! config {
    ($service:ident, $cloud:expr) => {
        $service::Config::builder()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region(Region::new($cloud.region.clone()))
            .credentials_provider(Credentials::new("test", "test", None, None, "local"))
            .http_client($cloud.http.clone())
            .endpoint_url($cloud.endpoint.clone())
    };
}

impl LocalCloud {
    /// The cloud at `endpoint`, by plain HTTP.
    pub(crate) fn at(endpoint: &str, region: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), region: region.to_owned(), http: Builder::new().build_http() }
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn batch(&self) -> aws_sdk_batch::Client {
        aws_sdk_batch::Client::from_conf(config!(aws_sdk_batch, self).build())
    }

    pub(crate) fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::from_conf(config!(aws_sdk_cloudformation, self).build())
    }

    pub(crate) fn lambda(&self) -> aws_sdk_lambda::Client {
        aws_sdk_lambda::Client::from_conf(config!(aws_sdk_lambda, self).build())
    }

    pub(crate) fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::from_conf(config!(aws_sdk_sqs, self).build())
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::from_conf(config!(aws_sdk_s3, self).force_path_style(true).build())
    }
}

/// The user's own configuration, as every AWS SDK reads it (profile, credentials, Region, endpoints), with what every call
/// needs; `region` is that of an ARN, which goes before the configured one.
///
/// The SDK says what is missing at the first call, and then with the names of everything that it looked into.
pub(crate) async fn account(region: Option<&str>) -> Result<SdkConfig> {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
    let Some(region) = region.map(|region| Region::new(region.to_owned())).or_else(|| config.region().cloned()) else {
        bail!("no AWS Region is configured: set AWS_REGION, or a profile with a Region by AWS_PROFILE")
    };
    let Some(provider) = config.credentials_provider() else { bail!(NO_CREDENTIALS) };
    match provider.provide_credentials().await {
        Ok(_) => Ok(config.into_builder().region(region).build()),
        Err(CredentialsError::InvalidConfiguration(_)) => bail!(BAD_CREDENTIALS),
        Err(_) => bail!(NO_CREDENTIALS),
    }
}

const NO_CREDENTIALS: &str =
    "no AWS credentials are found: set AWS_PROFILE, sign in by `aws sso login`, or name the local cloud by --local";

const BAD_CREDENTIALS: &str = "the AWS credentials cannot be read as they are configured: see AWS_PROFILE and the files of the AWS CLI, or name the local cloud by --local";

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
