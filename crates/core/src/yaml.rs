//! A YAML document as a tree that remembers where everything stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use serde_saphyr::Spanned;

use crate::problem::{Position, Problem};

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Yaml,
    /// Where it begins.
    pub at: Position,
}

/// What a node may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Yaml {
    /// A scalar: null, a boolean, a number or a string.
    Scalar(Value),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the file's order, with the place of each key.
    Map(Vec<(String, Position, Node)>),
}

impl Node {
    /// Reads the one document of `text`.
    pub fn read(text: &str) -> Result<Self, Problem> {
        if text.trim().is_empty() {
            return Err(Problem::new("", "the file is empty").help("begin with `version: 1` and `triggers:`"));
        }
        // `on`, `no` and `NO` are words here, as in YAML 1.2: country codes and our own `on` are no booleans.
        let options = serde_saphyr::options! { strict_booleans: true };
        serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let at = error.location().map(|place| Position { line: place.line(), column: place.column() });
            let problem = Problem::new("", format!("is no YAML that can be read: {}", first_line(&error))).at(at);
            // The commonest slip: YAML takes two braces for a mapping of its own.
            let line = at.and_then(|at| text.lines().nth(usize::try_from(at.line).ok()?.checked_sub(1)?));
            match line {
                Some(line) if line.contains("{{") => {
                    problem.help("put a string with a template in quotes: \"{{ … }}\"")
                }
                _ => problem,
            }
        })
    }

    /// The same as JSON, without places.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.value {
            Yaml::Scalar(value) => value.clone(),
            Yaml::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Yaml::Map(entries) => {
                Value::Object(entries.iter().map(|(name, _, node)| (name.clone(), node.to_json())).collect())
            }
        }
    }

    /// The member `name` of a mapping.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node> {
        match &self.value {
            Yaml::Map(entries) => entries.iter().find(|(key, _, _)| key == name).map(|(_, _, node)| node),
            _ => None,
        }
    }

    /// The string, where it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Yaml::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// What it is, in the words of messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Yaml::Scalar(value) => crate::part::kind(value),
            Yaml::List(_) => "a list",
            Yaml::Map(_) => "a mapping",
        }
    }

    /// Calls `change` for every string in the tree.
    pub fn each_text(&mut self, change: &mut impl FnMut(&mut String, Position)) {
        match &mut self.value {
            Yaml::Scalar(Value::String(text)) => change(text, self.at),
            Yaml::Scalar(_) => {}
            Yaml::List(items) => items.iter_mut().for_each(|item| item.each_text(change)),
            Yaml::Map(entries) => entries.iter_mut().for_each(|(_, _, node)| node.each_text(change)),
        }
    }
}

fn first_line(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default();
    // The library speaks to those who call it, and says the place once more.
    for (theirs, ours) in [
        ("from_multiple", "there are several documents in it, and one is read"),
        ("from_str_multiple", "there are several documents in it, and one is read"),
        ("budget breached", "it is larger, by itself or by its aliases, than a trigger file may be"),
        ("recursive references", "an alias stands within what it is an alias of"),
    ] {
        if line.contains(theirs) {
            return ours.to_owned();
        }
    }
    let line = line.replace(", set DuplicateKeyPolicy in Options if acceptable", "");
    line.split_once(" at line ").map_or(line.as_str(), |(message, _)| message).to_owned()
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Yaml>::deserialize(deserializer)?;
        let at = Position { line: spanned.referenced.line(), column: spanned.referenced.column() };
        Ok(Self { value: spanned.value, at })
    }
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(YamlVisitor)
    }
}

struct YamlVisitor;

impl<'de> Visitor<'de> for YamlVisitor {
    type Value = Yaml;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML that JSON can say: strings, numbers, booleans, null, lists and mappings")
    }

    fn visit_unit<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Yaml, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Yaml, E> {
        Number::from_f64(value)
            .map(|number| Yaml::Scalar(Value::Number(number)))
            .ok_or_else(|| E::custom("is a number that JSON has no word for"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Yaml, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Yaml::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Yaml, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let at = Position { line: key.referenced.line(), column: key.referenced.column() };
            map.push((key.value, at, entries.next_value()?));
        }
        Ok(Yaml::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, Yaml};
    use crate::problem::Position;

    #[test]
    fn everything_remembers_its_place() {
        let node = Node::read("a: 1\non:\n  b: [x, \"2\"]\n").expect("it is YAML");
        assert_eq!(node.to_json(), serde_json::json!({"a": 1, "on": {"b": ["x", "2"]}}));
        let list = node.get("on").and_then(|on| on.get("b")).expect("it is there");
        assert_eq!(list.at, Position { line: 3, column: 6 });
        let Yaml::Map(entries) = &node.value else { panic!("a mapping") };
        assert_eq!(entries[1].1, Position { line: 2, column: 1 });
    }

    #[test]
    fn words_are_no_booleans() {
        let node = Node::read("country: NO\nyes: on\nreal: true\n").expect("it is YAML");
        assert_eq!(node.to_json(), serde_json::json!({"country": "NO", "yes": "on", "real": true}));
    }

    #[test]
    fn broken_text_is_a_problem_with_its_line() {
        for text in ["", "a: [1\nb: 2", "a: 1\na: 2", "\t- x: {", "a: &x [*x]"] {
            let problem = Node::read(text).expect_err(text);
            assert!(text.is_empty() || problem.at.is_some(), "{text}: {problem}");
        }
    }
}
