//! The functions over TLS and through proxies: whom they trust, and which way they go.

mod authority;
mod front;
mod proxy;

use std::net::SocketAddr;

use jobwire_tests::batch_stub::{BatchStub, Reply};
use jobwire_tests::fake_aws::{FakeAws, Operation};
use jobwire_tests::lambda::Lambda;
use serde_json::Value;

use self::authority::{Authority, Dates};
use self::front::Front;
use self::proxy::Proxy;
use crate::functions::{compiled, message_of};
use crate::project;

const TRIGGERS: &str = "
version: 1
triggers:
  consume-feed:
    on: { topic: start_feed_consumer }
    submit: { jobName: consume, jobQueue: feeds, jobDefinition: FeedConsumer }
";

/// What the function answers to one message when it is started with these variables.
async fn answer(variables: &[(&str, &str)]) -> (String, Value) {
    let (_folder, file) = project(TRIGGERS);
    let mut lambda = Lambda::start("jobwire-sns", &compiled(&file), variables).await.unwrap();
    lambda.invoke(message_of("start_feed_consumer", "x")).await.unwrap()
}

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().unwrap()
}

#[tokio::test]
async fn a_function_speaks_with_no_server_but_one_that_its_authority_vouches_for_by_name_and_today() {
    let (ours, other, forged) = (Authority::new("ours"), Authority::new("other"), Authority::new("ours"));
    let bundle = ours.file();
    for (authority, name, dates, refused) in [
        (&ours, "localhost", Dates::Today, None),
        (&ours, "batch.us-east-1.amazonaws.com", Dates::Today, Some("not valid for name")),
        (&ours, "localhost", Dates::Past, Some("expired")),
        (&ours, "localhost", Dates::Future, Some("not valid yet")),
        (&other, "localhost", Dates::Today, Some("UnknownIssuer")),
        (&forged, "localhost", Dates::Today, Some("BadSignature")),
    ] {
        let stub = BatchStub::start([]).await.unwrap();
        let front = Front::start(authority.server(&[name], dates), address(&stub.url)).await;
        let variables = [("AWS_ENDPOINT_URL_BATCH", front.url()), ("AWS_CA_BUNDLE", bundle.display().to_string())];
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        let (outcome, answer) = answer(&variables).await;
        let Some(reason) = refused else {
            assert_eq!((outcome.as_str(), stub.requests().len()), ("response", 1), "{answer}");
            continue;
        };
        assert_eq!((outcome.as_str(), stub.requests().len()), ("error", 0), "{name} {dates:?}");
        assert_eq!(answer["errorType"], "Jobwire.BatchUnavailable");
        assert!(answer["errorMessage"].as_str().unwrap().contains(reason), "{reason}: {answer}");
    }
}

#[tokio::test]
async fn who_is_trusted_is_what_the_first_of_the_variables_says_and_else_what_is_compiled_in() {
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let stub = BatchStub::start([]).await.unwrap();
    let front = Front::start(ours.server(&["localhost"], Dates::Today), address(&stub.url)).await;
    let file = ours.file();
    let (file, folder) = (file.to_str().unwrap(), ours.folder().to_str().unwrap());
    let other = other.file();
    let other = other.to_str().unwrap();
    for (variables, wanted) in [
        (&[][..], "error"),
        (&[("AWS_CA_BUNDLE", file)], "response"),
        (&[("SSL_CERT_FILE", file)], "response"),
        (&[("SSL_CERT_DIR", folder)], "response"),
        (&[("AWS_CA_BUNDLE", other), ("SSL_CERT_FILE", file)], "error"),
        (&[("AWS_CA_BUNDLE", file), ("SSL_CERT_FILE", other)], "response"),
    ] {
        let mut all = vec![("AWS_ENDPOINT_URL", front.url())];
        all.extend(variables.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(answer(&all).await.0, wanted, "{variables:?}");
    }
}

#[tokio::test]
async fn fips_and_dual_stack_ask_for_the_hosts_that_aws_has_for_them_through_a_tunnel_of_the_proxy() {
    let authority = Authority::new("ours");
    let stub = BatchStub::start([]).await.unwrap();
    for (fips, dual_stack, host) in [
        ("false", "false", "batch.us-east-1.amazonaws.com"),
        ("true", "false", "fips.batch.us-east-1.amazonaws.com"),
        ("false", "true", "batch.us-east-1.api.aws"),
        ("true", "true", "batch-fips.us-east-1.api.aws"),
    ] {
        let front = Front::start(authority.server(&[host], Dates::Today), address(&stub.url)).await;
        let proxy = Proxy::start(front.address).await;
        let (bundle, url) = (authority.file(), proxy.url());
        let (outcome, answer) = answer(&[
            ("AWS_USE_FIPS_ENDPOINT", fips),
            ("AWS_USE_DUALSTACK_ENDPOINT", dual_stack),
            ("AWS_CA_BUNDLE", bundle.to_str().unwrap()),
            ("HTTPS_PROXY", &url),
        ])
        .await;
        assert_eq!(proxy.asked(), [format!("CONNECT {host}:443 HTTP/1.1")]);
        assert_eq!(outcome, "response", "{answer}");
    }
    assert_eq!(stub.requests().len(), 4);
}

#[tokio::test]
async fn a_tunnel_s_end_is_looked_at_as_strictly_as_any_other_server() {
    let authority = Authority::new("ours");
    let stub = BatchStub::start([]).await.unwrap();
    let front = Front::start(authority.server(&["localhost"], Dates::Today), address(&stub.url)).await;
    let proxy = Proxy::start(front.address).await;
    let (bundle, url) = (authority.file(), proxy.url());
    let (outcome, _) = answer(&[("AWS_CA_BUNDLE", bundle.to_str().unwrap()), ("HTTPS_PROXY", &url)]).await;
    assert_eq!((outcome.as_str(), stub.requests().len()), ("error", 0));
    assert!(!proxy.asked().is_empty());
}

#[tokio::test]
async fn the_proxy_variables_are_followed_in_both_cases_and_no_proxy_before_them() {
    let authority = Authority::new("ours");
    let bundle = authority.file();
    for (name, exception, through) in [
        ("HTTPS_PROXY", None, true),
        ("https_proxy", None, true),
        ("ALL_PROXY", None, true),
        ("all_proxy", None, true),
        ("HTTP_PROXY", None, false),
        ("HTTPS_PROXY", Some("NO_PROXY"), false),
        ("HTTPS_PROXY", Some("no_proxy"), false),
    ] {
        let stub = BatchStub::start([]).await.unwrap();
        let front = Front::start(authority.server(&["localhost"], Dates::Today), address(&stub.url)).await;
        let proxy = Proxy::start(front.address).await;
        let (endpoint, url) = (front.url(), proxy.url());
        let mut variables =
            vec![("AWS_ENDPOINT_URL", endpoint.as_str()), ("AWS_CA_BUNDLE", bundle.to_str().unwrap()), (name, &url)];
        variables.extend(exception.map(|exception| (exception, "example.org, localhost")));
        assert_eq!(answer(&variables).await.0, "response", "{name} {exception:?}");
        assert_eq!(!proxy.asked().is_empty(), through, "{name} {exception:?}");
    }
}

#[tokio::test]
async fn a_proxy_gets_its_password_for_a_tunnel_and_for_a_request_and_may_itself_speak_tls() {
    const PASSWORD: &str = "Basic dXNlcjpwYXNz";
    let authority = Authority::new("ours");
    let bundle = authority.file();
    let stub = BatchStub::start([]).await.unwrap();
    let front = Front::start(authority.server(&["localhost"], Dates::Today), address(&stub.url)).await;
    let tunnel = Proxy::start(front.address).await;
    let over_tls = Front::start(authority.server(&["localhost"], Dates::Today), tunnel.address).await;
    let plain = Proxy::start(address(&stub.url)).await;
    for (endpoint, variable, proxy, asked, seen_by) in [
        (front.url(), "HTTPS_PROXY", format!("http://user:pass@{}", tunnel.address), "CONNECT localhost:", &tunnel),
        (
            front.url(),
            "HTTPS_PROXY",
            format!("https://user:pass@localhost:{}", over_tls.address.port()),
            "CONNECT localhost:",
            &tunnel,
        ),
        (
            "http://batch.example:8080".to_owned(),
            "HTTP_PROXY",
            format!("http://user:pass@{}", plain.address),
            "POST http://batch.example:8080/v1/submitjob HTTP/1.1",
            &plain,
        ),
    ] {
        let variables =
            [("AWS_ENDPOINT_URL", endpoint.as_str()), ("AWS_CA_BUNDLE", bundle.to_str().unwrap()), (variable, &proxy)];
        let (outcome, answer) = answer(&variables).await;
        assert_eq!(outcome, "response", "{asked}: {answer}");
        let head = seen_by.heads().pop().unwrap();
        assert!(head.starts_with(asked) && head.contains(PASSWORD), "{head}");
    }
    assert_eq!(stub.requests().len(), 3);
}

#[tokio::test]
async fn each_service_goes_to_its_own_endpoint_before_the_common_one() {
    let batch = BatchStub::start([Reply::Job, Reply::Status(400, "{\"message\": \"no\"}")]).await.unwrap();
    let queue = BatchStub::start([]).await.unwrap();
    let aws = FakeAws::start().await.unwrap();
    let (_folder, file) = project(TRIGGERS);
    let variables = [
        ("AWS_ENDPOINT_URL", aws.url.as_str()),
        ("AWS_ENDPOINT_URL_BATCH", &batch.url),
        ("AWS_ENDPOINT_URL_SQS", &queue.url),
        ("JOBWIRE_LEDGER_TABLE", "ledger"),
        ("JOBWIRE_REJECTS_URL", "http://127.0.0.1:1/123456789012/rejects"),
    ];
    let mut lambda = Lambda::start("jobwire-sns", &compiled(&file), &variables).await.unwrap();
    let event = message_of("start_feed_consumer", "x");
    assert_eq!(lambda.invoke(event.clone()).await.unwrap().0, "response");
    assert_eq!((batch.requests().len(), aws.count(Operation::PutItem), queue.requests().len()), (1, 2, 0));
    let mut another = event;
    another["Records"][0]["Sns"]["MessageId"] = "another".into();
    let (outcome, answer) = lambda.invoke(another).await.unwrap();
    assert_eq!((outcome.as_str(), &answer["rejected"]), ("response", &1.into()), "{answer}");
    assert_eq!(queue.requests()[0]["QueueUrl"], variables[4].1);
}
