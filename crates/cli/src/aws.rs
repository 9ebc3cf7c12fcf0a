//! SDK clients of the local cloud. They reach loopback alone, with credentials that mean nothing anywhere else.

use aws_credential_types::Credentials;
use aws_sdk_batch::config::{Region, SharedHttpClient};
use aws_smithy_http_client::Builder;

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
