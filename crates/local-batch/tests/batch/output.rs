//! What jobs write.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_sdk_batch::types::JobStatus;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::harness::Server;

/// Streams and their lines; a stream exists once it was made.
type Streams = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

async fn logs(State(streams): State<Streams>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let target = headers["x-amz-target"].to_str().unwrap();
    let stream = format!("{} {}", body["logGroupName"].as_str().unwrap(), body["logStreamName"].as_str().unwrap_or(""));
    match target.rsplit('.').next().unwrap() {
        // The group is there already after the first job, and always here.
        "CreateLogGroup" => {
            let body = json!({ "__type": "ResourceAlreadyExistsException", "message": "it exists" });
            return (StatusCode::BAD_REQUEST, [("content-type", "application/x-amz-json-1.1")], body.to_string())
                .into_response();
        }
        "CreateLogStream" => {
            streams.lock().unwrap().insert(stream, Vec::new());
        }
        "PutLogEvents" => {
            let lines = body["logEvents"].as_array().unwrap().iter();
            let lines = lines.map(|event| event["message"].as_str().unwrap().to_owned());
            streams.lock().unwrap().get_mut(&stream).unwrap().extend(lines);
        }
        other => panic!("{other}"),
    }
    ([("content-type", "application/x-amz-json-1.1")], "{}").into_response()
}

/// Both outputs stand in the job's stream, in the order in which they were written, before the job's end is announced.
#[tokio::test]
async fn whoever_sees_the_end_finds_the_log() {
    let streams = Streams::default();
    let router = Router::new().fallback(logs).with_state(Arc::clone(&streams));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });

    let server = Server::start_with(|options| options.aws_endpoint = Some(url)).await;
    let id = server.script("echo one; echo two >&2; printf three").await;
    let job = server.wait_for(&id, JobStatus::Succeeded).await;
    let stream = format!("/aws/batch/job {}", job.container().unwrap().log_stream_name().unwrap());
    assert_eq!(streams.lock().unwrap()[&stream], ["one", "two", "three"]);
    assert_eq!(server.log(&id), "one\ntwo\nthree");
}

/// A job does not hang on a cloud that is gone: its output is in its file, and its end is told.
#[tokio::test]
async fn a_cloud_that_is_gone_does_not_hold_up_a_job() {
    let server = Server::start_with(|options| options.aws_endpoint = Some("http://127.0.0.1:1".to_owned())).await;
    let id = server.script("echo kept").await;
    server.wait_for(&id, JobStatus::Succeeded).await;
    assert_eq!(server.log(&id), "kept\n");
}

/// A process that has left its job's group and keeps the output open does not keep the job from ending.
#[tokio::test]
async fn an_escaped_process_does_not_keep_the_job_running() {
    let server = Server::start().await;
    let id = server.script("setsid sleep 1000 & echo $! > escaped; echo done").await;
    server.wait_for(&id, JobStatus::Succeeded).await;
    assert_eq!(server.log(&id), "done\n");
    let escaped = server.file(&id, "escaped").await;
    std::process::Command::new("kill").args(["-9", escaped.trim()]).status().unwrap();
}
