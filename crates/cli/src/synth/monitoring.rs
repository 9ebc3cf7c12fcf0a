//! Alarms: on what is lost without somebody looking, and on what is late.

use anyhow::Result;
use jobwire_core::on::{On, Via};
use jobwire_core::trigger::Triggers;
use serde_json::{Value, json};

use super::function::{id, name, needed};
use super::size::{LONGEST_PATTERN, deployed};
use super::{Stack, arn_of, dashboard, either, on_failure_queue, only_if, reference, role};

/// An event that has not reached its function after ten minutes is late.
const LATE_SECONDS: u32 = 600;

const PERIOD_SECONDS: u32 = 300;

/// Adds the alarms and the dashboard; the parameter `Alarms` leaves them out.
pub(super) fn add(stack: &mut Stack, triggers: &Triggers) -> Result<()> {
    for (name, kind) in needed(triggers) {
        let function = id(kind);
        let of_lambda = |metric, statistic, above, what: String| Alarm {
            what,
            namespace: "AWS/Lambda",
            metric,
            dimensions: vec![("FunctionName", reference(function))],
            statistic,
            above,
        };
        let errors = of_lambda("Errors", "Sum", 0, format!("The {name} function failed; its log says why"));
        errors.add(stack, &format!("{name}-errors"))?;
        let throttles = of_lambda(
            "Throttles",
            "Sum",
            0,
            format!("Lambda held the {name} function back: its concurrency is used up"),
        );
        throttles.add(stack, &format!("{name}-throttles"))?;
        let age = format!("Events wait for the {name} function longer than ten minutes");
        of_lambda("AsyncEventAge", "Maximum", LATE_SECONDS * 1000, age).add(stack, &format!("{name}-event-age"))?;
        let failed = format!("Events that the {name} function failed on, or that did not reach it: jobwire replay");
        holds_messages(&on_failure_queue(function), failed).add(stack, &format!("{name}-on-failure"))?;
    }
    for (_, queue) in stack.buffers.clone() {
        let alarm = Alarm {
            metric: "ApproximateAgeOfOldestMessage",
            statistic: "Maximum",
            above: LATE_SECONDS,
            what: format!("Messages wait longer than ten minutes in {queue}"),
            ..holds_messages(&queue, String::new())
        };
        alarm.add(stack, &queue)?;
    }
    of_buffered(stack, triggers)?;
    blocked_queues(stack, triggers)?;
    dashboard::add(stack, triggers)
}

/// Behind a queue a function answers which messages failed, and succeeds by that: so its own count of faults alarms.
fn of_buffered(stack: &mut Stack, triggers: &Triggers) -> Result<()> {
    let buffered = |on: &On| match on {
        On::Topic(on) => on.buffered,
        On::Bucket(on) => on.buffered || on.via == Some(Via::Sqs),
        On::Schedule(_) | On::Job(_) => false,
    };
    for trigger in triggers.triggers.iter().filter(|trigger| buffered(&trigger.on)) {
        let alarm = Alarm {
            what: format!("Messages for the trigger {} failed and come again; the log says why", trigger.name),
            namespace: "Jobwire",
            metric: "Failed",
            dimensions: vec![("Source", json!(name(trigger.on.kind()))), ("Trigger", json!(trigger.name))],
            statistic: "Sum",
            above: 0,
        };
        alarm.add(stack, &format!("{}-failed", trigger.name))?;
    }
    Ok(())
}

/// One metric, and the value above which it alarms.
struct Alarm {
    what: String,
    namespace: &'static str,
    metric: &'static str,
    dimensions: Vec<(&'static str, Value)>,
    statistic: &'static str,
    above: u32,
}

impl Alarm {
    fn add(self, stack: &mut Stack, name: &str) -> Result<()> {
        let properties = json!({
            "AlarmDescription": self.what,
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": self.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect::<Vec<_>>(),
            "Statistic": self.statistic,
            "Period": PERIOD_SECONDS,
            "EvaluationPeriods": 1,
            "Threshold": self.above,
            "ComparisonOperator": "GreaterThanThreshold",
            // No events, no metric: that is good news.
            "TreatMissingData": "notBreaching",
            "AlarmActions": only_if("HasAlarmTopic", json!([reference("AlarmTopicArn")])),
        });
        let alarm = json!({"Type": "AWS::CloudWatch::Alarm", "Condition": "HasAlarms", "Properties": properties});
        stack.add(name, "Alarm", alarm)?;
        Ok(())
    }
}

fn holds_messages(queue: &str, what: String) -> Alarm {
    Alarm {
        what,
        namespace: "AWS/SQS",
        metric: "ApproximateNumberOfMessagesVisible",
        dimensions: vec![("QueueName", json!({"Fn::GetAtt": [queue, "QueueName"]}))],
        statistic: "Maximum",
        above: 0,
    }
}

/// Batch has no metric of jobs that are stuck in RUNNABLE, but an event, of the job at the head of a queue.
/// <https://docs.aws.amazon.com/batch/latest/userguide/batch-job-queue-blocked-events.html>
///
/// A queue keeps the events for a day, which hold the reason; that the rule found one is the metric. Not a log group, since an
/// account has ten policies by which EventBridge may write into any.
fn blocked_queues(stack: &mut Stack, triggers: &Triggers) -> Result<()> {
    let mut queues: Vec<Value> = Vec::new();
    for name in triggers.triggers.iter().flat_map(|trigger| role::named(trigger).0) {
        let arn = role::queue_arn(&name);
        if !queues.contains(&arn) {
            queues.push(arn);
        }
    }
    let mut pattern = json!({
        "source": ["aws.batch"], "detail-type": ["Batch Job Queue Blocked"], "detail": {"jobQueue": queues},
    });
    if deployed(&pattern) > LONGEST_PATTERN {
        pattern["detail"] = json!({"jobQueue": [{"exists": true}]});
    }
    let kept = stack.add(
        "blocked-queues",
        "Queue",
        json!({"Type": "AWS::SQS::Queue", "Condition": "HasAlarms", "Properties": {
            "MessageRetentionPeriod": 86_400,
            "SqsManagedSseEnabled": either("HasKey", reference("AWS::NoValue"), json!(true)),
            "KmsMasterKeyId": only_if("HasKey", reference("KmsKeyArn")),
        }}),
    )?;
    let rule = stack.add(
        "blocked-queues",
        "Rule",
        json!({"Type": "AWS::Events::Rule", "Condition": "HasAlarms", "Properties": {
            "Description": "A job at the head of one of these queues is stuck in RUNNABLE",
            "EventPattern": pattern, "State": "ENABLED", "Targets": [{"Id": "queue", "Arn": arn_of(&kept)}],
        }}),
    )?;
    let statement = json!({
        "Sid": "BlockedQueues", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": arn_of(&kept), "Condition": {"ArnEquals": {"aws:SourceArn": arn_of(&rule)}},
    });
    let policy = stack.add(
        "blocked-queues",
        "QueuePolicy",
        json!({"Type": "AWS::SQS::QueuePolicy", "Condition": "HasAlarms", "Properties": {
            "Queues": [reference(&kept)], "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        }}),
    )?;
    stack.because(&policy, "BlockedQueues", "the rule puts there why a queue is blocked");
    stack.section("Outputs").insert("BlockedQueuesQueueUrl".to_owned(), json!({
        "Description": "The queue that says, for a day, why a queue of Batch is blocked", "Condition": "HasAlarms", "Value": reference(&kept),
    }));
    let alarm = Alarm {
        what: "A job at the head of a queue is stuck in RUNNABLE; the queue of blocked queues says why".to_owned(),
        namespace: "AWS/Events",
        metric: "TriggeredRules",
        dimensions: vec![("RuleName", reference(&rule))],
        statistic: "Sum",
        above: 0,
    };
    alarm.add(stack, "blocked-queues")
}
