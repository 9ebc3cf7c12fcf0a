//! Why each permission of a template is there.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde::Serialize;
use serde_json::Value;

/// One permission: a statement of a policy, or a service that may invoke a function.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Permission {
    /// The resource of the template that it stands in.
    pub(crate) resource: String,
    /// The statement's `Sid`; empty for a permission that is a resource of its own.
    pub(crate) sid: String,
    /// Who may.
    pub(crate) who: String,
    /// What they may.
    pub(crate) actions: Vec<String>,
    /// On what; `*` only where the service knows nothing narrower.
    pub(crate) on: Vec<String>,
    /// What it is for.
    pub(crate) why: String,
}

/// All permissions of the template, in its order. One without a reason is an error: nobody should have to ask.
pub(super) fn permissions(template: &Value, reasons: &BTreeMap<(String, String), String>) -> Result<Vec<Permission>> {
    let mut found = Vec::new();
    for (id, resource) in template["Resources"].as_object().into_iter().flatten() {
        let properties = &resource["Properties"];
        let mut add = |sid: &str, who: String, actions: Vec<String>, on: Vec<String>| {
            let Some(why) = reasons.get(&(id.clone(), sid.to_owned())) else {
                bail!("the permission {id} {sid} has no reason: this is a defect of jobwire");
            };
            found.push(Permission { resource: id.clone(), sid: sid.to_owned(), who, actions, on, why: why.clone() });
            Ok(())
        };
        match resource["Type"].as_str() {
            Some("AWS::Lambda::Permission") => {
                let who = format!("{} for {}", text(&properties["Principal"]), text(&properties["SourceArn"]));
                add("", who, texts(&properties["Action"]), texts(&properties["FunctionName"]))?;
            }
            Some("AWS::IAM::Role") => {
                for statement in statements(&properties["AssumeRolePolicyDocument"]) {
                    let who = texts(&statement["Principal"]["Service"]).join(", ");
                    add(sid(&statement), who, texts(&statement["Action"]), vec![id.clone()])?;
                }
                for policy in properties["Policies"].as_array().into_iter().flatten() {
                    for statement in statements(&policy["PolicyDocument"]) {
                        add(sid(&statement), id.clone(), texts(&statement["Action"]), texts(&statement["Resource"]))?;
                    }
                }
            }
            Some("AWS::SQS::QueuePolicy") => {
                for statement in statements(&properties["PolicyDocument"]) {
                    let services = texts(&statement["Principal"]["Service"]).join(", ");
                    let conditions = statement["Condition"].as_object().into_iter().flatten();
                    let sources: Vec<String> = conditions.flat_map(|(_, keys)| texts(&keys["aws:SourceArn"])).collect();
                    let who = format!("{services} for {}", sources.join(", "));
                    add(sid(&statement), who, texts(&statement["Action"]), texts(&statement["Resource"]))?;
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// What people see: each who with its permissions below, in which ARNs of the stack's own account and Region are short.
pub(crate) fn told(permissions: &[Permission]) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut before = "";
    for permission in permissions {
        if permission.who != before {
            lines.extend((!before.is_empty()).then(String::new));
            lines.push(short(&permission.who));
            before = &permission.who;
        }
        lines.push(format!("  {}", permission.actions.join(", ")));
        lines.extend(permission.on.iter().map(|on| format!("    on {}", short(on))));
        lines.push(format!("    {}", permission.why));
    }
    lines.join("\n")
}

fn short(text: &str) -> String {
    let own = "${AWS::Region}:${AWS::AccountId}:";
    match (text.find("arn:"), text.find(own)) {
        // What has no kind before its name, such as a topic, is told by its whole ARN alone.
        (Some(start), Some(end)) if start < end && text[end..].contains('/') => {
            format!("{}{}", &text[..start], &text[end + own.len()..])
        }
        _ => text.to_owned(),
    }
}

fn sid(statement: &Value) -> &str {
    statement["Sid"].as_str().unwrap_or_default()
}

/// The statements of a policy, where one may depend on a condition.
fn statements(document: &Value) -> Vec<Value> {
    let list = document["Statement"].as_array().into_iter().flatten();
    list.map(|statement| statement["Fn::If"].get(1).unwrap_or(statement).clone()).collect()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(list) => list.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

/// A value of the template as people write it: `${X.Arn}` for what only CloudFormation knows.
fn text(value: &Value) -> String {
    if let Some(plain) = value.as_str() {
        return plain.to_owned();
    }
    if let Some(reference) = value["Ref"].as_str() {
        return format!("${{{reference}}}");
    }
    if let Some(text) = value["Fn::Sub"].as_str() {
        return text.to_owned();
    }
    match &value["Fn::GetAtt"] {
        Value::Array(parts) => format!("${{{}}}", parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(".")),
        Value::String(name) => format!("${{{name}}}"),
        _ => value.to_string(),
    }
}
