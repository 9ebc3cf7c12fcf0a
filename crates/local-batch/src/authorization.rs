//! Who may call what: each call is recorded with its caller, its action and its resource, and what the caller's policy
//! does not allow is refused, as IAM does it before Batch sees a request.

mod authority;
mod needed;

use std::{fs::OpenOptions, io::Write as _};

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderValue, Response, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
};
use serde_json::json;

pub(crate) use authority::Authority;
use needed::{Needed, needed};

use crate::service::Service;

/// A request that the caller's policy does not allow.
#[derive(Debug)]
pub(crate) struct AccessDenied(String);

impl AccessDenied {
    /// The answer as the REST-JSON protocol writes it.
    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(json!({ "message": self.0 }).to_string()));
        *response.status_mut() = StatusCode::FORBIDDEN;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-amzn-errortype", HeaderValue::from_static("AccessDeniedException"));
        response
    }
}

/// Asks the authority for everything that the operation needs, and records the answers. Without an authority all is
/// allowed, and the caller is known by the id of the access key.
pub(crate) async fn authorize(
    service: &Service,
    operation: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), AccessDenied> {
    if service.authority.is_none() && service.options.calls.is_none() {
        return Ok(());
    }
    let key = access_key(headers).unwrap_or_default();
    let needed = needed(service, operation, body);
    let decided = match &service.authority {
        Some(authority) => authority.decide(key, &needed).await.map_err(|fault| {
            tracing::error!(fault, "a call could not be authorized");
            AccessDenied(format!("the call cannot be authorized: {fault}"))
        })?,
        None => authority::Decided::without_authority(key, &needed),
    };
    record(service, &needed, &decided);
    match decided.allowed.iter().position(|allowed| !allowed) {
        None => Ok(()),
        Some(refused) => {
            let Needed { action, resource, .. } = &needed[refused];
            let caller = &decided.caller;
            Err(AccessDenied(format!("User: {caller} is not authorized to perform: {action} on resource: {resource}")))
        }
    }
}

/// The id of the key that signed the request. The signature itself is not looked at: whoever reaches loopback may call.
fn access_key(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
    authorization.split_once("Credential=")?.1.split('/').next()
}

/// Appends a JSON object for each action. A record that cannot be written is said in the log and hinders no call.
fn record(service: &Service, needed: &[Needed], decided: &authority::Decided) {
    let Some(path) = &service.options.calls else { return };
    let mut lines = String::new();
    for (needed, allowed) in needed.iter().zip(&decided.allowed) {
        let Needed { action, resource, .. } = needed;
        let line = json!({ "caller": decided.caller, "action": action, "resource": resource, "allowed": allowed });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    let written = OpenOptions::new().create(true).append(true).open(path);
    if let Err(error) = written.and_then(|mut file| file.write_all(lines.as_bytes())) {
        tracing::warn!(%error, "a call was not recorded");
    }
}
