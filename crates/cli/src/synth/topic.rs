//! Topics: those that triggers listen on and jobs publish to, one subscription each.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use jobwire_core::arn::is_arn;
use jobwire_core::on::{Kind, On};
use jobwire_core::trigger::Triggers;
use serde_json::{Value, json};

use super::function::id;
use super::logical::camel;
use super::{Stack, arn_of, buffer, permission, reference};

/// Adds the topics, and a subscription for each that a trigger listens on.
pub(super) fn add(stack: &mut Stack, triggers: &Triggers) -> Result<()> {
    // Name → whether a trigger listens, and whether through a queue.
    let mut topics: BTreeMap<&str, Option<bool>> = BTreeMap::new();
    for trigger in &triggers.triggers {
        for emitted in &trigger.emits.topics {
            topics.entry(emitted).or_default();
        }
        if let On::Topic(on) = &trigger.on {
            let buffered = topics.entry(&on.topic).or_default();
            if buffered.is_some_and(|buffered| buffered != on.buffered) {
                bail!(
                    "two triggers listen on topic {}, one with a queue and one without: a message would come twice; write the same `via` for both",
                    on.topic
                );
            }
            *buffered = Some(on.buffered);
        }
    }
    for (name, buffered) in topics {
        let topic_arn = if is_arn(name) { json!(name) } else { own_topic(stack, name)? };
        if let Some(buffered) = buffered {
            subscribe(stack, name, &topic_arn, buffered)?;
        }
    }
    Ok(())
}

fn own_topic(stack: &mut Stack, name: &str) -> Result<Value> {
    let topic = stack.add(name, "Topic", json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}))?;
    stack.export(
        &topic,
        &format!("topic:{}", name.replace('_', "-")),
        &format!("The ARN of the topic {name}"),
        &reference(&topic),
    );
    stack.names(Kind::Topic).topic.insert(name.to_owned(), format!("${{{topic}}}"));
    Ok(reference(&topic))
}

fn subscribe(stack: &mut Stack, name: &str, topic_arn: &Value, buffered: bool) -> Result<()> {
    let function = id(Kind::Topic);
    let name = &format!("topic-{}", camel(name.rsplit(':').next().unwrap_or(name)));
    let redrive = json!({"deadLetterTargetArn": arn_of("OnFailureQueue")});
    let endpoint = if buffered {
        let queue = buffer(stack, name, function, "sns.amazonaws.com", topic_arn)?;
        json!({"Protocol": "sqs", "Endpoint": arn_of(&queue), "TopicArn": topic_arn, "RedrivePolicy": redrive})
    } else {
        stack.add(name, "Permission", permission(function, "sns.amazonaws.com", topic_arn, false))?;
        json!({"Protocol": "lambda", "Endpoint": arn_of(function), "TopicArn": topic_arn, "RedrivePolicy": redrive})
    };
    stack.add(name, "Subscription", json!({"Type": "AWS::SNS::Subscription", "Properties": endpoint}))?;
    Ok(())
}
