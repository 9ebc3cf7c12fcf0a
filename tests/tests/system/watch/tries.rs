//! Jobs that are tried several times.

use serde_json::{Value, json};

use super::recorded::{Answer, Recorded};
use super::{ID, job, quiet, step};

fn with_stream(status: &str, stream: u32, ended: &[i32]) -> Value {
    let attempt = |code: &i32| json!({ "container": { "exitCode": code, "networkInterfaces": [] }, "startedAt": 1, "stopped_at": 2 });
    let mut attempts: Vec<Value> = ended.iter().map(attempt).collect();
    for attempt in &mut attempts {
        attempt.as_object_mut().unwrap().remove("stopped_at");
        attempt["stoppedAt"] = json!(2);
    }
    let mut container = json!({ "logStreamName": format!("feed/default/{stream}"), "logConfiguration": { "logDriver": "awslogs", "options": { "awslogs-group": "/jobwire/feed", "awslogs-region": "eu-central-1" } } });
    if matches!(status, "SUCCEEDED" | "FAILED") {
        container["exitCode"] = json!(ended.last());
    }
    json!({ "jobs": [job(ID, status, &json!({ "attempts": attempts, "container": container }))] })
}

#[test]
fn each_try_is_told_and_its_log_is_read_from_its_first_line() {
    let steps = [with_stream("RUNNING", 1, &[]), with_stream("RUNNING", 2, &[1]), with_stream("SUCCEEDED", 2, &[1, 0])];
    let server = Recorded::start(move |call| match call.operation {
        "DescribeJobs" => step(call, &steps),
        "GetLogEvents" => {
            assert_eq!(call.body["logGroupName"], "/jobwire/feed");
            let stream = call.body["logStreamName"].as_str().unwrap();
            let events = match call.body["nextToken"].as_str() {
                None => {
                    // The first was begun before it was watched, and the second was not.
                    assert_eq!(call.body["startFromHead"], stream.ends_with('2'), "{stream}");
                    json!([{ "timestamp": 1, "message": format!("a line of {stream}\nand \u{9b}2Jmore") }])
                }
                Some(_) => json!([]),
            };
            Answer::Good(json!({ "events": events, "nextForwardToken": format!("f/{stream}") }))
        }
        _ => quiet(call),
    });
    let (code, printed, words) = server.watched(&[ID]);
    assert_eq!(code, 0, "{printed}\n{words}");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(
        lines,
        [
            "consume-feed  RUNNING    after 12 s",
            "a line of feed/default/1",
            "and more",
            "consume-feed  RUNNING    attempt 2, after 12 s",
            "a line of feed/default/2",
            "and more",
            "consume-feed  SUCCEEDED  exit code 0, ran 2 min 5 s",
        ]
    );
    assert!(words.contains("https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:log-groups/log-group/$252Fjobwire$252Ffeed/log-events/feed$252Fdefault$252F2"), "{words}");
}
