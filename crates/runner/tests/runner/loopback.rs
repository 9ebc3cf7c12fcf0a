//! As much of SNS and S3 as the runner speaks to, on one loopback port.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::Notify;

/// The id that every accepted message gets.
pub(crate) const MESSAGE_ID: &str = "94f20ce6-13c5-43a0-9a9e-ca52d816e90b";

/// What was published, by the names of the query protocol.
#[derive(Debug, Clone, Default)]
pub(crate) struct Publish {
    pub(crate) form: HashMap<String, String>,
    pub(crate) authorization: String,
}

impl Publish {
    pub(crate) fn message(&self) -> &str {
        self.form.get("Message").map_or("", String::as_str)
    }

    /// Name → (data type, value).
    pub(crate) fn attributes(&self) -> HashMap<&str, (&str, &str)> {
        let entry = |n: usize, leaf: &str| self.form.get(&format!("MessageAttributes.entry.{n}.{leaf}"));
        (1..)
            .map_while(|n| Some((entry(n, "Name")?, entry(n, "Value.DataType")?, entry(n, "Value.StringValue")?)))
            .map(|(name, data_type, value)| (name.as_str(), (data_type.as_str(), value.as_str())))
            .collect()
    }
}

#[derive(Default)]
struct Inner {
    published: Vec<Publish>,
    /// By path, `/bucket/key`, of a version `/bucket/key?VERSION`: the body, and the CRC32 header where one is sent.
    objects: HashMap<String, (Vec<u8>, Option<&'static str>)>,
}

/// A running server; it ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Aws {
    url: String,
    inner: Arc<Mutex<Inner>>,
    held: Arc<Notify>,
}

impl Aws {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        let aws = Self { url, inner: Arc::default(), held: Arc::default() };
        let router = Router::new().fallback(answer).with_state(aws.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        aws
    }

    /// Points a command at this server, with the Region us-east-1 and made-up credentials.
    pub(crate) fn connect(&self, mut command: Command) -> Command {
        command.env("AWS_ENDPOINT_URL", &self.url).env("AWS_REGION", "us-east-1").env("AWS_ACCESS_KEY_ID", "test");
        command.env("AWS_SECRET_ACCESS_KEY", "test").env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    pub(crate) fn published(&self) -> Vec<Publish> {
        self.inner().published.clone()
    }

    pub(crate) fn put(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.inner().objects.insert(path.to_owned(), (body.into(), None));
    }

    /// Stores an object whose answer has a checksum that is not the body's.
    pub(crate) fn put_damaged(&self, path: &str, body: &str) {
        self.inner().objects.insert(path.to_owned(), (body.into(), Some("AAAAAA==")));
    }

    /// Waits until a request for `/bucket/held` has come in; such a request is never answered.
    pub(crate) async fn request_held(&self) {
        self.held.notified().await;
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(State(aws): State<Aws>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if method == Method::POST {
        return publish(&aws, &headers, &body);
    }
    if uri.path() == "/bucket/held" {
        aws.held.notify_one();
        std::future::pending::<()>().await;
    }
    if uri.path() == "/bucket/denied" {
        let error = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        return (StatusCode::FORBIDDEN, error).into_response();
    }
    let path = percent_decode_str(uri.path()).decode_utf8_lossy();
    let version = uri.query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("versionId="));
    let path = version.map_or(path.clone(), |version| format!("{path}?{version}").into());
    let Some((body, crc32)) = aws.inner().objects.get(path.as_ref()).cloned() else {
        let error = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>";
        return (StatusCode::NOT_FOUND, error).into_response();
    };
    let mut response = Response::new(Body::from(body));
    if let Some(crc32) = crc32 {
        response.headers_mut().insert("x-amz-checksum-crc32", HeaderValue::from_static(crc32));
    }
    response
}

fn publish(aws: &Aws, headers: &HeaderMap, body: &[u8]) -> Response {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let form = form(&String::from_utf8_lossy(body));
    if form.get("TopicArn").is_some_and(|arn| arn.ends_with(":missing")) {
        let error = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code>\
                     <Message>Topic does not exist</Message></Error><RequestId>r</RequestId></ErrorResponse>";
        return (StatusCode::NOT_FOUND, error).into_response();
    }
    aws.inner().published.push(Publish { form, authorization: authorization.to_owned() });
    format!("<PublishResponse><PublishResult><MessageId>{MESSAGE_ID}</MessageId></PublishResult></PublishResponse>")
        .into_response()
}

fn form(body: &str) -> HashMap<String, String> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    body.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (decode(name), decode(value))).collect()
}
