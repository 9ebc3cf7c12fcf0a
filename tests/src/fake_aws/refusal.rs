//! Why a service does not do what it is asked.

use serde_json::Value;

#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Empty where the answer names none.
    pub(super) error_type: &'static str,
    pub(super) message: String,
    /// What a failed condition met.
    pub(super) item: Option<Value>,
}

impl Refusal {
    pub(super) fn new(status: u16, error_type: &'static str, message: impl Into<String>) -> Self {
        Self { status, error_type, message: message.into(), item: None }
    }

    /// Batch's word for a request that it does not take.
    pub(super) fn client(message: impl Into<String>) -> Self {
        Self::new(400, "ClientException", message)
    }

    /// DynamoDB's word for a request that it does not take.
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }

    pub(super) fn condition(item: Option<Value>) -> Self {
        let refusal = Self::new(400, "ConditionalCheckFailedException", "The conditional request failed");
        Self { item, ..refusal }
    }

    pub(super) fn throttled() -> Self {
        Self::new(429, "TooManyRequestsException", "Too Many Requests")
    }
}
