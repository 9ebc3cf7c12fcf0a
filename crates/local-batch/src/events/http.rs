//! Events as the bodies of POST requests.

use axum::http::StatusCode;
use serde_json::Value;

use super::{EventSink, SinkError};
use crate::post::{NoAnswer, Post};

/// POSTs each event to one address.
#[derive(Debug)]
pub(crate) struct HttpSink(Post);

impl HttpSink {
    /// A sink for an `http://` address, or nothing for any other text.
    pub(crate) fn new(address: &str) -> Option<Self> {
        Post::to(address).map(Self)
    }
}

impl EventSink for HttpSink {
    async fn send(&self, event: &Value) -> Result<(), SinkError> {
        let answer = self.0.send(event).await.map_err(|fault| match fault {
            NoAnswer::Request(fault) => SinkError::Refused(fault),
            NoAnswer::Unavailable(fault) => SinkError::Unavailable(fault),
        })?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status @ StatusCode::TOO_MANY_REQUESTS => Err(SinkError::Unavailable(status.to_string())),
            status if status.is_server_error() => Err(SinkError::Unavailable(status.to_string())),
            status => Err(SinkError::Refused(status.to_string())),
        }
    }
}
