//! A trigger's own event, made and sent by hand, with the key of the real one.

mod bucket;
mod job;
mod place;
mod schedule;
mod topic;

use std::path::PathBuf;

use anyhow::Result;
use jobwire_core::on::On;
use jobwire_core::plan::{Deployment, Plan, plan};
use jobwire_core::replay::Replay;
use jobwire_core::source::Source;
use jobwire_core::trigger::{Trigger, Triggers};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::local::Step;
use crate::replay::{Finding, Sender};
use crate::sources::SOURCES;
use place::Place;
pub(crate) use topic::Message;

/// Where the function is.
#[derive(Clone, Debug)]
pub(crate) enum At {
    /// In a stack of the user's account.
    Stack(String),
    /// In the user's account, by its own name.
    Function(String),
    /// In the local cloud whose state lies in this folder.
    Local(PathBuf),
}

/// What is to have happened.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// The schedule was due.
    Tick {
        /// When; the last time, unless said otherwise.
        time: Option<OffsetDateTime>,
        /// The rule or schedule, where nobody else knows it.
        rule: Option<String>,
    },
    /// The topic has a message.
    Message(Message),
    /// The bucket got an object.
    Object {
        /// Its key.
        key: String,
        /// Its version; the latest, unless said otherwise.
        version: Option<String>,
    },
    /// A job has come into the state that it is in.
    Job {
        /// Its id.
        id: String,
    },
}

/// What was sent, and what came of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fired {
    /// What the function did, or would do.
    #[serde(flatten)]
    pub(crate) finding: Finding,
    /// The event, where it is only shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<Value>,
}

/// Makes the trigger's event and sends it to the trigger's function, for this trigger alone.
pub(crate) async fn fire(
    triggers: &Triggers,
    trigger: &Trigger,
    at: &At,
    what: &What,
    only_show: bool,
) -> Result<Fired> {
    let source = SOURCES.into_iter().find(|source| source.kind == trigger.on.kind());
    let source = source.ok_or_else(|| anyhow::anyhow!("no function serves the trigger {}", trigger.name))?;
    let place = Place::find(at, triggers, &source).await?;
    let event = match (&trigger.on, what) {
        (On::Schedule(on), What::Tick { time, rule }) => {
            schedule::event(&place, triggers, &trigger.name, on, *time, rule.as_deref()).await?
        }
        (On::Topic(on), What::Message(message)) => topic::event(&place, on, message)?,
        (On::Bucket(on), What::Object { key, version }) => {
            bucket::event(&place, triggers, on, key, version.as_deref()).await?
        }
        (_, What::Job { id }) => job::event(&place, id).await?,
        _ => anyhow::bail!("this is no event of the trigger {}", trigger.name),
    };
    if only_show {
        let finding = preview(triggers, trigger, &place, &source, &event);
        return Ok(Fired { finding, event: Some(event) });
    }
    let step = Step::begin(&format!("sending the event to {}", place.function));
    let replay = Replay { event: &event, trigger: Some(&trigger.name) };
    let mut findings = Sender::new(place.clients.lambda.clone()).send(&place.function, replay).await;
    step.done();
    // One occurrence, one trigger, one finding.
    Ok(Fired { finding: findings.pop().unwrap_or_else(|| untaken(trigger)), event: None })
}

/// What the trigger file here makes of the event, with the names that are deployed.
fn preview(triggers: &Triggers, trigger: &Trigger, place: &Place, source: &Source, event: &Value) -> Finding {
    let deployment = Deployment { names: place.names.clone(), ..Deployment::default() };
    let plan = plan(triggers, &deployment, event, (source.read)(event));
    let Plan { mut requests, skipped, rejects, .. } = plan.only(&trigger.name);
    if let Some(planned) = requests.pop() {
        return Finding::would_submit(planned);
    }
    match (rejects.first(), skipped.is_empty()) {
        (Some(reject), _) => Finding::rejected(Some(&trigger.name), reject),
        (None, false) => Finding::skipped(Some(&trigger.name)),
        (None, true) => untaken(trigger),
    }
}

/// An event that the function looked at and that its trigger does not ask for.
fn untaken(trigger: &Trigger) -> Finding {
    let why = match &trigger.on {
        On::Schedule(_) | On::Topic(_) => {
            "the function does not know the trigger, or it is paused there: deploy the trigger file as it is now"
        }
        On::Bucket(_) => {
            "the trigger does not take this object: see its `prefix` and `suffix`, and whether it is deployed"
        }
        On::Job(_) => {
            "the trigger does not take this job as it is now: see its `status`, `queue`, `definition` and `each`, and whether it is deployed"
        }
    };
    Finding::failed(Some(&trigger.name), why)
}

/// A moment as events write it.
fn written(moment: OffsetDateTime) -> String {
    moment.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default()
}

/// A moment in milliseconds since 1970, as events write it.
fn written_millis(millis: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000);
    moment.map(written).unwrap_or_default()
}

/// The time, to the second.
fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now)
}

/// A new id, as AWS gives events and messages.
fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
