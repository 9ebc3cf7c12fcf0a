//! `on`, kind by kind.

use super::{Reader, each_item};
use crate::arn::is_arn;
use crate::nearest::suggestion;
use crate::on::{BucketEvent, BucketOn, Each, JOB_STATES, JobOn, On, ScheduleOn, TopicOn, Via};
use crate::problem::field;
use crate::validate::Resource;
use crate::yaml::{Node, Yaml};

impl Reader {
    /// `on`, whichever of the four kinds it is.
    pub(super) fn on(&mut self, node: &Node, path: &str) -> Option<On> {
        const KINDS: [&str; 4] = ["schedule", "topic", "bucket", "job"];
        let entries = self.mapping(node, path);
        let kinds: Vec<&str> = entries.iter().map(|(name, _, _)| *name).filter(|name| KINDS.contains(name)).collect();
        match kinds[..] {
            ["schedule"] => Some(self.on_schedule(node, path)),
            ["topic"] => Some(self.on_topic(node, path)),
            ["bucket"] => Some(self.on_bucket(node, path)),
            ["job"] => self.on_job(node, path),
            _ => {
                if matches!(node.value, Yaml::Map(_)) {
                    let help = if kinds.is_empty() {
                        suggestion(entries.first().map_or("", |(name, _, _)| name), KINDS)
                    } else {
                        "make a trigger for each of them".to_owned()
                    };
                    let message = "must have exactly one of schedule, topic, bucket and job";
                    self.problem_with_help(node.at, path, message, help);
                }
                None
            }
        }
    }

    /// Tells what is wrong with a topic's name.
    pub(super) fn topic_name(&mut self, name: &str, node: &Node, path: &str) {
        let plain = if is_arn(name) { service_resource(name, "sns").unwrap_or(".") } else { name };
        let good = plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !good || plain.len() > 256 {
            let message = "must be a topic's name (A-Z a-z 0-9 - _) or its ARN; Lambda takes no FIFO topic";
            self.problem(node.at, path, message);
        }
    }

    /// Tells what is wrong with a bucket's name.
    pub(super) fn bucket_name(&mut self, name: &str, node: &Node, path: &str) {
        let good = if is_arn(name) {
            service_resource(name, "s3").is_some_and(|bucket| !bucket.is_empty() && !bucket.contains(['/', '*']))
        } else {
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if !good {
            self.problem(node.at, path, "must be a logical name (a-z 0-9 -) or a bucket's ARN");
        }
    }

    /// Tells what is wrong with the name of a queue or a definition; there are no patterns for them.
    pub(super) fn resource(&mut self, text: &str, kind: Resource, node: &Node, path: &str) {
        if !text.is_empty() && !kind.is_named_by(text) {
            self.problem(node.at, path, format!("must be {}; `*` stands for nothing here", kind.forms()));
        }
    }

    fn on_schedule(&mut self, node: &Node, path: &str) -> On {
        let mut on = ScheduleOn { schedule: String::new(), timezone: None, input: None };
        for (name, _, node) in self.entries(node, path, &["schedule", "timezone", "input"]) {
            let path = field(path, name);
            match name {
                "schedule" => on.schedule = self.text(node, &path),
                "timezone" => on.timezone = Some(self.text(node, &path)),
                "input" => {
                    self.mapping(node, &path);
                    on.input = Some(node.to_json());
                }
                _ => {}
            }
        }
        On::Schedule(on)
    }

    fn on_topic(&mut self, node: &Node, path: &str) -> On {
        let mut on = TopicOn { topic: String::new(), buffered: false };
        for (name, _, node) in self.entries(node, path, &["topic", "via", "buffer"]) {
            let path = field(path, name);
            match name {
                "topic" => {
                    on.topic = self.text(node, &path);
                    self.topic_name(&on.topic, node, &path);
                }
                "via" => on.buffered |= self.word(node, &path, &[("direct", false), ("sqs", true)]).unwrap_or_default(),
                "buffer" => on.buffered |= self.word(node, &path, &[("sqs", true)]).unwrap_or_default(),
                _ => {}
            }
        }
        On::Topic(on)
    }

    fn on_bucket(&mut self, node: &Node, path: &str) -> On {
        let mut on = BucketOn {
            bucket: String::new(),
            prefix: Vec::new(),
            suffix: Vec::new(),
            events: vec![BucketEvent::Created],
            via: None,
            buffered: false,
        };
        for (name, _, node) in self.entries(node, path, &["bucket", "prefix", "suffix", "events", "via", "buffer"]) {
            let path = field(path, name);
            match name {
                "bucket" => {
                    on.bucket = self.text(node, &path);
                    self.bucket_name(&on.bucket, node, &path);
                }
                "prefix" => on.prefix = self.texts(node, &path),
                "suffix" => on.suffix = self.texts(node, &path),
                "events" => {
                    let items = each_item(node);
                    if items.is_empty() {
                        self.problem(node.at, &path, "is empty: nothing would ever match");
                    }
                    on.events = items.iter().filter_map(|node| self.word(node, &path, &BucketEvent::ASKABLE)).collect();
                }
                "via" => on.via = self.via(node, &path),
                "buffer" => on.buffered |= self.word(node, &path, &[("sqs", true)]).unwrap_or_default(),
                _ => {}
            }
        }
        On::Bucket(on)
    }

    fn via(&mut self, node: &Node, path: &str) -> Option<Via> {
        if node.as_text() == Some("sns") {
            self.problem(node.at, path, "must name the topic that the bucket notifies: `via: { sns: ARN }`");
            return None;
        }
        if matches!(node.value, Yaml::Map(_)) {
            let entries = self.entries(node, path, &["sns"]);
            return entries.first().map(|(_, _, node)| {
                let arn = self.text(node, &field(path, "sns"));
                if !arn.starts_with("arn:") {
                    self.problem(node.at, &field(path, "sns"), "must be the ARN of the topic that the bucket notifies");
                }
                Via::Sns(arn)
            });
        }
        let words = [("direct", 0), ("eventbridge", 1), ("sqs", 2)];
        self.word(node, path, &words).map(|word| [Via::Direct, Via::Eventbridge, Via::Sqs][word].clone())
    }

    fn on_job(&mut self, node: &Node, path: &str) -> Option<On> {
        let job = node.get("job")?;
        self.entries(node, path, &["job"]);
        let path = field(path, "job");
        let mut on = JobOn { queue: None, definition: None, status: Vec::new(), each: Each::Whole };
        for (name, _, node) in self.entries(job, &path, &["queue", "definition", "status", "each"]) {
            let path = field(&path, name);
            match name {
                "queue" | "definition" => {
                    let text = self.text(node, &path);
                    let kind = if name == "queue" { Resource::Queue } else { Resource::Definition };
                    self.resource(&text, kind, node, &path);
                    *(if name == "queue" { &mut on.queue } else { &mut on.definition }) = Some(text);
                }
                "each" => {
                    on.each =
                        self.word(node, &path, &[("child", Each::Child), ("node", Each::Node)]).unwrap_or_default();
                }
                "status" => {
                    let words: Vec<(&str, &str)> = JOB_STATES.iter().map(|state| (*state, *state)).collect();
                    let items = each_item(node);
                    on.status =
                        items.iter().filter_map(|node| self.word(node, &path, &words)).map(str::to_owned).collect();
                }
                _ => {}
            }
        }
        if on.status.is_empty() && job.get("status").is_none() && matches!(job.value, Yaml::Map(_)) {
            self.problem_with_help(job.at, &field(&path, "status"), "is missing", "for example status: [SUCCEEDED]");
        }
        if let Some(Node { value: Yaml::List(items), at }) = job.get("status")
            && items.is_empty()
        {
            self.problem(*at, &field(&path, "status"), "is empty: nothing would ever match");
        }
        Some(On::Job(on))
    }
}

/// What an ARN of this service names: its last part.
fn service_resource<'a>(arn: &'a str, service: &str) -> Option<&'a str> {
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, found, _, _, resource] if found == service => Some(resource),
        _ => None,
    }
}
