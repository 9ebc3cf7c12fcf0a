//! Events as the bodies of POST requests.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, Uri, header::CONTENT_TYPE},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

use super::{EventSink, SinkError};

/// A receiver that hangs counts as one that cannot be reached.
const PATIENCE: Duration = Duration::from_secs(5);

/// POSTs each event to one address.
#[derive(Debug)]
pub(crate) struct HttpSink {
    client: Client<HttpConnector, Body>,
    address: Uri,
}

impl HttpSink {
    /// A sink for an `http://` address, or nothing for any other text.
    pub(crate) fn new(address: &str) -> Option<Self> {
        let address: Uri = address.parse().ok()?;
        if address.scheme_str() != Some("http") || address.host().is_none() {
            return None;
        }
        Some(Self { client: Client::builder(TokioExecutor::new()).build_http(), address })
    }
}

impl EventSink for HttpSink {
    async fn send(&self, event: &Value) -> Result<(), SinkError> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.address)
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(event.to_string()))
            .map_err(|error| SinkError::Refused(error.to_string()))?;
        let answer = match tokio::time::timeout(PATIENCE, self.client.request(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(SinkError::Unavailable(error.to_string())),
            Err(_) => return Err(SinkError::Unavailable(format!("no answer within {PATIENCE:?}"))),
        };
        match answer.status() {
            status if status.is_success() => Ok(()),
            status @ StatusCode::TOO_MANY_REQUESTS => Err(SinkError::Unavailable(status.to_string())),
            status if status.is_server_error() => Err(SinkError::Unavailable(status.to_string())),
            status => Err(SinkError::Refused(status.to_string())),
        }
    }
}
