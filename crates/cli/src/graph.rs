//! The triggers as a picture: what starts them, the functions that they belong to, and the jobs that they start.

mod dot;
mod mermaid;
mod text;

use std::collections::BTreeMap;

use jobwire_core::arn::{is_arn, last_component};
use jobwire_core::cycles::{Way, leads};
use jobwire_core::on::{BucketEvent, BucketOn, Each, JobOn, On, Via};
use jobwire_core::template::is_template;
use jobwire_core::trigger::{Submit, Trigger, Triggers, emitted_bucket};
use serde::Serialize;
use serde_json::Value;

use crate::sources::SOURCES;
use crate::synth::{self, Place};
use crate::synthesized::is_through_eventbridge;

pub(crate) use dot::dot;
pub(crate) use mermaid::mermaid;

/// A picture.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Graph {
    /// What is drawn, in the order of the file.
    pub(crate) nodes: Vec<Node>,
    /// What leads to what.
    pub(crate) edges: Vec<Edge>,
}

/// Something that is drawn.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Node {
    /// What edges call it.
    pub(crate) id: String,
    /// What it is.
    pub(crate) kind: NodeKind,
    /// Its name, or what there is to say of it.
    pub(crate) name: String,
    /// What is said beside the name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
    /// The function that a trigger belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) function: Option<&'static str>,
    /// The queue that a job goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) queue: Option<String>,
    /// Whether it starts nothing at present.
    pub(crate) paused: bool,
}

/// What a node is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NodeKind {
    /// A rule or a schedule of EventBridge.
    Schedule,
    /// An SNS topic.
    Topic,
    /// An S3 bucket.
    Bucket,
    /// Changes of state of Batch jobs.
    JobState,
    /// An SQS queue before a function.
    Buffer,
    /// A trigger.
    Trigger,
    /// The job of a trigger, by its definition.
    Job,
}

/// An arrow.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Edge {
    /// Where it begins.
    pub(crate) from: String,
    /// Where it ends.
    pub(crate) to: String,
    /// What it is.
    pub(crate) kind: EdgeKind,
    /// What is written beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
    /// The condition of a trigger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<String>,
    /// Whether nothing goes this way at present.
    pub(crate) paused: bool,
}

/// What an arrow is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EdgeKind {
    /// An event on its way to a trigger.
    Event,
    /// A trigger starts a job.
    Submit,
    /// What a job does is an event of the next trigger.
    Chain,
}

/// Draws the triggers. Equal files give equal pictures.
pub(crate) fn graph(triggers: &Triggers) -> Graph {
    // A file that `synth` refuses can be drawn all the same, as far as it goes.
    let template = synth::template(triggers, &Place::Aws, true).unwrap_or_default();
    let mut graph = Graph::default();
    for trigger in &triggers.triggers {
        graph.add_trigger(trigger, &template);
    }
    for trigger in &triggers.triggers {
        graph.add_chains(trigger, triggers);
    }
    // Sources are shared, and rest only where nobody listens to them.
    let listened: BTreeMap<&str, bool> =
        graph.edges.iter().filter(|edge| edge.kind == EdgeKind::Event).fold(BTreeMap::new(), |mut listened, edge| {
            *listened.entry(edge.from.as_str()).or_default() |= !edge.paused;
            listened
        });
    let resting: Vec<String> =
        listened.iter().filter(|(_, listened)| !**listened).map(|(id, _)| (*id).to_owned()).collect();
    for node in graph.nodes.iter_mut().filter(|node| resting.contains(&node.id)) {
        node.paused = true;
    }
    graph
}

impl Graph {
    /// Adds a node, unless it is there.
    fn node(&mut self, kind: NodeKind, id: String, name: &str, notes: Vec<String>) -> &mut Node {
        let at = self.nodes.iter().position(|node| node.id == id).unwrap_or_else(|| {
            let name = name.to_owned();
            self.nodes.push(Node { id, kind, name, notes, function: None, queue: None, paused: false });
            self.nodes.len() - 1
        });
        &mut self.nodes[at]
    }

    fn edge(&mut self, from: &str, to: &str, kind: EdgeKind, paused: bool) -> &mut Edge {
        let at = self.edges.len();
        let (from, to) = (from.to_owned(), to.to_owned());
        self.edges.push(Edge { from, to, kind, notes: Vec::new(), when: None, paused });
        &mut self.edges[at]
    }

    fn add_trigger(&mut self, trigger: &Trigger, template: &Value) {
        let paused = !trigger.enabled;
        let (mut last, mut notes) = self.add_source(trigger, template);
        if let On::Bucket(BucketOn { via: Some(Via::Sns(topic)), .. }) = &trigger.on {
            let id = self.topic(topic);
            self.way(&last, &id, paused);
            last = id;
        }
        if is_buffered(&trigger.on) {
            let id = format!("buffer:{last}");
            self.node(NodeKind::Buffer, id.clone(), "SQS queue", Vec::new());
            self.way(&last, &id, paused);
            last = id;
        }
        let own = format!("trigger:{}", trigger.name);
        let node = self.node(NodeKind::Trigger, own.clone(), &trigger.name, Vec::new());
        node.paused = paused;
        node.function = SOURCES.iter().find(|source| source.kind == trigger.on.kind()).map(|source| source.name);
        self.edge(&last, &own, EdgeKind::Event, paused).notes.append(&mut notes);

        let job = job_of(trigger);
        let (queue, definition) = job_names(trigger);
        let node = self.node(NodeKind::Job, job.clone(), &definition, Vec::new());
        (node.queue, node.paused) = (Some(queue), paused);
        self.edge(&own, &job, EdgeKind::Submit, paused).when.clone_from(&trigger.when);
    }

    /// An arrow that several triggers share: it rests only where all of them do.
    fn way(&mut self, from: &str, to: &str, paused: bool) {
        match self.edges.iter_mut().find(|edge| edge.from == from && edge.to == to) {
            Some(edge) => edge.paused &= paused,
            None => {
                self.edge(from, to, EdgeKind::Event, paused);
            }
        }
    }

    /// Adds where a trigger's events come from; its id, and what is said on the way.
    fn add_source(&mut self, trigger: &Trigger, template: &Value) -> (String, Vec<String>) {
        match &trigger.on {
            On::Schedule(on) => {
                let keeper = if on.needs_scheduler() { "EventBridge Scheduler" } else { "EventBridge rule" };
                let notes = on.timezone.iter().cloned().chain([keeper.to_owned()]).collect();
                let id = format!("schedule:{}", trigger.name);
                self.node(NodeKind::Schedule, id.clone(), &on.schedule, notes);
                (id, Vec::new())
            }
            On::Topic(on) => (self.topic(&on.topic), Vec::new()),
            On::Bucket(on) => {
                let mut notes = filter_of(on);
                if on.via == Some(Via::Eventbridge) || is_through_eventbridge(template, &on.bucket) {
                    notes.push("through EventBridge".to_owned());
                }
                (self.bucket(&on.bucket), notes)
            }
            On::Job(on) => {
                let id = job_state_id(on);
                self.node(NodeKind::JobState, id.clone(), &on.status.join(" or "), job_state_notes(on));
                (id, Vec::new())
            }
        }
    }

    fn topic(&mut self, topic: &str) -> String {
        let id = format!("topic:{topic}");
        self.node(NodeKind::Topic, id.clone(), last_component(topic), existing(topic));
        id
    }

    fn bucket(&mut self, bucket: &str) -> String {
        let id = format!("bucket:{bucket}");
        self.node(NodeKind::Bucket, id.clone(), last_component(bucket), existing(bucket));
        id
    }

    /// Adds what a trigger's job leads to.
    fn add_chains(&mut self, trigger: &Trigger, triggers: &Triggers) {
        let (job, paused) = (job_of(trigger), !trigger.enabled);
        for topic in &trigger.emits.topics {
            let id = self.topic(topic);
            self.edge(&job, &id, EdgeKind::Chain, paused);
        }
        for emitted in &trigger.emits.buckets {
            let (bucket, prefix) = emitted_bucket(emitted);
            let id = self.bucket(bucket);
            let edge = self.edge(&job, &id, EdgeKind::Chain, paused);
            edge.notes.extend((!prefix.is_empty()).then(|| prefix.to_owned()));
        }
        let mut told = Vec::new();
        for next in &triggers.triggers {
            if let On::Job(on) = &next.on
                && leads(trigger, next) == Some(Way::Job)
            {
                let id = job_state_id(on);
                if !told.contains(&id) {
                    self.edge(&job, &id, EdgeKind::Chain, paused);
                    told.push(id);
                }
            }
        }
    }
}

/// What is said of a topic or bucket that the stack does not create.
fn existing(name: &str) -> Vec<String> {
    if is_arn(name) { vec!["existing".to_owned()] } else { Vec::new() }
}

fn is_buffered(on: &On) -> bool {
    match on {
        On::Topic(on) => on.buffered,
        On::Bucket(on) => on.buffered || on.via == Some(Via::Sqs),
        On::Schedule(_) | On::Job(_) => false,
    }
}

/// Which objects a trigger takes: `incoming/ … .xml`, and what happened to them where that is not their creation.
fn filter_of(on: &BucketOn) -> Vec<String> {
    let mut notes = Vec::new();
    if on.events != [BucketEvent::Created] {
        notes.push(on.events.iter().map(|event| event.name()).collect::<Vec<_>>().join(", "));
    }
    let filter = match (on.prefix.join(" or "), on.suffix.join(" or ")) {
        (prefix, suffix) if prefix.is_empty() && suffix.is_empty() => return notes,
        (prefix, suffix) => format!("{prefix} … {suffix}"),
    };
    notes.push(filter.trim().to_owned());
    notes
}

fn job_state_id(on: &JobOn) -> String {
    let each = match on.each {
        Each::Whole => "job",
        Each::Child => "child",
        Each::Node => "node",
    };
    let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "*".to_owned());
    format!("{each}:{}:{}:{}", part(&on.queue), part(&on.definition), on.status.join(","))
}

fn job_state_notes(on: &JobOn) -> Vec<String> {
    let who = match (on.each, &on.definition) {
        (Each::Whole, None) => "any job".to_owned(),
        (Each::Whole, Some(definition)) => last_component(definition).to_owned(),
        (Each::Child, definition) => format!("children of {}", definition.as_deref().map_or("arrays", last_component)),
        (Each::Node, definition) => format!("nodes of {}", definition.as_deref().map_or("any job", last_component)),
    };
    std::iter::once(who).chain(on.queue.as_ref().map(|queue| format!("in {}", last_component(queue)))).collect()
}

fn job_of(trigger: &Trigger) -> String {
    format!("start:{}", trigger.name)
}

/// The queue and the definition of a trigger's job; where an event chooses, what it may choose from.
fn job_names(trigger: &Trigger) -> (String, String) {
    let allow = trigger.allow.clone().unwrap_or_default();
    let one = |field: &str, allowed: &[String]| {
        let fixed = match &trigger.submit {
            Submit::Fields(fields) => fields.get(field).and_then(Value::as_str).filter(|text| !is_template(text)),
            Submit::FromEvent => None,
        };
        let names: Vec<&str> = match fixed {
            Some(name) => vec![name],
            None => allowed.iter().map(String::as_str).collect(),
        };
        names.into_iter().map(short).collect::<Vec<_>>().join(" or ")
    };
    (one("jobQueue", &allow.queues), one("jobDefinition", &allow.definitions))
}

/// What stands behind the last slash of an ARN: a definition's revision belongs to it.
fn short(name: &str) -> &str {
    if is_arn(name) { name.rsplit('/').next().unwrap_or(name) } else { name }
}
