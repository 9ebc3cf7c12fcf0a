//! As much of Rekognition and DynamoDB as the program speaks to, on one loopback port.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;

/// The table that exists.
pub(crate) const TABLE: &str = "ImageLabels";

/// The bucket that does not.
pub(crate) const MISSING_BUCKET: &str = "missing";

/// What Rekognition says of an object that it cannot read, missing or forbidden.
pub(crate) const UNREADABLE: &str =
    "Unable to get object metadata from S3. Check object key, region and/or access permissions.";

type Answer = Result<Json<Value>, (StatusCode, Json<Value>)>;

#[derive(Default)]
struct Inner {
    labels: Value,
    asked: Vec<Value>,
    puts: usize,
    rows: BTreeMap<String, Value>,
}

/// A running server; it ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Aws {
    pub(crate) url: String,
    inner: Arc<Mutex<Inner>>,
}

impl Aws {
    /// Every image has `labels`, written as Rekognition answers them.
    pub(crate) async fn start(labels: Value) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        let aws = Self { url, inner: Arc::new(Mutex::new(Inner { labels, ..Inner::default() })) };
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

    /// The requests for labels, in their order.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.inner().asked.clone()
    }

    /// How many items were written, over others or not.
    pub(crate) fn puts(&self) -> usize {
        self.inner().puts
    }

    /// What the table holds, by ID.
    pub(crate) fn rows(&self) -> BTreeMap<String, Value> {
        self.inner().rows.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body is taken as bytes, since its content type is AWS's own.
async fn answer(State(aws): State<Aws>, headers: HeaderMap, body: Bytes) -> Answer {
    let request: Value = serde_json::from_slice(&body).map_err(|_| refusal("SerializationException", "no JSON"))?;
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match target {
        "RekognitionService.DetectLabels" => aws.inner().detect(request),
        "DynamoDB_20120810.PutItem" => aws.inner().put(&request),
        _ => Err(refusal("UnknownOperationException", target)),
    }
}

impl Inner {
    fn detect(&mut self, request: Value) -> Answer {
        let missing = request["Image"]["S3Object"]["Bucket"] == MISSING_BUCKET;
        self.asked.push(request);
        if missing {
            return Err(refusal("InvalidS3ObjectException", UNREADABLE));
        }
        Ok(Json(json!({ "Labels": self.labels, "LabelModelVersion": "3.0" })))
    }

    fn put(&mut self, request: &Value) -> Answer {
        if request["TableName"] != TABLE {
            return Err(refusal(
                "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
                "Requested resource not found",
            ));
        }
        let Some(id) = request["Item"]["ID"]["S"].as_str() else {
            return Err(refusal("com.amazon.coral.validate#ValidationException", "Missing the key ID in the item"));
        };
        self.puts += 1;
        self.rows.insert(id.to_owned(), request["Item"].clone());
        Ok(Json(json!({})))
    }
}

fn refusal(code: &str, message: &str) -> (StatusCode, Json<Value>) {
    (StatusCode::BAD_REQUEST, Json(json!({ "__type": code, "message": message })))
}
