//! An event that is sent to its function again, by hand: `{"jobwireReplay": {"trigger": …, "event": …}}`.

use serde_json::{Value, json};

/// The member that no event of AWS has.
const ENVELOPE: &str = "jobwireReplay";

/// What a replay asks of a function.
///
/// What still cannot be submitted fails the invocation instead of going to the rejects queue, so that whoever replays
/// keeps the message that it came from, and no second one is made of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replay<'a> {
    /// The event as it came first.
    pub event: &'a Value,
    /// The one trigger that it is for; the others have had it.
    pub trigger: Option<&'a str>,
}

impl<'a> Replay<'a> {
    /// Opens the envelope; an event that has none is nobody's replay.
    #[must_use]
    pub fn read(event: &'a Value) -> Option<Self> {
        let envelope = event.get(ENVELOPE)?;
        Some(Self { event: envelope.get("event")?, trigger: envelope.get("trigger").and_then(Value::as_str) })
    }

    /// The event to invoke the function with.
    #[must_use]
    pub fn wrapped(&self) -> Value {
        json!({ENVELOPE: {"trigger": self.trigger, "event": self.event}})
    }
}

#[cfg(test)]
mod tests {
    use super::Replay;
    use serde_json::json;

    #[test]
    fn what_is_wrapped_is_read_as_it_was() {
        let event = json!({"Records": []});
        for trigger in [None, Some("t")] {
            let replay = Replay { event: &event, trigger };
            assert_eq!(Replay::read(&replay.wrapped()), Some(replay));
        }
        assert_eq!(Replay::read(&event), None);
    }
}
