//! Deliveries of one SNS message to a function with the real SDK clients, in the test's own process or in another.

use std::time::Duration;

use anyhow::{Context as _, Result};
use jobwire_core::plan::Deployment;
use jobwire_core::trigger::Triggers;
use jobwire_core::trigger_file;
use jobwire_lambda::answer::Answer;
use jobwire_lambda::batch::SdkBatch;
use jobwire_lambda::clients;
use jobwire_lambda::fault::Fault;
use jobwire_lambda::function::Function;
use jobwire_lambda::ledger::DynamoDb;
use jobwire_lambda::pace::Pace;
use jobwire_lambda::rejects::RejectsQueue;
use jobwire_lambda::settings::Settings;
use jobwire_lambda::window::Timing;
use serde_json::{Value, json};
use tokio::time::Instant;

/// One trigger on one topic.
pub const FILE: &str = "
version: 1
triggers:
  consume:
    on: { topic: feed }
    submit: { jobName: consume, jobQueue: feeds, jobDefinition: FeedConsumer }
";

/// Times so short that a test can wait for a lease to end, and in the proportions of the real ones.
pub const TIMING: Timing = Timing {
    answer: Duration::from_millis(300),
    lease_margin: Duration::from_millis(200),
    settle: Duration::from_millis(1500),
};

/// How long after a job was submitted the fake may keep it out of its lists: less than the settle time.
pub const VISIBLE_AFTER: Duration = Duration::from_millis(1200);

/// A function of the SNS source, whose Batch and ledger are at one endpoint.
#[derive(Debug)]
pub struct Deliveries {
    function: Function<SdkBatch, DynamoDb, RejectsQueue>,
}

impl Deliveries {
    /// A new function, as a new sandbox has it.
    pub fn to(url: &str) -> Result<Self> {
        let variable = |name: &str| match name {
            "AWS_REGION" => Some("us-east-1"),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test"),
            "AWS_ENDPOINT_URL" => Some(url),
            _ => None,
        };
        let settings = Settings::read(|name| variable(name).map(str::to_owned)).context("the settings are wrong")?;
        let http = clients::http(&settings.aws);
        let function = Function {
            source: jobwire_sns::SOURCE,
            triggers: triggers()?,
            deployment: Deployment::default(),
            batch: clients::batch(&settings, &http),
            ledger: Some(clients::ledger(&settings, &http, "ledger")),
            rejects: None,
            pace: Pace::of(f64::INFINITY),
            timing: TIMING,
        };
        Ok(Self { function })
    }

    /// Delivers an event of these messages, their ids with commas between, and gives the function this much time.
    pub async fn deliver(&self, message_ids: &str, time: Duration) -> Result<Answer, Fault> {
        let records: Vec<Value> = message_ids.split(',').map(record).collect();
        self.function.handle(&event(&records), Instant::now() + time).await
    }
}

fn triggers() -> Result<Triggers> {
    trigger_file::read(FILE, None, &[jobwire_sns::SOURCE]).context("the trigger file is wrong")
}

/// The event of these records.
#[must_use]
pub fn event(records: &[Value]) -> Value {
    json!({ "Records": records })
}

/// A message's record, as SNS invokes a function with it.
#[must_use]
pub fn record(message_id: &str) -> Value {
    json!({"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": notification(message_id)})
}

/// A message's record, as SQS invokes a function with it.
#[must_use]
pub fn queued(message_id: &str) -> Value {
    json!({"eventSource": "aws:sqs", "messageId": message_id, "body": notification(message_id).to_string()})
}

fn notification(message_id: &str) -> Value {
    json!({
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:feed",
        "Message": "go",
        "Timestamp": "2026-11-21T06:00:00.000Z",
    })
}
