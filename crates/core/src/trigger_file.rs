//! `jobwire.yaml`: read, with every problem of the file found in one go.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::nearest::suggestion;
use crate::on::{BucketEvent, BucketOn, Each, JOB_STATES, JobOn, On, ScheduleOn, TopicOn, Via};
use crate::problem::{Position, Problem, Problems, field, item};
use crate::source::Source;
use crate::trigger::{Allow, Emits, Platform, Submit, Trigger, Triggers, VERSION};
use crate::yaml::{Node, Yaml};

/// Reads and checks a trigger file.
///
/// `stage` names the entry of `stages` whose `vars` overlay the file's own; `sources` say which names templates may use.
pub fn read(text: &str, stage: Option<&str>, sources: &[Source]) -> Result<Triggers, Problems> {
    let mut root = Node::read(text)?;
    let mut reader = Reader::default();
    let vars = reader.vars(&root, stage);
    reader.fill_vars(&mut root, &vars);
    let triggers = reader.file(&root);
    let mut problems = reader.problems;
    problems.extend(triggers.triggers.iter().flat_map(Trigger::problems));
    problems.extend(triggers.unknown_names(sources));
    if problems.is_empty() {
        return Ok(triggers);
    }
    problems.sort_by_key(|problem| problem.at);
    problems.dedup();
    Err(Problems(problems))
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

type Entry<'a> = (&'a str, Position, &'a Node);

impl Reader {
    fn problem(&mut self, at: Position, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message).at(Some(at)));
    }

    fn problem_with_help(&mut self, at: Position, path: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(path, message).help(help).at(Some(at)));
    }

    /// The entries of a mapping; keys other than `known` are problems.
    fn entries<'a>(&mut self, node: &'a Node, path: &str, known: &[&str]) -> Vec<Entry<'a>> {
        let entries = self.mapping(node, path);
        for (name, at, _) in &entries {
            if !known.contains(name) {
                self.problem_with_help(
                    *at,
                    &field(path, name),
                    "is no field that belongs here",
                    suggestion(name, known.iter().copied()),
                );
            }
        }
        entries
    }

    fn mapping<'a>(&mut self, node: &'a Node, path: &str) -> Vec<Entry<'a>> {
        if let Yaml::Map(entries) = &node.value {
            return entries.iter().map(|(name, at, node)| (name.as_str(), *at, node)).collect();
        }
        self.problem(node.at, path, format!("is {}, and must be a mapping", node.kind()));
        Vec::new()
    }

    fn text(&mut self, node: &Node, path: &str) -> String {
        match node.as_text() {
            Some("") => self.problem(node.at, path, "is empty"),
            Some(text) => return text.to_owned(),
            None => self.problem(node.at, path, format!("is {}, and must be a string", node.kind())),
        }
        String::new()
    }

    fn boolean(&mut self, node: &Node, path: &str) -> bool {
        if let Yaml::Scalar(Value::Bool(value)) = node.value {
            return value;
        }
        self.problem(node.at, path, format!("is {}, and must be true or false", node.kind()));
        false
    }

    /// One string or a list of strings.
    fn texts(&mut self, node: &Node, path: &str) -> Vec<String> {
        match &node.value {
            Yaml::List(items) => {
                items.iter().enumerate().map(|(index, node)| self.text(node, &item(path, index))).collect()
            }
            _ => vec![self.text(node, path)],
        }
    }

    fn word<T: Copy>(&mut self, node: &Node, path: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, path);
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() && !text.is_empty() {
            self.problem_with_help(
                node.at,
                path,
                format!("`{text}` is not known here"),
                suggestion(&text, words.iter().map(|(word, _)| *word)),
            );
        }
        found
    }

    fn vars(&mut self, root: &Node, stage: Option<&str>) -> BTreeMap<String, String> {
        let mut vars = BTreeMap::new();
        if let Some(node) = root.get("vars") {
            self.some_vars(node, "vars", &mut vars);
        }
        if let Some(stages) = root.get("stages") {
            for (name, _, node) in self.mapping(stages, "stages") {
                let path = field("stages", name);
                let overlay = self.entries(node, &path, &["vars"]);
                let mut of_stage = BTreeMap::new();
                for (_, _, node) in overlay.iter().filter(|(name, _, _)| *name == "vars") {
                    self.some_vars(node, &field(&path, "vars"), &mut of_stage);
                }
                if stage == Some(name) {
                    vars.extend(of_stage);
                }
            }
        }
        if let Some(stage) = stage
            && root.get("stages").and_then(|stages| stages.get(stage)).is_none()
        {
            let known = root.get("stages").map(|stages| self.mapping(stages, "stages")).unwrap_or_default();
            let message = format!("the file has no stage `{stage}`");
            self.problem_with_help(
                root.at,
                "stages",
                message,
                suggestion(stage, known.iter().map(|(name, _, _)| *name)),
            );
        }
        vars
    }

    fn some_vars(&mut self, node: &Node, path: &str, vars: &mut BTreeMap<String, String>) {
        for (name, _, node) in self.mapping(node, path) {
            let text = match &node.value {
                Yaml::Scalar(Value::Number(number)) => number.to_string(),
                _ => self.text(node, &field(path, name)),
            };
            vars.insert(name.to_owned(), text);
        }
    }

    /// Puts the vars in place of `${vars.name}`; `$${vars.name}` stands for the text itself.
    fn fill_vars(&mut self, root: &mut Node, vars: &BTreeMap<String, String>) {
        const OPEN: &str = "${vars.";
        let Yaml::Map(entries) = &mut root.value else { return };
        for (_, _, node) in entries.iter_mut().filter(|(name, _, _)| name == "triggers") {
            node.each_text(&mut |text, at| {
                let mut filled = String::new();
                let mut rest = text.as_str();
                while let Some(start) = rest.find(OPEN) {
                    if rest[..start].ends_with('$') {
                        filled.push_str(&rest[..start - 1]);
                        filled.push_str(OPEN);
                        rest = &rest[start + OPEN.len()..];
                        continue;
                    }
                    filled.push_str(&rest[..start]);
                    let inner = &rest[start + OPEN.len()..];
                    let Some(end) = inner.find('}') else {
                        self.problem(at, "", "has `${vars.` without its `}`");
                        rest = inner;
                        break;
                    };
                    match vars.get(&inner[..end]) {
                        Some(value) => filled.push_str(value),
                        None => self.problem_with_help(
                            at,
                            "",
                            format!("`vars` has no `{}`", &inner[..end]),
                            suggestion(&inner[..end], vars.keys().map(String::as_str)),
                        ),
                    }
                    rest = &inner[end + 1..];
                }
                filled.push_str(rest);
                *text = filled;
            });
        }
    }

    fn file(&mut self, root: &Node) -> Triggers {
        let mut triggers = Vec::new();
        let entries = self.entries(root, "", &["version", "vars", "stages", "triggers"]);
        for (name, at, node) in &entries {
            match *name {
                "version" if node.to_json() != VERSION => {
                    self.problem(node.at, "version", format!("must be {VERSION}"));
                }
                "triggers" => {
                    for (name, at, node) in self.mapping(node, "triggers") {
                        triggers.extend(self.trigger(name, at, node));
                    }
                    if triggers.is_empty() && self.problems.is_empty() {
                        self.problem(*at, "triggers", "is empty: nothing would ever start a job");
                    }
                }
                _ => {}
            }
        }
        for missing in ["version", "triggers"] {
            if matches!(root.value, Yaml::Map(_)) && !entries.iter().any(|(name, _, _)| *name == missing) {
                self.problem(root.at, missing, "is missing");
            }
        }
        Triggers { version: VERSION, triggers }
    }

    fn trigger(&mut self, name: &str, at: Position, node: &Node) -> Option<Trigger> {
        const KNOWN: [&str; 7] = ["on", "when", "submit", "allow", "platform", "emits", "enabled"];
        let path = field("triggers", name);
        let good = name.len() <= 64
            && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !good {
            self.problem(at, &path, "a trigger's name is 1 to 64 of A-Z a-z 0-9 - _, a letter or digit first");
        }
        let before = self.problems.len();
        let entries = self.entries(node, &path, &KNOWN);
        let find = |wanted: &str| entries.iter().find(|(name, _, _)| *name == wanted).map(|(_, _, node)| *node);
        let on = find("on").map(|node| self.on(node, &field(&path, "on")));
        let submit = find("submit").map(|node| self.submit(node, &field(&path, "submit")));
        if matches!(node.value, Yaml::Map(_)) {
            for (missing, _) in
                [("on", on.is_none()), ("submit", submit.is_none())].into_iter().filter(|(_, missing)| *missing)
            {
                self.problem(at, &field(&path, missing), "is missing");
            }
        }
        let when = find("when").map(|node| self.text(node, &field(&path, "when")));
        let allow = find("allow").map(|node| self.allow(node, &field(&path, "allow")));
        let platforms = [
            ("container", Platform::Container),
            ("ecs", Platform::Ecs),
            ("eks", Platform::Eks),
            ("multinode", Platform::Multinode),
        ];
        let platform = find("platform")
            .and_then(|node| self.word(node, &field(&path, "platform"), &platforms))
            .unwrap_or_default();
        let emits = find("emits").map(|node| self.emits(node, &field(&path, "emits"))).unwrap_or_default();
        let enabled = find("enabled").is_none_or(|node| self.boolean(node, &field(&path, "enabled")));
        if self.problems.len() > before {
            return None;
        }
        let mut positions = BTreeMap::from([(String::new(), at)]);
        note_positions(node, "", &mut positions);
        Some(Trigger {
            name: name.to_owned(),
            enabled,
            on: on??,
            when,
            submit: submit?,
            allow,
            platform,
            emits,
            positions,
        })
    }

    fn submit(&mut self, node: &Node, path: &str) -> Submit {
        match &node.value {
            Yaml::Scalar(Value::String(text)) if text == "from-event" => Submit::FromEvent,
            Yaml::Map(_) => match node.to_json() {
                Value::Object(fields) => Submit::Fields(fields),
                _ => Submit::Fields(Map::new()),
            },
            _ => {
                self.problem(
                    node.at,
                    path,
                    format!("is {}, and must be the fields of SubmitJob or `from-event`", node.kind()),
                );
                Submit::FromEvent
            }
        }
    }

    fn allow(&mut self, node: &Node, path: &str) -> Allow {
        let mut allow = Allow::default();
        for (name, _, node) in self.entries(node, path, &["queues", "definitions"]) {
            let list = self.texts(node, &field(path, name));
            match name {
                "queues" => allow.queues = list,
                _ => allow.definitions = list,
            }
        }
        allow
    }

    fn emits(&mut self, node: &Node, path: &str) -> Emits {
        let mut emits = Emits::default();
        for (name, _, node) in self.entries(node, path, &["topics", "buckets"]) {
            let list = self.texts(node, &field(path, name));
            match name {
                "topics" => emits.topics = list,
                _ => emits.buckets = list,
            }
        }
        emits
    }

    fn on(&mut self, node: &Node, path: &str) -> Option<On> {
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
                    let found = entries.first().map_or("", |(name, _, _)| name);
                    self.problem_with_help(
                        node.at,
                        path,
                        "must have exactly one of schedule, topic, bucket and job",
                        suggestion(found, KINDS),
                    );
                }
                None
            }
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
                    let good = on.topic.starts_with("arn:")
                        || on.topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
                    if !good || on.topic.len() > 256 {
                        self.problem(
                            node.at,
                            &path,
                            "must be a topic's name (A-Z a-z 0-9 - _) or its ARN; Lambda takes no FIFO topic",
                        );
                    }
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
                    let good = on.bucket.starts_with("arn:")
                        || on
                            .bucket
                            .bytes()
                            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
                    if !good {
                        self.problem(node.at, &path, "must be a logical name (a-z 0-9 -) or a bucket's ARN");
                    }
                }
                "prefix" => on.prefix = self.texts(node, &path),
                "suffix" => on.suffix = self.texts(node, &path),
                "events" => {
                    let items = if let Yaml::List(items) = &node.value { items.iter().collect() } else { vec![node] };
                    if items.is_empty() {
                        self.problem(node.at, &path, "is empty: nothing would ever match");
                    }
                    on.events =
                        items.into_iter().filter_map(|node| self.word(node, &path, &BucketEvent::ASKABLE)).collect();
                }
                "via" => on.via = self.via(node, &path),
                "buffer" => on.buffered |= self.word(node, &path, &[("sqs", true)]).unwrap_or_default(),
                _ => {}
            }
        }
        On::Bucket(on)
    }

    fn via(&mut self, node: &Node, path: &str) -> Option<Via> {
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
                "queue" => on.queue = Some(self.text(node, &path)),
                "definition" => on.definition = Some(self.text(node, &path)),
                "each" => {
                    on.each =
                        self.word(node, &path, &[("child", Each::Child), ("node", Each::Node)]).unwrap_or_default();
                }
                "status" => {
                    let words: Vec<(&str, &str)> = JOB_STATES.iter().map(|state| (*state, *state)).collect();
                    let items = if let Yaml::List(items) = &node.value { items.iter().collect() } else { vec![node] };
                    on.status = items
                        .into_iter()
                        .filter_map(|node| self.word(node, &path, &words))
                        .map(str::to_owned)
                        .collect();
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

fn note_positions(node: &Node, path: &str, positions: &mut BTreeMap<String, Position>) {
    match &node.value {
        Yaml::Map(entries) => {
            for (name, at, node) in entries {
                let path = field(path, name);
                note_positions(node, &path, positions);
                positions.entry(path).or_insert(*at);
            }
        }
        Yaml::List(items) => {
            for (index, node) in items.iter().enumerate() {
                note_positions(node, &item(path, index), positions);
            }
        }
        Yaml::Scalar(_) => {}
    }
    if !path.is_empty() {
        positions.insert(path.to_owned(), node.at);
    }
}
