//! `Batch Job State Change` events: made under the state's lock, delivered in the same order by a task of their own.

mod delivery;
mod http;

use aws_sdk_cloudwatchlogs::primitives::{DateTime, DateTimeFormat};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

pub(crate) use self::{
    delivery::{Backoff, deliver},
    http::HttpSink,
};
use crate::{job::Job, state::now};

/// Where events go.
pub(crate) trait EventSink {
    /// Hands one event over.
    fn send(&self, event: &Value) -> impl Future<Output = Result<(), SinkError>> + Send;
}

/// Why an event was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SinkError {
    /// Nobody answered, or the receiver has a fault of its own: a retry can help.
    #[error("{0}")]
    Unavailable(String),
    /// The receiver refused the event: a retry cannot help.
    #[error("{0}")]
    Refused(String),
}

/// Makes events and queues them; it never waits, so a receiver cannot slow the jobs.
#[derive(Debug)]
pub(crate) struct Announcer {
    region: String,
    account: String,
    events: Option<mpsc::UnboundedSender<Value>>,
}

impl Announcer {
    pub(crate) fn new(region: &str, account: &str, events: Option<mpsc::UnboundedSender<Value>>) -> Self {
        Self { region: region.to_owned(), account: account.to_owned(), events }
    }

    /// Closes the queue; what is in it is still delivered.
    pub(crate) fn end(&mut self) {
        self.events = None;
    }

    pub(crate) fn announce(&self, job: &Job) {
        let Some(events) = &self.events else { return };
        let time = DateTime::from_secs(i64::try_from(now() / 1000).unwrap_or_default());
        let event = json!({
            "version": "0",
            "id": Uuid::new_v4().to_string(),
            "detail-type": "Batch Job State Change",
            "source": "aws.batch",
            "account": self.account,
            "time": time.fmt(DateTimeFormat::DateTime).unwrap_or_default(),
            "region": self.region,
            "resources": [job.arn],
            "detail": job.describe_for_event(),
        });
        // The receiver ends with the server alone, and then nobody waits for events.
        let _ended = events.send(event);
    }
}
