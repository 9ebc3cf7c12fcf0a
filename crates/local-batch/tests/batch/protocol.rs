//! The REST-JSON protocol beneath the SDK.

use jobwire_local_batch::{Error, Options};
use serde_json::json;
use tokio::net::TcpListener;

use crate::harness::{Server, post_raw, send_raw};

/// What is no request of the API is a `ClientException` that names the fault.
#[tokio::test]
async fn malformed_requests_are_client_exceptions_that_name_the_member() {
    let server = Server::start().await;
    for (path, body, words) in [
        ("/v1/submitjob", "{", "not JSON"),
        ("/v1/submitjob", "[]", "must be a JSON object"),
        ("/v1/submitjob", r#"{"jobName":"a","jobQueue":"q"}"#, "jobDefinition"),
        (
            "/v1/submitjob",
            r#"{"jobName":1,"jobQueue":"q","jobDefinition":"job"}"#,
            "jobName: invalid type: integer `1`",
        ),
        (
            "/v1/submitjob",
            r#"{"jobName":"a","jobQueue":"q","jobDefinition":"job","containerOverrides":{"environment":[{"name":"P","value":15}]}}"#,
            "containerOverrides.environment[0].value: invalid type: integer `15`, expected a string",
        ),
        ("/v1/submitjob", r#"{"jobname":"a"}"#, "unknown field `jobname`"),
        ("/v1/deletejobqueue", "{}", "the operation `deletejobqueue`"),
        ("/v2/anything", "{}", "the operation `POST /v2/anything`"),
    ] {
        let (status, kind, answer) = post_raw(&server.url, path, body).await;
        assert_eq!((status, kind.as_deref()), (400, Some("ClientException")), "{path} {body}");
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
    }
}

/// A member that is null counts as absent.
#[tokio::test]
async fn null_members_are_absent() {
    let server = Server::start().await;
    let body = r#"{"jobName":"a","jobQueue":"q","jobDefinition":"job","arrayProperties":null,"containerOverrides":{"command":null}}"#;
    let (status, _, answer) = post_raw(&server.url, "/v1/submitjob", body).await;
    assert_eq!((status, &answer["jobName"]), (200, &json!("a")));
}

/// A browser says where its request comes from, and then nothing is run for it.
#[tokio::test]
async fn a_web_page_cannot_submit_jobs() {
    let server = Server::start().await;
    let request = axum::http::Request::post(format!("{}/v1/submitjob", server.url)).header("origin", "http://page");
    let body = r#"{"jobName":"a","jobQueue":"q","jobDefinition":"job"}"#;
    let (status, _, answer) = send_raw(request.body(body.into()).unwrap()).await;
    assert_eq!(status, 400);
    assert!(answer["message"].as_str().unwrap().contains("web pages"), "{answer}");
}

/// Whoever reaches this API runs programs, so a listener that others can reach is refused.
#[tokio::test]
async fn a_listener_beyond_loopback_is_refused() {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let error = jobwire_local_batch::run(listener, Options::default(), std::future::pending()).await.unwrap_err();
    assert!(matches!(error, Error::NotLoopback(_)), "{error}");
}

/// Events go over plain HTTP on one machine; another scheme would lose them all, so it is refused at the start.
#[tokio::test]
async fn an_events_url_that_cannot_work_is_refused() {
    for url in ["https://localhost/events", "localhost:1", ""] {
        let mut server = Server::start_empty(|options| options.events_url = Some(url.to_owned())).await;
        assert!(matches!(server.stop().await, Err(Error::EventsUrl(_))), "{url}");
    }
}
