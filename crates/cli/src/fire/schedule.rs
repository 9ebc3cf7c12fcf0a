//! A schedule's tick, as its rule or EventBridge Scheduler sends it.

use anyhow::{Context as _, Result, anyhow, bail};
use jobwire_core::due::Due;
use jobwire_core::on::ScheduleOn;
use jobwire_core::trigger::Triggers;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::place::Place;
use super::{new_id, now, written};
use crate::synth::{self, Place as Target};
use crate::synthesized::schedule_of;
use crate::{aws, output};

/// The tick of `time`, or of the last time that the schedule was due.
pub(super) async fn event(
    place: &Place,
    triggers: &Triggers,
    trigger: &str,
    on: &ScheduleOn,
    time: Option<OffsetDateTime>,
    rule: Option<&str>,
) -> Result<Value> {
    let due = Due::of(on).map_err(|problem| anyhow!("triggers.{trigger}.{problem}"))?;
    let time = chosen(trigger, due.as_ref(), time, now())?;
    let rule = match rule {
        Some(rule) => rule.to_owned(),
        None => deployed(place, triggers, trigger, on).await?,
    };
    Ok(tick(place, trigger, on, &rule, &written(time)))
}

/// The time that is sent, which is said where it was not asked for, or is none at which the schedule is due.
fn chosen(
    trigger: &str,
    due: Option<&Due>,
    asked: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<OffsetDateTime> {
    let last = due.and_then(|due| due.last_until(now));
    let next = due.and_then(|due| due.next_after(now));
    let time = match (asked, due) {
        (Some(time), due) => {
            if time > now {
                output::say(&format!("{} lies in the future: the tick itself will find its job there", written(time)));
            }
            if due.is_some_and(|due| !due.is_due(time)) {
                output::say(&format!(
                    "{trigger} is not due at {}: this is a key that no tick of its own has{}",
                    written(time),
                    last.map(|last| format!("; it was last due at {}", written(last))).unwrap_or_default()
                ));
            }
            return Ok(time);
        }
        (None, None) => {
            // A real tick's time is a whole second, so that this one is no tick's, whenever the next one comes.
            let now = OffsetDateTime::now_utc();
            output::say(&format!(
                "rate() counts from when the rule was made, so nobody can say here when {trigger} was due: \
                 it is sent with the time of now, {}, and a key of its own; --time TIME sends a tick that was missed",
                written(now)
            ));
            return Ok(now);
        }
        (None, Some(_)) => last,
    };
    match (time, next) {
        (Some(time), _) => {
            output::say(&format!("{trigger} was last due at {}", written(time)));
            Ok(time)
        }
        (None, Some(next)) => bail!(
            "{trigger} was not due yet, and is for the first time at {}: --time TIME sends a tick all the same",
            written(next)
        ),
        (None, None) => bail!("{trigger} is never due: see its `schedule`"),
    }
}

/// The ARN of the rule or schedule, which is a part of the key.
async fn deployed(place: &Place, triggers: &Triggers, trigger: &str, on: &ScheduleOn) -> Result<String> {
    if let Some(rule) = place.names.rule.get(trigger) {
        return Ok(rule.clone());
    }
    let Some(stack) = &place.stack else {
        bail!("the function {} does not say which rule or schedule is its own: name it by --rule ARN", place.function);
    };
    let template = synth::template(triggers, &Target::Aws, true)?;
    let id = schedule_of(&template, trigger)
        .ok_or_else(|| anyhow!("the template has no schedule for {trigger}: name it by --rule ARN"))?;
    let call = place.clients.cloudformation.describe_stack_resource().stack_name(stack).logical_resource_id(id);
    let missing = || format!("the stack {stack} does not say what {id} is: deploy the trigger file as it is now");
    let described = call.send().await.map_err(aws::explain).with_context(missing)?;
    let name = described.stack_resource_detail().and_then(|detail| detail.physical_resource_id());
    let name = name.with_context(missing)?;
    Ok(if on.needs_scheduler() {
        place.home.arn("scheduler", &format!("schedule/default/{name}"))
    } else {
        place.home.arn("events", &format!("rule/{name}"))
    })
}

/// The event as `synth` lets EventBridge write it.
fn tick(place: &Place, trigger: &str, on: &ScheduleOn, rule: &str, time: &str) -> Value {
    let event = match (&on.input, on.needs_scheduler()) {
        (Some(input), false) => input.clone(),
        (None, false) => json!({
            "version": "0", "id": new_id(), "detail-type": "Scheduled Event", "source": "aws.events",
            "account": place.home.account, "time": time, "region": place.home.region, "resources": [rule], "detail": {},
        }),
        (Some(input), true) => filled(input, rule, time),
        (None, true) => json!({"source": "aws.scheduler", "time": time, "detail": {}}),
    };
    json!({"jobwire": {"trigger": trigger, "rule": rule, "time": time}, "event": event})
}

/// An input with what EventBridge Scheduler puts in the place of its keywords.
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>
fn filled(value: &Value, rule: &str, time: &str) -> Value {
    match value {
        Value::String(text) => Value::from(
            text.replace("<aws.scheduler.scheduled-time>", time)
                .replace("<aws.scheduler.schedule-arn>", rule)
                .replace("<aws.scheduler.execution-id>", &new_id())
                .replace("<aws.scheduler.attempt-number>", "1"),
        ),
        Value::Array(items) => items.iter().map(|item| filled(item, rule, time)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), filled(value, rule, time))).collect()
        }
        other => other.clone(),
    }
}
