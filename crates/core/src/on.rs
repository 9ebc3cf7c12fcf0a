//! `on`: which occurrences a trigger takes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arn::{is_arn, job_definition, last_component};
use crate::names_table::NamesTable;
use crate::occurrence::Origin;

/// Which occurrences a trigger takes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// Ticks of a schedule.
    Schedule(ScheduleOn),
    /// Messages of an SNS topic.
    Topic(TopicOn),
    /// Objects of an S3 bucket.
    Bucket(BucketOn),
    /// Changes of state of Batch jobs.
    Job(JobOn),
}

/// The kinds of `on`, one for each source.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `on: { schedule }`
    Schedule,
    /// `on: { topic }`
    Topic,
    /// `on: { bucket }`
    Bucket,
    /// `on: { job }`
    Job,
}

/// `on: { schedule: "cron(0 6 * * ? *)" }`
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ScheduleOn {
    /// `cron(…)`, `rate(…)` or `at(…)`, as EventBridge writes them.
    pub schedule: String,
    /// A time zone of the IANA database; with one the schedule is kept by EventBridge Scheduler.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timezone: Option<String>,
    /// What takes the place of the event in our envelope.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub input: Option<Value>,
}

impl ScheduleOn {
    /// Whether EventBridge Scheduler keeps this schedule, rather than an EventBridge rule: rules know neither time
    /// zones nor `at()`.
    #[must_use]
    pub fn needs_scheduler(&self) -> bool {
        self.timezone.is_some() || self.schedule.starts_with("at(")
    }
}

/// How an event travels to its function.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// S3 and SNS invoke the function themselves.
    #[default]
    Direct,
    /// Through the default event bus.
    Eventbridge,
    /// Through an existing topic.
    Sns(String),
    /// Through a queue.
    Sqs,
}

/// `on: { topic: start_feed_consumer }`
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TopicOn {
    /// A logical name, or the ARN of an existing topic.
    pub topic: String,
    /// Whether a queue stands between the topic and the function.
    #[serde(default)]
    pub buffered: bool,
}

/// `on: { bucket: uploads, prefix: incoming/, suffix: [.jpg, .png] }`
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BucketOn {
    /// A logical name, or the ARN of an existing bucket.
    pub bucket: String,
    /// The key begins with one of these; none means any.
    #[serde(default)]
    pub prefix: Vec<String>,
    /// The key ends with one of these; none means any.
    #[serde(default)]
    pub suffix: Vec<String>,
    /// What happened to the object.
    pub events: Vec<BucketEvent>,
    /// How the event travels; absent, `synth` chooses.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub via: Option<Via>,
    /// Whether a queue stands before the function.
    #[serde(default)]
    pub buffered: bool,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BucketEvent {
    /// It was put, copied or completed (`s3:ObjectCreated:*`).
    Created,
    /// It was deleted or got a delete marker (`s3:ObjectRemoved:*`).
    Removed,
    /// It is back from an archive (`s3:ObjectRestore:Completed`).
    Restored,
    /// Its life cycle ended (`s3:LifecycleExpiration:*`).
    Expired,
    /// It moved to another storage class (`s3:LifecycleTransition`).
    Transitioned,
    /// Its tags changed (`s3:ObjectTagging:*`).
    Tagged,
    /// Anything else that S3 tells of; no trigger asks for it.
    Other,
}

impl BucketEvent {
    /// What a trigger may ask for.
    pub const ASKABLE: [(&'static str, Self); 6] = [
        ("created", Self::Created),
        ("removed", Self::Removed),
        ("restored", Self::Restored),
        ("expired", Self::Expired),
        ("transitioned", Self::Transitioned),
        ("tagged", Self::Tagged),
    ];

    /// The word for it in the trigger file.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ASKABLE.iter().find(|(_, event)| *event == self).map_or("other", |(name, _)| name)
    }
}

/// `on: { job: { queue: feeds, definition: FeedConsumer, status: [SUCCEEDED] } }`
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct JobOn {
    /// The queue's name or ARN.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub queue: Option<String>,
    /// The definition: `N` is every revision, `N:3` one; or an ARN.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub definition: Option<String>,
    /// The states that are asked for.
    pub status: Vec<String>,
    /// Whole jobs, or an array's children, or a multi-node job's nodes.
    #[serde(default)]
    pub each: Each,
}

/// Which part of a job a change of state is of.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Each {
    /// A whole job.
    #[default]
    Whole,
    /// One child of an array job.
    Child,
    /// One node of a multi-node job.
    Node,
}

/// The states that Batch sends an event for.
pub const JOB_STATES: [&str; 7] = ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"];

impl On {
    /// The kind of source that serves it.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Schedule(_) => Kind::Schedule,
            Self::Topic(_) => Kind::Topic,
            Self::Bucket(_) => Kind::Bucket,
            Self::Job(_) => Kind::Job,
        }
    }

    /// Whether the trigger named `trigger` takes what came from `origin`.
    #[must_use]
    pub fn takes(&self, trigger: &str, origin: &Origin, names: &NamesTable) -> bool {
        match (self, origin) {
            (Self::Schedule(_), Origin::Schedule { trigger: Some(addressee), .. }) => addressee == trigger,
            (Self::Schedule(_), Origin::Schedule { trigger: None, rule: Some(rule) }) => names.is_rule(trigger, rule),
            (Self::Topic(on), Origin::Topic { arn }) => names.is_topic(&on.topic, arn),
            (Self::Bucket(on), Origin::Bucket { bucket, key, event }) => {
                let any = |list: &[String], fits: &dyn Fn(&String) -> bool| list.is_empty() || list.iter().any(fits);
                names.is_bucket(&on.bucket, bucket)
                    && on.events.contains(event)
                    && any(&on.prefix, &|prefix| key.starts_with(prefix.as_str()))
                    && any(&on.suffix, &|suffix| key.ends_with(suffix.as_str()))
            }
            (Self::Job(on), Origin::Job { queue, definition, status, each }) => {
                on.each == *each
                    && on.status.contains(status)
                    && on.queue.as_ref().is_none_or(|wanted| is_queue(wanted, queue))
                    && on.definition.as_ref().is_none_or(|wanted| is_definition(wanted, definition))
            }
            _ => false,
        }
    }
}

fn is_queue(wanted: &str, arn: &str) -> bool {
    if is_arn(wanted) { wanted == arn } else { wanted == last_component(arn) }
}

fn is_definition(wanted: &str, arn: &str) -> bool {
    let (wanted_name, wanted_revision) = job_definition(wanted);
    let (name, revision) = job_definition(arn);
    let same_place = !is_arn(wanted)
        || wanted.rsplit_once('/').map(|(place, _)| place) == arn.rsplit_once('/').map(|(place, _)| place);
    same_place && wanted_name == name && (wanted_revision.is_none() || wanted_revision == revision)
}

#[cfg(test)]
mod tests {
    use super::is_definition;

    #[test]
    fn a_definition_without_revision_is_every_revision() {
        let arn = "arn:aws:batch:us-east-1:1:job-definition/FeedConsumer:7";
        assert!(is_definition("FeedConsumer", arn));
        assert!(is_definition("FeedConsumer:7", arn));
        assert!(is_definition("arn:aws:batch:us-east-1:1:job-definition/FeedConsumer", arn));
        assert!(!is_definition("FeedConsumer:8", arn));
        assert!(!is_definition("Feed", arn));
        assert!(!is_definition("arn:aws:batch:us-east-1:2:job-definition/FeedConsumer", arn));
    }
}
