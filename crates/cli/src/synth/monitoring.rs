//! Alarms: on what is lost without somebody looking, and on what is late.

use anyhow::Result;
use jobwire_core::trigger::Triggers;
use serde_json::{Value, json};

use super::function::{FUNCTIONS, id, is_needed};
use super::{Stack, dashboard, on_failure_queue, only_if, reference, role, sub};

/// An event that has not reached its function after ten minutes is late.
const LATE_SECONDS: u32 = 600;

const PERIOD_SECONDS: u32 = 300;

/// Adds the alarms and the dashboard; the parameter `Alarms` leaves them out.
pub(super) fn add(stack: &mut Stack, triggers: &Triggers) -> Result<()> {
    for (name, kind) in FUNCTIONS.into_iter().filter(|(_, kind)| is_needed(triggers, *kind)) {
        let function = id(kind);
        let of_lambda = |metric, statistic, above, what: String| Alarm {
            what,
            namespace: "AWS/Lambda",
            metric,
            dimension: ("FunctionName", reference(function)),
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
    blocked_queues(stack, triggers)?;
    dashboard::add(stack, triggers)
}

/// One metric, and the value above which it alarms.
struct Alarm {
    what: String,
    namespace: &'static str,
    metric: &'static str,
    dimension: (&'static str, Value),
    statistic: &'static str,
    above: u32,
}

impl Alarm {
    fn add(self, stack: &mut Stack, name: &str) -> Result<()> {
        let properties = json!({
            "AlarmDescription": self.what,
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": [{"Name": self.dimension.0, "Value": self.dimension.1}],
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
        dimension: ("QueueName", json!({"Fn::GetAtt": [queue, "QueueName"]})),
        statistic: "Maximum",
        above: 0,
    }
}

/// Batch has no metric of jobs that are stuck in RUNNABLE, but an event, of the job at the head of a queue.
/// <https://docs.aws.amazon.com/batch/latest/userguide/batch-job-queue-blocked-events.html>
///
/// A log group keeps the events, which hold the reason; that the rule found one is the metric.
fn blocked_queues(stack: &mut Stack, triggers: &Triggers) -> Result<()> {
    let mut queues: Vec<Value> = Vec::new();
    for name in triggers.triggers.iter().flat_map(|trigger| role::named(trigger).0) {
        let arn = role::queue_arn(&name);
        if !queues.contains(&arn) {
            queues.push(arn);
        }
    }
    let pattern = json!({
        "source": ["aws.batch"], "detail-type": ["Batch Job Queue Blocked"], "detail": {"jobQueue": queues},
    });
    let log = stack.add(
        "blocked-queues",
        "Log",
        json!({"Type": "AWS::Logs::LogGroup", "Condition": "HasAlarms", "DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete", "Properties": {
            // EventBridge writes into groups below this prefix alone.
            "LogGroupName": sub("/aws/events/${AWS::StackName}-blocked-queues"),
            "RetentionInDays": reference("LogRetentionInDays"),
            "KmsKeyId": only_if("HasKey", reference("KmsKeyArn")),
        }}),
    )?;
    let rule = stack.add(
        "blocked-queues",
        "Rule",
        json!({"Type": "AWS::Events::Rule", "Condition": "HasAlarms", "Properties": {
            "Description": "A job at the head of one of these queues is stuck in RUNNABLE",
            "EventPattern": pattern, "State": "ENABLED",
            "Targets": [{"Id": "log", "Arn": sub(format!("arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:${{{log}}}"))}],
        }}),
    )?;
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "BlockedQueues", "Effect": "Allow",
        "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": format!("${{{log}.Arn}}"),
        "Condition": {"ArnEquals": {"aws:SourceArn": format!("${{{rule}.Arn}}")}},
    }]});
    let policy = stack.add(
        "blocked-queues",
        "LogPolicy",
        json!({"Type": "AWS::Logs::ResourcePolicy", "Condition": "HasAlarms", "Properties": {
            "PolicyName": sub("${AWS::StackName}-blocked-queues"), "PolicyDocument": sub(policy.to_string()),
        }}),
    )?;
    stack.because(&policy, "BlockedQueues", "the rule writes why a queue is blocked");
    let alarm = Alarm {
        what: "A job at the head of a queue is stuck in RUNNABLE; the log group of blocked queues says why".to_owned(),
        namespace: "AWS/Events",
        metric: "TriggeredRules",
        dimension: ("RuleName", reference(&rule)),
        statistic: "Sum",
        above: 0,
    };
    alarm.add(stack, "blocked-queues")
}
