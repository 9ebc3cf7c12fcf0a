//! One thing that happened.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::chain::Chain;
use crate::key::OccurrenceKey;
use crate::on::{BucketEvent, Each};

/// One thing that happened: a tick, a message, an object, a job's change of state.
#[derive(Clone, Debug, Serialize)]
pub struct Occurrence {
    /// What it is compared with when triggers are matched.
    pub origin: Origin,
    /// What makes two deliveries the same; the constant form of a schedule has nothing to make one of.
    pub key: Option<OccurrenceKey>,
    /// The moment of the occurrence, in RFC 3339.
    pub time: Option<String>,
    /// The chain that it goes on with, if a job of ours led to it.
    pub chain: Option<Chain>,
    /// The names that the source offers to templates.
    pub names: Map<String, Value>,
    /// Which record of the event it stands in.
    pub record: Record,
}

/// The record of an event that an occurrence or a problem belongs to.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Record {
    /// The record's place in the event, from 0.
    pub index: usize,
    /// The SQS message that it came in, which an answer names when it must be delivered again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sqs_message: Option<String>,
}

/// Where an occurrence comes from, as far as `on` asks.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Origin {
    /// A schedule's tick.
    Schedule {
        /// The trigger that our own envelope names.
        trigger: Option<String>,
        /// The rule or schedule that fired.
        rule: Option<String>,
    },
    /// A schedule's constant input, which says neither who sent it nor when.
    Constant,
    /// A message of an SNS topic.
    Topic {
        /// The topic's ARN.
        arn: String,
    },
    /// An S3 object.
    Bucket {
        /// The bucket's name.
        bucket: String,
        /// The object's key, decoded.
        key: String,
        /// What happened to it.
        event: BucketEvent,
    },
    /// A Batch job's change of state.
    Job {
        /// The ARN of the job's queue.
        queue: String,
        /// The ARN of the job's definition, with its revision.
        definition: String,
        /// The new status.
        status: String,
        /// Whether it is a whole job, an array's child or a node.
        each: Each,
    },
}
