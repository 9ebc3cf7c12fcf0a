//! Where jobs are watched: an account's Region, or the local cloud; and the clients that reach it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;

use super::pace::Pace;
use crate::aws;
use crate::local::State;

/// How long one try of a call may take. Without a limit a connection that is lost in silence would end the watching.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long it may take to learn which account was asked, which is told beside an error only.
const ACCOUNT_PATIENCE: Duration = Duration::from_secs(5);

/// Where jobs are watched.
#[derive(Debug)]
pub(crate) struct Place {
    /// The client of Batch.
    pub(crate) batch: aws_sdk_batch::Client,
    /// The Region that is asked.
    pub(crate) region: String,
    /// The state folder of the local cloud, if it is that.
    pub(crate) local: Option<PathBuf>,
    config: SdkConfig,
    /// Clients of logs by their Regions.
    logs: BTreeMap<String, aws_sdk_cloudwatchlogs::Client>,
}

impl Place {
    /// The user's own account; `region` is that of an ARN, which goes before the configured one.
    pub(crate) async fn account(region: Option<&str>) -> Result<Self> {
        let config = aws::account(region).await?;
        let limits = TimeoutConfig::builder().connect_timeout(PATIENCE / 4).operation_attempt_timeout(PATIENCE).build();
        let config = config.into_builder().timeout_config(limits).build();
        let region = config.region().map_or_else(String::new, |region| region.as_ref().to_owned());
        Ok(Self::new(aws_sdk_batch::Client::new(&config), &region, config, None))
    }

    /// The local cloud whose state lies in `folder`.
    pub(crate) fn local(folder: &Path) -> Result<Self> {
        let state = State::of_running(folder)?;
        let batch = state.batch();
        let region = batch.config().region().map_or_else(String::new, |region| region.as_ref().to_owned());
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "local")))
            .http_client(Builder::new().build_http())
            .endpoint_url(&state.endpoint)
            .build();
        Ok(Self::new(batch, &region, config, Some(folder.to_owned())))
    }

    fn new(batch: aws_sdk_batch::Client, region: &str, config: SdkConfig, local: Option<PathBuf>) -> Self {
        Self { batch, region: region.to_owned(), local, config, logs: BTreeMap::new() }
    }

    /// How often may be looked here.
    pub(crate) fn pace(&self) -> Pace {
        if self.local.is_some() { Pace::of_local_cloud() } else { Pace::of_account() }
    }

    /// The client of logs in a Region, or in the one that is asked.
    pub(crate) fn logs(&mut self, region: Option<&str>) -> aws_sdk_cloudwatchlogs::Client {
        let region = region.unwrap_or(&self.region).to_owned();
        let config = &self.config;
        let client = self.logs.entry(region.clone()).or_insert_with(|| {
            let config = config.to_builder().region(Region::new(region)).build();
            aws_sdk_cloudwatchlogs::Client::new(&config)
        });
        client.clone()
    }

    /// What was asked, for sentences about what is not there: the Region, and the account where it may be known.
    pub(crate) async fn described(&self) -> String {
        if let Some(folder) = &self.local {
            return format!("the local cloud in {}", folder.display());
        }
        let client = aws_sdk_sts::Client::new(&self.config);
        let asked = tokio::time::timeout(ACCOUNT_PATIENCE, client.get_caller_identity().send()).await;
        let account = asked.ok().and_then(Result::ok).and_then(|identity| identity.account);
        let account = account.map(|account| format!(" of account {account}")).unwrap_or_default();
        format!("Region {}{account}", self.region)
    }
}
