//! What decides whether a caller may do something: the local cloud, which knows roles and their policies.

use axum::{body::to_bytes, http::StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::needed::Needed;
use crate::post::Post;

const LARGEST_ANSWER: usize = 1024 * 1024;

/// Asks one address.
#[derive(Debug)]
pub(crate) struct Authority(Post);

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
        Post::to(address).map(Self)
    }

    /// Decides about each of the needs.
    pub(crate) async fn decide(&self, key: &str, needed: &[Needed]) -> Result<Decided, String> {
        let answer = self.0.send(&json!({ "accessKey": key, "needs": needed })).await;
        let answer = answer.map_err(|fault| format!("the local cloud is not reached: {fault}"))?;
        if answer.status() != StatusCode::OK {
            return Err(format!("the local cloud answers {}", answer.status()));
        }
        let body = to_bytes(answer.into_body(), LARGEST_ANSWER).await.map_err(|error| error.to_string())?;
        let decided: Decided = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        if decided.allowed.len() != needed.len() {
            return Err("the local cloud left a question open".to_owned());
        }
        Ok(decided)
    }
}
