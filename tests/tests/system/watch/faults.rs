//! What is not there, not permitted, or lost on the way.

use serde_json::json;

use super::recorded::{Answer, Recorded, ended, jobwire_of_nobody, jobwire_of_nobody_with};
use super::{ID, job, objects, quiet, step};

#[test]
fn a_job_that_is_not_found_is_told_with_the_region_and_the_account_that_were_asked() {
    let none = |call: &super::Call| match call.operation {
        "DescribeJobs" => Answer::Good(json!({ "jobs": [] })),
        "ListJobs" => Answer::Good(json!({ "jobSummaryList": [] })),
        _ => quiet(call),
    };
    let server = Recorded::start(none);
    for (arguments, wanted) in [
        (&[ID][..], format!("Batch knows no job {ID} in Region eu-west-1 of account 123456789012: is it of another")),
        (
            &["feed"],
            "no job with the name feed is in the queue feeds, in Region eu-west-1 of account 123456789012".to_owned(),
        ),
        (
            &["--chain", "0a1b", "--queue", "a", "--queue", "b"],
            "no job of the chain 0a1b is in the queues a, b, in Region eu-west-1 of account 123456789012".to_owned(),
        ),
    ] {
        let (code, printed, words) = server.watched(arguments);
        assert_eq!((code, printed.as_str()), (1, ""), "{words}");
        assert!(words.contains(&wanted), "{wanted}\n---\n{words}");
    }
}

#[test]
fn a_job_that_is_known_a_moment_after_its_submission_is_found() {
    let none = json!({ "jobs": [] });
    let over = json!({ "jobs": [job(ID, "SUCCEEDED", &json!({}))] });
    let server = Recorded::start(move |call| match call.operation {
        "DescribeJobs" => Answer::Good(if call.before == 0 { none.clone() } else { over.clone() }),
        _ => quiet(call),
    });
    let (code, printed, words) = server.watched(&[ID]);
    assert_eq!(code, 0, "{printed}\n{words}");
}

#[test]
fn the_region_of_an_arn_is_the_one_that_is_asked() {
    let server = Recorded::start(|call| match call.operation {
        "DescribeJobs" => Answer::Good(json!({ "jobs": [] })),
        _ => Answer::Refused(403, "AccessDenied", "not authorized"),
    });
    let (code, _, words) = server.watched(&[&format!("arn:aws:batch:ap-south-1:999999999999:job/{ID}")]);
    assert_eq!(code, 1);
    let wanted = format!("knows no job {ID} in Region ap-south-1 (its ARN is of account 999999999999)");
    assert!(words.contains(&wanted), "who may not ask for the account learns the Region alone: {words}");
}

#[test]
fn a_queue_with_nothing_in_it_is_a_good_end() {
    let server = Recorded::start(|call| match call.operation {
        "ListJobs" => Answer::Good(json!({ "jobSummaryList": [] })),
        _ => quiet(call),
    });
    let (code, printed, words) = server.watched(&["--queue", "feeds", "--json"]);
    assert_eq!(code, 0, "{words}");
    assert_eq!(objects(&printed), [json!({ "kind": "result", "exitCode": 0, "jobs": [] })]);
    let mut states: Vec<_> = server.calls("ListJobs").iter().map(|call| call.body["jobStatus"].clone()).collect();
    states.truncate(5);
    assert_eq!(states, ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"]);
}

#[test]
fn a_queue_that_is_not_there_is_told_in_batchs_words() {
    let server = Recorded::start(|_| Answer::Refused(400, "ClientException", "queue does not exist"));
    let (code, _, words) = server.watched(&["--queue", "nowhere"]);
    assert_eq!(code, 1);
    assert!(words.contains("the jobs of nowhere cannot be listed: ClientException: queue does not exist"), "{words}");
}

#[test]
fn lost_connections_and_throttling_are_told_once_and_watching_goes_on() {
    let running = json!({ "jobs": [job(ID, "RUNNING", &json!({}))] });
    let over = json!({ "jobs": [job(ID, "SUCCEEDED", &json!({ "container": { "exitCode": 0 } }))] });
    let server = Recorded::start(move |call| match (call.operation, call.before) {
        // The first finds the job, the second sees it run; then two looks fail, each after three tries.
        ("DescribeJobs", 0 | 1) => Answer::Good(running.clone()),
        ("DescribeJobs", 2..=4) => Answer::Lost,
        ("DescribeJobs", 5..=7) => Answer::Refused(429, "TooManyRequestsException", "Too Many Requests"),
        ("DescribeJobs", _) => Answer::Good(over.clone()),
        _ => quiet(call),
    });
    let (code, printed, words) = server.watched(&[ID]);
    assert_eq!(code, 0, "{printed}\n{words}");
    assert!(printed.contains("SUCCEEDED  exit code 0"), "{printed}");
    assert_eq!(words.matches("watching goes on as soon as AWS answers").count(), 1, "{words}");
    assert_eq!(words.matches("AWS answers again").count(), 1, "{words}");
}

#[test]
fn a_permission_that_is_missing_ends_the_watching_and_says_which() {
    let server =
        Recorded::start(|_| Answer::Refused(403, "AccessDeniedException", "not authorized: batch:DescribeJobs"));
    let (code, _, words) = server.watched(&[ID]);
    assert_eq!(code, 1);
    assert!(
        words.contains("the jobs cannot be described: AccessDeniedException: not authorized: batch:DescribeJobs"),
        "{words}"
    );
    assert_eq!(server.calls("DescribeJobs").len(), 1, "a refusal is not tried again");
}

#[test]
fn a_log_that_may_not_be_read_hides_no_outcome() {
    let container = json!({ "logStreamName": "feed/default/0", "exitCode": 6 });
    let steps = [
        json!({ "jobs": [job(ID, "RUNNING", &json!({ "container": { "logStreamName": "feed/default/0" } }))] }),
        json!({ "jobs": [job(ID, "FAILED", &json!({ "container": container }))] }),
    ];
    let server = Recorded::start(move |call| match call.operation {
        "DescribeJobs" => step(call, &steps),
        "GetLogEvents" => Answer::Refused(400, "AccessDeniedException", "not authorized: logs:GetLogEvents"),
        _ => quiet(call),
    });
    let (code, _, words) = server.watched(&[ID]);
    assert_eq!(code, 6, "{words}");
    assert_eq!(
        words.matches("the log feed/default/0 of the group /aws/batch/job cannot be read").count(),
        1,
        "{words}"
    );
}

#[test]
fn without_credentials_or_region_nothing_is_asked_and_a_sentence_says_what_to_set() {
    let commands = [&["watch", ID][..], &["replay", "--stack", "s"], &["fire", "check-feed", "--stack", "s"]];
    for arguments in commands {
        let mut command = jobwire_of_nobody_with(&crate::feed());
        command.args(arguments);
        let (code, _, words) = ended(command);
        let region = "error: no AWS Region is configured: set AWS_REGION, or a profile with a Region by AWS_PROFILE\n";
        assert!(code == 1 && words == region, "{arguments:?}: {words}");
        let mut command = jobwire_of_nobody_with(&crate::feed());
        command.env("AWS_REGION", "eu-west-1").args(arguments);
        let (code, _, words) = ended(command);
        let credentials = "error: no AWS credentials are found: set AWS_PROFILE, sign in by `aws sso login`, or name the local cloud by --local\n";
        assert!(code == 1 && words == credentials, "{arguments:?}: {words}");
    }
}

#[test]
fn wrong_use_is_exit_code_2() {
    for arguments in [
        &[][..],
        &["a b"],
        &[ID, "--chain", "c"],
        &[ID, "--settle", "5"],
        &[ID, "--state", "x"],
        &[ID, "--lines", "0"],
        &["arn:aws:batch:us-east-1:1:job-queue/q"],
    ] {
        let mut command = jobwire_of_nobody();
        command.arg("watch").args(arguments);
        let (code, printed, words) = ended(command);
        assert_eq!((code, printed.as_str()), (2, ""), "{arguments:?}: {words}");
    }
}
