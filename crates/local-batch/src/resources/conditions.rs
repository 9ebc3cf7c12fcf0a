//! Conditions, and what depends on them.

use super::{
    Error,
    intrinsics::Template,
    yaml::{Content, Node},
};

impl Template<'_> {
    /// Whether a resource without a condition, or with one that holds, exists.
    pub(super) fn exists(&self, logical_id: &str, resource: &Node) -> Result<bool, Error> {
        let path = format!("Resources.{logical_id}.Condition");
        match resource.get("Condition") {
            None => Ok(true),
            Some(name) => self.named(name, &path),
        }
    }

    /// The branch that `Fn::If` chooses.
    pub(super) fn branch<'n>(&self, argument: &'n Node, path: &str) -> Result<&'n Node, Error> {
        match &argument.content {
            Content::List(parts) if parts.len() == 3 => Ok(&parts[if self.named(&parts[0], path)? { 1 } else { 2 }]),
            _ => Err(argument.fault(path, "Fn::If takes the name of a condition and two values")),
        }
    }

    /// Whether the condition of this name holds.
    fn named(&self, name: &Node, path: &str) -> Result<bool, Error> {
        let Some(text) = name.text() else { return Err(name.fault(path, "must be the name of a condition")) };
        match self.condition(text) {
            Some(condition) => self.deeper(name, path, || self.holds(condition, &format!("Conditions.{text}"))),
            None => Err(name.fault(path, format!("the template has no condition `{text}`"))),
        }
    }

    fn holds(&self, node: &Node, path: &str) -> Result<bool, Error> {
        let (function, argument) = match (&node.tag, &node.content) {
            (Some(tag), _) if tag == "!Condition" => ("Condition".to_owned(), Node { tag: None, ..node.clone() }),
            (Some(tag), _) => (format!("Fn::{}", &tag[1..]), Node { tag: None, ..node.clone() }),
            (None, Content::Map(entries)) if entries.len() == 1 => (entries[0].0.clone(), entries[0].1.clone()),
            _ => return Err(node.fault(path, "is no condition: Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition")),
        };
        let parts = match &argument.content {
            Content::List(parts) => parts.as_slice(),
            _ => &[],
        };
        let each = || parts.iter().map(|part| self.holds(part, path)).collect::<Result<Vec<_>, _>>();
        match (function.as_str(), parts) {
            ("Condition", _) => self.named(&argument, path),
            ("Fn::Equals", [left, right]) => Ok(self.resolve_text(left, path)? == self.resolve_text(right, path)?),
            ("Fn::Not", [part]) => Ok(!self.holds(part, path)?),
            ("Fn::And", [_, _, ..]) => Ok(each()?.into_iter().all(|holds| holds)),
            ("Fn::Or", [_, _, ..]) => Ok(each()?.into_iter().any(|holds| holds)),
            (other, _) => Err(node.fault(path, format!("{other} is no condition, or has the wrong number of parts"))),
        }
    }
}
