//! `CloudWatch` Logs of the local cloud.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_cloudwatchlogs::{
    Client, Config,
    config::{BehaviorVersion, Region, timeout::TimeoutConfig},
    error::DisplayErrorContext,
    operation::{create_log_group::CreateLogGroupError, create_log_stream::CreateLogStreamError},
    types::InputLogEvent,
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

use super::{LogError, LogLine, LogSink};

/// Longer than any answer on one machine takes, and shorter than the patience of whoever waits for a job's end.
const PATIENCE: Duration = Duration::from_secs(4);

#[derive(Debug, Clone)]
pub(crate) struct CloudWatch {
    client: Client,
}

impl CloudWatch {
    pub(crate) fn new(endpoint: &str, region: &str) -> Self {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(Credentials::new("test", "test", None, None, "local-batch"))
            .endpoint_url(endpoint)
            .timeout_config(TimeoutConfig::builder().operation_timeout(PATIENCE).build())
            .http_client(http)
            .build();
        Self { client: Client::from_conf(config) }
    }
}

impl LogSink for CloudWatch {
    async fn create(&self, group: &str, stream: &str) -> Result<(), LogError> {
        match self.client.create_log_group().log_group_name(group).send().await {
            Ok(_) => {}
            Err(error)
                if error.as_service_error().is_some_and(CreateLogGroupError::is_resource_already_exists_exception) => {}
            Err(error) => return Err(LogError(DisplayErrorContext(error).to_string())),
        }
        let made = self.client.create_log_stream().log_group_name(group).log_stream_name(stream).send().await;
        match made {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(CreateLogStreamError::is_resource_already_exists_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(LogError(DisplayErrorContext(error).to_string())),
        }
    }

    async fn put(&self, group: &str, stream: &str, lines: Vec<LogLine>) -> Result<(), LogError> {
        let mut request = self.client.put_log_events().log_group_name(group).log_stream_name(stream);
        for line in lines {
            let event = InputLogEvent::builder()
                .timestamp(i64::try_from(line.timestamp).unwrap_or(i64::MAX))
                .message(line.message)
                .build()
                .map_err(|error| LogError(error.to_string()))?;
            request = request.log_events(event);
        }
        request.send().await.map_err(|error| LogError(DisplayErrorContext(error).to_string()))?;
        Ok(())
    }
}
