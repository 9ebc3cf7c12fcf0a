//! From the fields of a job request, as a file or an event has them, to a job request.
//!
//! The walk goes along the table of fields and never stops at a problem: what does not fit is told and replaced by
//! something that fits, so that one run shows everything that is wrong.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::nearest::suggestion;
use crate::part::kind;
use crate::problem::{Problem, field, item};
use crate::request::JobRequest;
use crate::shape::{Field, Shape, Templates};
use crate::template;

/// What becomes of a string at a path: the string that takes its place, or nothing where only an event can tell.
pub(crate) type Text<'a> = &'a mut dyn FnMut(&str, &str, Templates) -> Result<Option<String>, Problem>;

/// What a walk came to.
pub(crate) struct Walked {
    /// The request; whole in any case, and right where `problems` is empty and nothing is open.
    pub(crate) request: JobRequest,
    /// What does not fit.
    pub(crate) problems: Vec<Problem>,
    /// The paths below which the request holds nothing of the writer's.
    pub(crate) open: BTreeSet<String>,
}

/// Walks the fields of a job request.
pub(crate) fn walk(entries: &Map<String, Value>, fields: &'static [Field], text: Text<'_>) -> Walked {
    let mut walk = Walk { problems: Vec::new(), open: BTreeSet::new(), text };
    let filled = walk.fields(entries, fields, "");
    let Walk { mut problems, open, .. } = walk;
    let request = serde_json::from_value(filled).unwrap_or_else(|error| {
        problems.push(Problem::new("", format!("is no job request: {error}")));
        JobRequest::default()
    });
    Walked { request, problems, open }
}

struct Walk<'a> {
    problems: Vec<Problem>,
    open: BTreeSet<String>,
    text: Text<'a>,
}

impl Walk<'_> {
    fn value(&mut self, value: &Value, shape: &Shape, path: &str) -> Value {
        let result = match (shape, value) {
            (Shape::Text(templates), Value::String(text)) => self.text(path, text, *templates),
            (Shape::Word(words), Value::String(text)) => self.word(path, text, words),
            (Shape::Integer(bits), value) => self.integer(path, value, *bits),
            (Shape::Boolean, Value::Bool(value)) => Ok(Some(json!(value))),
            (Shape::Boolean, Value::String(text)) if text == "true" || text == "false" => {
                Ok(Some(json!(text == "true")))
            }
            (Shape::Map, Value::Object(entries)) => Ok(Some(self.map(entries, path))),
            (Shape::List(inner), Value::Array(items)) => {
                let items = items.iter().enumerate().map(|(index, value)| self.value(value, inner, &item(path, index)));
                Ok(Some(Value::Array(items.collect())))
            }
            (Shape::Struct(known), Value::Object(entries)) => Ok(Some(self.fields(entries, known, path))),
            (Shape::Text(_), Value::Number(_) | Value::Bool(_)) => {
                Err(Problem::new("", format!("is {}, and must be a string", kind(value)))
                    .help("put it in quotes: Batch takes strings alone here"))
            }
            (shape, _) => Err(Problem::new("", format!("is {}, and must be {}", kind(value), wanted(shape)))),
        };
        result
            .unwrap_or_else(|problem| {
                self.problems.push(Problem { path: path.to_owned(), ..problem });
                None
            })
            .unwrap_or_else(|| self.blank(shape, path))
    }

    fn text(&mut self, path: &str, text: &str, templates: Templates) -> Result<Option<Value>, Problem> {
        Ok((self.text)(path, text, templates)?.map(Value::String))
    }

    fn word(&mut self, path: &str, text: &str, words: &[&str]) -> Result<Option<Value>, Problem> {
        let Some(text) = (self.text)(path, text, Templates::Never)? else { return Ok(None) };
        match words.iter().find(|word| word.eq_ignore_ascii_case(&text)) {
            Some(word) => Ok(Some(json!(word))),
            None => Err(Problem::new("", format!("must be one of {}", words.join(", ")))),
        }
    }

    fn integer(&mut self, path: &str, value: &Value, bits: u32) -> Result<Option<Value>, Problem> {
        let whole = || Problem::new("", "must be a whole number");
        let number = match value {
            Value::Number(number) => number.as_i64().ok_or_else(whole)?,
            Value::String(text) if template::is_template(text) => {
                if !template::is_one_expression(text) {
                    return Err(Problem::new(
                        "",
                        "is a number's template, which is one `{{ … }}` and nothing beside it",
                    ));
                }
                let Some(text) = (self.text)(path, text, Templates::Allowed)? else { return Ok(None) };
                whole_number(&text).ok_or_else(|| Problem::new("", "renders to what is no whole number"))?
            }
            // `vars` are text, so the digits of a number stand for it.
            Value::String(text) => text
                .parse()
                .map_err(|_| Problem::new("", "is a string, and must be a number").help("write it without quotes"))?,
            _ => return Err(Problem::new("", format!("is {}, and must be a number", kind(value)))),
        };
        if bits < i64::BITS && i32::try_from(number).is_err() {
            return Err(Problem::new("", format!("is more than a number of {bits} bits holds")));
        }
        Ok(Some(json!(number)))
    }

    fn map(&mut self, entries: &Map<String, Value>, path: &str) -> Value {
        let entry = |(name, value): (&String, &Value)| {
            let path = field(path, name);
            if template::is_template(name) {
                self.problems.push(Problem::new(path.clone(), "a name is no template"));
            }
            (name.clone(), self.value(value, &Shape::Text(Templates::Allowed), &path))
        };
        Value::Object(entries.iter().map(entry).collect())
    }

    fn fields(&mut self, entries: &Map<String, Value>, known: &'static [Field], path: &str) -> Value {
        let mut filled = Map::new();
        for (name, value) in entries {
            match known.iter().find(|field| field.name == name) {
                Some(inner) => {
                    filled.insert(name.clone(), self.value(value, &inner.shape, &field(path, name)));
                }
                None => self.problems.push(
                    Problem::new(field(path, name), "is no field that belongs here")
                        .help(suggestion(name, known.iter().map(|field| field.name))),
                ),
            }
        }
        for missing in known.iter().filter(|field| field.required && !entries.contains_key(field.name)) {
            let path = field(path, missing.name);
            self.problems.push(Problem::new(path.clone(), "is missing"));
            filled.insert(missing.name.to_owned(), self.blank(&missing.shape, &path));
        }
        Value::Object(filled)
    }

    /// What stands for a value that is not known.
    fn blank(&mut self, shape: &Shape, path: &str) -> Value {
        self.open.insert(path.to_owned());
        match shape {
            Shape::Text(_) | Shape::Word(_) => json!("1"),
            Shape::Integer(_) => json!(1),
            Shape::Boolean => json!(false),
            Shape::Map => json!({}),
            Shape::List(_) => json!([]),
            Shape::Struct(known) => {
                let required = known.iter().filter(|field| field.required);
                Value::Object(
                    required
                        .map(|inner| (inner.name.to_owned(), self.blank(&inner.shape, &field(path, inner.name))))
                        .collect(),
                )
            }
        }
    }
}

/// The number that a template gave: `3`, or `3.0`, which is what a division gives.
fn whole_number(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.split_once('.').map_or(text, |(whole, fraction)| {
        if !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0') { whole } else { text }
    });
    digits.parse().ok()
}

fn wanted(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text(_) | Shape::Word(_) => "a string",
        Shape::Integer(_) => "a number",
        Shape::Boolean => "true or false",
        Shape::List(_) => "a list",
        Shape::Map | Shape::Struct(_) => "an object",
    }
}
