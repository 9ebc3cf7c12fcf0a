//! Triggers, as the functions read them from `jobwire.json`.

use std::collections::{BTreeMap, HashMap};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::nearest::suggestion;
use crate::on::{Kind, On};
use crate::platform::Platform;
use crate::problem::{Position, Problem, Problems, each_text_of, field};
use crate::source::{Members, Source};
use crate::{check, render, seal, template};

/// The version of the trigger file and of `jobwire.json` that this code reads.
pub const VERSION: u64 = 1;

/// A checked trigger file.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Triggers {
    /// The file's version.
    pub version: u64,
    /// The triggers, in the file's order.
    pub triggers: Vec<Trigger>,
}

/// The compiled form as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compiled {
    version: u64,
    triggers: Vec<Trigger>,
    /// What the seal says shows in the text alone.
    #[serde(default, rename = "checked")]
    _checked: IgnoredAny,
}

/// A named entry of the trigger file.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// `false` pauses it.
    pub enabled: bool,
    /// Which occurrences it takes.
    pub on: On,
    /// The condition, a minijinja expression; none means always.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub when: Option<String>,
    /// The job.
    pub submit: Submit,
    /// The queues and definitions that templates or `from-event` may choose.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub allow: Option<Allow>,
    /// What the job definition runs on.
    #[serde(default)]
    pub platform: Platform,
    /// What the job itself publishes or writes.
    #[serde(default)]
    pub emits: Emits,
    /// Where each field stands in the trigger file, for messages.
    pub positions: BTreeMap<String, Position>,
}

/// `submit`: the job.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Submit {
    /// The fields of `SubmitJob`, with templates in their strings.
    Fields(Map<String, Value>),
    /// The event is itself a job request.
    FromEvent,
}

/// The queues and definitions that an event may choose from.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Allow {
    /// Job queues, as `jobQueue` may say them.
    #[serde(default)]
    pub queues: Vec<String>,
    /// Job definitions; one without a revision allows every revision.
    #[serde(default)]
    pub definitions: Vec<String>,
}

/// What a job itself publishes or writes.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Emits {
    /// Topics that it publishes to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// Buckets that it writes to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<String>,
}

/// The bucket and the prefix of an entry of `emits.buckets`: `inbox/done/` is below `done/` in `inbox`.
#[must_use]
pub fn emitted_bucket(emitted: &str) -> (&str, &str) {
    let name = emitted.rfind(':').map_or(0, |colon| colon + 1);
    match emitted[name..].find('/') {
        Some(slash) => (&emitted[..name + slash], &emitted[name + slash + 1..]),
        None => (emitted, ""),
    }
}

/// What lies below `chain`.
const CHAIN: Members = Members { of: "chain", known: &["id", "depth", "parent"], closed: true };

/// The names that every kind of `on` offers to templates.
pub const COMMON_NAMES: [&str; 5] = ["event", "trigger", "key", "time", "chain"];

impl Triggers {
    /// Reads `jobwire.json`, and checks all of it unless its seal shows that these very sources have done so: a file that
    /// was changed by hand is caught here, at the cold start, and any other costs it no second look.
    pub fn from_json(text: &str) -> Result<Self, Problems> {
        let Compiled { version, triggers, .. } = serde_json::from_str(text).map_err(|error| {
            Problem::new("", format!("is no compiled trigger file: {error}")).help("write it with `jobwire synth`")
        })?;
        if version != VERSION {
            return Err(Problem::new("version", format!("is {version}, and must be {VERSION}")).into());
        }
        let triggers = Self { version, triggers };
        let problems = if seal::is_whole(text, seal::CHECKS) { Vec::new() } else { triggers.problems() };
        if problems.is_empty() { Ok(triggers) } else { Err(Problems(problems)) }
    }

    /// The triggers of one kind: a function reads those alone that its source serves.
    #[must_use]
    pub fn of(&self, kind: Kind) -> Self {
        let triggers = self.triggers.iter().filter(|trigger| trigger.on.kind() == kind);
        Self { version: self.version, triggers: triggers.cloned().collect() }
    }

    /// The compiled form, sealed if nothing is wrong with it. Equal files give equal bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        if self.problems().is_empty() { seal::put(&text, seal::CHECKS) } else { text }
    }

    fn problems(&self) -> Vec<Problem> {
        self.triggers.iter().flat_map(Trigger::problems).collect()
    }

    /// The names in `when` and templates that the trigger's source does not offer.
    #[must_use]
    pub fn unknown_names(&self, sources: &[Source]) -> Vec<Problem> {
        let mut problems = Vec::new();
        // Files say the same again and again, and to look through an expression takes longer than to look it up.
        let mut read: HashMap<String, Vec<String>> = HashMap::new();
        for trigger in &self.triggers {
            let of_kind = || sources.iter().filter(|source| source.kind == trigger.on.kind());
            let offered: Vec<&str> = of_kind().flat_map(|source| source.names).copied().chain(COMMON_NAMES).collect();
            let members: Vec<Members> = of_kind().flat_map(|source| source.members).copied().chain([CHAIN]).collect();
            for (path, text) in trigger.expressions() {
                let names = read.entry(text).or_insert_with_key(|text| template::names_read(text));
                let found = names.iter().filter_map(|name| unknown(name, &offered, &members));
                problems.extend(found.map(|problem| trigger.located(Problem { path: path.clone(), ..problem })));
            }
        }
        problems
    }
}

/// What is wrong with a name, or with what is read below it.
fn unknown(name: &str, offered: &[&str], members: &[Members]) -> Option<Problem> {
    let (top, member) = name.split_once('.').map_or((name, None), |(top, rest)| (top, rest.split('.').next()));
    if !offered.contains(&top) {
        let problem = Problem::new("", format!("`{top}` is no name that this kind of `on` offers"));
        return Some(problem.help(suggestion(top, offered.iter().copied())));
    }
    let member = member?;
    let members = members.iter().find(|members| members.of == top && members.closed)?;
    if members.known.contains(&member) {
        return None;
    }
    let problem = Problem::new("", format!("`{top}` has no `{member}`"));
    Some(if members.known.is_empty() {
        problem.help(format!("`{top}` is the value itself"))
    } else {
        problem.help(suggestion(member, members.known.iter().copied()))
    })
}

impl Trigger {
    /// The problem with its place in the trigger file.
    #[must_use]
    pub fn located(&self, problem: Problem) -> Problem {
        located(&self.name, &self.positions, problem)
    }

    /// Every expression of the trigger: its path and its text; `when` is one, each `{{ … }}` is one.
    pub(crate) fn expressions(&self) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = self.when.iter().map(|when| ("when".to_owned(), when.clone())).collect();
        if let Submit::Fields(fields) = &self.submit {
            each_text_of(fields, "submit", &mut |path, text| {
                let pieces = template::split(text).unwrap_or_default();
                found.extend(pieces.into_iter().filter_map(|piece| match piece {
                    template::Piece::Expression(expression) => Some((path.to_owned(), expression.to_owned())),
                    template::Piece::Text(_) => None,
                }));
            });
        }
        found
    }

    /// What is wrong with the trigger as it stands, whatever event comes.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(when) = &self.when
            && let Err(problem) = template::check_expression(when)
        {
            problems.push(Problem { path: "when".into(), ..problem });
        }
        match &self.submit {
            Submit::Fields(fields) => {
                problems.extend(check::fields(fields, self.allow.as_ref(), self.platform));
            }
            Submit::FromEvent => {
                let empty = |allow: &Allow| allow.queues.is_empty() || allow.definitions.is_empty();
                if self.allow.as_ref().is_none_or(empty) {
                    problems.push(
                        Problem::new(
                            "allow",
                            "`submit: from-event` needs the queues and definitions that events may choose",
                        )
                        .help("add `allow: { queues: [feeds], definitions: [feedstream] }`"),
                    );
                }
                if let (On::Schedule(on), Some(allow)) = (&self.on, &self.allow)
                    && let Some(input) = &on.input
                {
                    let inputs = render::from_event(input, allow).err().unwrap_or_default();
                    problems.extend(
                        inputs.into_iter().map(|problem| Problem { path: field("on.input", &problem.path), ..problem }),
                    );
                }
                if !matches!(self.on, On::Schedule(_)) {
                    problems.push(Problem::new(
                        "submit",
                        "`from-event` is for schedules alone: other events carry data that others wrote",
                    ));
                }
            }
        }
        if let On::Schedule(on) = &self.on
            && let Err(problem) = crate::schedule::check(&on.schedule)
        {
            problems.push(Problem { path: "on.schedule".into(), ..problem });
        }
        problems.into_iter().map(|problem| self.located(problem)).collect()
    }
}

/// The problem of a trigger with its whole path and its place in the file: that of its field, or of the nearest field
/// around it.
pub(crate) fn located(trigger: &str, positions: &BTreeMap<String, Position>, problem: Problem) -> Problem {
    let mut path = problem.path.as_str();
    let at = loop {
        if let Some(at) = positions.get(path) {
            break Some(*at);
        }
        match path.rfind(['.', '[']) {
            Some(end) => path = &path[..end],
            None => break positions.get("").copied(),
        }
    };
    let path = field(&field("triggers", trigger), &problem.path);
    Problem { path, ..problem }.at(at)
}
