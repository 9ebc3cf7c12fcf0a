//! The host: a program that plays Lambda, Batch and DynamoDB for a handler process, and takes the time. It is built for
//! speed, where this program is not.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::handler::Handler;
use crate::program::released;

/// A host that waits for orders until it is dropped.
pub(crate) struct Host {
    /// The certificate of the authority that vouches for its endpoint.
    pub(crate) certificate: PathBuf,
    /// Where handlers print to.
    log: PathBuf,
    process: RefCell<Process>,
}

struct Process {
    child: Child,
    orders: Option<ChildStdin>,
    outcomes: BufReader<ChildStdout>,
}

/// What became of a handler process.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// From its start to its first question for an event.
    pub(crate) init: Duration,
    /// From each event to the next question.
    pub(crate) invocations: Vec<Duration>,
    /// What it used of the processors until it was ended.
    pub(crate) cpu: Duration,
    /// The peak of its memory in bytes.
    pub(crate) peak: u64,
    /// How many jobs it submitted.
    pub(crate) jobs: u64,
    /// How many items it wrote.
    pub(crate) items: u64,
    /// The last job request.
    pub(crate) request: Value,
    /// The last answer.
    pub(crate) answer: Value,
    /// How many bytes it printed.
    pub(crate) printed: u64,
}

impl Host {
    /// Starts it; its files lie in `folder`.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let certificate = folder.join("authority.pem");
        let mut command = Command::new(released("jobwire-bench-host")?);
        command.arg("serve").arg(&certificate).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("the host cannot be started")?;
        let orders = child.stdin.take();
        let outcomes = BufReader::new(child.stdout.take().context("the host has no standard output")?);
        let host = Self {
            certificate,
            log: folder.join("handler.log"),
            process: RefCell::new(Process { child, orders, outcomes }),
        };
        // Its first answer says that the certificate is there.
        host.probe(false, 1)?;
        Ok(host)
    }

    /// Runs a handler with its first events.
    pub(crate) fn run(&self, handler: &Handler, invocations: usize) -> Result<Outcome> {
        let order = json!({"run": {
            "program": handler.program,
            "arguments": handler.arguments,
            "variables": handler.variables,
            "events": handler.events,
            "invocations": invocations,
            "tls": handler.tls,
            "signed": handler.signed,
            "log": self.log,
        }});
        let outcome = self.ask(&order).with_context(|| handler.name.clone())?;
        Ok(Outcome {
            init: time(&outcome["init"]),
            invocations: times(&outcome["invocations"]),
            cpu: time(&outcome["cpu"]),
            peak: number(&outcome["peak"]),
            jobs: number(&outcome["jobs"]),
            items: number(&outcome["items"]),
            request: parsed(&outcome["request"]),
            answer: parsed(&outcome["answer"]),
            printed: number(&outcome["printed"]),
        })
    }

    /// What the endpoint's own answers take: the first on a new connection, and each of the following ones.
    pub(crate) fn probe(&self, tls: bool, requests: usize) -> Result<(Duration, Vec<Duration>)> {
        let probed = self.ask(&json!({"probe": {"tls": tls, "requests": requests}}))?;
        Ok((time(&probed["first"]), times(&probed["others"])))
    }

    fn ask(&self, order: &Value) -> Result<Value> {
        let mut process = self.process.borrow_mut();
        let orders = process.orders.as_mut().context("the host has no standard input")?;
        writeln!(orders, "{order}").context("the host takes no orders any more")?;
        let mut line = String::new();
        process.outcomes.read_line(&mut line).context("the host's outcome cannot be read")?;
        let outcome: Value = serde_json::from_str(&line).context("the host said nothing that can be read")?;
        match outcome["error"].as_str() {
            Some(error) => bail!("{error}"),
            None => Ok(outcome),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let process = self.process.get_mut();
        // Without orders it ends by itself; that it was asked to is all that matters here.
        drop(process.orders.take());
        let _ = process.child.wait();
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn time(value: &Value) -> Duration {
    Duration::from_nanos(number(value))
}

fn times(values: &Value) -> Vec<Duration> {
    values.as_array().into_iter().flatten().map(time).collect()
}

/// What a handler sent, where it is JSON.
fn parsed(value: &Value) -> Value {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
