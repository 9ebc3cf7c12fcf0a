//! What the client says where no answer comes: by it callers know whether a request may have arrived.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::TcpListener;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpClient as _, HttpConnector as _, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use hyper_util::client::legacy;
use jobwire_https::{Environment, client};

/// Asks for a page, and gives what went wrong.
async fn fault(url: &str) -> ConnectorError {
    let soon = Duration::from_millis(50);
    let settings = HttpConnectorSettings::builder().connect_timeout(soon).read_timeout(soon).build();
    let components = RuntimeComponentsBuilder::for_tests().build().unwrap();
    let client = client(&Environment::default());
    let request = HttpRequest::get(url).unwrap();
    client.http_connector(&settings, &components).call(request).await.unwrap_err()
}

/// Whether there was never a connection to send anything over.
fn was_never_sent(fault: &ConnectorError) -> bool {
    let mut causes = std::iter::successors(std::error::Error::source(fault), |cause| cause.source());
    causes.any(|cause| cause.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect))
}

#[tokio::test]
async fn an_answer_that_does_not_begin_in_time_is_a_timeout_of_what_may_have_arrived() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let fault = fault(&format!("http://{}/", silent.local_addr().unwrap())).await;
    assert!(fault.is_timeout() && !was_never_sent(&fault), "{fault:?}");
}

#[tokio::test]
async fn a_connection_without_tls_in_time_is_a_timeout_of_what_was_never_sent() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let fault = fault(&format!("https://{}/", silent.local_addr().unwrap())).await;
    assert!(fault.is_timeout() && was_never_sent(&fault), "{fault:?}");
}

#[tokio::test]
async fn a_connection_that_is_refused_was_never_sent_over() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let fault = fault(&format!("http://{nobody}/")).await;
    assert!(fault.is_io() && was_never_sent(&fault), "{fault:?}");
}
