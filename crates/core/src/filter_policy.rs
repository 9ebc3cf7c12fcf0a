//! From `when` to an SNS filter policy, so that messages which no trigger takes do not even invoke the function.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html>
//!
//! A policy may let through more than `when` does, since the function looks again, but never less: what it holds back
//! must be what `when` is false for, and not what it fails on, which belongs into the rejects queue. So only the
//! conditions that a `when` begins with are taken, as long as each can be neither true nor an error for a message
//! that the policy holds back.

use minijinja::Value as Constant;
use minijinja::machinery::ast::{BinOpKind, CompareOpKind, Expr};
use minijinja::machinery::parse_expr;
use minijinja::value::ValueKind;
use serde_json::{Map, Number, Value, json};

/// Keys that a policy may have, and combinations of their values, which nesting multiplies.
/// <https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html>
const MOST_KEYS: usize = 5;
const MOST_COMBINATIONS: usize = 150;

/// What a policy takes for an operator where a field's name is meant.
const RESERVED: [&str; 8] =
    ["anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard"];

/// SNS compares numbers between these, with five digits behind the point.
const LARGEST_NUMBER: i64 = 1_000_000_000;

/// A subscription's filter policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// What it looks at: `MessageBody` or `MessageAttributes`.
    pub scope: &'static str,
    /// The policy.
    pub policy: Value,
}

/// The policy of one subscription, whose messages these conditions wait for; none, where one of them takes messages that
/// a policy cannot tell.
#[must_use]
pub fn of<'a>(whens: impl Iterator<Item = Option<&'a str>>) -> Option<Filter> {
    let mut conditions: Vec<Conditions> = whens.map(|when| conditions(when?)).collect::<Option<_>>()?;
    let scope = conditions.first()?.scope;
    if conditions.iter().any(|one| one.scope != scope) {
        return None;
    }
    merge(&mut conditions);
    let combinations: usize = conditions.iter().map(Conditions::combinations).sum();
    if combinations > MOST_COMBINATIONS {
        return None;
    }
    let mut policies: Vec<Value> = Vec::new();
    for one in &conditions {
        let policy = one.policy();
        if !policies.contains(&policy) {
            policies.push(policy);
        }
    }
    let keys: usize = conditions.iter().map(|one| one.fields.len()).sum();
    let policy = match &policies[..] {
        [one] => one.clone(),
        _ if keys > MOST_KEYS => return None,
        several => json!({"$or": several}),
    };
    Some(Filter { scope, policy })
}

/// Makes one of all, where each asks for one field and that is the same.
fn merge(conditions: &mut Vec<Conditions>) {
    let [first, others @ ..] = &mut conditions[..] else { return };
    let [(field, values)] = &mut first.fields[..] else { return };
    if others.iter().any(|other| !matches!(&other.fields[..], [(same, _)] if same == field)) {
        return;
    }
    for value in others.iter().flat_map(|other| &other.fields[0].1) {
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
    conditions.truncate(1);
}

/// Fields of a message, and the values that each may have.
struct Conditions {
    scope: &'static str,
    fields: Vec<(Vec<String>, Vec<Value>)>,
}

impl Conditions {
    fn combinations(&self) -> usize {
        self.fields.iter().map(|(path, values)| path.len() * values.len()).product()
    }

    fn policy(&self) -> Value {
        let mut policy = Map::new();
        for (path, values) in &self.fields {
            let mut object = &mut policy;
            for outer in &path[..path.len() - 1] {
                let inner = object.entry(outer.clone()).or_insert_with(|| json!({}));
                let Some(inner) = inner.as_object_mut() else { return Value::Object(policy) };
                object = inner;
            }
            object.insert(path[path.len() - 1].clone(), json!(values));
        }
        Value::Object(policy)
    }
}

/// What a `when` begins with, as far as a policy can say it.
fn conditions(when: &str) -> Option<Conditions> {
    let expression = parse_expr(when).ok()?;
    let mut terms = Vec::new();
    flatten(&expression, BinOpKind::ScAnd, &mut terms);
    let mut defined: Vec<Vec<String>> = Vec::new();
    let mut found: Option<Conditions> = None;
    for term in terms {
        if let Some(path) = is_defined(term) {
            // Nobody may read below what may be missing; `sns` is always there.
            let safe = path.len() == 1 || path[..2] == ["sns", "MessageAttributes"] && path.len() == 2 || {
                defined.iter().any(|known| known[..] == path[..path.len() - 1])
            };
            if !safe {
                break;
            }
            defined.push(path);
            continue;
        }
        let Some((path, constants)) = is_one_of(term) else { break };
        let Some((scope, field, values)) = rules(&path, &constants, &defined) else { break };
        if field.iter().any(|name| name.starts_with('$') || RESERVED.contains(&name.as_str())) {
            break;
        }
        let known = found.get_or_insert_with(|| Conditions { scope, fields: Vec::new() });
        if known.scope != scope {
            break;
        }
        // Of two conditions on one field, or on a field and what lies below it, the first is enough.
        let meets = |other: &[String]| other.starts_with(&field) || field.starts_with(other);
        if known.fields.iter().any(|(other, _)| meets(other)) {
            continue;
        }
        known.fields.push((field, values));
        if known.fields.len() > MOST_KEYS || known.combinations() > MOST_COMBINATIONS {
            known.fields.pop();
            break;
        }
    }
    found.filter(|found| !found.fields.is_empty())
}

/// The rules of a field: where it is looked for, its path there, and the values that pass.
fn rules(
    path: &[String],
    constants: &[Constant],
    defined: &[Vec<String>],
) -> Option<(&'static str, Vec<String>, Vec<Value>)> {
    match path {
        [message, field @ ..] if message == "message" && !field.is_empty() => {
            let values = constants.iter().map(of_body).collect::<Option<Vec<_>>>()?.concat();
            defined.iter().any(|known| known == path).then(|| ("MessageBody", field.to_vec(), values))
        }
        [sns, attributes, name, value] if sns == "sns" && attributes == "MessageAttributes" && value == "Value" => {
            let values = constants.iter().map(of_attribute).collect::<Option<Vec<_>>>()?.concat();
            defined
                .iter()
                .any(|known| known[..] == path[..3])
                .then(|| ("MessageAttributes", vec![name.clone()], values))
        }
        _ => None,
    }
}

/// What a member of the message must be, so that it can equal the constant.
fn of_body(constant: &Constant) -> Option<Vec<Value>> {
    match constant.kind() {
        ValueKind::String => Some(vec![json!(constant.as_str()?)]),
        ValueKind::Bool => {
            let truth = constant.is_true();
            Some(vec![json!(truth), number(i64::from(truth))])
        }
        ValueKind::Number => {
            let whole = i64::try_from(constant.clone()).ok().filter(|whole| whole.abs() <= LARGEST_NUMBER)?;
            // An expression takes true for 1.
            let truth = (0..=1).contains(&whole).then(|| json!(whole == 1));
            Some([number(whole)].into_iter().chain(truth).collect())
        }
        _ => None,
    }
}

fn number(whole: i64) -> Value {
    json!({"numeric": ["=", whole]})
}

/// What an attribute must be, so that its value, which an event always has as text, can equal the constant.
fn of_attribute(constant: &Constant) -> Option<Vec<Value>> {
    let text = constant.as_str()?;
    // An attribute may be a list, and SNS then looks at what is in it. And it wants these characters escaped twice.
    if text.starts_with('[') || text.contains(|character: char| character.is_control() || "\"\\".contains(character)) {
        return None;
    }
    let mut values = vec![json!(text)];
    // One of the type Number is compared as a number.
    if let Ok(number) = text.parse::<f64>() {
        Number::from_f64(number).filter(|_| number.abs() <= 1e9)?;
        values.push(json!({"numeric": ["=", number]}));
    }
    // SNS does not see one of the type Binary, whose value is in the event as base64.
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    if text.len().is_multiple_of(4) && text.bytes().all(base64) {
        values.push(json!({"exists": false}));
    }
    Some(values)
}

/// The terms of `a and b and c`, or of another operator, from left to right.
fn flatten<'a, 'b>(expression: &'b Expr<'a>, operator: BinOpKind, terms: &mut Vec<&'b Expr<'a>>) {
    match expression {
        Expr::BinOp(operation) if same(operation.op, operator) => {
            flatten(&operation.left, operator, terms);
            flatten(&operation.right, operator, terms);
        }
        _ => terms.push(expression),
    }
}

fn same(left: BinOpKind, right: BinOpKind) -> bool {
    std::mem::discriminant(&left) == std::mem::discriminant(&right)
}

/// `PATH is defined`
fn is_defined(term: &Expr<'_>) -> Option<Vec<String>> {
    match term {
        Expr::Test(test) if test.name == "defined" && test.args.is_empty() => path(&test.expr),
        _ => None,
    }
}

/// `PATH == CONSTANT`, `PATH in [CONSTANT, …]`, and several of these on one path with `or` between them.
fn is_one_of(term: &Expr<'_>) -> Option<(Vec<String>, Vec<Constant>)> {
    let mut choices = Vec::new();
    flatten(term, BinOpKind::ScOr, &mut choices);
    let mut found: Option<(Vec<String>, Vec<Constant>)> = None;
    for choice in choices {
        let (path, constants) = equals(choice)?;
        let (of, known) = found.get_or_insert_with(|| (path.clone(), Vec::new()));
        if *of != path {
            return None;
        }
        known.extend(constants);
    }
    found.filter(|(_, constants)| !constants.is_empty())
}

fn equals(term: &Expr<'_>) -> Option<(Vec<String>, Vec<Constant>)> {
    let equality = |left: &Expr<'_>, right: &Expr<'_>| {
        let direct = path(left).zip(constant(right));
        let (path, constant) = direct.or_else(|| path(right).zip(constant(left)))?;
        Some((path, vec![constant]))
    };
    match term {
        Expr::BinOp(operation) if same(operation.op, BinOpKind::Eq) => equality(&operation.left, &operation.right),
        Expr::BinOp(operation) if same(operation.op, BinOpKind::In) => {
            Some((path(&operation.left)?, constants(&operation.right)?))
        }
        Expr::Compare(compare) => match &compare.ops[..] {
            [only] if matches!(only.op, CompareOpKind::Eq) => equality(&compare.expr, &only.expr),
            [only] if matches!(only.op, CompareOpKind::In) => Some((path(&compare.expr)?, constants(&only.expr)?)),
            _ => None,
        },
        _ => None,
    }
}

fn constant(expression: &Expr<'_>) -> Option<Constant> {
    match expression {
        Expr::Const(constant) => Some(constant.value.clone()),
        _ => None,
    }
}

fn constants(expression: &Expr<'_>) -> Option<Vec<Constant>> {
    match expression {
        Expr::List(list) => list.items.iter().map(constant).collect(),
        Expr::Tuple(tuple) => tuple.items.iter().map(constant).collect(),
        Expr::Const(constant) if constant.value.kind() == ValueKind::Seq => {
            Some(constant.value.try_iter().ok()?.collect())
        }
        _ => None,
    }
}

/// `message.a["b"]`: the names, from the outermost.
fn path(expression: &Expr<'_>) -> Option<Vec<String>> {
    match expression {
        Expr::Var(variable) => Some(vec![variable.id.to_owned()]),
        Expr::GetAttr(attribute) => {
            let mut path = path(&attribute.expr)?;
            path.push(attribute.name.to_owned());
            Some(path)
        }
        Expr::GetItem(item) => {
            let mut path = path(&item.expr)?;
            path.push(constant(&item.subscript_expr)?.as_str()?.to_owned());
            Some(path)
        }
        _ => None,
    }
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Filter, of};

    fn policy(whens: &[&str]) -> Option<Value> {
        of(whens.iter().map(|when| Some(*when))).map(|Filter { policy, .. }| policy)
    }

    #[test]
    fn guarded_equalities_become_a_policy_and_what_follows_them_is_left_to_the_function() {
        let guarded = "message is defined and message.type is defined and ";
        for (rest, expected) in [
            (r#"message.type == "lovelive""#, json!({"type": ["lovelive"]})),
            (r#""lovelive" == message["type"] and chain.depth < 5"#, json!({"type": ["lovelive"]})),
            (r#"message.type in ["a", "b"]"#, json!({"type": ["a", "b"]})),
            (r#"(message.type == "a" or message.type == "b")"#, json!({"type": ["a", "b"]})),
            ("message.type == 7", json!({"type": [{"numeric": ["=", 7]}]})),
            ("message.type == true", json!({"type": [true, {"numeric": ["=", 1]}]})),
            (
                r#"message.type == "a" and message.feed is defined and message.feed.name is defined and message.feed.name == "b""#,
                json!({"type": ["a"], "feed": {"name": ["b"]}}),
            ),
            (r#"message.type == "a" and message.unguarded == "b""#, json!({"type": ["a"]})),
        ] {
            assert_eq!(policy(&[&format!("{guarded}{rest}")]), Some(expected), "{rest}");
        }
    }

    #[test]
    fn what_could_hold_a_message_back_that_when_takes_or_fails_on_becomes_none() {
        let guarded = "message is defined and message.type is defined and ";
        for when in [
            // Fails on a message without `type`, or on one that is no JSON.
            r#"message.type == "a""#,
            r#"message is defined and message.type == "a""#,
            r#"message is defined and message.a.b is defined and message.a.b == "x""#,
            // May fail before it comes to the comparison.
            r#"message.other > 3 and message is defined and message.type is defined and message.type == "a""#,
            r#"not (message is defined) or message.type == "a""#,
            "message is defined",
            "true",
        ] {
            assert_eq!(policy(&[when]), None, "{when}");
        }
        for rest in [
            r#"message.type != "a""#,
            r#"(message.type == "a" or message.other == "b")"#,
            r#"message.type == "a" or true"#,
            r#"message.type | lower == "a""#,
            "message.type == 1.5",
            "message.type == none",
            "message.type == message.type",
            "message.type == 100000000000",
            "message.type in []",
            r#"message["$or"] is defined and message["$or"] == "a""#,
            r#"message.prefix is defined and message.prefix == "a""#,
        ] {
            assert_eq!(policy(&[&format!("{guarded}{rest}")]), None, "{rest}");
        }
        assert!(
            of([Some(r#"message is defined and message.type is defined and message.type == "a""#), None].into_iter())
                .is_none()
        );
    }

    #[test]
    fn several_triggers_share_one_policy() {
        let when = |name: &str, value: &str| {
            format!(r#"message is defined and message.{name} is defined and message.{name} == "{value}""#)
        };
        let (a, b) = (when("type", "a"), when("type", "b"));
        assert_eq!(policy(&[&a, &b, &a]), Some(json!({"type": ["a", "b"]})));
        assert_eq!(policy(&[&a, &when("kind", "b")]), Some(json!({"$or": [{"type": ["a"]}, {"kind": ["b"]}]})));
        assert_eq!(policy(&[&a, "message is defined"]), None);
        let six: Vec<String> = (0..6).map(|number| when(&format!("field{number}"), "a")).collect();
        assert_eq!(policy(&six.iter().map(String::as_str).collect::<Vec<_>>()), None, "SNS takes five keys");
    }

    #[test]
    fn attributes_are_compared_as_sns_does() {
        let when = |value: &str| {
            format!(
                r#"sns.MessageAttributes is defined and sns.MessageAttributes.kind is defined and sns.MessageAttributes.kind.Value == "{value}""#
            )
        };
        let filter = of([Some(when("feed!").as_str())].into_iter());
        assert_eq!(filter, Some(Filter { scope: "MessageAttributes", policy: json!({"kind": ["feed!"]}) }));
        assert_eq!(policy(&[&when("12")]), Some(json!({"kind": ["12", {"numeric": ["=", 12.0]}]})));
        assert_eq!(policy(&[&when("feed")]), Some(json!({"kind": ["feed", {"exists": false}]})), "it may be base64");
        for none in ["[1]", "a'b\\\\c", "tab\\t"] {
            assert_eq!(policy(&[&when(none)]), None, "{none}");
        }
        assert_eq!(policy(&[r#"sns.MessageAttributes.kind.Value == "feed""#]), None);
    }
}
