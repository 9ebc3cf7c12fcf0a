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
use super::size::{LONGEST_PATTERN, deployed};
use super::{Stack, arn_of, listed, rule_target, sub};

/// Adds the rule, where a trigger asks for it.
pub(super) fn add(stack: &mut Stack, triggers: &Triggers) -> Result<()> {
    let mut details: Vec<Value> = Vec::new();
    for trigger in triggers.triggers.iter().filter(|trigger| trigger.enabled) {
        let On::Job(on) = &trigger.on else { continue };
        let detail = detail(on);
        if !details.contains(&detail) {
            details.push(detail);
        }
    }
    let pattern_of =
        |detail: Value| json!({"source": ["aws.batch"], "detail-type": ["Batch Job State Change"], "detail": detail});
    let mut pattern = match &details[..] {
        [] => return Ok(()),
        [one] => pattern_of(one.clone()),
        several => pattern_of(json!({"$or": several})),
    };
    if deployed(&pattern) > LONGEST_PATTERN {
        // The function looks at queue and definition again.
        let mut states: Vec<&Value> = details.iter().filter_map(|one| one["status"].as_array()).flatten().collect();
        states.sort_by_key(ToString::to_string);
        states.dedup();
        pattern = pattern_of(json!({"status": states}));
        stack.remarks.push(format!(
            "the triggers on jobs are too many for one pattern of EventBridge ({LONGEST_PATTERN} characters): the function is told of every job in the account that comes into one of their states"
        ));
    }
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
