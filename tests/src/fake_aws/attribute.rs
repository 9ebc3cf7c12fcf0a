//! Attribute values, which are DynamoDB JSON: `{"S": "text"}`.

use std::str::FromStr as _;

use serde_json::{Map, Number, Value};

use super::refusal::Refusal;

/// Refuses what is no attribute value.
pub(super) fn check(value: &Value) -> Result<(), Refusal> {
    let (kind, content) = only_member(value).ok_or_else(|| {
        Refusal::validation("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
    })?;
    let texts = |content: &Value| {
        content.as_array().is_some_and(|texts| !texts.is_empty() && texts.iter().all(Value::is_string))
    };
    let valid = match kind {
        "S" | "B" => content.is_string(),
        "N" => number(content).is_some(),
        "BOOL" => content.is_boolean(),
        "NULL" => *content == Value::Bool(true),
        "SS" | "BS" => texts(content),
        "NS" => texts(content) && elements(content).all(|element| number(element).is_some()),
        "L" => return if content.is_array() { elements(content).try_for_each(check) } else { Err(invalid(kind)) },
        "M" => return if content.is_object() { members(content).try_for_each(check) } else { Err(invalid(kind)) },
        _ => false,
    };
    if valid { Ok(()) } else { Err(invalid(kind)) }
}

/// Whether two values are the same to an expression; nothing for kinds that the fake does not compare.
pub(super) fn equal(one: &Value, other: &Value) -> Option<bool> {
    let ((kind, content), (other_kind, other_content)) = (only_member(one)?, only_member(other)?);
    match kind {
        _ if kind != other_kind => Some(false),
        "S" | "B" | "BOOL" | "NULL" => Some(content == other_content),
        "N" => equal_numbers(content.as_str()?, other_content.as_str()?),
        _ => None,
    }
}

/// An item or a map in plain JSON.
pub(super) fn plain_members(item: &Value) -> Value {
    let members = item.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.clone(), plain(value))).collect::<Map<_, _>>().into()
}

fn plain(value: &Value) -> Value {
    let Some((kind, content)) = only_member(value) else { return Value::Null };
    match kind {
        "N" => number(content).map_or_else(|| content.clone(), Value::Number),
        "NULL" => Value::Null,
        "L" => elements(content).map(plain).collect(),
        "M" => plain_members(content),
        "NS" => {
            elements(content).map(|element| number(element).map_or_else(|| element.clone(), Value::Number)).collect()
        }
        _ => content.clone(),
    }
}

fn only_member(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object()?;
    let (kind, content) = members.iter().next()?;
    (members.len() == 1).then_some((kind.as_str(), content))
}

fn elements(content: &Value) -> impl Iterator<Item = &Value> {
    content.as_array().into_iter().flatten()
}

fn members(content: &Value) -> impl Iterator<Item = &Value> {
    content.as_object().into_iter().flat_map(Map::values)
}

/// Numbers are texts on the wire.
fn number(content: &Value) -> Option<Number> {
    Number::from_str(content.as_str()?).ok()
}

fn equal_numbers(one: &str, other: &str) -> Option<bool> {
    if let (Ok(one), Ok(other)) = (one.parse::<i128>(), other.parse::<i128>()) {
        return Some(one == other);
    }
    let (one, other) = (one.parse::<f64>().ok()?, other.parse::<f64>().ok()?);
    Some(one.total_cmp(&other).is_eq())
}

fn invalid(kind: &str) -> Refusal {
    Refusal::validation(format!("an attribute value of the type {kind} has no such content"))
}
