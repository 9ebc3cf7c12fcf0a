//! What one event leads to: the job requests, and what was refused.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::carry::carry;
use crate::chain::Chain;
use crate::job_name::job_name;
use crate::key::OccurrenceKey;
use crate::names_table::NamesTable;
use crate::occurrence::{Occurrence, Origin, Record};
use crate::on::{On, ScheduleOn};
use crate::problem::{Problem, field};
use crate::render;
use crate::request::JobRequest;
use crate::source::Reading;
use crate::template::Evaluator;
use crate::trigger::{Allow, Submit, Trigger, Triggers};
use crate::validate::validate;

/// Where a chain ends by default: its eleventh job is refused.
pub const DEFAULT_MAX_DEPTH: u32 = 10;

/// How a function is deployed, as far as planning asks.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// From logical names to deployed ones.
    pub names: NamesTable,
    /// The most jobs that may follow from each other.
    pub max_depth: u32,
}

impl Default for Deployment {
    fn default() -> Self {
        Self { names: NamesTable::default(), max_depth: DEFAULT_MAX_DEPTH }
    }
}

/// What one event leads to.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The jobs to submit, in the order of records and triggers.
    pub requests: Vec<Planned>,
    /// The triggers whose `when` was false, one for each occurrence.
    pub skipped: Vec<String>,
    /// What no retry can help.
    pub rejects: Vec<Reject>,
    /// Occurrences that no trigger takes.
    pub untaken: usize,
}

/// A job to submit.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    /// The trigger that asks for it.
    pub trigger: String,
    /// The occurrence's key; none where the event has nothing to make one of.
    pub key: Option<OccurrenceKey>,
    /// What goes over the wire.
    pub request: JobRequest,
    /// The record that led to it.
    #[serde(skip)]
    pub record: Record,
}

/// Something that no retry can help: for people to look at, in the rejects queue.
#[derive(Clone, Debug, Serialize)]
pub struct Reject {
    /// The trigger, where one was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// The occurrence's key, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<OccurrenceKey>,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
    /// The event of this record alone, as the function could be invoked with it again.
    pub event: Value,
    /// The record's place in its event.
    #[serde(skip)]
    pub record: Record,
}

/// Plans what `event`, which was read as `reading`, leads to.
#[must_use]
pub fn plan(triggers: &Triggers, deployment: &Deployment, event: &Value, reading: Reading) -> Plan {
    let mut plan = Plan {
        rejects: reading
            .unreadable
            .into_iter()
            .map(|unreadable| Reject {
                trigger: None,
                key: None,
                problems: vec![unreadable.problem],
                event: unreadable.record.as_ref().map_or_else(|| event.clone(), |record| event_of(event, record)),
                record: unreadable.record.unwrap_or_default(),
            })
            .collect(),
        ..Plan::default()
    };
    for occurrence in reading.occurrences {
        match takers(triggers, deployment, &occurrence) {
            Ok(takers) if takers.is_empty() => plan.untaken += 1,
            Ok(takers) => {
                for trigger in takers {
                    plan.add(trigger, deployment, event, &occurrence);
                }
            }
            Err(problem) => plan.rejects.push(reject(None, event, &occurrence, vec![problem])),
        }
    }
    plan
}

fn takers<'a>(
    triggers: &'a Triggers,
    deployment: &Deployment,
    occurrence: &Occurrence,
) -> Result<Vec<&'a Trigger>, Problem> {
    let enabled = triggers.triggers.iter().filter(|trigger| trigger.enabled);
    if !matches!(occurrence.origin, Origin::Constant) {
        return Ok(enabled
            .filter(|trigger| trigger.on.takes(&trigger.name, &occurrence.origin, &deployment.names))
            .collect());
    }
    let takers: Vec<&Trigger> = enabled.filter(|trigger| trigger.submit == Submit::FromEvent).collect();
    match takers.len() {
        1 => Ok(takers),
        0 => Err(Problem::new("", "is a bare job request, and no trigger has `submit: from-event`")
            .help("give one trigger `submit: from-event` and `allow`")),
        count => {
            Err(Problem::new("", format!("is a bare job request, and {count} triggers have `submit: from-event`"))
                .help("let synth write the schedules' inputs, or keep one such trigger in a function"))
        }
    }
}

impl Plan {
    /// Leaves what concerns one trigger; what was refused before a trigger was reached stays.
    #[must_use]
    pub fn only(mut self, trigger: &str) -> Self {
        self.requests.retain(|planned| planned.trigger == trigger);
        self.skipped.retain(|skipped| skipped == trigger);
        self.rejects.retain(|reject| reject.trigger.as_deref().is_none_or(|name| name == trigger));
        self
    }

    fn add(&mut self, trigger: &Trigger, deployment: &Deployment, event: &Value, occurrence: &Occurrence) {
        let chain = occurrence
            .chain
            .clone()
            .or_else(|| occurrence.key.as_ref().map(|key| Chain { id: key.hash(), depth: 1, parent: None }));
        match outcome(trigger, deployment, event, occurrence, chain.as_ref()) {
            Ok(None) => self.skipped.push(trigger.name.clone()),
            Ok(Some(request)) => self.requests.push(Planned {
                trigger: trigger.name.clone(),
                key: occurrence.key.clone(),
                request,
                record: occurrence.record.clone(),
            }),
            Err(problems) => {
                let problems = problems.into_iter().map(|problem| trigger.located(problem)).collect();
                self.rejects.push(reject(Some(trigger), event, occurrence, problems));
            }
        }
    }
}

fn outcome(
    trigger: &Trigger,
    deployment: &Deployment,
    event: &Value,
    occurrence: &Occurrence,
    chain: Option<&Chain>,
) -> Result<Option<JobRequest>, Vec<Problem>> {
    let own = own_names(trigger, occurrence, chain);
    let event = own.get("event").or_else(|| occurrence.names.get("event")).unwrap_or(event);
    let evaluator = Evaluator::over([&own, &occurrence.names], event);
    if let Some(when) = &trigger.when {
        match evaluator.condition(when) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(problem) => return Err(vec![Problem { path: "when".into(), ..problem }]),
        }
    }
    if let Some(chain) = chain.filter(|chain| chain.depth > deployment.max_depth) {
        return Err(vec![
            Problem::new(
                "",
                format!(
                    "would be job {} of chain {}, and a chain has at most {} jobs",
                    chain.depth, chain.id, deployment.max_depth
                ),
            )
            .help("break the cycle of triggers, or raise JOBWIRE_MAX_DEPTH"),
        ]);
    }
    let allow = trigger.allow.as_ref();
    let (path, filled) = match &trigger.submit {
        Submit::Fields(fields) => ("submit", render::fill(fields, allow, &evaluator)),
        Submit::FromEvent => ("event", render::from_event(event, allow.unwrap_or(&Allow::default()))),
    };
    filled
        .and_then(|mut request| {
            let suffix = occurrence.key.as_ref().map(|key| key.suffix(&trigger.name));
            request.job_name = job_name(&request.job_name, suffix.as_deref());
            carry(&mut request, trigger.platform, &trigger.name, chain);
            let problems = validate(&request, trigger.platform);
            if problems.is_empty() { Ok(Some(request)) } else { Err(problems) }
        })
        .map_err(|problems| {
            problems.into_iter().map(|problem| Problem { path: field(path, &problem.path), ..problem }).collect()
        })
}

/// The names that are not the occurrence's own; they go before those.
fn own_names(trigger: &Trigger, occurrence: &Occurrence, chain: Option<&Chain>) -> Map<String, Value> {
    let mut names = Map::new();
    // A rule's own event comes without the trigger's input: a dead-letter queue may hold it as it was before.
    if let (On::Schedule(ScheduleOn { input: Some(input), .. }), Origin::Schedule { trigger: None, .. }) =
        (&trigger.on, &occurrence.origin)
    {
        names.insert("detail".into(), input.get("detail").cloned().unwrap_or_else(|| json!({})));
        names.insert("event".into(), input.clone());
    }
    names.insert("trigger".into(), json!(trigger.name));
    if let Some(key) = &occurrence.key {
        names.insert("key".into(), json!(key.hash()));
    }
    if let Some(time) = &occurrence.time {
        names.insert("time".into(), json!(time));
    }
    if let Some(chain) = chain {
        names.insert("chain".into(), json!(chain));
    }
    names
}

fn reject(trigger: Option<&Trigger>, event: &Value, occurrence: &Occurrence, problems: Vec<Problem>) -> Reject {
    Reject {
        trigger: trigger.map(|trigger| trigger.name.clone()),
        key: occurrence.key.clone(),
        problems,
        event: event_of(event, &occurrence.record),
        record: occurrence.record.clone(),
    }
}

/// The event of one record alone; the whole event where it has no records.
#[must_use]
pub fn event_of(event: &Value, record: &Record) -> Value {
    match event.get("Records").and_then(|records| records.get(record.index)) {
        Some(record) => json!({"Records": [record]}),
        None => event.clone(),
    }
}
