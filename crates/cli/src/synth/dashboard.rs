//! A dashboard: what became of each trigger's occurrences, and how the functions are.

use anyhow::Result;
use jobwire_core::trigger::Triggers;
use serde_json::{Value, json};

use super::function::{id, name, needed};
use super::{Stack, on_failure_queue, sub};

/// The grid of a dashboard is 24 wide.
const WIDTH: usize = 12;
const HEIGHT: usize = 6;

/// Adds the dashboard, and an output with its address.
pub(super) fn add(stack: &mut Stack, triggers: &Triggers) -> Result<()> {
    let functions: Vec<&'static str> = needed(triggers).map(|(_, kind)| id(kind)).collect();
    let of_triggers = |metrics: &[&str]| -> Vec<Value> {
        let each = triggers.triggers.iter().flat_map(|trigger| {
            let source = name(trigger.on.kind());
            metrics.iter().map(move |metric| {
                let label =
                    if metrics.len() == 1 { trigger.name.clone() } else { format!("{} {metric}", trigger.name) };
                json!(["Jobwire", metric, "Source", source, "Trigger", trigger.name, {"label": label}])
            })
        });
        each.collect()
    };
    // What could not even be read belongs to no trigger.
    let unread = needed(triggers).map(|(name, _)| {
        json!(["Jobwire", "Rejected", "Source", name, "Trigger", "(none)", {"label": format!("{name} Rejected")}])
    });
    let of_functions = |metric: &str, statistic: &str| -> Vec<Value> {
        let each = functions.iter().map(|function| {
            json!(["AWS/Lambda", metric, "FunctionName", format!("${{{function}}}"), {"label": function, "stat": statistic}])
        });
        each.collect()
    };
    let mut queues: Vec<String> = functions.iter().map(|function| on_failure_queue(function)).collect();
    queues.push("RejectsQueue".to_owned());
    queues.extend(stack.buffers.iter().map(|(_, queue)| queue.clone()));
    let of_queues = queues.iter().map(|queue| {
        json!(["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", format!("${{{queue}.QueueName}}"), {"label": queue, "stat": "Maximum"}])
    });
    let graphs = [
        ("Jobs started", of_triggers(&["Submitted"])),
        ("Duplicates, adopted jobs, and conditions that were false", of_triggers(&["Duplicate", "Adopted", "Skipped"])),
        ("Rejected and failed", of_triggers(&["Rejected", "Failed"]).into_iter().chain(unread).collect()),
        ("Turned away by Batch", of_triggers(&["Throttled"])),
        ("Messages in queues", of_queues.collect()),
        ("Age of events before the function (ms)", of_functions("AsyncEventAge", "Maximum")),
        ("Errors of functions", of_functions("Errors", "Sum")),
        ("Throttles of functions", of_functions("Throttles", "Sum")),
        ("Duration of functions (ms, p99)", of_functions("Duration", "p99")),
        ("Concurrent executions", of_functions("ConcurrentExecutions", "Maximum")),
    ];
    let widgets: Vec<Value> = graphs
        .into_iter()
        .enumerate()
        .map(|(index, (title, metrics))| {
            json!({
                "type": "metric", "x": index % 2 * WIDTH, "y": index / 2 * HEIGHT, "width": WIDTH, "height": HEIGHT,
                "properties": {"title": title, "region": "${AWS::Region}", "view": "timeSeries", "stat": "Sum", "period": 300, "metrics": metrics},
            })
        })
        .collect();
    let body = json!({"widgets": widgets}).to_string();
    stack.add(
        "dashboard",
        "",
        json!({"Type": "AWS::CloudWatch::Dashboard", "Condition": "HasAlarms", "Properties": {
            // Names of dashboards are the same in all Regions.
            "DashboardName": sub("${AWS::StackName}-${AWS::Region}"), "DashboardBody": sub(body),
        }}),
    )?;
    stack.section("Outputs").insert("DashboardUrl".to_owned(), json!({
        "Description": "The dashboard", "Condition": "HasAlarms",
        "Value": sub("https://console.aws.amazon.com/cloudwatch/home?region=${AWS::Region}#dashboards:name=${AWS::StackName}-${AWS::Region}"),
    }));
    Ok(())
}
