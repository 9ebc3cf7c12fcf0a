//! The part of a template that another local service than Batch makes: where jobs keep and announce things.

use serde_json::{Map, Value, json};

use super::{
    Error,
    yaml::{self, Content, Node},
};

/// What jobs read and write; networks, roles and repositories mean nothing on a laptop.
const TYPES: [&str; 4] = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue"];

/// A template, as JSON, of the text's tables, buckets, topics and queues with its parameters, mappings and conditions; none where it
/// has none of them.
///
/// # Errors
/// The text is no YAML.
pub fn stores(text: &str) -> Result<Option<Value>, Error> {
    let root = yaml::parse(text)?;
    let resources = root.get("Resources").map(Node::entries).unwrap_or_default();
    let is_store = |node: &Node| node.get("Type").and_then(Node::text).is_some_and(|kind| TYPES.contains(&kind));
    let stores: Map<String, Value> =
        resources.iter().filter(|(_, node)| is_store(node)).map(|(id, node)| (id.clone(), plain(node))).collect();
    if stores.is_empty() {
        return Ok(None);
    }
    let mut template = json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": stores});
    for section in ["Parameters", "Mappings", "Conditions"] {
        if let Some(node) = root.get(section) {
            template[section] = plain(node);
        }
    }
    Ok(Some(template))
}

/// A node in JSON, with the long forms of intrinsic functions.
fn plain(node: &Node) -> Value {
    let value = match &node.content {
        Content::Scalar(value) => value.clone(),
        Content::List(items) => items.iter().map(plain).collect(),
        Content::Map(entries) => entries.iter().map(|(key, node)| (key.clone(), plain(node))).collect(),
    };
    match node.tag.as_deref() {
        None => value,
        Some(tag @ ("!Ref" | "!Condition")) => json!({&tag[1..]: value}),
        Some(tag) => json!({format!("Fn::{}", &tag[1..]): value}),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn tables_and_the_like_stay_as_they_are_and_nothing_else_does() {
        let text = "
Parameters: { Name: { Type: String, Default: rows } }
Resources:
  Rows: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: !Sub '${Name}-x', Tags: [{ Key: a, Value: !Ref Name }] } }
  Queue: { Type: 'AWS::Batch::JobQueue' }
  Role: { Type: 'AWS::IAM::Role' }
";
        let template = stores(text).unwrap().unwrap();
        assert_eq!(template["Resources"].as_object().unwrap().keys().collect::<Vec<_>>(), ["Rows"]);
        let properties = &template["Resources"]["Rows"]["Properties"];
        assert_eq!(properties["TableName"], json!({"Fn::Sub": "${Name}-x"}));
        assert_eq!(properties["Tags"][0]["Value"], json!({"Ref": "Name"}));
        assert_eq!(template["Parameters"]["Name"]["Default"], "rows");
        assert!(stores("Resources: { Queue: { Type: 'AWS::Batch::JobQueue' } }").unwrap().is_none());
    }
}
