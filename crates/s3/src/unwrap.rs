//! The envelopes that S3's events come in: none, SNS, SQS, SNS in SQS, EventBridge in SQS, and Lambda's own record of a
//! failed invocation.

use jobwire_core::occurrence::Record;
use jobwire_core::part::{Part, kind};
use jobwire_core::problem::{Problem, field};
use jobwire_core::source::{Reading, Unreadable};
use serde_json::Value;

use crate::object;

/// The most envelopes around one another: SQS, a failed invocation's record, SNS, and one to spare.
const DEEPEST: usize = 4;

/// Reads every object of the event.
pub(crate) fn read(event: &Value) -> Reading {
    let mut reading = Reading::default();
    open(&Part::whole(event), None, DEEPEST, &mut reading);
    reading
}

/// Opens one envelope. `record` is the record of the outermost event that we are in, if it has records.
fn open(part: &Part<'_>, record: Option<&Record>, depth: usize, reading: &mut Reading) {
    let here = || record.cloned().unwrap_or_default();
    let Some(depth) = depth.checked_sub(1) else {
        return refuse(reading, record, Problem::new(part.path(), "has too many envelopes around it"));
    };
    if is_test_event(part) {
        return;
    }
    if part.get("source").is_some_and(|source| source.value == "aws.s3") {
        return reading.add(here(), object::from_eventbridge(part));
    }
    // Lambda's record of an invocation that failed holds the event as it was.
    if let (Some(payload), true) = (part.get("requestPayload"), part.get("requestContext").is_some()) {
        return open(&payload, record, depth, reading);
    }
    if part.get("Type").is_some_and(|kind| kind.value == "Notification") && part.get("TopicArn").is_some() {
        return open_text(part, "Message", &here(), depth, reading);
    }
    let records = match part.list("Records") {
        Ok(records) => records,
        Err(problem) => {
            let problem = match part.value {
                Value::Object(_) => problem.help("an S3 event has `Records`, or the source aws.s3"),
                other => Problem::new(part.path(), format!("is {}, and must be an event of S3", kind(other))),
            };
            return refuse(reading, record, problem);
        }
    };
    for (index, inner) in records.iter().enumerate() {
        let inside = record.cloned().unwrap_or_else(|| Record {
            index,
            sqs_message: inner.get("messageId").and_then(|id| id.value.as_str()).map(str::to_owned),
        });
        if inner.get("Sns").is_some() {
            match inner.object("Sns") {
                Ok(sns) => open_text(&sns, "Message", &inside, depth, reading),
                Err(problem) => refuse(reading, Some(&inside), problem),
            }
        } else if inner.get("body").is_some() {
            open_text(inner, "body", &inside, depth, reading);
        } else {
            reading.add(inside, object::from_notification(inner));
        }
    }
}

/// Opens the event that stands as text in `part`'s member `name`.
fn open_text(part: &Part<'_>, name: &str, record: &Record, depth: usize, reading: &mut Reading) {
    let parsed = part.text(name).and_then(|text| {
        serde_json::from_str::<Value>(text)
            .map_err(|_| Problem::new(field(part.path(), name), "is text that is no JSON, so no event of S3"))
    });
    match parsed {
        Ok(inner) => open(&Part::inside(&inner, field(part.path(), name)), Some(record), depth, reading),
        Err(problem) => refuse(reading, Some(record), problem),
    }
}

fn refuse(reading: &mut Reading, record: Option<&Record>, problem: Problem) {
    reading.unreadable.push(Unreadable { record: record.cloned(), problem });
}

/// S3 sends this to a topic or queue when its notification is set up: nothing happened.
fn is_test_event(part: &Part<'_>) -> bool {
    part.get("Event").is_some_and(|event| event.value == "s3:TestEvent") && part.get("Records").is_none()
}
