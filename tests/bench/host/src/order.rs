//! What goes between `jobwire-bench` and its host.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What is to be done.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Order {
    /// To run a handler.
    Run(Handler),
    /// To measure the endpoint itself.
    Probe(Probe),
}

/// A handler process and its events.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Handler {
    /// The program.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
    /// Its variables beside those that Lambda and the endpoints give; it gets no others.
    pub(crate) variables: BTreeMap<String, String>,
    /// The events, one a line; the first `invocations` of them are sent.
    pub(crate) events: PathBuf,
    /// How many.
    pub(crate) invocations: usize,
    /// Whether Batch and DynamoDB speak TLS.
    pub(crate) tls: bool,
    /// Whether a request without a signature is refused, so that none of those compared is spared the work.
    pub(crate) signed: bool,
    /// The file for what it prints.
    pub(crate) log: PathBuf,
}

/// What became of a handler. Times are in nanoseconds.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    /// From its start to its first question for an event.
    pub(crate) init: u64,
    /// From each event to the next question, which is what Lambda bills.
    pub(crate) invocations: Vec<u64>,
    /// What the process has used of the processors until it was ended.
    pub(crate) cpu: u64,
    /// The peak of its memory, in bytes.
    pub(crate) peak: u64,
    /// How many jobs it has submitted.
    pub(crate) jobs: usize,
    /// How many items it has written.
    pub(crate) items: usize,
    /// The last job request.
    pub(crate) request: String,
    /// The last answer.
    pub(crate) answer: String,
    /// How many bytes it has printed.
    pub(crate) printed: u64,
}

/// How often the endpoint is asked by the host itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Probe {
    /// Over TLS or not.
    pub(crate) tls: bool,
    /// So often on one connection.
    pub(crate) requests: usize,
}

/// What the endpoint's answers took, in nanoseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Probed {
    /// From the connection's start to the first answer.
    pub(crate) first: u64,
    /// Each of the following ones.
    pub(crate) others: Vec<u64>,
}
