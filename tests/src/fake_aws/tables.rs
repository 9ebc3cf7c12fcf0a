//! DynamoDB, as far as it keeps items under an `id` that is a text. Any table exists, and every read is consistent.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::attribute;
use super::condition;
use super::refusal::Refusal;

#[derive(Debug, Default)]
pub(super) struct Tables(HashMap<String, BTreeMap<String, Value>>);

/// What every operation may have.
const PLAIN: [&str; 2] = ["TableName", "ReturnConsumedCapacity"];

/// What an operation with a condition may have.
const CONDITIONAL: [&str; 6] = [
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnItemCollectionMetrics",
    "ReturnValues",
    "ReturnValuesOnConditionCheckFailure",
];

impl Tables {
    /// The items of every table with their ids.
    pub(super) fn items(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.values().flatten().map(|(id, item)| (id.as_str(), item))
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html>
    pub(super) fn put(&mut self, body: &Value) -> Result<Value, Refusal> {
        only(body, &["Item"], &CONDITIONAL)?;
        let table = self.table(body)?;
        let item = body["Item"].as_object().ok_or_else(|| Refusal::validation("Item: is missing"))?;
        item.values().try_for_each(attribute::check)?;
        let id = id(&body["Item"])?;
        let old = table.get(id);
        let answer = condition_and_answer(body, old)?;
        table.insert(id.to_owned(), body["Item"].clone());
        Ok(answer)
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html>
    pub(super) fn get(&mut self, body: &Value) -> Result<Value, Refusal> {
        only(body, &["Key", "ConsistentRead"], &[])?;
        let item = self.table(body)?.get(key(body)?);
        Ok(item.map_or_else(|| json!({}), |item| json!({"Item": item})))
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html>
    pub(super) fn delete(&mut self, body: &Value) -> Result<Value, Refusal> {
        only(body, &["Key"], &CONDITIONAL)?;
        let table = self.table(body)?;
        let id = key(body)?;
        let answer = condition_and_answer(body, table.get(id))?;
        table.remove(id);
        Ok(answer)
    }

    fn table(&mut self, body: &Value) -> Result<&mut BTreeMap<String, Value>, Refusal> {
        let name = body["TableName"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Refusal::validation("TableName: is missing"))?;
        Ok(self.0.entry(name.to_owned()).or_default())
    }
}

/// Refuses what the fake would not heed.
fn only(body: &Value, own: &[&str], more: &[&str]) -> Result<(), Refusal> {
    let mut names = body.as_object().into_iter().flat_map(|members| members.keys());
    match names.find(|name| ![&PLAIN, own, more].iter().any(|known| known.contains(&name.as_str()))) {
        Some(name) => Err(Refusal::validation(format!("{name}: the fake does not know it"))),
        None => Ok(()),
    }
}

/// What a change of an item answers, if its condition holds.
fn condition_and_answer(body: &Value, old: Option<&Value>) -> Result<Value, Refusal> {
    let returned = |member: &str| match body[member].as_str() {
        None | Some("NONE") => Ok(None),
        Some("ALL_OLD") => Ok(old.cloned()),
        Some(_) => Err(Refusal::validation(format!("{member}: is neither NONE nor ALL_OLD"))),
    };
    let (attributes, on_failure) = (returned("ReturnValues")?, returned("ReturnValuesOnConditionCheckFailure")?);
    if !condition::holds(body, old)? {
        return Err(Refusal::condition(on_failure));
    }
    Ok(attributes.map_or_else(|| json!({}), |attributes| json!({"Attributes": attributes})))
}

fn key(body: &Value) -> Result<&str, Refusal> {
    match body["Key"].as_object() {
        Some(key) if key.len() == 1 => {
            key.values().try_for_each(attribute::check)?;
            id(&body["Key"])
        }
        _ => Err(Refusal::validation("The provided key element does not match the schema")),
    }
}

fn id(item: &Value) -> Result<&str, Refusal> {
    let id = item["id"]["S"].as_str().filter(|id| !id.is_empty());
    id.ok_or_else(|| Refusal::validation("One or more parameter values were invalid: the key id is no text, or empty"))
}
