//! What decides whether a caller may do something: the local cloud, which knows roles and their policies.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, Uri, header::CONTENT_TYPE},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::Deserialize;
use serde_json::json;

use super::needed::Needed;

const PATIENCE: Duration = Duration::from_secs(5);
const LARGEST_ANSWER: usize = 1024 * 1024;

/// Asks one address.
#[derive(Debug)]
pub(crate) struct Authority {
    client: Client<HttpConnector, Body>,
    address: Uri,
}

/// What was decided about a caller's needs, in their order.
#[derive(Debug, Deserialize)]
pub(crate) struct Decided {
    /// The ARN of the caller, or the id of the key where nobody knows whose it is.
    pub(crate) caller: String,
    pub(crate) allowed: Vec<bool>,
}

impl Decided {
    pub(crate) fn without_authority(key: &str, needed: &[Needed]) -> Self {
        Self { caller: key.to_owned(), allowed: vec![true; needed.len()] }
    }
}

impl Authority {
    /// An authority at an `http://` address, or nothing for any other text.
    pub(crate) fn new(address: &str) -> Option<Self> {
        let address: Uri = address.parse().ok()?;
        if address.scheme_str() != Some("http") || address.host().is_none() {
            return None;
        }
        Some(Self { client: Client::builder(TokioExecutor::new()).build_http(), address })
    }

    /// Decides about each of the needs.
    pub(crate) async fn decide(&self, key: &str, needed: &[Needed]) -> Result<Decided, String> {
        let question = json!({ "accessKey": key, "needs": needed });
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.address)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(question.to_string()))
            .map_err(|error| error.to_string())?;
        let answer = match tokio::time::timeout(PATIENCE, self.client.request(request)).await {
            Ok(Ok(answer)) if answer.status() == StatusCode::OK => answer,
            Ok(Ok(answer)) => return Err(format!("the local cloud answers {}", answer.status())),
            Ok(Err(error)) => return Err(format!("the local cloud is not reached: {error}")),
            Err(_) => return Err(format!("the local cloud gives no answer within {PATIENCE:?}")),
        };
        let body = to_bytes(Body::new(answer.into_body()), LARGEST_ANSWER).await.map_err(|error| error.to_string())?;
        let decided: Decided = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        if decided.allowed.len() != needed.len() {
            return Err("the local cloud left a question open".to_owned());
        }
        Ok(decided)
    }
}
