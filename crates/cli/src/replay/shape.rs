//! What a message of a dead-letter queue holds, in whichever of its shapes.

use std::collections::BTreeMap;

use jobwire_core::part::kind;
use jobwire_core::problem::Problem;
use jobwire_core::replay::Replay;
use serde::Serialize;
use serde_json::{Value, json};

/// The shapes of messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shape {
    /// What a function of ours wrote into the rejects queue.
    Reject,
    /// Lambda's record of an asynchronous invocation that failed.
    OnFailure,
    /// A topic's message, as a subscription or a queue before a function leaves it.
    Sns,
    /// An event as it is.
    Event,
}

impl Shape {
    /// The word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::OnFailure => "on-failure",
            Self::Sns => "sns",
            Self::Event => "event",
        }
    }
}

/// What was found in a message.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    /// Its shape, where it has one.
    pub(crate) shape: Option<Shape>,
    /// The source that it names itself.
    pub(crate) source: Option<String>,
    /// The one trigger that it is for.
    pub(crate) trigger: Option<String>,
    /// Why it is in its queue, where it says so.
    pub(crate) reason: Option<String>,
    /// The event to send again, or why there is none.
    pub(crate) event: Result<Value, String>,
}

/// Reads a message: its body, and the attributes that EventBridge and Lambda put beside an event.
pub(crate) fn read(body: &str, attributes: &BTreeMap<String, String>) -> Letter {
    let unreadable = |problem: String| Letter {
        shape: None,
        source: None,
        trigger: None,
        reason: said_beside(attributes),
        event: Err(format!("{problem}: look at the message, and delete it by hand if nobody needs it")),
    };
    let value: Value = match serde_json::from_str(body) {
        Ok(value) => value,
        // The parser's own words would quote the message.
        Err(_) => return unreadable("its body is no JSON".to_owned()),
    };
    if !value.is_object() {
        return unreadable(format!("its body is {}, and an event is an object", kind(&value)));
    }
    let mut letter = if is_reject(&value) {
        reject(value)
    } else if value.get("requestContext").is_some() && value.get("requestPayload").is_some() {
        failed_invocation(value)
    } else if value["Type"] == "Notification" && value["TopicArn"].is_string() && value["Message"].is_string() {
        found(Shape::Sns, None, json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": value}]}))
    } else {
        found(Shape::Event, None, value)
    };
    letter.reason = letter.reason.or_else(|| said_beside(attributes));
    // A replay that was sent asynchronously, or to functions that do not know replays, comes back as it was sent.
    if let Some(Replay { event, trigger }) = letter.event.as_ref().ok().and_then(Replay::read) {
        letter.trigger = letter.trigger.or_else(|| trigger.map(str::to_owned));
        letter.event = Ok(event.clone());
    }
    letter
}

fn found(shape: Shape, reason: Option<String>, event: Value) -> Letter {
    Letter { shape: Some(shape), source: None, trigger: None, reason, event: Ok(event) }
}

/// EventBridge's events have a source too, but no list of problems.
fn is_reject(value: &Value) -> bool {
    value["source"].is_string() && value["problems"].is_array()
}

fn reject(mut value: Value) -> Letter {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let (source, trigger) = (text("source"), text("trigger"));
    let problems: Vec<Problem> = serde_json::from_value(value["problems"].take()).unwrap_or_default();
    let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let event = match value["event"].take() {
        event @ Value::Object(_) => Ok(event),
        Value::Null => {
            Err("the reject holds no event, which was too large for it: let its source send it anew".to_owned())
        }
        other => Err(format!("the reject's `event` is {}, and must be an object", kind(&other))),
    };
    let reason = Some(words.join("; ")).filter(|reason| !reason.is_empty());
    Letter { shape: Some(Shape::Reject), source, trigger, reason, event }
}

fn failed_invocation(mut value: Value) -> Letter {
    let answer = &value["responsePayload"];
    let reason = both(answer["errorType"].as_str(), answer["errorMessage"].as_str())
        .or_else(|| value["requestContext"]["condition"].as_str().map(str::to_owned));
    let mut letter = found(Shape::OnFailure, reason, value["requestPayload"].take());
    if let Ok(event) = &letter.event
        && !event.is_object()
    {
        letter.event = Err(format!("its requestPayload is {}, and an event is an object", kind(event)));
    }
    letter
}

/// What EventBridge, and Lambda for its own dead-letter queues, say in attributes.
fn said_beside(attributes: &BTreeMap<String, String>) -> Option<String> {
    let said = |name: &str| attributes.get(name).map(String::as_str);
    both(said("ERROR_CODE"), said("ERROR_MESSAGE")).or_else(|| both(said("ErrorCode"), said("ErrorMessage")))
}

fn both(code: Option<&str>, message: Option<&str>) -> Option<String> {
    match (code, message) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}
