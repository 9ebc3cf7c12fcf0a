//! JSON to one address of the local cloud, as the body of a POST request.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, Request, Response, Uri, header::CONTENT_TYPE},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

/// A receiver that hangs counts as one that cannot be reached.
const PATIENCE: Duration = Duration::from_secs(5);

/// Posts to one address.
#[derive(Debug)]
pub(crate) struct Post {
    client: Client<HttpConnector, Body>,
    address: Uri,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// The request cannot be made; sending it again makes no difference.
    #[error("{0}")]
    Request(String),
    /// Nobody answers now.
    #[error("{0}")]
    Unavailable(String),
}

impl Post {
    /// Posts to an `http://` address; nothing for any other text.
    pub(crate) fn to(address: &str) -> Option<Self> {
        let address: Uri = address.parse().ok()?;
        if address.scheme_str() != Some("http") || address.host().is_none() {
            return None;
        }
        Some(Self { client: Client::builder(TokioExecutor::new()).build_http(), address })
    }

    /// The answer, whatever its status.
    pub(crate) async fn send(&self, body: &Value) -> Result<Response<Body>, NoAnswer> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.address)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .map_err(|error| NoAnswer::Request(error.to_string()))?;
        match tokio::time::timeout(PATIENCE, self.client.request(request)).await {
            Ok(Ok(answer)) => Ok(answer.map(Body::new)),
            Ok(Err(error)) => Err(NoAnswer::Unavailable(error.to_string())),
            Err(_) => Err(NoAnswer::Unavailable(format!("no answer within {PATIENCE:?}"))),
        }
    }
}
