//! SNS: every record of a topic's event, direct or through a queue.

use jobwire_core::chain::{self, Chain};
use jobwire_core::key::OccurrenceKey;
use jobwire_core::occurrence::{Occurrence, Origin, Record};
use jobwire_core::on::Kind;
use jobwire_core::part::Part;
use jobwire_core::problem::Problem;
use jobwire_core::source::{Members, Reading, Source};
use serde_json::{Map, Value};

/// The source of messages.
pub const SOURCE: Source = Source {
    name: "sns",
    kind: Kind::Topic,
    names: &["sns", "message"],
    members: &[Members {
        of: "sns",
        known: &["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "MessageAttributes"],
        closed: false,
    }],
    optional: &["sns.Subject"],
    read,
};

/// Reads `Records`, each by itself: a malformed record never hides the good ones beside it.
#[must_use]
pub fn read(event: &Value) -> Reading {
    let records = match Part::whole(event).list("Records") {
        Ok(records) => records,
        Err(problem) => return Reading::refused(problem),
    };
    let mut reading = Reading::default();
    for (index, part) in records.iter().enumerate() {
        let sqs_message = part.get("messageId").and_then(|id| id.value.as_str()).map(str::to_owned);
        let read = if part.get("body").is_some() { queued(part) } else { record(part) };
        reading.add(Record { index, sqs_message }, read);
    }
    reading
}

/// A record as SNS invokes a function with it.
fn record(part: &Part<'_>) -> Result<Occurrence, Problem> {
    if let Some(source) = part.optional_text("EventSource")?
        && source != "aws:sns"
    {
        return Err(Problem::new(format!("{}.EventSource", part.path()), "is another source, and must be aws:sns"));
    }
    notification(&part.object("Sns")?)
}

/// A message of a queue that is subscribed to a topic: its body is the notification.
fn queued(part: &Part<'_>) -> Result<Occurrence, Problem> {
    let body = part.text("body")?;
    let wrong = || {
        Problem::new(format!("{}.body", part.path()), "is no SNS notification")
            .help("subscribe the queue without raw message delivery")
    };
    let body: Value = serde_json::from_str(body).map_err(|_| wrong())?;
    let body = Part::inside(&body, format!("{}.body", part.path()));
    if body.optional_text("Type").ok().flatten() != Some("Notification") {
        return Err(wrong());
    }
    notification(&body)
}

fn notification(sns: &Part<'_>) -> Result<Occurrence, Problem> {
    let (arn, id, time) = (sns.text("TopicArn")?, sns.text("MessageId")?, sns.moment("Timestamp")?);
    let message = sns.required("Message")?;
    let message = message.value.as_str().ok_or_else(|| message.problem("must be a string"))?;
    // AWS sends `Subject: null` where others leave it out; a template sees one form.
    let as_it_is: Map<String, Value> = sns
        .value
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut names = Map::from_iter([("sns".to_owned(), Value::Object(as_it_is))]);
    // A message may be any text; `message` exists only where it is JSON.
    names.extend(serde_json::from_str::<Value>(message).ok().map(|message| ("message".to_owned(), message)));
    let attribute = |name: &str| sns.get("MessageAttributes")?.get(name)?.get("Value")?.value.as_str();
    Ok(Occurrence {
        origin: Origin::Topic { arn: arn.to_owned() },
        key: Some(OccurrenceKey::of(&["topic", arn, id])),
        time: Some(time.to_owned()),
        chain: Chain::following(attribute(chain::CHAIN), attribute(chain::DEPTH), attribute(chain::PARENT)),
        names,
        record: Record::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::{Value, json};

    fn record(message: &str) -> Value {
        json!({"EventSource": "aws:sns", "Sns": {"TopicArn": "arn:aws:sns:eu-west-1:1:t", "MessageId": "m", "Timestamp": "2026-11-21T06:00:00.000Z", "Subject": null, "Message": message,
            "MessageAttributes": {"jobwire.chain": {"Type": "String", "Value": "0123456789abcdef"}, "jobwire.depth": {"Type": "String", "Value": "1"}, "jobwire.parent": {"Type": "String", "Value": "job-1"}}}})
    }

    #[test]
    fn a_malformed_record_never_hides_the_good_ones_beside_it() {
        let reading = read(&json!({"Records": [record("a"), {"EventSource": "aws:sns"}, 7, record("b")]}));
        assert_eq!(reading.occurrences.iter().map(|occurrence| occurrence.record.index).collect::<Vec<_>>(), [0, 3]);
        assert_eq!(
            reading.unreadable.iter().map(|unreadable| unreadable.problem.path.as_str()).collect::<Vec<_>>(),
            ["Records[1].Sns", "Records[2]"]
        );
    }

    #[test]
    fn message_exists_only_where_the_text_is_json() {
        let names = |text: &str| read(&json!({"Records": [record(text)]})).occurrences[0].names.clone();
        assert_eq!(names(r#"{"type":"x"}"#)["message"]["type"], "x");
        let odd = "{\"type\":\"lovelive\"}}\r\n";
        assert!(!names(odd).contains_key("message"));
        assert_eq!(names(odd)["sns"]["Message"], odd);
        assert_eq!(names(odd)["sns"].get("Subject"), None);
    }

    #[test]
    fn the_chain_goes_on_one_deeper() {
        let chain =
            read(&json!({"Records": [record("a")]})).occurrences[0].chain.clone().expect("the attributes are there");
        assert_eq!((chain.id.as_str(), chain.depth, chain.parent.as_deref()), ("0123456789abcdef", 2, Some("job-1")));
    }
}
