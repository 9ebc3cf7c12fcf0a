//! The functions: their names table, their variables, and which of them are needed.

use anyhow::{Result, bail};
use jobwire_core::on::Kind;
use jobwire_core::trigger::Triggers;
use serde_json::{Map, Value, json};

use super::{Place, Stack, arn_of, on_failure_queue, reference, role, sub};

/// The functions by their stems.
pub(crate) const FUNCTIONS: [(&str, Kind); 4] =
    [("scheduled", Kind::Schedule), ("sns", Kind::Topic), ("s3", Kind::Bucket), ("job-state", Kind::Job)];

/// Lambda takes 4 KiB of variables in all; the rest of ours needs less than one of them.
const NAMES_BYTES: usize = 3 * 1024;

/// The logical id of a kind's function.
pub(crate) fn id(kind: Kind) -> &'static str {
    match kind {
        Kind::Schedule => "ScheduledFunction",
        Kind::Topic => "SnsFunction",
        Kind::Bucket => "S3Function",
        Kind::Job => "JobStateFunction",
    }
}

/// Completes the functions that triggers need, and removes the others.
pub(super) fn finish(stack: &mut Stack, triggers: &Triggers, place: &Place, ledger: bool) -> Result<()> {
    if !ledger {
        without_ledger(stack);
    }
    let functions = needed(triggers).count();
    for (name, kind) in FUNCTIONS {
        let id = id(kind);
        if !is_needed(triggers, kind) {
            remove(stack, id);
            continue;
        }
        let names = serde_json::to_string(stack.names(kind))?;
        if names.len() > NAMES_BYTES {
            bail!(
                "the names of the {name} function's topics and buckets take {} bytes, and {NAMES_BYTES} fit beside its other variables: split the trigger file in two stacks",
                names.len()
            );
        }
        let mut variables = Map::new();
        if names != "{}" {
            variables.insert("JOBWIRE_NAMES".into(), sub(names));
        }
        let buffers: Vec<Value> =
            stack.buffers.iter().filter(|(reader, _)| *reader == id).map(|(_, queue)| arn_of(queue)).collect();
        // What an account may submit in a second is shared by the functions, and in each by the ones that run at once.
        if !buffers.is_empty() {
            variables.insert("JOBWIRE_CONCURRENCY".into(), reference("BufferConcurrency"));
        }
        variables.insert("JOBWIRE_SUBMIT_SHARES".into(), json!((functions * buffers.len().max(1)).to_string()));
        let mut code = json!(format!("{name}.zip"));
        if let Place::Local { batch_endpoint, code_bucket } = place {
            variables.insert("AWS_ENDPOINT_URL_BATCH".into(), json!(batch_endpoint));
            if ledger {
                variables.insert("JOBWIRE_SETTLE_SECONDS".into(), json!("1"));
            }
            code = json!(format!("s3://{code_bucket}/{name}.zip"));
        }
        let role = role::add(stack, triggers, kind, &buffers, ledger)?;
        stack.section("Outputs").insert(
            id.to_owned(),
            json!({"Description": format!("The name of the {name} function"), "Value": reference(id)}),
        );
        let Some(properties) =
            stack.resource(id).and_then(|function| function.get_mut("Properties")).and_then(Value::as_object_mut)
        else {
            bail!("infra/template.yaml has no function {id}");
        };
        properties.insert("CodeUri".into(), code);
        properties.insert("Role".into(), arn_of(&role));
        properties.insert("Environment".into(), json!({"Variables": variables}));
    }
    Ok(())
}

/// The stem of a kind's function, by which its metrics know it.
pub(super) fn name(kind: Kind) -> &'static str {
    FUNCTIONS.iter().find(|(_, of)| *of == kind).map_or("", |(name, _)| *name)
}

/// The functions that triggers need, by their stems.
pub(super) fn needed(triggers: &Triggers) -> impl Iterator<Item = (&'static str, Kind)> {
    FUNCTIONS.into_iter().filter(|(_, kind)| is_needed(triggers, *kind))
}

fn is_needed(triggers: &Triggers, kind: Kind) -> bool {
    triggers.triggers.iter().any(|trigger| trigger.on.kind() == kind)
}

/// Takes a function away, and its on-failure queue.
fn remove(stack: &mut Stack, function: &str) {
    let queue = on_failure_queue(function);
    stack.section("Resources").shift_remove(function);
    stack.section("Resources").shift_remove(&queue);
    stack.section("Outputs").shift_remove(&format!("{queue}Url"));
    let of_queue = [reference(&queue), json!({"Fn::GetAtt": format!("{queue}.Arn")})];
    let Some(policy) = stack.resource("OnFailureQueuePolicy").and_then(|policy| policy.get_mut("Properties")) else {
        return;
    };
    let leave = |list: &mut Value| {
        list.as_array_mut().into_iter().for_each(|list| list.retain(|item| !of_queue.contains(item)));
    };
    leave(&mut policy["Queues"]);
    policy["PolicyDocument"]["Statement"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .for_each(|statement| leave(&mut statement["Resource"]));
}

/// Takes the ledger away, and what only it needs.
fn without_ledger(stack: &mut Stack) {
    stack.section("Resources").shift_remove("Ledger");
    stack.section("Outputs").shift_remove("LedgerTable");
    stack.section("Parameters").shift_remove("SettleSeconds");
    let variables = stack
        .section("Globals")
        .get_mut("Function")
        .and_then(|function| function.get_mut("Environment")?.get_mut("Variables")?.as_object_mut());
    if let Some(variables) = variables {
        variables.shift_remove("JOBWIRE_LEDGER_TABLE");
        variables.shift_remove("JOBWIRE_SETTLE_SECONDS");
    }
}
