//! Any condition against any message: what a policy holds back is what no trigger takes.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::of;
use crate::template::Evaluator;

/// SNS's own rules for the body of a message, as its guide has them.
fn lets_through(policy: &Value, body: &Value) -> bool {
    let Some(rules) = policy.as_object() else { return false };
    rules.iter().all(|(name, rule)| match rule {
        Value::Array(choices) if name == "$or" => choices.iter().any(|choice| lets_through(choice, body)),
        Value::Array(values) => {
            let found = match &body[name] {
                Value::Array(several) => several.iter().collect(),
                Value::Null => Vec::new(),
                one => vec![one],
            };
            values.iter().any(|value| match value["numeric"][1].as_f64() {
                Some(number) => found.iter().any(|found| found.as_f64() == Some(number)),
                None => found.contains(&value),
            })
        }
        inner => body[name].is_object() && lets_through(inner, &body[name]),
    })
}

fn term() -> impl Strategy<Value = String> {
    let path = prop::sample::select(vec!["message.a", "message.b", "message.a.b", "message['b']"]);
    let constant = prop::sample::select(vec!["'x'", "'y'", "1", "0", "true", "false", "1.5", "none", "['x']"]);
    prop_oneof![
        4 => path.clone().prop_map(|path| format!("{path} is defined")),
        4 => (path.clone(), constant.clone()).prop_map(|(path, constant)| format!("{path} == {constant}")),
        2 => (path.clone(), constant.clone(), constant.clone())
            .prop_map(|(path, one, other)| format!("{path} in [{one}, {other}]")),
        2 => (path.clone(), path.clone(), constant.clone(), constant.clone())
            .prop_map(|(path, other, one, two)| format!("({path} == {one} or {other} == {two})")),
        1 => (path.clone(), constant).prop_map(|(path, constant)| format!("{path} != {constant}")),
        1 => path.clone().prop_map(|path| format!("{path} > 0")),
        1 => path.prop_map(|path| format!("not {path}")),
    ]
}

fn when() -> impl Strategy<Value = String> {
    let terms = prop::collection::vec(term(), 1..4);
    // Most begin as people are told to, or hardly any would become a policy.
    let guards = prop::sample::select(vec![
        "message is defined and message.a is defined and ",
        "message is defined and message.a is defined and message.b is defined and ",
        "message is defined and message.a is defined and message.a.b is defined and ",
        "message is defined and ",
        "",
    ]);
    let between = prop::sample::select(vec![" and ", " and ", " or "]);
    (guards, terms, between).prop_map(|(guards, terms, between)| format!("{guards}{}", terms.join(between)))
}

fn message() -> impl Strategy<Value = Option<Value>> {
    let leaf = prop::sample::select(vec![
        json!("x"),
        json!("y"),
        json!("1"),
        json!(1),
        json!(0),
        json!(1.0),
        json!(1.5),
        json!(true),
        json!(false),
        json!(null),
        json!([]),
        json!(["x"]),
        json!(["y", 1]),
        json!({}),
        json!({"b": "x"}),
        json!({"b": 1}),
        json!([{"b": "x"}]),
    ]);
    let object = (prop::option::of(leaf.clone()), prop::option::of(leaf.clone())).prop_map(|(a, b)| {
        let members = [("a", a), ("b", b)];
        Value::Object(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
    });
    prop_oneof![8 => object.prop_map(Some), 1 => leaf.prop_map(Some), 1 => Just(None)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn what_a_policy_holds_back_is_what_every_when_is_false_for(
        whens in prop::collection::vec(when(), 1..3),
        message in message(),
    ) {
        let Some(filter) = of(whens.iter().map(|when| Some(when.as_str()))) else { return Ok(()) };
        let through = message.as_ref().is_some_and(|body| body.is_object() && lets_through(&filter.policy, body));
        if through {
            return Ok(());
        }
        let mut names = Map::new();
        if let Some(message) = message {
            names.insert("message".to_owned(), message);
        }
        let evaluator = Evaluator::new(&names);
        for when in &whens {
            prop_assert_eq!(evaluator.condition(when), Ok(false), "{} held back by {}", when, filter.policy);
        }
    }
}
