//! Resolves a template's intrinsic functions.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Context, Error, Kind, names,
    yaml::{Content, Node},
};
use crate::{
    arn::{Arns, partition},
    refusal::known,
};

/// How deep references may go before they are taken for a circle.
const DEEPEST: usize = 32;

/// A template and what it is resolved with.
#[derive(Debug)]
pub(super) struct Template<'a> {
    context: &'a Context,
    arns: Arns,
    parameters: BTreeMap<&'a str, &'a Node>,
    conditions: &'a [(String, Node)],
    resources: &'a [(String, Node)],
    depth: std::cell::Cell<usize>,
}

impl<'a> Template<'a> {
    pub(super) fn new(root: &'a Node, context: &'a Context) -> Result<Self, Error> {
        let Some(resources) = root.get("Resources") else {
            return Err(root.fault("Resources", "is missing: a template has a map of resources"));
        };
        let parameters: BTreeMap<_, _> = root
            .get("Parameters")
            .into_iter()
            .flat_map(Node::entries)
            .map(|(name, parameter)| (name.as_str(), parameter))
            .collect();
        for name in context.parameters.keys().filter(|name| !parameters.contains_key(name.as_str())) {
            // Another file may have it.
            tracing::info!(parameter = name, "a resources file has no such parameter");
        }
        let arns = Arns::new(&context.region, &context.account);
        let conditions = root.get("Conditions").map(Node::entries).unwrap_or_default();
        Ok(Self {
            context,
            arns,
            parameters,
            conditions,
            resources: resources.entries(),
            depth: std::cell::Cell::new(0),
        })
    }

    pub(super) fn resources(&self) -> impl Iterator<Item = (&'a str, &'a Node)> + use<'a> {
        self.resources.iter().map(|(name, resource)| (name.as_str(), resource))
    }

    /// The name that a Batch resource has, or gets when its template gives none.
    pub(super) fn name_of(&self, logical_id: &str, kind: Kind, resource: &Node) -> Result<String, Error> {
        self.property(logical_id, resource, kind.name_property().0)
            .map(|name| name.unwrap_or_else(|| self.made_up(logical_id)))
    }

    /// Resolves a node; nothing is left of `AWS::NoValue`.
    pub(super) fn resolve(&self, node: &Node, path: &str) -> Result<Option<Value>, Error> {
        self.deeper(node, path, || self.resolve_node(node, path))
    }

    /// Goes a step deeper, unless that is a circle.
    pub(super) fn deeper<T>(
        &self,
        node: &Node,
        path: &str,
        step: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.depth.get() >= DEEPEST {
            return Err(node.fault(path, "references go in a circle"));
        }
        self.depth.set(self.depth.get() + 1);
        let resolved = step();
        self.depth.set(self.depth.get() - 1);
        resolved
    }

    /// The condition of this name.
    pub(super) fn condition(&self, name: &str) -> Option<&'a Node> {
        self.conditions.iter().find(|(known, _)| known == name).map(|(_, condition)| condition)
    }

    fn resolve_node(&self, node: &Node, path: &str) -> Result<Option<Value>, Error> {
        if let Some(tag) = &node.tag {
            let function = if tag == "!Ref" { "Ref".to_owned() } else { format!("Fn::{}", &tag[1..]) };
            let argument = Node { tag: None, ..node.clone() };
            return self.call(&function, &argument, path);
        }
        match &node.content {
            Content::Scalar(value) => Ok(Some(value.clone())),
            Content::List(items) => {
                let resolved =
                    items.iter().enumerate().map(|(index, item)| self.resolve(item, &format!("{path}[{index}]")));
                Ok(Some(Value::Array(resolved.filter_map(Result::transpose).collect::<Result<_, _>>()?)))
            }
            Content::Map(entries) => {
                if let [(function, argument)] = entries.as_slice()
                    && (function == "Ref" || function.starts_with("Fn::"))
                {
                    return self.call(function, argument, path);
                }
                let mut map = Map::new();
                for (key, value) in entries {
                    if let Some(value) = self.resolve(value, &format!("{path}.{key}"))? {
                        map.insert(key.clone(), value);
                    }
                }
                Ok(Some(Value::Object(map)))
            }
        }
    }

    fn call(&self, function: &str, argument: &Node, path: &str) -> Result<Option<Value>, Error> {
        match function {
            "Ref" => match argument.text() {
                Some("AWS::NoValue") => Ok(None),
                Some(name) => self.reference(name, argument, path).map(Some),
                None => Err(argument.fault(path, "Ref takes the name of a parameter or resource")),
            },
            "Fn::If" => self.resolve(self.branch(argument, path)?, path),
            "Fn::Sub" => self.sub(argument, path).map(|text| Some(Value::String(text))),
            "Fn::GetAtt" => self.get_att(argument, path).map(|text| Some(Value::String(text))),
            "Fn::Join" => self.join(argument, path).map(|text| Some(Value::String(text))),
            "Fn::ImportValue" => {
                let name = self.resolve_text(argument, path)?;
                let exports = &self.context.exports;
                match exports.get(&name) {
                    Some(value) => Ok(Some(Value::String(value.clone()))),
                    None => Err(argument.fault(
                        path,
                        format!(
                            "the export `{name}` is not known; known are: {}",
                            known(exports.keys().map(String::as_str))
                        ),
                    )),
                }
            }
            other => Err(argument.fault(
                path,
                format!(
                    "{other} is not resolved here; resolved are Ref, Fn::Sub, Fn::GetAtt, Fn::Join, Fn::If and Fn::ImportValue"
                ),
            )),
        }
    }

    pub(super) fn resolve_text(&self, node: &Node, path: &str) -> Result<String, Error> {
        match self.resolve(node, path)? {
            Some(value) => scalar_text(&value).ok_or_else(|| node.fault(path, "must be a text, found a list or a map")),
            None => Err(node.fault(path, "AWS::NoValue cannot stand here")),
        }
    }

    fn join(&self, argument: &Node, path: &str) -> Result<String, Error> {
        let fault = || argument.fault(path, "Fn::Join takes a delimiter and a list of texts");
        let Content::List(parts) = &argument.content else { return Err(fault()) };
        let [delimiter, items] = parts.as_slice() else { return Err(fault()) };
        let delimiter = delimiter.text().ok_or_else(fault)?;
        let Some(Value::Array(items)) = self.resolve(items, path)? else { return Err(fault()) };
        let texts: Option<Vec<_>> = items.iter().map(scalar_text).collect();
        Ok(texts.ok_or_else(fault)?.join(delimiter))
    }

    fn sub(&self, argument: &Node, path: &str) -> Result<String, Error> {
        let fault = || argument.fault(path, "Fn::Sub takes a text, or a list of a text and a map");
        let (text, own) = match &argument.content {
            Content::List(parts) => match parts.as_slice() {
                [text, own] => (text.text().ok_or_else(fault)?, own.entries()),
                _ => return Err(fault()),
            },
            _ => (argument.text().ok_or_else(fault)?, &[][..]),
        };
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            out.push_str(&rest[..at]);
            let end = rest[at..].find('}').map(|end| at + end);
            let end = end.ok_or_else(|| argument.fault(path, "a `${` has no `}`"))?;
            let name = rest[at + 2..end].trim();
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str("${");
                out.push_str(literal);
                out.push('}');
            } else if let Some((_, node)) = own.iter().find(|(key, _)| key == name) {
                out.push_str(&self.resolve_text(node, path)?);
            } else if let Some((resource, attribute)) = name.split_once('.') {
                out.push_str(&self.attribute(resource, attribute, argument, path)?);
            } else {
                let value = self.reference(name, argument, path)?;
                let text = scalar_text(&value)
                    .ok_or_else(|| argument.fault(path, format!("`{name}` is a list and cannot stand in a text")))?;
                out.push_str(&text);
            }
            rest = &rest[end + 1..];
        }
        Ok(out + rest)
    }

    fn get_att(&self, argument: &Node, path: &str) -> Result<String, Error> {
        let fault = || argument.fault(path, "Fn::GetAtt takes Resource.Attribute, or a list of the two");
        let (resource, attribute) = match &argument.content {
            Content::List(parts) => match parts.as_slice() {
                [resource, attribute] => (resource.text().ok_or_else(fault)?, attribute.text().ok_or_else(fault)?),
                _ => return Err(fault()),
            },
            _ => argument.text().and_then(|text| text.split_once('.')).ok_or_else(fault)?,
        };
        self.attribute(resource, attribute, argument, path)
    }

    fn reference(&self, name: &str, node: &Node, path: &str) -> Result<Value, Error> {
        let context = self.context;
        let pseudo = match name {
            "AWS::Region" => Some(context.region.as_str()),
            "AWS::AccountId" => Some(context.account.as_str()),
            "AWS::StackName" => Some(context.stack_name.as_str()),
            "AWS::Partition" => Some(partition(&context.region)),
            "AWS::URLSuffix" if partition(&context.region) == "aws-cn" => Some("amazonaws.com.cn"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Ok(value.into());
        }
        if let Some(parameter) = self.parameters.get(name) {
            return self.parameter(name, parameter);
        }
        let resource = self.resource(name, node, path)?;
        let resource_type = type_text(name, resource)?;
        if let Some(kind) = Kind::of(resource_type) {
            return self.batch_arn(name, kind, resource).map(Value::String);
        }
        match self.fixed_name(name, resource_type, resource)? {
            Some(fixed) => Ok(Value::String(fixed)),
            None => {
                Err(node
                    .fault(path, format!("`{name}` is a resource of type {resource_type}, which is not known here")))
            }
        }
    }

    fn attribute(&self, name: &str, attribute: &str, node: &Node, path: &str) -> Result<String, Error> {
        let resource = self.resource(name, node, path)?;
        let resource_type = type_text(name, resource)?;
        let value = match (Kind::of(resource_type), attribute) {
            (Some(kind @ Kind::ComputeEnvironment), "ComputeEnvironmentArn")
            | (Some(kind @ Kind::JobQueue), "JobQueueArn")
            | (Some(kind @ Kind::JobDefinition), "JobDefinitionArn") => Some(self.batch_arn(name, kind, resource)?),
            (Some(_), _) => None,
            (None, _) => self.fixed_name(name, resource_type, resource)?.and_then(|fixed| {
                names::attribute(&self.context.region, &self.context.account, resource_type, &fixed, attribute)
            }),
        };
        value.ok_or_else(|| {
            node.fault(path, format!("`{name}.{attribute}` of a resource of type {resource_type} is not known here"))
        })
    }

    /// The revision of a definition is 1, since nothing is registered before the template's resources.
    fn batch_arn(&self, logical_id: &str, kind: Kind, resource: &Node) -> Result<String, Error> {
        let name = self.name_of(logical_id, kind, resource)?;
        Ok(match kind {
            Kind::ComputeEnvironment => self.arns.compute_environment(&name),
            Kind::JobQueue => self.arns.queue(&name),
            Kind::JobDefinition => self.arns.definition(&name, 1),
        })
    }

    /// What `Ref` gives for a resource that is passed over.
    fn fixed_name(&self, logical_id: &str, resource_type: &str, resource: &Node) -> Result<Option<String>, Error> {
        if !names::is_passed_over(resource_type) {
            return Ok(None);
        }
        if let Some(prefix) = names::id_prefix(resource_type) {
            return Ok(Some(names::made_up_id(prefix, &self.context.stack_name, logical_id)));
        }
        let property = names::name_property(resource_type);
        match self.property(logical_id, resource, &property)? {
            Some(name) => Ok(Some(name)),
            None if names::is_store(resource_type) => {
                let path = format!("Resources.{logical_id}");
                Err(resource.fault(&path, format!("needs a {property}, by which jobs here can find it")))
            }
            None => Ok(Some(self.made_up(logical_id))),
        }
    }

    fn property(&self, logical_id: &str, resource: &Node, property: &str) -> Result<Option<String>, Error> {
        let Some(node) = resource.get("Properties").and_then(|properties| properties.get(property)) else {
            return Ok(None);
        };
        let path = format!("Resources.{logical_id}.Properties.{property}");
        match self.resolve(node, &path)? {
            None => Ok(None),
            Some(value) => scalar_text(&value).map(Some).ok_or_else(|| node.fault(&path, "must be a text")),
        }
    }

    fn resource(&self, name: &str, node: &Node, path: &str) -> Result<&'a Node, Error> {
        self.resources
            .iter()
            .find(|(logical_id, _)| logical_id == name)
            .map(|(_, resource)| resource)
            .ok_or_else(|| node.fault(path, format!("`{name}` is neither a parameter nor a resource of this template")))
    }

    fn parameter(&self, name: &str, parameter: &Node) -> Result<Value, Error> {
        let path = format!("Parameters.{name}");
        let given = self.context.parameters.get(name).cloned();
        let kind = parameter.get("Type").and_then(Node::text).unwrap_or("String");
        if given.is_none() && kind.starts_with("AWS::SSM::Parameter::Value") {
            return Err(parameter.fault(&path, "a parameter of Systems Manager is not looked up here: give its value"));
        }
        let default = || match parameter.get("Default").map(|node| &node.content) {
            Some(Content::Scalar(value)) => scalar_text(value),
            _ => None,
        };
        let Some(value) = given.or_else(default) else {
            return Err(parameter.fault(
                &path,
                format!("the parameter has neither a value nor a Default: give it one by `--parameter {name}=…`"),
            ));
        };
        if kind == "CommaDelimitedList" || kind.starts_with("List<") {
            let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
            return Ok(items.map(Value::from).collect());
        }
        Ok(Value::String(value))
    }

    fn made_up(&self, logical_id: &str) -> String {
        format!("{}-{logical_id}", self.context.stack_name)
    }
}

/// The kind of a resource, or none for one that is passed over.
pub(super) fn type_of(logical_id: &str, resource: &Node) -> Result<Option<Kind>, Error> {
    let resource_type = type_text(logical_id, resource)?;
    let kind = Kind::of(resource_type);
    if kind.is_none() && !names::is_passed_over(resource_type) {
        tracing::warn!(logical_id, resource_type, "local-batch does not create resources of this type");
    }
    Ok(kind)
}

fn type_text<'a>(logical_id: &str, resource: &'a Node) -> Result<&'a str, Error> {
    resource
        .get("Type")
        .and_then(Node::text)
        .ok_or_else(|| resource.fault(&format!("Resources.{logical_id}.Type"), "is missing: give the resource's type"))
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
