//! What is said about an event never holds a value of it: messages go to logs and queues, and values may be secret.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use jobwire_core::plan::Reject;
use serde_json::Value;

use crate::every_kind;

/// How long a text must be for its presence in a message to be no chance.
const LONG: usize = 32;

/// Checks that no long text of `event` is repeated by the problems of `rejects`.
///
/// Names of members may be: they say which field is meant. So may what the trigger file itself holds.
pub(crate) fn keeps_values(event: &Value, rejects: &[Reject]) {
    if rejects.is_empty() {
        return;
    }
    let mut texts = Texts::default();
    texts.add(event);
    // By hash, because libFuzzer watches comparisons of text: it would write our own messages into its events.
    let mut by_length: BTreeMap<usize, HashSet<u64>> = BTreeMap::new();
    for value in texts.values.iter().filter(|value| value.len() >= LONG) {
        if !every_kind::TEXT.contains(value.as_str()) && !texts.names.iter().any(|name| name.contains(value)) {
            by_length.entry(value.len()).or_default().insert(hash(value.as_bytes()));
        }
    }
    for said in rejects.iter().flat_map(|reject| &reject.problems).map(ToString::to_string) {
        for (length, hashes) in &by_length {
            let repeated = said.as_bytes().windows(*length).any(|window| hashes.contains(&hash(window)));
            assert!(!repeated, "a problem repeats a value of the event: {said}");
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[derive(Default)]
struct Texts {
    names: Vec<String>,
    values: Vec<String>,
}

impl Texts {
    fn add(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(members) => {
                self.names.extend(members.keys().cloned());
                members.values().for_each(|member| self.add(member));
            }
            Value::String(text) => {
                self.values.push(text.clone());
                // Envelopes hold their events as text.
                if let Ok(inner) = serde_json::from_str(text) {
                    self.add(&inner);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
