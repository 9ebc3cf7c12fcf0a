//! An answer as it goes over the wire, in the protocol of its service.

use serde_json::{Value, json};

use super::operation::Service;
use super::refusal::Refusal;

#[derive(Debug)]
pub(super) struct Answer {
    head: String,
    body: String,
}

impl Answer {
    pub(super) fn new(service: Service, outcome: Result<Value, Refusal>) -> Self {
        match (service, outcome) {
            (_, Ok(value)) => Self::of(service, 200, "", &value),
            (Service::Batch, Err(refusal)) => {
                Self::of(service, refusal.status, refusal.error_type, &json!({"message": refusal.message}))
            }
            (Service::DynamoDb, Err(refusal)) => {
                let mut body = json!({"message": refusal.message});
                if !refusal.error_type.is_empty() {
                    let space = match refusal.error_type {
                        "ValidationException" => "com.amazon.coral.validate",
                        "ThrottlingException" => "com.amazon.coral.availability",
                        "UnknownOperationException" => "com.amazon.coral.service",
                        _ => "com.amazonaws.dynamodb.v20120810",
                    };
                    body["__type"] = json!(format!("{space}#{}", refusal.error_type));
                }
                if let Some(item) = refusal.item {
                    body["Item"] = item;
                }
                Self::of(service, refusal.status, "", &body)
            }
        }
    }

    /// That the service failed, whatever it did.
    pub(super) fn failure(service: Service) -> Self {
        let error_type = match service {
            Service::Batch => "ServerException",
            Service::DynamoDb => "InternalServerError",
        };
        Self::new(service, Err(Refusal::new(500, error_type, "Internal server error")))
    }

    /// That no service has the operation.
    pub(super) fn unknown(service: Service) -> Self {
        let status = match service {
            Service::Batch => 404,
            Service::DynamoDb => 400,
        };
        Self::new(service, Err(Refusal::new(status, "UnknownOperationException", "the fake has no such operation")))
    }

    /// The whole of it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), self.body.as_bytes()].concat()
    }

    /// It without the second half of its body.
    pub(super) fn cut(&self) -> Vec<u8> {
        let mut bytes = self.bytes();
        bytes.truncate(self.head.len() + self.body.len() / 2);
        bytes
    }

    fn of(service: Service, status: u16, error_type: &str, body: &Value) -> Self {
        let kind = match service {
            Service::Batch => "application/json",
            Service::DynamoDb => "application/x-amz-json-1.0",
        };
        let error = if error_type.is_empty() { String::new() } else { format!("x-amzn-errortype: {error_type}\r\n") };
        let body = body.to_string();
        let length = body.len();
        Self {
            head: format!(
                "HTTP/1.1 {status} Answer\r\n{error}content-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
            ),
            body,
        }
    }
}
