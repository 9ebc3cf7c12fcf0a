//! Topics: those that triggers listen on and jobs publish to, one subscription each.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use jobwire_core::arn::{is_arn, last_component};
use jobwire_core::filter_policy::{self, Filter};
use jobwire_core::on::{Kind, On, TopicOn};
use jobwire_core::trigger::{Trigger, Triggers};
use serde_json::{Value, json};

use super::function::id;
use super::logical::camel;
use super::{Stack, arn_of, buffer, on_failure_queue, only_if, reference, sub};

/// Adds the topics, and a subscription for each that a trigger listens on.
pub(super) fn add(stack: &mut Stack, triggers: &Triggers) -> Result<()> {
    let mut topics: BTreeMap<&str, Vec<(&Trigger, &TopicOn)>> = BTreeMap::new();
    for trigger in &triggers.triggers {
        for emitted in &trigger.emits.topics {
            topics.entry(emitted).or_default();
        }
        if let On::Topic(on) = &trigger.on {
            topics.entry(&on.topic).or_default().push((trigger, on));
        }
    }
    for (name, listeners) in topics {
        let topic_arn = if is_arn(name) { json!(name) } else { own_topic(stack, name)? };
        let Some((_, first)) = listeners.first() else { continue };
        if listeners.iter().any(|(_, on)| on.buffered != first.buffered) {
            bail!(
                "two triggers listen on topic {name}, one with a queue and one without: a message would come twice; write the same `via` for both"
            );
        }
        let whens = listeners.iter().filter(|(trigger, _)| trigger.enabled).map(|(trigger, _)| trigger.when.as_deref());
        let filter = filter_policy::of(whens);
        if filter.is_some() {
            stack.remarks.push(format!(
                "topic {name}: SNS itself holds back what no `when` takes; it needs up to 15 minutes to follow a change of these"
            ));
        }
        let own = format!("topic-{}", camel(last_component(name)));
        subscribe(stack, id(Kind::Topic), &own, &topic_arn, first.buffered, filter)?;
    }
    Ok(())
}

fn own_topic(stack: &mut Stack, name: &str) -> Result<Value> {
    let topic = stack.add(
        name,
        "Topic",
        json!({"Type": "AWS::SNS::Topic", "Properties": {
            "TopicName": sub(format!("${{AWS::StackName}}-{name}")),
            "KmsMasterKeyId": only_if("HasKey", reference("KmsKeyArn")),
        }}),
    )?;
    stack.export(
        &topic,
        &format!("topic:{}", name.replace('_', "-")),
        &format!("The ARN of the topic {name}"),
        &reference(&topic),
    );
    stack.names(Kind::Topic).topic.insert(name.to_owned(), format!("${{{topic}}}"));
    Ok(reference(&topic))
}

/// Subscribes a function to a topic, directly or through a queue. A topic that notifies of several buckets is
/// subscribed to once, since every invocation looks at all triggers.
pub(super) fn subscribe(
    stack: &mut Stack,
    function: &'static str,
    name: &str,
    topic: &Value,
    buffered: bool,
    filter: Option<Filter>,
) -> Result<()> {
    let subscription = (function, topic.to_string());
    if stack.subscribed.contains(&subscription) {
        return Ok(());
    }
    stack.subscribed.push(subscription);
    if topic.is_string() {
        may_send_undelivered(stack, topic);
    }
    let mut properties =
        json!({"TopicArn": topic, "RedrivePolicy": {"deadLetterTargetArn": arn_of(&on_failure_queue(function))}});
    if buffered {
        let queue = buffer(stack, name, function, "sns.amazonaws.com", topic)?;
        properties["Protocol"] = json!("sqs");
        properties["Endpoint"] = arn_of(&queue);
    } else {
        let why = format!("the topic {} invokes the function", name.trim_start_matches("topic-"));
        stack.permit(name, function, "sns.amazonaws.com", topic, why)?;
        properties["Protocol"] = json!("lambda");
        properties["Endpoint"] = arn_of(function);
    }
    if let Some(filter) = filter {
        properties["FilterPolicyScope"] = json!(filter.scope);
        properties["FilterPolicy"] = filter.policy;
    }
    stack.add(name, "Subscription", json!({"Type": "AWS::SNS::Subscription", "Properties": properties}))?;
    Ok(())
}

/// Lets an existing topic, perhaps of another account, put what it cannot deliver into the on-failure queue.
fn may_send_undelivered(stack: &mut Stack, topic: &Value) {
    let statements = stack.resource("OnFailureQueuePolicy").and_then(|policy| policy.get_mut("Properties"));
    let sources = statements
        .and_then(|properties| properties.get_mut("PolicyDocument")?.get_mut("Statement")?.as_array_mut())
        .and_then(|statements| statements.iter_mut().find(|statement| statement["Sid"] == "MessagesOfTopics"))
        .and_then(|statement| statement["Condition"]["ArnLike"]["aws:SourceArn"].as_array_mut());
    if let Some(sources) = sources
        && !sources.contains(topic)
    {
        sources.push(topic.clone());
    }
}
