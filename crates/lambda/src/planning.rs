//! Planning, such that a defect that one record meets costs that record alone.

use jobwire_core::occurrence::Record;
use jobwire_core::plan::{Deployment, Plan, Reject, plan};
use jobwire_core::problem::Problem;
use jobwire_core::source::Source;
use jobwire_core::trigger::Triggers;
use serde_json::{Value, json};

use crate::defect::{Defect, contained};

/// Plans the event at once, and record by record where that meets a defect of Jobwire itself.
pub(crate) fn plan_each(source: &Source, triggers: &Triggers, deployment: &Deployment, event: &Value) -> Plan {
    let planned = |event: &Value| contained(|| plan(triggers, deployment, event, (source.read)(event)));
    let records = match (planned(event), event.get("Records").and_then(Value::as_array)) {
        (Ok(plan), _) => return plan,
        (Err(Defect), Some(records)) => records,
        (Err(Defect), None) => return Plan { rejects: vec![met_a_defect(event.clone(), None, 0)], ..Plan::default() },
    };
    let mut all = Plan::default();
    for (index, record) in records.iter().enumerate() {
        let alone = json!({"Records": [record]});
        match planned(&alone) {
            Ok(mut plan) => {
                plan.requests.iter_mut().for_each(|planned| planned.record.index = index);
                plan.rejects.iter_mut().for_each(|reject| reject.record.index = index);
                all.requests.append(&mut plan.requests);
                all.rejects.append(&mut plan.rejects);
                all.skipped.append(&mut plan.skipped);
                all.untaken += plan.untaken;
            }
            Err(Defect) => {
                all.rejects.push(met_a_defect(alone, record.get("messageId").and_then(Value::as_str), index));
            }
        }
    }
    all
}

fn met_a_defect(event: Value, sqs_message: Option<&str>, index: usize) -> Reject {
    let problem = Problem::new("", "cannot be read for a defect of Jobwire itself")
        .help("please report it with this event, and the place in the code that the function's log gives");
    Reject {
        trigger: None,
        key: None,
        problems: vec![problem],
        event,
        record: Record { index, sqs_message: sqs_message.map(str::to_owned) },
    }
}
