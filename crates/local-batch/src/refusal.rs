//! A request that is refused: the API's `ClientException`.

use axum::{
    body::Body,
    http::{Response, StatusCode, header::CONTENT_TYPE},
};
use serde_json::json;

/// The request as it stands can never succeed; the message says what was found, what is allowed and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ClientException(String);

impl ClientException {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// The words for what AWS Batch can do and this server cannot.
    pub(crate) fn not_yet(what: &str, instead: &str) -> Self {
        Self(format!("local-batch does not run {what} yet: {instead}"))
    }

    /// The answer as the REST-JSON protocol writes it.
    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(json!({ "message": self.0 }).to_string()));
        *response.status_mut() = StatusCode::BAD_REQUEST;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/json"));
        headers.insert("x-amzn-errortype", axum::http::HeaderValue::from_static("ClientException"));
        response
    }
}

/// Names in a list for a message, or a word for an empty list.
pub(crate) fn known<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
