//! Arrays, and the states that their children are in.

use serde_json::{Value, json};

use super::recorded::{Answer, Recorded};
use super::{ID, job, objects, quiet, step};

fn array(status: &str, children: &Value) -> Value {
    json!({ "jobs": [job(ID, status, &json!({ "arrayProperties": { "size": 4, "statusSummary": children } }))] })
}

fn child(index: u32, code: i32) -> Value {
    let container =
        json!({ "exitCode": code, "reason": "its own words", "logStreamName": format!("feed/default/{index}") });
    let fields = json!({ "arrayProperties": { "index": index }, "container": container, "statusReason": "Essential container in task exited" });
    job(&format!("{ID}:{index}"), "FAILED", &fields)
}

fn served() -> Recorded {
    let steps = [
        array("PENDING", &json!({ "RUNNABLE": 4, "FAILED": 0 })),
        array("PENDING", &json!({ "RUNNING": 2, "SUCCEEDED": 1, "FAILED": 1 })),
        array("FAILED", &json!({ "SUCCEEDED": 1, "FAILED": 3 })),
    ];
    Recorded::start(move |call| match call.operation {
        "DescribeJobs" if call.body["jobs"][0] == ID => step(call, &steps),
        "DescribeJobs" => {
            let asked = call.body["jobs"].as_array().unwrap().iter();
            let index = |id: &Value| id.as_str().unwrap().rsplit_once(':').unwrap().1.parse().unwrap();
            Answer::Good(json!({ "jobs": asked.map(|id| child(index(id), 9)).collect::<Vec<_>>() }))
        }
        "ListJobs" => {
            assert_eq!(call.body, json!({ "arrayJobId": ID, "jobStatus": "FAILED" }));
            let summary = |index: u32, code: i32| json!({ "jobId": format!("{ID}:{index}"), "jobName": "consume-feed", "arrayProperties": { "index": index }, "container": { "exitCode": code } });
            Answer::Good(json!({ "jobSummaryList": [summary(3, 9), summary(0, 5), summary(2, 9)] }))
        }
        "GetLogEvents" if call.body["nextToken"].is_null() => {
            assert_eq!((&call.body["startFromHead"], &call.body["limit"]), (&json!(false), &json!(7)));
            let message = format!("the end of {}", call.body["logStreamName"].as_str().unwrap());
            Answer::Good(json!({ "events": [{ "timestamp": 1, "message": message }], "nextForwardToken": "f/1" }))
        }
        "GetLogEvents" => Answer::Good(json!({ "events": [], "nextForwardToken": "f/1" })),
        _ => quiet(call),
    })
}

#[test]
fn an_array_shows_what_its_children_do_and_ends_with_its_first_failed_child() {
    let (code, printed, words) = served().watched(&[ID, "--lines", "7"]);
    assert_eq!(code, 5, "{printed}\n{words}");
    let wanted = [
        "consume-feed  PENDING    0 of 4 ended: 4 RUNNABLE",
        "consume-feed  PENDING    2 of 4 ended: 1 FAILED, 1 SUCCEEDED, 2 RUNNING",
        "consume-feed  FAILED     4 of 4 ended: 3 FAILED, 1 SUCCEEDED, ran 2 min 5 s",
        "consume-feed[0]  FAILED     exit code 9, ran 2 min 5 s, its own words",
        "the end of feed/default/0",
        "the end of feed/default/3",
    ];
    for wanted in wanted {
        assert!(printed.lines().any(|line| line == wanted), "{wanted}\n---\n{printed}\n{words}");
    }
    assert!(words.contains("log-events/feed$252Fdefault$252F0"), "{words}");
}

#[test]
fn programs_read_the_same_as_objects() {
    let (code, printed, words) = served().watched(&[ID, "--json", "--lines", "7"]);
    let objects = objects(&printed);
    let of = |kind: &str| objects.iter().filter(|object| object["kind"] == kind).collect::<Vec<_>>();
    assert_eq!(
        of("change")[1]["arrayProperties"]["statusSummary"],
        json!({ "RUNNING": 2, "SUCCEEDED": 1, "FAILED": 1 })
    );
    assert_eq!(of("log").len(), 3, "{printed}");
    let result = objects.last().unwrap();
    assert_eq!((&result["kind"], &result["exitCode"], code), (&json!("result"), &json!(5), 5), "{printed}\n{words}");
    assert_eq!(result["jobs"][0]["jobId"], ID);
}

#[test]
fn without_the_permission_to_list_the_children_the_outcome_is_told_all_the_same() {
    let steps = [array("PENDING", &json!({ "RUNNING": 4 })), array("FAILED", &json!({ "FAILED": 4 }))];
    let server = Recorded::start(move |call| match call.operation {
        "DescribeJobs" => step(call, &steps),
        "ListJobs" => Answer::Refused(403, "AccessDeniedException", "not authorized: batch:ListJobs"),
        _ => quiet(call),
    });
    let (code, printed, words) = server.watched(&[ID]);
    assert_eq!(code, 1, "{printed}\n{words}");
    assert!(
        words.contains("the failed children of consume-feed are not shown: ") && words.contains("batch:ListJobs"),
        "{words}"
    );
}
