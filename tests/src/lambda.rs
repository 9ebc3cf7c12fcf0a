//! The Lambda Runtime API on loopback: hands events to a real function binary, and keeps its answers.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::routing::{get, post};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};

use crate::binaries;

/// A function's process, and the Runtime API that it talks to.
#[derive(Debug)]
pub struct Lambda {
    process: Child,
    log: tempfile::NamedTempFile,
    events: mpsc::UnboundedSender<(Value, Duration)>,
    answers: mpsc::UnboundedReceiver<(String, Value)>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Api {
    events: Mutex<mpsc::UnboundedReceiver<(Value, Duration)>>,
    answers: mpsc::UnboundedSender<(String, Value)>,
}

impl Lambda {
    /// Starts the binary `name` with the compiled trigger file and these variables beside AWS's own.
    pub async fn start(name: &str, file: &Path, variables: &[(&str, &str)]) -> Result<Self> {
        Self::run(binaries::command(name)?, name, file, variables).await
    }

    /// The same with a binary that lies elsewhere.
    pub async fn run(mut command: Command, name: &str, file: &Path, variables: &[(&str, &str)]) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port is free")?;
        let address = listener.local_addr().context("the port is not known")?;
        let (events, queue) = mpsc::unbounded_channel();
        let (sender, answers) = mpsc::unbounded_channel();
        let api = Arc::new(Api { events: Mutex::new(queue), answers: sender });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{outcome}", post(answer))
            .with_state(api);
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        let log = tempfile::NamedTempFile::new().context("there is no room for the log")?;
        let output = log.reopen().context("the log cannot be opened")?;
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("JOBWIRE_FILE", file)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(output);
        let process = command.spawn().context("the function does not start")?;
        Ok(Self { process, log, events, answers, server })
    }

    /// What the function has logged until now.
    pub fn log(&self) -> Result<String> {
        std::fs::read_to_string(self.log.path()).context("the log cannot be read")
    }

    /// Invokes the function, and gives what it answered: `("response", …)` or `("error", …)`.
    pub async fn invoke(&mut self, event: Value) -> Result<(String, Value)> {
        self.invoke_within(event, Duration::from_secs(30)).await
    }

    /// Invokes the function with this much time until its deadline, which nothing here enforces.
    pub async fn invoke_within(&mut self, event: Value, time: Duration) -> Result<(String, Value)> {
        self.send(event, time)?;
        self.answer().await
    }

    /// Sends an event, and does not wait for the answer.
    pub fn send(&self, event: Value, time: Duration) -> Result<()> {
        self.events.send((event, time)).context("the Runtime API has ended")
    }

    /// The next answer.
    pub async fn answer(&mut self) -> Result<(String, Value)> {
        let answer = tokio::time::timeout(Duration::from_mins(1), self.answers.recv())
            .await
            .context("the function gave no answer for a minute")?;
        answer.context("the Runtime API has ended")
    }

    /// Stops the process where it is, as Lambda does with a function that waits.
    pub fn freeze(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets it go on.
    pub fn thaw(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.process.id()).context("the process has no usable id")?;
        kill(Pid::from_raw(pid), signal).context("the function's process is gone")
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.server.abort();
    }
}

/// Waits, as Lambda does, until there is an event.
async fn next(State(api): State<Arc<Api>>) -> (HeaderMap, String) {
    let (event, time) = match api.events.lock().await.recv().await {
        Some(sent) => sent,
        None => std::future::pending().await,
    };
    let deadline = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default() + time;
    let mut headers = HeaderMap::from_iter([(
        HeaderName::from_static("lambda-runtime-deadline-ms"),
        HeaderValue::from(u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX)),
    )]);
    for (name, value) in [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:test"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    (headers, event.to_string())
}

async fn answer(
    State(api): State<Arc<Api>>,
    UrlPath((_, outcome)): UrlPath<(String, String)>,
    body: String,
) -> axum::Json<Value> {
    let value = serde_json::from_str(&body).unwrap_or(Value::String(body));
    // The receiver is gone only when the test is over.
    let _ = api.answers.send((outcome, value));
    axum::Json(json!({"status": "OK"}))
}
