//! Schedules: ticks of EventBridge rules and of EventBridge Scheduler, and a schedule's constant input.

use jobwire_core::key::OccurrenceKey;
use jobwire_core::occurrence::{Occurrence, Origin, Record};
use jobwire_core::on::Kind;
use jobwire_core::part::Part;
use jobwire_core::problem::Problem;
use jobwire_core::source::{Members, Reading, Source};
use serde_json::{Map, Value, json};

/// The source of schedules.
pub const SOURCE: Source = Source {
    name: "scheduled",
    kind: Kind::Schedule,
    names: &["schedule", "detail"],
    members: &[Members { of: "schedule", known: &["rule", "time"], closed: true }],
    optional: &[],
    read,
};

/// The fields that a bare job request must have.
const JOB_REQUEST: [&str; 3] = ["jobName", "jobQueue", "jobDefinition"];

/// Reads the three forms: our envelope `{"jobwire": {"trigger", "rule", "time"}, "event"}`, AWS's own scheduled event, and
/// a bare job request.
#[must_use]
pub fn read(event: &Value) -> Reading {
    let whole = Part::whole(event);
    let read = if whole.get("jobwire").is_some() {
        envelope(&whole)
    } else if whole.get("detail-type").is_some() || whole.get("source").is_some() {
        scheduled_event(&whole)
    } else {
        constant(&whole)
    };
    match read {
        Ok(occurrence) => Reading { occurrences: vec![occurrence], ..Reading::default() },
        Err(problem) => Reading::refused(problem),
    }
}

/// What `jobwire synth` writes as a schedule's input.
fn envelope(whole: &Part<'_>) -> Result<Occurrence, Problem> {
    let ours = whole.object("jobwire")?;
    let (trigger, rule) = (ours.text("trigger")?, ours.text("rule")?);
    if let Some(placeholder) =
        ["rule", "time"].into_iter().find(|name| ours.text(name).is_ok_and(|text| text.contains("<aws.")))
    {
        return Err(Problem::new(
            format!("jobwire.{placeholder}"),
            "is a placeholder that the scheduler did not fill in",
        )
        .help("without it two ticks cannot be told apart; let EventBridge Scheduler or `jobwire local up` send it"));
    }
    let time = ours.moment("time")?;
    let inner = whole.required("event")?;
    let detail = inner.get("detail").map_or_else(|| json!({}), |detail| detail.value.clone());
    Ok(tick(
        Origin::Schedule { trigger: Some(trigger.to_owned()), rule: Some(rule.to_owned()) },
        rule,
        time,
        detail,
        Some(inner.value),
    ))
}

/// The event that EventBridge and EventBridge Scheduler send where nothing else was asked for.
fn scheduled_event(whole: &Part<'_>) -> Result<Occurrence, Problem> {
    let (source, kind) = (whole.text("source")?, whole.text("detail-type")?);
    if !["aws.events", "aws.scheduler"].contains(&source) || kind != "Scheduled Event" {
        return Err(Problem::new(
            "detail-type",
            "is no scheduled event: source aws.events or aws.scheduler and detail-type \"Scheduled Event\" are",
        ));
    }
    let time = whole.moment("time")?;
    let resources = whole.list("resources")?;
    let rule = resources
        .first()
        .and_then(|resource| resource.value.as_str())
        .filter(|rule| rule.starts_with("arn:"))
        .ok_or_else(|| Problem::new("resources[0]", "must be the ARN of the rule or schedule"))?;
    let detail = match whole.get("detail").map(|detail| detail.value) {
        // EventBridge Scheduler sends its detail as a string.
        Some(Value::String(text)) => {
            serde_json::from_str(text).map_err(|_| Problem::new("detail", "is a string that is no JSON"))?
        }
        Some(detail) => detail.clone(),
        None => json!({}),
    };
    Ok(tick(Origin::Schedule { trigger: None, rule: Some(rule.to_owned()) }, rule, time, detail, None))
}

fn tick(origin: Origin, rule: &str, time: &str, detail: Value, event: Option<&Value>) -> Occurrence {
    let mut names =
        Map::from_iter([("schedule".to_owned(), json!({"rule": rule, "time": time})), ("detail".to_owned(), detail)]);
    names.extend(event.map(|event| ("event".to_owned(), event.clone())));
    Occurrence {
        origin,
        key: Some(OccurrenceKey::of(&["schedule", rule, time])),
        time: Some(time.to_owned()),
        chain: None,
        names,
        record: Record::default(),
    }
}

/// A constant input that is a job request: it says neither when nor by whom it was sent, so it has no key.
fn constant(whole: &Part<'_>) -> Result<Occurrence, Problem> {
    if !whole.value.is_object() {
        return Err(
            whole.problem(format!("the event is {}, and must be an object", jobwire_core::part::kind(whole.value)))
        );
    }
    let missing: Vec<&str> = JOB_REQUEST.into_iter().filter(|name| whole.text(name).is_err()).collect();
    if !missing.is_empty() {
        return Err(Problem::new(
            "",
            format!("is no scheduled event, and no job request either: {} missing or no text", missing.join(", ")),
        ));
    }
    Ok(Occurrence {
        origin: Origin::Constant,
        key: None,
        time: None,
        chain: None,
        names: Map::new(),
        record: Record::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::json;

    #[test]
    fn a_redelivered_tick_has_the_same_key_and_the_next_one_another() {
        let tick = |time: &str| {
            read(
                &json!({"jobwire": {"trigger": "t", "rule": "arn:aws:events:eu-west-1:1:rule/t", "time": time}, "event": {}}),
            )
        };
        let key = |time: &str| tick(time).occurrences[0].key.clone();
        assert_eq!(key("2026-11-21T06:00:00Z"), key("2026-11-21T06:00:00Z"));
        assert_ne!(key("2026-11-21T06:00:00Z"), key("2026-11-22T06:00:00Z"));
    }

    #[test]
    fn an_unfilled_placeholder_is_refused() {
        let reading = read(
            &json!({"jobwire": {"trigger": "t", "rule": "arn:aws:scheduler:eu-west-1:1:schedule/default/t", "time": "<aws.scheduler.scheduled-time>"}, "event": {}}),
        );
        assert!(reading.occurrences.is_empty());
        assert_eq!(reading.unreadable[0].problem.path, "jobwire.time");
    }
}
