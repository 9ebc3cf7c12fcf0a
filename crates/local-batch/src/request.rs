//! From the bytes of a request to its typed members.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::refusal::ClientException;

/// Reads a request's body. A member that is null counts as absent, as the AWS protocols have it.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientException> {
    // The SDKs leave the body out where no member is set.
    let body = if body.is_empty() { b"{}" } else { body };
    let value = serde_json::from_slice(body)
        .map_err(|error| ClientException::new(format!("the request's body is not JSON: {error}")))?;
    typed(value)
}

/// Gives a JSON document its type; the message of an error names the member by its path.
pub(crate) fn typed<T: DeserializeOwned>(mut value: Value) -> Result<T, ClientException> {
    if !value.is_object() {
        return Err(ClientException::new("the request's body must be a JSON object"));
    }
    strip_nulls(&mut value);
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        ClientException::new(if path == "." { inner.to_string() } else { format!("{path}: {inner}") })
    })
}

/// Takes the null members out of every object, so that an absent member and a null one are the same.
pub(crate) fn strip_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(strip_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}
