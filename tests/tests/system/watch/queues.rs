//! Which jobs are watched: by name, by queue, by chain.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::recorded::{Answer, Recorded, ended};
use super::{job, objects, quiet};

fn id(number: usize) -> String {
    format!("4cd9ba3b-0b0c-41a1-9cde-{number:012}")
}

fn summary(number: usize, created: usize) -> Value {
    json!({ "jobId": id(number), "jobName": "consume-feed", "createdAt": 1_790_000_000_000_usize + created })
}

/// The ids that a call of `DescribeJobs` asks for.
fn asked(body: &Value) -> Vec<String> {
    body["jobs"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_full_queue_is_asked_for_a_hundred_jobs_at_once() {
    let server = Recorded::start(|call| match call.operation {
        "ListJobs" if call.body["jobStatus"] != "RUNNABLE" || call.before > 5 => {
            Answer::Good(json!({ "jobSummaryList": [] }))
        }
        "ListJobs" => {
            let page = |from: usize, to: usize| (from..to).map(|number| summary(number, number)).collect::<Vec<_>>();
            Answer::Good(match call.body["nextToken"].as_str() {
                None => json!({ "jobSummaryList": page(0, 100), "nextToken": "second" }),
                Some(_) => json!({ "jobSummaryList": page(100, 150) }),
            })
        }
        "DescribeJobs" => {
            assert!(asked(&call.body).len() <= 100);
            let over = |id: &String| job(id, if id == &self::id(7) { "FAILED" } else { "SUCCEEDED" }, &json!({}));
            Answer::Good(json!({ "jobs": asked(&call.body).iter().map(over).collect::<Vec<_>>() }))
        }
        _ => quiet(call),
    });
    let (code, printed, words) = server.watched(&["--queue", "feeds"]);
    assert_eq!(code, 1, "{words}");
    assert_eq!(server.calls("DescribeJobs").len(), 2);
    let table: Vec<&str> = printed.lines().skip_while(|line| !line.starts_with(" job ")).collect();
    assert_eq!(table.len(), 151, "a row for each job below the header: {printed}");
}

#[test]
fn the_newest_job_of_a_name_is_watched_in_the_queues_that_the_trigger_file_names() {
    let (_folder, file) = crate::project(
        "
version: 1
triggers:
  a: { on: { topic: t }, submit: { jobName: a, jobQueue: feeds, jobDefinition: d } }
  b: { on: { topic: t }, submit: { jobName: a, jobQueue: imports, jobDefinition: d } }
",
    );
    let server = Recorded::start(|call| match call.operation {
        "ListJobs" => {
            let filter = json!([{ "name": "JOB_NAME", "values": ["consume-feed"] }]);
            assert_eq!(call.body["filters"], filter);
            let mut other = summary(3, 900);
            other["jobName"] = json!("Consume-Feed");
            Answer::Good(match call.body["jobQueue"].as_str().unwrap() {
                "feeds" => json!({ "jobSummaryList": [other, summary(1, 500)] }),
                "imports" => json!({ "jobSummaryList": [summary(2, 700)] }),
                other => panic!("{other} is no queue of the file"),
            })
        }
        "DescribeJobs" => Answer::Good(json!({ "jobs": [job(&asked(&call.body)[0], "SUCCEEDED", &json!({}))] })),
        _ => quiet(call),
    });
    let mut command = server.watch(&[]);
    command.args(["consume-feed", "--json", "--file"]).arg(&file);
    // The last one that is given counts for clap's global arguments alone, so the first is left out.
    let arguments: Vec<_> = command.get_args().skip(2).map(std::ffi::OsStr::to_owned).collect();
    let mut again = std::process::Command::new(command.get_program());
    again.args(arguments).env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let (code, printed, words) = ended(again);
    assert_eq!(code, 0, "{printed}\n{words}");
    assert_eq!(objects(&printed).last().unwrap()["jobs"][0]["jobId"], id(2), "names have case, and the newest counts");
    assert!(words.contains("2 jobs have the name consume-feed; the newest of them is watched"), "{words}");
}

#[test]
fn a_chain_is_looked_for_no_further_back_than_its_first_job() {
    let server = Recorded::start(|call| match call.operation {
        "ListJobs" => {
            assert_eq!(call.body["jobQueue"], "feeds");
            // A minute more than the clocks may differ lies between the pages.
            Answer::Good(match call.body["nextToken"].as_str() {
                None => json!({ "jobSummaryList": [summary(4, 400_000), summary(3, 300_000)], "nextToken": "second" }),
                Some("second") => {
                    json!({ "jobSummaryList": [summary(2, 200_000), summary(1, 100_000)], "nextToken": "third" })
                }
                Some(other) => panic!("{other} is older than the chain"),
            })
        }
        "DescribeJobs" => {
            let described = |id: &String| {
                let number: u64 = id[24..].parse().unwrap();
                let chain = if number.is_multiple_of(2) { "0a1b" } else { "other" };
                let depth = (number / 2).to_string();
                let created = 1_790_000_000_000 + number * 100_000;
                job(
                    id,
                    "SUCCEEDED",
                    &json!({ "createdAt": created, "tags": { "jobwire.chain": chain, "jobwire.depth": depth } }),
                )
            };
            Answer::Good(json!({ "jobs": asked(&call.body).iter().map(described).collect::<Vec<_>>() }))
        }
        _ => quiet(call),
    });
    let (code, printed, words) = server.watched(&["--chain", "0a1b", "--queue", "feeds", "--settle", "0", "--json"]);
    assert_eq!(code, 0, "{printed}\n{words}");
    let result = objects(&printed).pop().unwrap();
    let jobs: Vec<_> = result["jobs"].as_array().unwrap().iter().map(|job| (&job["jobId"], &job["depth"])).collect();
    assert_eq!(jobs, [(&json!(id(2)), &json!(1)), (&json!(id(4)), &json!(2))], "in the order of their submission");
}

#[test]
fn a_fault_while_a_queue_is_listed_loses_no_job() {
    let (listed, asked_for_the_second) = (AtomicUsize::new(0), AtomicBool::new(false));
    let server = Recorded::start(move |call| match call.operation {
        "ListJobs" => {
            let page = match call.body["jobStatus"].as_str().unwrap() {
                "RUNNING" => json!([summary(1, 1)]),
                "RUNNABLE" if listed.load(Ordering::SeqCst) > 0 => json!([summary(2, 2)]),
                // The state that comes next is asked for when the second job has been listed, and its answer is lost.
                "STARTING" if (1..=3).contains(&listed.fetch_add(1, Ordering::SeqCst)) => return Answer::Lost,
                _ => json!([]),
            };
            Answer::Good(json!({ "jobSummaryList": page }))
        }
        "DescribeJobs" => {
            let ids = asked(&call.body);
            asked_for_the_second.fetch_or(ids.contains(&id(2)), Ordering::SeqCst);
            let status = if asked_for_the_second.load(Ordering::SeqCst) { "SUCCEEDED" } else { "RUNNING" };
            Answer::Good(json!({ "jobs": ids.iter().map(|id| job(id, status, &json!({}))).collect::<Vec<_>>() }))
        }
        _ => quiet(call),
    });
    let (code, printed, words) = server.watched(&["--queue", "feeds", "--json"]);
    assert_eq!(code, 0, "{printed}\n{words}");
    assert_eq!(objects(&printed).pop().unwrap()["jobs"].as_array().unwrap().len(), 2, "{printed}\n{words}");
    assert!(words.contains("the jobs of feeds cannot be listed"), "{words}");
}
