//! A local cloud of one's own: a pipeline's folder, `jobwire local up` on free ports, and `down` at the end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use anyhow::{Context as _, Result, bail};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use serde_json::Value;

use crate::binaries;

/// A local cloud that ends with this value.
#[derive(Debug)]
pub struct Cloud {
    file: PathBuf,
    state: PathBuf,
    /// The endpoint of everything but Batch.
    pub endpoint: String,
    /// The endpoint of Batch.
    pub batch_endpoint: String,
    /// The outputs of the functions' stack.
    pub outputs: BTreeMap<String, String>,
}

/// Builds a client of one service at an endpoint; the SDK gives each service a type of its own.
macro_rules! client {
    ($service:ident, $endpoint:expr $(, $option:ident($value:expr))*) => {
        $service::Client::from_conf(
            $service::Config::builder()
                .behavior_version($service::config::BehaviorVersion::latest())
                .region($service::config::Region::new("us-east-1"))
                .credentials_provider(Credentials::new("test", "test", None, None, "local"))
                .http_client(Builder::new().build_http())
                .endpoint_url($endpoint)
                $(.$option($value))*
                .build(),
        )
    };
}

/// A client of a Batch endpoint on this machine.
#[must_use]
pub fn batch_at(endpoint: &str) -> aws_sdk_batch::Client {
    client!(aws_sdk_batch, endpoint)
}

impl Cloud {
    /// Starts a cloud for the trigger file, with its state in `state`.
    ///
    /// `progress` lets people see what `up` says; tests keep it for their failures.
    pub fn up(file: &Path, state: &Path, parameters: &[(&str, &str)], progress: bool) -> Result<Self> {
        let parameters = parameters.iter().map(|(name, value)| format!("--parameter={name}={value}"));
        let arguments: Vec<String> = std::iter::once("--executor=process".to_owned()).chain(parameters).collect();
        Self::up_with(file, state, &arguments, progress)
    }

    /// The same with further arguments of `jobwire local up`.
    pub fn up_with(file: &Path, state: &Path, arguments: &[String], progress: bool) -> Result<Self> {
        let mut command = binaries::command("jobwire")?;
        command
            .arg("--file")
            .arg(file)
            .args(["local", "--state"])
            .arg(state)
            .args(["up", "--port", "0", "--batch-port", "0", "--venv"])
            .arg(binaries::venv());
        command.args(arguments).stdin(Stdio::null());
        if progress {
            command.stderr(Stdio::inherit());
        }
        let output = command.output().context("jobwire does not start")?;
        if !output.status.success() {
            bail!("jobwire local up: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        }
        let status = jobwire(file, state, &["status", "--json"])?;
        let status: Value =
            serde_json::from_slice(&status.stdout).context("jobwire local status --json prints no JSON")?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("the status lacks a field");
        let outputs = status["outputs"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        Ok(Self {
            file: file.to_owned(),
            state: state.to_owned(),
            endpoint: text(&status["endpoint"])?,
            batch_endpoint: text(&status["batchEndpoint"])?,
            outputs: outputs.collect(),
        })
    }

    /// Runs `jobwire local …` on this cloud.
    pub fn jobwire(&self, arguments: &[&str]) -> Result<Output> {
        jobwire(&self.file, &self.state, arguments)
    }

    /// Sends an event by `jobwire local send`, and answers what the function answered.
    pub fn send(&self, event: &Value) -> Result<Value> {
        let path = self.state.join("event.json");
        std::fs::write(&path, event.to_string()).context("the event cannot be written")?;
        let output = self.jobwire(&["send", &path.to_string_lossy()])?;
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("jobwire local send: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// An output of the functions' stack.
    pub fn output(&self, name: &str) -> Result<&str> {
        self.outputs
            .get(name)
            .map(String::as_str)
            .with_context(|| format!("the stack has no output {name}: {:?}", self.outputs.keys()))
    }

    /// The state folder, where the logs are.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// A client of Batch.
    #[must_use]
    pub fn batch(&self) -> aws_sdk_batch::Client {
        client!(aws_sdk_batch, &self.batch_endpoint)
    }

    /// A client of S3.
    #[must_use]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        client!(aws_sdk_s3, &self.endpoint, force_path_style(true))
    }

    /// A client of SNS.
    #[must_use]
    pub fn sns(&self) -> aws_sdk_sns::Client {
        client!(aws_sdk_sns, &self.endpoint)
    }

    /// A client of SQS.
    #[must_use]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        client!(aws_sdk_sqs, &self.endpoint)
    }

    /// A client of DynamoDB.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        client!(aws_sdk_dynamodb, &self.endpoint)
    }

    /// A client of CloudWatch Logs.
    #[must_use]
    pub fn logs(&self) -> aws_sdk_cloudwatchlogs::Client {
        client!(aws_sdk_cloudwatchlogs, &self.endpoint)
    }

    /// Ends it, and says whether that went well.
    pub fn down(&self) -> Result<()> {
        let output = self.jobwire(&["down"])?;
        if !output.status.success() {
            bail!("jobwire local down: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        // A second `down` finds nothing to end and is good.
        let _ = self.down();
    }
}

fn jobwire(file: &Path, state: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = binaries::command("jobwire")?;
    command.arg("--file").arg(file).args(["local", "--state"]).arg(state).args(arguments).stdin(Stdio::null());
    command.output().context("jobwire does not start")
}
