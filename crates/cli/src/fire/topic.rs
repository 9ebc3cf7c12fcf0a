//! A topic's message, as SNS invokes a function with it.

use anyhow::Result;
use jobwire_core::on::TopicOn;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::place::Place;
use super::{new_id, written_millis};
use crate::output;

/// A message.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Its text, byte for byte.
    pub(crate) text: String,
    /// The id of one that was sent before.
    pub(crate) id: Option<String>,
    /// Its subject.
    pub(crate) subject: Option<String>,
    /// Its text attributes.
    pub(crate) attributes: Vec<(String, String)>,
}

/// The event of a message that the topic itself has not sent: others who listen there do not get it.
pub(super) fn event(place: &Place, on: &TopicOn, message: &Message) -> Result<Value> {
    let topic = place.deployed(&place.names.topic, &on.topic)?;
    let id = message.id.clone().unwrap_or_else(|| {
        let id = new_id();
        output::say(&format!("the message gets the id {id}: --message-id {id} sends the same one again"));
        id
    });
    let millis = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    let attributes: Map<String, Value> = message
        .attributes
        .iter()
        .map(|(name, text)| (name.clone(), json!({"Type": "String", "Value": text})))
        .collect();
    Ok(json!({"Records": [{
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "Sns": {
            "Type": "Notification",
            "MessageId": id,
            "TopicArn": topic,
            "Subject": message.subject,
            "Message": message.text,
            "Timestamp": written_millis(i64::try_from(millis).unwrap_or_default()),
            "MessageAttributes": attributes,
        },
    }]}))
}
