//! `jobwire.yaml`: read, with every problem of the file found in one go.

mod on;
mod schema;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::nearest::{near, suggestion};
use crate::platform::Platform;
use crate::problem::{Position, Problem, Problems, field, item};
use crate::source::Source;
use crate::trigger::{Allow, Emits, Submit, Trigger, Triggers, VERSION, emitted_bucket, located};
use crate::validate::Resource;
use crate::yaml::{Node, Yaml};

pub use schema::schema;

/// Reads and checks a trigger file.
///
/// `stage` names the entry of `stages` whose `vars` overlay the file's own; `sources` say which names templates may use.
pub fn read(text: &str, stage: Option<&str>, sources: &[Source]) -> Result<Triggers, Problems> {
    let Checked { triggers, errors } = check(text, stage, sources);
    if errors.is_empty() { Ok(triggers) } else { Err(Problems(errors)) }
}

/// What a look at a trigger file gave.
#[derive(Debug)]
pub struct Checked {
    /// The triggers that could be read; all of them where there are no errors.
    pub triggers: Triggers,
    /// What makes the file unusable, in the order of its lines.
    pub errors: Vec<Problem>,
}

/// Reads a trigger file, and finds everything that is wrong.
#[must_use]
pub fn check(text: &str, stage: Option<&str>, sources: &[Source]) -> Checked {
    let mut root = match Node::read(text) {
        Ok(root) => root,
        Err(problem) => {
            let triggers = Triggers { version: VERSION, triggers: Vec::new() };
            return Checked { triggers, errors: vec![problem] };
        }
    };
    let mut reader = Reader::default();
    let vars = reader.vars(&root, stage);
    reader.fill_vars(&mut root, &vars);
    let triggers = reader.file(&root);
    let Reader { mut problems, unread } = reader;
    let mut found: Vec<Problem> = triggers.triggers.iter().flat_map(Trigger::problems).collect();
    found.extend(triggers.unknown_names(sources));
    if unread.is_empty() {
        // A field that is not what its writer meant would lead to circles that are not there.
        found.extend(crate::cycles::endless(&triggers));
    }
    problems.extend(found.into_iter().filter(|problem| !unread.iter().any(|path| is_below(&problem.path, path))));
    problems.sort_by_key(|problem| problem.at);
    problems.dedup();
    Checked { triggers, errors: problems }
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
    /// The fields of triggers that could not be read as they stand, about which a further look has nothing to say.
    unread: Vec<String>,
}

/// Whether a path is that of a field, or of something in it.
fn is_below(path: &str, field: &str) -> bool {
    path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
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
        match &node.value {
            Yaml::Scalar(Value::Bool(value)) => return *value,
            // `vars` are text.
            Yaml::Scalar(Value::String(text)) if text == "true" || text == "false" => return text == "true",
            _ => {}
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
            let Some(stages) = root.get("stages") else {
                let message = format!("the file has no stages, and `--stage {stage}` names one");
                self.problem_with_help(
                    root.at,
                    "stages",
                    message,
                    "leave `--stage` out, or add `stages: { NAME: { vars: … } }`",
                );
                return vars;
            };
            let known = self.mapping(stages, "stages");
            let message = format!("the file has no stage `{stage}`: `--stage` names an entry of `stages`");
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
            let path = field(path, name);
            let text = match &node.value {
                Yaml::Scalar(Value::Number(number)) if number.is_f64() => {
                    let message = "is a number that cannot be kept as it is written";
                    self.problem_with_help(node.at, &path, message, "put it in quotes");
                    String::new()
                }
                Yaml::Scalar(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
                _ => self.text(node, &path),
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
                    if let Some(value) = vars.get(&inner[..end]) {
                        filled.push_str(value);
                    } else {
                        // It stays, so that the field is not said to be empty as well.
                        filled.push_str(&rest[start..=start + OPEN.len() + end]);
                        let known = suggestion(&inner[..end], vars.keys().map(String::as_str));
                        self.problem_with_help(at, "", format!("`vars` has no `{}`", &inner[..end]), known);
                    }
                    rest = &inner[end + 1..];
                }
                filled.push_str(rest);
                *text = filled;
            });
        }
    }

    fn file(&mut self, root: &Node) -> Triggers {
        const KNOWN: [&str; 4] = ["version", "vars", "stages", "triggers"];
        let mut triggers = Vec::new();
        let entries = self.entries(root, "", &KNOWN);
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
        if matches!(root.value, Yaml::Map(_)) {
            self.missing(&entries, &KNOWN, &["version", "triggers"], "", root.at);
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
        let mut submit = find("submit").map(|node| self.submit(node, &field(&path, "submit")));
        if matches!(node.value, Yaml::Map(_)) {
            self.missing(&entries, &KNOWN, &["on", "submit"], &path, at);
        }
        let when = find("when").map(|node| self.text(node, &field(&path, "when")));
        let allow = find("allow").map(|node| self.allow(node, &field(&path, "allow")));
        let platform = find("platform")
            .and_then(|node| self.word(node, &field(&path, "platform"), &Platform::ALL))
            .unwrap_or_default();
        let emits = find("emits").map(|node| self.emits(node, &field(&path, "emits"))).unwrap_or_default();
        let enabled = find("enabled").is_none_or(|node| self.boolean(node, &field(&path, "enabled")));
        let mut positions = BTreeMap::from([(String::new(), at)]);
        note_positions(node, "", &mut positions);
        if self.problems.len() > before {
            // The rest of the trigger is looked at all the same, so that one run shows every problem.
            let faults: Vec<&str> = self.problems[before..].iter().map(|problem| problem.path.as_str()).collect();
            let read = KNOWN.map(|name| field(&path, name)).into_iter();
            let unread: Vec<String> = read.filter(|field| faults.iter().any(|fault| is_below(fault, field))).collect();
            let is_on_good = on.is_some() && !unread.contains(&field(&path, "on"));
            if submit.is_none() || unread.contains(&field(&path, "submit")) {
                self.unread.push(field(&path, "submit"));
                submit = Some(Submit::Fields(Map::new()));
            }
            self.unread.extend(unread);
            if !is_on_good {
                if let Some(Submit::Fields(fields)) = submit.filter(|_| !self.unread.contains(&field(&path, "submit")))
                {
                    let found = crate::check::fields(&fields, allow.as_ref(), platform);
                    self.problems.extend(found.into_iter().map(|problem| located(name, &positions, problem)));
                }
                return None;
            }
        }
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

    /// Tells which of the `needed` entries are not there, unless one that is there is a slip of theirs, and told as such.
    fn missing(&mut self, entries: &[Entry<'_>], known: &[&str], needed: &[&str], path: &str, at: Position) {
        for missing in needed {
            let meant = |name: &str| {
                name == *missing || (!known.contains(&name) && near(name, known.iter().copied()) == Some(missing))
            };
            if !entries.iter().any(|(name, _, _)| meant(name)) {
                self.problem(at, &field(path, missing), "is missing");
            }
        }
    }

    fn submit(&mut self, node: &Node, path: &str) -> Submit {
        match &node.value {
            Yaml::Scalar(Value::String(text)) if text == "from-event" => Submit::FromEvent,
            Yaml::Map(_) => match node.to_json() {
                Value::Object(fields) => Submit::Fields(fields),
                _ => Submit::Fields(Map::new()),
            },
            _ => {
                let message = format!("is {}, and must be the fields of SubmitJob or `from-event`", node.kind());
                let help = node.as_text().map(|text| suggestion(text, ["from-event"])).unwrap_or_default();
                match help.as_str() {
                    "" => self.problem(node.at, path, message),
                    _ => self.problem_with_help(node.at, path, message, help),
                }
                Submit::FromEvent
            }
        }
    }

    fn allow(&mut self, node: &Node, path: &str) -> Allow {
        let mut allow = Allow::default();
        for (name, _, node) in self.entries(node, path, &["queues", "definitions"]) {
            let path = field(path, name);
            let list = self.texts(node, &path);
            let kind = if name == "queues" { Resource::Queue } else { Resource::Definition };
            for (text, node) in list.iter().zip(each_item(node)) {
                self.resource(text, kind, node, &path);
            }
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
            let path = field(path, name);
            let list = self.texts(node, &path);
            for (text, node) in list.iter().zip(each_item(node)).filter(|(text, _)| !text.is_empty()) {
                match name {
                    "topics" => self.topic_name(text, node, &path),
                    _ => self.bucket_name(emitted_bucket(text).0, node, &path),
                }
            }
            match name {
                "topics" => emits.topics = list,
                _ => emits.buckets = list,
            }
        }
        emits
    }
}

/// The items of a list, or the node itself where it is none.
fn each_item(node: &Node) -> &[Node] {
    if let Yaml::List(items) = &node.value { items } else { std::slice::from_ref(node) }
}

fn note_positions(node: &Node, path: &str, positions: &mut BTreeMap<String, Position>) {
    match &node.value {
        Yaml::Map(entries) => {
            for (name, at, node) in entries {
                let path = field(path, name);
                note_positions(node, &path, positions);
                // A list or a mapping begins on the line below its name, and what is wrong with it is its name's matter.
                if !matches!(node.value, Yaml::Scalar(_)) {
                    positions.insert(path, *at);
                }
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
