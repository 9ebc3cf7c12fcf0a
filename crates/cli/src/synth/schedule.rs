//! Schedules: an EventBridge rule each, or an EventBridge Scheduler schedule where a rule cannot keep it.

use anyhow::Result;
use jobwire_core::key::hash16;
use jobwire_core::on::{Kind, On, ScheduleOn};
use jobwire_core::trigger::Triggers;
use serde_json::{Value, json};

use super::function::id;
use super::{Stack, arn_of, on_failure_queue, only_if, reference, rule_target, sub};

/// Adds a rule or schedule for each trigger on a schedule.
pub(super) fn add(stack: &mut Stack, triggers: &Triggers) -> Result<()> {
    let function = id(Kind::Schedule);
    let mut role = None;
    for trigger in &triggers.triggers {
        let On::Schedule(on) = &trigger.on else { continue };
        let state = if trigger.enabled { "ENABLED" } else { "DISABLED" };
        if on.needs_scheduler() {
            let role = match &role {
                Some(role) => role,
                None => role.insert(scheduler_role(stack, function)?),
            };
            let resource = scheduler_schedule(on, &trigger.name, state, function, role);
            stack.add(&trigger.name, "Schedule", resource)?;
            continue;
        }
        let name = format!("${{AWS::StackName}}-{}", short(&trigger.name));
        let arn = format!("arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{name}");
        let mut target = rule_target(function);
        target["InputTransformer"] = input_transformer(on, &trigger.name);
        let properties =
            json!({"Name": sub(name), "ScheduleExpression": on.schedule, "State": state, "Targets": [target]});
        let rule_id =
            stack.add(&trigger.name, "Rule", json!({"Type": "AWS::Events::Rule", "Properties": properties}))?;
        let why = format!("the rule of {} invokes the function", trigger.name);
        stack.permit(&trigger.name, function, "events.amazonaws.com", &arn_of(&rule_id), why)?;
        stack.names(Kind::Schedule).rule.insert(trigger.name.clone(), arn);
    }
    Ok(())
}

/// A rule's name has 64 characters at most, and the stack's name takes the first of them; a long trigger name is cut and
/// told apart by its hash.
fn short(trigger: &str) -> String {
    const LONGEST: usize = 32;
    if trigger.len() <= LONGEST {
        return trigger.to_owned();
    }
    let hash = &hash16(&[trigger])[..8];
    format!("{}-{hash}", &trigger[..LONGEST - 9])
}

/// Our envelope: the trigger's name, the rule, and the time of the tick, so that a redelivered tick is known again.
fn input_transformer(on: &ScheduleOn, trigger: &str) -> Value {
    // EventBridge quotes what it puts in, so its placeholders stand without quotes.
    // What stands between `<` and `>` is a placeholder to it, so the input's own are written in JSON's other way.
    let literal = |input: &Value| input.to_string().replace('<', "\\u003c").replace('>', "\\u003e");
    let event = on.input.as_ref().map_or_else(|| "<aws.events.event.json>".to_owned(), literal);
    let template = format!(
        r#"{{"jobwire":{{"trigger":"{trigger}","rule":<aws.events.rule-arn>,"time":<time>}},"event":{event}}}"#
    );
    json!({"InputPathsMap": {"time": "$.time"}, "InputTemplate": template})
}

fn scheduler_schedule(on: &ScheduleOn, trigger: &str, state: &str, function: &str, role: &str) -> Value {
    let time = "<aws.scheduler.scheduled-time>";
    let event = on.input.clone().unwrap_or_else(|| json!({"source": "aws.scheduler", "time": time, "detail": {}}));
    let input =
        json!({"jobwire": {"trigger": trigger, "rule": "<aws.scheduler.schedule-arn>", "time": time}, "event": event});
    let mut properties = json!({
        "ScheduleExpression": on.schedule,
        "State": state,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": arn_of(function),
            "RoleArn": arn_of(role),
            "Input": input.to_string(),
            "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
            "DeadLetterConfig": {"Arn": arn_of(&on_failure_queue(function))},
        },
    });
    if let Some(timezone) = &on.timezone {
        properties["ScheduleExpressionTimezone"] = json!(timezone);
    }
    json!({"Type": "AWS::Scheduler::Schedule", "Properties": properties})
}

fn scheduler_role(stack: &mut Stack, function: &str) -> Result<String> {
    let trust = json!({"Sid": "Scheduler", "Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": reference("AWS::AccountId")}}});
    let statements = json!([
        {"Sid": "InvokeFunction", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn_of(function)},
        {"Sid": "KeepUndelivered", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn_of(&on_failure_queue(function))},
        only_if("HasKey", json!({"Sid": "UseKey", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": reference("KmsKeyArn")})),
    ]);
    let properties = json!({
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [{"PolicyName": "start-jobs", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}],
    });
    let role = stack.add("scheduler", "Role", json!({"Type": "AWS::IAM::Role", "Properties": properties}))?;
    stack.because(&role, "Scheduler", "EventBridge Scheduler keeps the schedules with a time zone or of one moment");
    stack.because(&role, "InvokeFunction", "these schedules invoke the function");
    stack.because(&role, "KeepUndelivered", "what they could not deliver in a day is kept there");
    stack.because(&role, "UseKey", "that queue is encrypted with your key");
    Ok(role)
}
