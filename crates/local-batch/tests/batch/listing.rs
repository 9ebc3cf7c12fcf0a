//! `ListJobs` and `DescribeJobs`.

use aws_sdk_batch::types::{JobStatus, KeyValuesPair};

use crate::harness::{Server, texts};

async fn filtered(server: &Server, name: &str, value: &str) -> Vec<String> {
    let filter = KeyValuesPair::builder().name(name).values(value).build();
    let answer = server.client.list_jobs().job_queue("q").filters(filter).send().await.unwrap();
    answer.job_summary_list().iter().map(|job| job.job_name().unwrap().to_owned()).collect()
}

/// A filter takes jobs of any status, the newest first; without one the status decides, RUNNING by default.
#[tokio::test]
async fn jobs_are_listed_by_filter_or_status() {
    let server = Server::start().await;
    server.define("other", "sh", &["exit 1"]).await;
    let mut newest = None;
    for (name, definition, status) in [
        ("Load-1", "job", JobStatus::Succeeded),
        ("load-2", "other", JobStatus::Failed),
        ("store", "job", JobStatus::Succeeded),
    ] {
        let id = server.submit(server.request().job_name(name).job_definition(definition)).await;
        newest = server.wait_for(&id, status).await.created_at;
    }
    assert_eq!(filtered(&server, "JOB_NAME", "LOAD-*").await, ["load-2", "Load-1"]);
    assert_eq!(filtered(&server, "JOB_NAME", "load-1").await, ["Load-1"]);
    assert_eq!(filtered(&server, "JOB_NAME", "load").await, Vec::<String>::new());
    assert_eq!(filtered(&server, "JOB_DEFINITION", "job").await, ["store", "Load-1"]);
    assert_eq!(filtered(&server, "JOB_DEFINITION", "o*").await, ["load-2"]);
    let arn = "arn:aws:batch:us-east-1:000000000000:job-definition/other:1";
    assert_eq!(filtered(&server, "JOB_DEFINITION", arn).await, ["load-2"]);
    assert_eq!(filtered(&server, "AFTER_CREATED_AT", "0").await, ["store", "load-2", "Load-1"]);
    assert_eq!(filtered(&server, "AFTER_CREATED_AT", &newest.unwrap().to_string()).await, Vec::<String>::new());
    assert_eq!(filtered(&server, "BEFORE_CREATED_AT", "9999999999999").await.len(), 3);

    let list = || server.client.list_jobs().job_queue("q");
    assert_eq!(list().send().await.unwrap().job_summary_list().len(), 0);
    let failed = list().job_status(JobStatus::Failed).send().await.unwrap();
    let [job] = failed.job_summary_list() else { panic!("{failed:?}") };
    assert_eq!((job.job_name(), job.container().unwrap().exit_code()), (Some("load-2"), Some(1)));
}

/// Pages are of the size asked for and together hold each job once, also when jobs come in between.
#[tokio::test]
async fn pages_hold_each_job_once() {
    let server = Server::start().await;
    for index in 0..5 {
        let id = server.submit(server.request().job_name(format!("n{index}"))).await;
        server.wait_for(&id, JobStatus::Succeeded).await;
    }
    let mut token = None;
    let mut pages = Vec::new();
    loop {
        let request = server.client.list_jobs().job_queue("q").job_status(JobStatus::Succeeded).max_results(2);
        let answer = request.set_next_token(token).send().await.unwrap();
        pages.push(answer.job_summary_list().iter().map(|job| job.job_name().unwrap().to_owned()).collect::<Vec<_>>());
        token = answer.next_token;
        if token.is_none() {
            break;
        }
        let id = server.submit(server.request().job_name("between")).await;
        server.wait_for(&id, JobStatus::Succeeded).await;
    }
    assert_eq!(pages, [texts(&["n4", "n3"]), texts(&["n2", "n1"]), texts(&["n0"])]);
}

/// A question that cannot be answered is refused with what would do.
#[tokio::test]
async fn wrong_questions_are_refused_with_words() {
    let server = Server::start().await;
    let filter = |name: &str| KeyValuesPair::builder().name(name).values("x").build();
    let list = || server.client.list_jobs().job_queue("q");
    for (request, words) in [
        (server.client.list_jobs(), "jobQueue: is missing"),
        (server.client.list_jobs().job_queue("nope"), "known here: q"),
        (server.client.list_jobs().array_job_id("a"), "does not run array jobs yet"),
        (list().filters(filter("JOB_NAME")).filters(filter("JOB_NAME")), "one at a time"),
        (list().filters(filter("COLOR")), "allowed are JOB_NAME"),
        (list().filters(filter("AFTER_CREATED_AT")), "milliseconds"),
        (list().max_results(101), "from 1 to 100"),
        (list().next_token("x"), "nextToken"),
    ] {
        let error = request.send().await.unwrap_err().into_service_error();
        let message = error.meta().message().unwrap();
        assert!(error.is_client_exception() && message.contains(words), "{message}");
    }
}

/// Ids of children and nodes are ids too; whatever is unknown is left out of the answer.
#[tokio::test]
async fn unknown_ids_are_answered_with_nothing() {
    let server = Server::start().await;
    let id = server.script("true").await;
    let arn = format!("arn:aws:batch:us-east-1:000000000000:job/{id}");
    let ids = [id.clone(), format!("{id}:0"), format!("{id}#1"), "nonsense".to_owned(), arn];
    let answer = server.client.describe_jobs().set_jobs(Some(ids.into())).send().await.unwrap();
    let found: Vec<_> = answer.jobs().iter().map(|job| job.job_id().unwrap()).collect();
    assert_eq!(found, [&id, &id]);
}
