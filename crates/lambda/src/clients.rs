//! The SDK clients, configured by hand from the settings: the SDK's own loader would build clients of services that a
//! function never calls.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_batch::config::retry::RetryConfig;
use aws_sdk_batch::config::timeout::TimeoutConfig;
use aws_sdk_batch::config::{Region, SharedHttpClient};

use crate::batch::SdkBatch;
use crate::ledger::DynamoDb;
use crate::rejects::RejectsQueue;
use crate::settings::{Aws, Settings};

/// Builds the configuration of one service's client; the SDK gives each service a type of its own.
macro_rules! config {
    ($service:ident, $aws:expr, $http:expr, $timeouts:expr, $endpoint:ident) => {{
        let mut config = $service::Config::builder()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region(Region::new($aws.region.clone()))
            .credentials_provider(credentials($aws))
            .http_client($http.clone())
            .timeout_config($timeouts)
            .use_fips($aws.fips)
            .use_dual_stack($aws.dual_stack);
        config.set_endpoint_url($aws.$endpoint.clone());
        config
    }};
}

/// The client of Batch.
#[must_use]
pub fn batch(settings: &Settings, http: &SharedHttpClient) -> SdkBatch {
    let config = config!(aws_sdk_batch, &settings.aws, http, timeouts(), batch_endpoint);
    // SubmitJob has no client token, so the SDK must send nothing again by itself.
    let config = config.retry_config(RetryConfig::disabled());
    SdkBatch::new(aws_sdk_batch::Client::from_conf(config.build()))
}

/// The client of the rejects queue. What it fails to send in time comes again with its event. Most functions live and
/// end without a reject, so it is made for the first one.
#[must_use]
pub fn rejects(settings: &Settings, http: &SharedHttpClient, url: &str) -> RejectsQueue {
    let (aws, http) = (settings.aws.clone(), http.clone());
    let client = move || {
        let config = config!(aws_sdk_sqs, &aws, http, short_timeouts(), sqs_endpoint);
        aws_sdk_sqs::Client::from_conf(config.build())
    };
    RejectsQueue::new(client, url)
}

/// The client of the ledger's table.
#[must_use]
pub fn ledger(settings: &Settings, http: &SharedHttpClient, table: &str) -> DynamoDb {
    let config = config!(aws_sdk_dynamodb, &settings.aws, http, short_timeouts(), dynamodb_endpoint);
    DynamoDb::new(aws_sdk_dynamodb::Client::from_conf(config.build()), table)
}

/// Lambda sets a function's credentials for as long as its process lives, so they are read once.
fn credentials(aws: &Aws) -> Credentials {
    Credentials::new(&aws.access_key_id, &aws.secret_access_key, aws.session_token.clone(), None, "environment")
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(3)).read_timeout(Duration::from_secs(15)).build()
}

/// For what answers within milliseconds: a second try is worth more than a longer wait.
fn short_timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(1)).read_timeout(Duration::from_secs(3)).build()
}

/// One HTTPS client for all of them, because to set up TLS takes its time at a cold start.
#[must_use]
pub fn http(aws: &Aws) -> SharedHttpClient {
    jobwire_https::client(&aws.https)
}
