//! Changes of state: one rule for the function, whose pattern is what its triggers ask for.
//!
//! One rule and not one for each trigger, because every invocation looks at all triggers: an event that two rules match
//! would start each job twice.

use anyhow::Result;
use jobwire_core::arn::{is_arn, job_definition};
use jobwire_core::on::{JobOn, Kind, On};
use jobwire_core::trigger::Triggers;
use serde_json::{Value, json};

use super::function::id;
use super::role::queue_arn;
use super::{Stack, arn_of, listed, rule_target, sub};

/// Adds the rule, where a trigger asks for it.
pub(super) fn add(stack: &mut Stack, triggers: &Triggers) -> Result<()> {
    let details: Vec<Value> = triggers
        .triggers
        .iter()
        .filter(|trigger| trigger.enabled)
        .filter_map(|trigger| match &trigger.on {
            On::Job(on) => Some(detail(on)),
            _ => None,
        })
        .collect();
    let detail = match &details[..] {
        [] => return Ok(()),
        [one] => one.clone(),
        several => json!({"$or": several}),
    };
    let pattern = json!({"source": ["aws.batch"], "detail-type": ["Batch Job State Change"], "detail": detail});
    let properties = json!({"EventPattern": pattern, "State": "ENABLED", "Targets": [rule_target(id(Kind::Job))]});
    let rule = stack.add("job-state", "Rule", json!({"Type": "AWS::Events::Rule", "Properties": properties}))?;
    let names = triggers.triggers.iter().filter(|trigger| trigger.enabled && trigger.on.kind() == Kind::Job);
    let why =
        format!("one rule tells of the jobs waited for by {}", listed(names.map(|trigger| trigger.name.as_str())));
    stack.permit("job-state", id(Kind::Job), "events.amazonaws.com", &arn_of(&rule), why)?;
    Ok(())
}

/// The pattern of one trigger; whether it is a whole job, a child or a node is for the function to see.
fn detail(on: &JobOn) -> Value {
    let mut detail = json!({"status": on.status});
    if let Some(queue) = &on.queue {
        detail["jobQueue"] = json!([queue_arn(queue)]);
    }
    if let Some(definition) = &on.definition {
        let whole = |text: String| {
            if is_arn(definition) {
                json!(text)
            } else {
                sub(format!("arn:${{AWS::Partition}}:batch:${{AWS::Region}}:${{AWS::AccountId}}:job-definition/{text}"))
            }
        };
        detail["jobDefinition"] = match job_definition(definition) {
            (_, Some(_)) => json!([whole(definition.clone())]),
            (_, None) => json!([{"prefix": whole(format!("{definition}:"))}]),
        };
    }
    detail
}
