//! Reading an event part by part, with errors that name the field and the kind of what was found.

use serde_json::Value;

use crate::problem::{Problem, field, item};
use crate::time::is_rfc3339;

/// A part of an event, and the path by which it was reached.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The JSON itself.
    pub value: &'a Value,
    path: String,
}

/// The kind of a JSON value, in the words of messages.
#[must_use]
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

impl<'a> Part<'a> {
    /// The whole event.
    #[must_use]
    pub fn whole(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    /// An event that stands as text at `path` of another.
    #[must_use]
    pub fn inside(value: &'a Value, path: String) -> Self {
        Self { value, path }
    }

    /// Where this part stands.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The member `name`, where it is there and not null: AWS leaves optional members out in one place and sends null
    /// in another.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Part<'a>> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Part { value, path: field(&self.path, name) })
    }

    /// The member `name`, which must be there.
    pub fn required(&self, name: &str) -> Result<Part<'a>, Problem> {
        if !self.value.is_object() {
            return Err(self.problem(format!("is {}, and must be an object", kind(self.value))));
        }
        self.get(name).ok_or_else(|| Problem::new(field(&self.path, name), "is missing"))
    }

    /// The member `name` as an object.
    pub fn object(&self, name: &str) -> Result<Part<'a>, Problem> {
        let part = self.required(name)?;
        if part.value.is_object() { Ok(part) } else { Err(part.must_be("an object")) }
    }

    /// The member `name` as a string that is not empty.
    pub fn text(&self, name: &str) -> Result<&'a str, Problem> {
        let part = self.required(name)?;
        match part.value.as_str() {
            Some("") => Err(part.problem("is empty")),
            Some(text) => Ok(text),
            None => Err(part.must_be("a string")),
        }
    }

    /// The member `name` as a string, where it is there; another kind is an error, an empty string counts as absent.
    pub fn optional_text(&self, name: &str) -> Result<Option<&'a str>, Problem> {
        match self.get(name) {
            None => Ok(None),
            Some(part) => match part.value.as_str() {
                Some(text) => Ok(Some(text).filter(|text| !text.is_empty())),
                None => Err(part.must_be("a string")),
            },
        }
    }

    /// The member `name` as a moment of RFC 3339.
    pub fn moment(&self, name: &str) -> Result<&'a str, Problem> {
        let text = self.text(name)?;
        if is_rfc3339(text) {
            Ok(text)
        } else {
            Err(Problem::new(field(&self.path, name), "is no moment of RFC 3339, such as 2026-11-21T06:00:00Z"))
        }
    }

    /// The member `name` as a list, item by item.
    pub fn list(&self, name: &str) -> Result<Vec<Part<'a>>, Problem> {
        let part = self.required(name)?;
        match part.value.as_array() {
            Some(items) => Ok(items
                .iter()
                .enumerate()
                .map(|(index, value)| Part { value, path: item(&part.path, index) })
                .collect()),
            None => Err(part.must_be("a list")),
        }
    }

    /// A problem of this very part.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.path.clone(), message)
    }

    fn must_be(&self, wanted: &str) -> Problem {
        self.problem(format!("is {}, and must be {wanted}", kind(self.value)))
    }
}
