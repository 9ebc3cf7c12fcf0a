//! The trigger file's JSON Schema, for editors.
//!
//! It says what an editor can tell while one types: fields, kinds of value, words. What needs a look at the whole file,
//! at templates or at limits is said by `check`.

use serde_json::{Map, Value, json};

use crate::on::{BucketEvent, JOB_STATES};
use crate::platform::Platform;
use crate::shape::{Field, REQUEST, Shape, Templates};
use crate::trigger::VERSION;

/// The JSON Schema (draft 7, which editors know best) of `jobwire.yaml`.
#[must_use]
pub fn schema() -> Value {
    let vars = json!({
        "type": "object",
        "description": "${vars.NAME} in any string below triggers",
        "additionalProperties": {"type": ["string", "integer", "boolean"]},
    });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "jobwire.yaml",
        "description": "Which event starts which AWS Batch job",
        "type": "object",
        "additionalProperties": false,
        "required": ["version", "triggers"],
        "properties": {
            "version": {"const": VERSION, "description": "The version of this file's form"},
            "vars": vars,
            "stages": {
                "type": "object",
                "description": "Vars that lie over the file's own with --stage NAME",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {"vars": vars},
                },
            },
            "triggers": {
                "type": "object",
                "description": "The triggers by their names",
                "minProperties": 1,
                "propertyNames": {"pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"},
                "additionalProperties": trigger(),
            },
        },
    })
}

fn trigger() -> Value {
    let platforms: Vec<&str> = Platform::ALL.iter().map(|(name, _)| *name).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["on", "submit"],
        "properties": {
            "on": on(),
            "when": {"type": "string", "minLength": 1, "description": "A condition, a minijinja expression; without one: always"},
            "submit": {
                "description": "The fields of SubmitJob, or from-event: the schedule's input is the job request",
                "anyOf": [{"const": "from-event"}, structure(REQUEST)],
            },
            "allow": {
                "type": "object",
                "description": "What templates or from-event may choose",
                "additionalProperties": false,
                "properties": {"queues": one_or_several(), "definitions": one_or_several()},
            },
            "emits": {
                "type": "object",
                "description": "What the job itself publishes to or writes: topics, and buckets as NAME or NAME/PREFIX",
                "additionalProperties": false,
                "properties": {"topics": one_or_several(), "buckets": one_or_several()},
            },
            "platform": word(&platforms, "What the job definition runs on"),
            "enabled": {"description": "false pauses the trigger", "anyOf": [shape(&Shape::Boolean)]},
        },
    })
}

fn on() -> Value {
    let text = |about: &str| json!({"type": "string", "minLength": 1, "description": about});
    let buffer = || word(&["sqs"], "A queue before the function");
    let events: Vec<&str> = BucketEvent::ASKABLE.iter().map(|(name, _)| *name).collect();
    let kinds = [
        (
            "schedule",
            json!({
                "schedule": text("cron(…), rate(…) or at(…)"),
                "timezone": text("A time zone of the IANA database"),
                "input": {"type": "object", "description": "What takes the place of the event"},
            }),
        ),
        (
            "topic",
            json!({
                "topic": text("A name, which the stack creates, or an ARN"),
                "via": word(&["direct", "sqs"], "How the message travels"),
                "buffer": buffer(),
            }),
        ),
        (
            "bucket",
            json!({
                "bucket": text("A name, which the stack creates, or an ARN"),
                "prefix": one_or_several(),
                "suffix": one_or_several(),
                "events": several_words(&events, "What happened to the object; created by default"),
                "via": {
                    "description": "How the event travels",
                    "anyOf": [
                        word(&["direct", "eventbridge", "sqs"], ""),
                        {
                            "type": "object",
                            "additionalProperties": false,
                            "required": ["sns"],
                            "properties": {"sns": text("The ARN of the topic that the bucket notifies")},
                        },
                    ],
                },
                "buffer": buffer(),
            }),
        ),
        (
            "job",
            json!({
                "job": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["status"],
                    "properties": {
                        "queue": text("The queue's name or ARN"),
                        "definition": text("The definition: NAME is every revision, NAME:3 one"),
                        "status": several_words(&JOB_STATES, "The states that start the job"),
                        "each": word(&["child", "node"], "An array's children or a multi-node job's nodes; else whole jobs"),
                    },
                },
            }),
        ),
    ];
    let kinds: Vec<Value> = kinds
        .into_iter()
        .map(|(name, properties)| {
            json!({"type": "object", "additionalProperties": false, "required": [name], "properties": properties})
        })
        .collect();
    json!({"description": "Which occurrences start the job", "oneOf": kinds})
}

fn one_or_several() -> Value {
    let text = json!({"type": "string", "minLength": 1});
    json!({"anyOf": [text, {"type": "array", "items": text}]})
}

/// One of these words; a variable of the file may stand for it.
fn word(words: &[&str], about: &str) -> Value {
    json!({"description": about, "anyOf": [{"enum": words}, variable()]})
}

fn several_words(words: &[&str], about: &str) -> Value {
    let one = json!({"anyOf": [{"enum": words}, variable()]});
    json!({"description": about, "anyOf": [one, {"type": "array", "minItems": 1, "items": one}]})
}

fn variable() -> Value {
    json!({"type": "string", "pattern": "\\$\\{vars\\."})
}

fn structure(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| {
            let mut value = shape(&field.shape);
            if let Some(value) = value.as_object_mut() {
                value.insert("description".into(), json!(field.about));
            }
            (field.name.to_owned(), value)
        })
        .collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}

fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text(Templates::Never) => json!({"type": "string", "not": {"pattern": "\\{\\{"}}),
        Shape::Text(Templates::Allowed | Templates::Within(_)) => json!({"type": "string"}),
        Shape::Word(words) => {
            let in_any_case = |word: &str| -> String {
                let letter = |letter: char| match letter.to_lowercase().next() {
                    Some(lower) if lower != letter => format!("[{letter}{lower}]"),
                    _ => letter.to_string(),
                };
                format!("^{}$", word.chars().map(letter).collect::<String>())
            };
            let patterns = words.iter().map(|word| json!({"type": "string", "pattern": in_any_case(word)}));
            let forms: Vec<Value> = [json!({"enum": words})].into_iter().chain(patterns).chain([variable()]).collect();
            json!({"anyOf": forms})
        }
        Shape::Integer(_) => json!({
            "anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^\\s*(\\{\\{.*\\}\\}|-?[0-9]+)\\s*$|\\$\\{vars\\."}],
        }),
        Shape::Boolean => json!({"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}, variable()]}),
        Shape::Map => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        Shape::List(inner) => json!({"type": "array", "items": self::shape(inner)}),
        Shape::Struct(fields) => structure(fields),
    }
}
