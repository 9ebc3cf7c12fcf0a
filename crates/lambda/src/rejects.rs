//! The rejects queue: for what no retry can help.

use std::sync::LazyLock;

use aws_sdk_sqs::Client;
use jobwire_core::plan::Reject;
use jobwire_core::problem::Problem;
use serde_json::json;

use crate::sdk_error::said;

/// What SQS takes as one message, less what its own envelope may need.
const LARGEST: usize = 1_000_000;

/// Where rejects go.
pub trait Rejects {
    /// Sends one reject; an error says why it was not taken, and a retry can help.
    fn send(&self, source: &str, reject: &Reject) -> impl Future<Output = Result<(), String>> + Send;
}

/// The rejects queue, by the SDK.
#[derive(Debug)]
pub struct RejectsQueue {
    client: LazyLock<Client, Box<dyn FnOnce() -> Client + Send>>,
    url: String,
}

impl RejectsQueue {
    /// Sends to the queue at `url` by this client, which is made for the first reject.
    #[must_use]
    pub fn new(client: impl FnOnce() -> Client + Send + 'static, url: &str) -> Self {
        Self { client: LazyLock::new(Box::new(client)), url: url.to_owned() }
    }
}

impl Rejects for RejectsQueue {
    async fn send(&self, source: &str, reject: &Reject) -> Result<(), String> {
        let sent = self.client.send_message().queue_url(&self.url).message_body(body(source, reject)).send().await;
        sent.map(|_| ()).map_err(|error| said(&error))
    }
}

/// `{"source", "trigger", "key", "problems": [{"path", "message", "help"}], "event"}`, where `event` is one that
/// holds the record alone; what is too large for SQS is left out, and a problem says so.
#[must_use]
pub fn body(source: &str, reject: &Reject) -> String {
    let text = |reject: &Reject| {
        json!({"source": source, "trigger": reject.trigger, "key": reject.key, "problems": reject.problems, "event": reject.event}).to_string()
    };
    let whole = text(reject);
    if whole.len() <= LARGEST {
        return whole;
    }
    let mut small = reject.clone();
    small.problems.push(Problem::new(
        "event",
        format!("is {} bytes with its envelope, more than a message of SQS holds, and is left out", whole.len()),
    ));
    small.event = serde_json::Value::Null;
    text(&small)
}
