//! What is wrong with a trigger file, an event or a job request, and where.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A place in a file; both count from 1, and columns count characters.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

/// One thing that is wrong.
///
/// Neither part ever holds a value of an event: messages go to logs and queues, and values may be secret. They name
/// the field, the kind of what was found, the limit, and what to do next.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// The field, as `containerOverrides.environment[3].name`; empty where the whole document is meant.
    pub path: String,
    /// Where it stands in the trigger file, if it stands there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Position>,
    /// What was found and what is allowed.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub help: Option<String>,
}

impl Problem {
    /// A problem of the field at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), at: None, message: message.into(), help: None }
    }

    /// The same, with a hint at what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with its place in the trigger file.
    #[must_use]
    pub fn at(mut self, at: Option<Position>) -> Self {
        self.at = self.at.or(at);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "line {}, column {}: ", at.line, at.column)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

/// Every problem of one document, never only the first.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Problems(pub Vec<Problem>);

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

/// `parent.name`; where one of the two is empty, the other alone.
#[must_use]
pub fn field(parent: &str, name: &str) -> String {
    match (parent, name) {
        ("", alone) | (alone, "") => alone.to_owned(),
        _ => [parent, ".", name].concat(),
    }
}

/// `parent[index]`.
#[must_use]
pub fn item(parent: &str, index: usize) -> String {
    [parent, "[", &index.to_string(), "]"].concat()
}

/// Calls `found` for every string below `value`, with its path.
pub fn each_text(value: &Value, path: &str, found: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => found(path, text),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| each_text(value, &item(path, index), found));
        }
        Value::Object(fields) => each_text_of(fields, path, found),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The same for every string below the fields of an object.
pub fn each_text_of(fields: &Map<String, Value>, path: &str, found: &mut impl FnMut(&str, &str)) {
    for (name, value) in fields {
        each_text(value, &field(path, name), found);
    }
}
