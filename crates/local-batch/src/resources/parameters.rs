//! The parameters that a template declares.

use serde_json::Value;

use super::{
    Error,
    yaml::{self, Content, Node},
};

/// A parameter of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Whether it has a value where none is given.
    pub has_default: bool,
    /// Whether its value is a list, with commas between the items.
    pub is_list: bool,
    /// The values that it may have; empty where it may have any.
    pub allowed: Vec<String>,
}

/// The parameters of a template, in its order.
///
/// # Errors
/// The text is no YAML.
pub fn parameters(text: &str) -> Result<Vec<Parameter>, Error> {
    let root = yaml::parse(text)?;
    let declared = root.get("Parameters").map(Node::entries).unwrap_or_default();
    Ok(declared.iter().map(|(name, node)| parameter(name, node)).collect())
}

fn parameter(name: &str, node: &Node) -> Parameter {
    let kind = node.get("Type").and_then(Node::text).unwrap_or("String");
    let allowed = match node.get("AllowedValues").map(|node| &node.content) {
        Some(Content::List(items)) => items.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    Parameter {
        name: name.to_owned(),
        has_default: node.get("Default").is_some(),
        is_list: kind == "CommaDelimitedList" || kind.starts_with("List<"),
        allowed,
    }
}

fn text(node: &Node) -> Option<String> {
    match &node.content {
        Content::Scalar(Value::String(text)) => Some(text.clone()),
        Content::Scalar(value @ (Value::Number(_) | Value::Bool(_))) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_parameter_tells_its_default_its_kind_and_what_it_may_be() {
        let found = parameters(
            "
Parameters:
  Url: { Type: String }
  Kind: { Type: String, Default: '', AllowedValues: [SPOT, 1, true] }
  Subnets: { Type: 'List<AWS::EC2::Subnet::Id>' }
",
        );
        let named = |name: &str, has_default, is_list, allowed: &[&str]| {
            let allowed = allowed.iter().map(|text| (*text).to_owned()).collect();
            Parameter { name: name.to_owned(), has_default, is_list, allowed }
        };
        let wanted = [
            named("Url", false, false, &[]),
            named("Kind", true, false, &["SPOT", "1", "true"]),
            named("Subnets", false, true, &[]),
        ];
        assert_eq!(found.unwrap(), wanted);
        assert_eq!(parameters("Resources: {}").unwrap(), []);
    }
}
