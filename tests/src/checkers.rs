//! What others wrote and our own is compared with: botocore's service model, moto's Batch, JSON Schema, cfn-lint. They
//! lie in a virtual environment that `make test` makes.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::binaries;

/// A program of the virtual environment.
pub fn program(name: &str) -> Result<Command> {
    let path = binaries::root().join(".jobwire/checkers/bin").join(name);
    if !path.exists() {
        bail!("{} is not there: `make test` installs it", path.display());
    }
    Ok(Command::new(path))
}

/// One of the Python programs beside the tests.
pub fn python(script: &str) -> Result<Command> {
    let mut command = program("python")?;
    command.arg(script_path(script));
    Ok(command)
}

fn script_path(script: &str) -> PathBuf {
    binaries::root().join("tests/python").join(script)
}

/// What a Python program prints.
pub fn printed(mut command: Command) -> Result<String> {
    let output = command.output().context("the program does not start")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).context("it prints what is no UTF-8")
}

/// moto's Batch, which checks requests against its queues and job definitions; it ends when this is dropped.
#[derive(Debug)]
pub struct Moto {
    /// Where it listens.
    pub url: String,
    process: Child,
}

impl Moto {
    /// Starts it with queues and job definitions of these names.
    pub fn start(queues: &[&str], definitions: &[&str]) -> Result<Self> {
        let mut command = python("moto_batch.py")?;
        command.args([queues.join(","), definitions.join(",")]).env_clear();
        // It tells of every request, and of the wrong ones at length.
        let log = tempfile::NamedTempFile::new().context("there is no room for the log")?;
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.reopen().context("the log cannot be opened")?)
            .spawn()
            .context("moto does not start")?;
        let mut url = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut url).context("moto's address cannot be read")?;
        }
        let moto = Self { url: url.trim().to_owned(), process };
        if moto.url.is_empty() {
            bail!("moto ended before it listened: {}", std::fs::read_to_string(log.path()).unwrap_or_default());
        }
        Ok(moto)
    }

    /// Sends a request of any form to SubmitJob; the status and the body that come back.
    pub async fn submit(&self, body: &Value) -> Result<(u16, String)> {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.context("moto cannot be reached")?;
        let body = body.to_string();
        // moto finds the service in the signature's scope, and verifies no signature.
        let request = format!(
            "POST /v1/submitjob HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/batch/aws4_request, SignedHeaders=host, Signature=0\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.context("moto's answer cannot be read")?;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).context("it is no HTTP")?;
        Ok((status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()))
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
