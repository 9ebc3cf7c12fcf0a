//! Buckets: those of the stack with their notifications, and existing ones through EventBridge or a topic of theirs.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use jobwire_core::arn::{is_arn, last_component};
use jobwire_core::on::{BucketEvent, BucketOn, Kind, On, Via};
use jobwire_core::trigger::{Triggers, emitted_bucket};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::function::id;
use super::logical::camel;
use super::size::{LONGEST_PATTERN, deployed};
use super::{Stack, arn_of, buffer, either, on_failure_queue, reference, rule_target, sub};

/// Adds the buckets that triggers listen on or jobs write to, and how their events reach the function.
pub(super) fn add(stack: &mut Stack, triggers: &Triggers) -> Result<()> {
    let mut buckets: BTreeMap<&str, Vec<&BucketOn>> = BTreeMap::new();
    for trigger in &triggers.triggers {
        for emitted in &trigger.emits.buckets {
            buckets.entry(emitted_bucket(emitted).0).or_default();
        }
        if let On::Bucket(on) = &trigger.on {
            buckets.entry(&on.bucket).or_default().extend(trigger.enabled.then_some(on));
        }
    }
    for (bucket, listeners) in buckets {
        one(stack, bucket, &listeners)?;
    }
    Ok(())
}

/// How long a version stays after a newer one came: as long as the ledger knows its occurrence.
const OLD_VERSIONS_DAYS: u32 = 30;

fn one(stack: &mut Stack, bucket: &str, listeners: &[&BucketOn]) -> Result<()> {
    let existing = is_arn(bucket);
    let name = format!("bucket-{}", camel(last_component(bucket)));
    let via = if listeners.is_empty() { Via::Direct } else { way(bucket, listeners)? };
    if via == Via::Eventbridge && !existing && overlap(listeners) && listeners.iter().all(|on| on.via.is_none()) {
        stack.remarks.push(format!(
            "bucket {bucket}: the prefixes and suffixes of its triggers overlap, which S3 refuses; its events go through EventBridge"
        ));
    }
    let buffered = via == Via::Sqs || listeners.iter().any(|on| on.buffered);
    let full_name = if existing {
        last_component(bucket).to_owned()
    } else {
        format!("${{AWS::StackName}}-{bucket}-${{AWS::AccountId}}")
    };
    let bucket_arn = if existing { json!(bucket) } else { sub(format!("arn:${{AWS::Partition}}:s3:::{full_name}")) };
    if !existing {
        stack.names(Kind::Bucket).bucket.insert(bucket.to_owned(), full_name.clone());
    }
    let function = id(Kind::Bucket);
    let mut notification = json!({});
    let mut depends = Vec::new();
    match (&via, listeners) {
        (_, []) => {}
        (Via::Sns(topic), _) => super::topic::subscribe(stack, function, &name, &json!(topic), buffered, None)?,
        (Via::Eventbridge, _) => {
            notification = json!({"EventBridgeConfiguration": {"EventBridgeEnabled": true}});
            rule(stack, &name, &full_name, listeners, buffered)?;
        }
        (Via::Direct | Via::Sqs, _) if buffered => {
            let queue = buffer(stack, &name, function, "s3.amazonaws.com", &bucket_arn)?;
            notification = json!({"QueueConfigurations": configurations(listeners, "Queue", &arn_of(&queue))});
            depends.push(format!("{}QueuePolicy", camel(&name)));
        }
        (Via::Direct | Via::Sqs, _) => {
            let why = format!("the bucket {bucket} notifies the function");
            depends.push(stack.permit(&name, function, "s3.amazonaws.com", &bucket_arn, why)?);
            notification = json!({"LambdaConfigurations": configurations(listeners, "Function", &arn_of(function))});
        }
    }
    if existing {
        return Ok(());
    }
    let mut properties = json!({
        "BucketName": sub(full_name),
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [either(
            "HasKey",
            json!({"BucketKeyEnabled": true, "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": reference("KmsKeyArn")}}),
            json!({"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}),
        )]},
        // A job reads the very version that its event tells of, also when the object was written again meanwhile.
        "VersioningConfiguration": {"Status": "Enabled"},
    });
    let mut rules = vec![
        json!({"Id": "broken-uploads", "Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}),
    ];
    // S3 tells of an old version's end as of an object's, which a trigger that waits for that would take for one.
    if !listeners.iter().any(|on| on.events.contains(&BucketEvent::Expired)) {
        rules.push(json!({"Id": "old-versions", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS}}));
    }
    properties["LifecycleConfiguration"] = json!({"Rules": rules});
    if notification != json!({}) {
        properties["NotificationConfiguration"] = notification;
    }
    // What users keep in it outlives the stack; a first creation that fails takes the empty bucket away again.
    let mut resource = json!({"Type": "AWS::S3::Bucket", "UpdateReplacePolicy": "Retain", "DeletionPolicy": "RetainExceptOnCreate", "Properties": properties});
    if !depends.is_empty() {
        resource["DependsOn"] = json!(depends);
    }
    let bucket_id = stack.add(&name, "", resource)?;
    stack.export(
        &bucket_id,
        &format!("bucket:{bucket}"),
        &format!("The name of the bucket {bucket}"),
        &reference(&bucket_id),
    );
    Ok(())
}

/// How the events of one bucket travel: as its triggers say, or else directly, and through EventBridge where S3 would
/// refuse that.
fn way(bucket: &str, listeners: &[&BucketOn]) -> Result<Via> {
    let mut said: Vec<&Via> = listeners.iter().filter_map(|on| on.via.as_ref()).collect();
    said.dedup();
    match said[..] {
        [] if is_arn(bucket) || overlap(listeners) => Ok(Via::Eventbridge),
        [] => Ok(Via::Direct),
        [Via::Direct | Via::Sqs] if is_arn(bucket) => {
            bail!(
                "bucket {bucket} exists already, and a stack cannot change its notifications: use `via: eventbridge` or `via: {{ sns: ARN }}`"
            )
        }
        [Via::Direct | Via::Sqs] if overlap(listeners) => {
            bail!(
                "bucket {bucket}: S3 refuses notifications whose filters overlap: leave `via` out, or use `via: eventbridge`"
            )
        }
        [one] => Ok(one.clone()),
        _ => bail!(
            "bucket {bucket}: its triggers say different `via`, and an object would be told of twice; write the same for all"
        ),
    }
}

/// One of S3's filters, which take one prefix and one suffix each.
type Filter<'a> = (BucketEvent, &'a str, &'a str);

fn filters<'a>(listeners: &[&'a BucketOn]) -> Vec<Filter<'a>> {
    let mut filters = Vec::new();
    for on in listeners {
        let or_any =
            |list: &'a [String]| if list.is_empty() { vec![""] } else { list.iter().map(String::as_str).collect() };
        for event in &on.events {
            for prefix in or_any(&on.prefix) {
                for suffix in or_any(&on.suffix) {
                    if !filters.contains(&(*event, prefix, suffix)) {
                        filters.push((*event, prefix, suffix));
                    }
                }
            }
        }
    }
    filters
}

/// Whether S3 would refuse the filters: two of them could match one object.
fn overlap(listeners: &[&BucketOn]) -> bool {
    let filters = filters(listeners);
    filters.iter().enumerate().any(|(index, (event, prefix, suffix))| {
        filters[index + 1..].iter().any(|(other_event, other_prefix, other_suffix)| {
            event == other_event
                && (prefix.starts_with(other_prefix) || other_prefix.starts_with(prefix))
                && (suffix.ends_with(other_suffix) || other_suffix.ends_with(suffix))
        })
    })
}

fn configurations(listeners: &[&BucketOn], target: &str, arn: &Value) -> Vec<Value> {
    let configuration = |(event, prefix, suffix): Filter<'_>| {
        let mut configuration = json!({"Event": notification_event(event), target: arn});
        let rules: Vec<Value> = [("prefix", prefix), ("suffix", suffix)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| json!({"Name": name, "Value": form_encoded(value)}))
            .collect();
        if !rules.is_empty() {
            configuration["Filter"] = json!({"S3Key": {"Rules": rules}});
        }
        configuration
    };
    filters(listeners).into_iter().map(configuration).collect()
}

/// S3 compares filters with keys as it writes them into its notifications: form-encoded, but for the slash.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html>
fn form_encoded(text: &str) -> String {
    const KEPT: AsciiSet =
        NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b' ');
    utf8_percent_encode(text, &KEPT).to_string().replace(' ', "+")
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html>
fn notification_event(event: BucketEvent) -> &'static str {
    match event {
        BucketEvent::Created | BucketEvent::Other => "s3:ObjectCreated:*",
        BucketEvent::Removed => "s3:ObjectRemoved:*",
        BucketEvent::Restored => "s3:ObjectRestore:Completed",
        BucketEvent::Expired => "s3:LifecycleExpiration:*",
        BucketEvent::Transitioned => "s3:LifecycleTransition",
        BucketEvent::Tagged => "s3:ObjectTagging:*",
    }
}

/// One rule for the bucket, because every invocation looks at all triggers.
fn rule(stack: &mut Stack, name: &str, bucket: &str, listeners: &[&BucketOn], buffered: bool) -> Result<()> {
    let mut kinds: Vec<&str> =
        listeners.iter().flat_map(|on| &on.events).flat_map(|event| detail_types(*event)).copied().collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut keys: Vec<Value> = Vec::new();
    for (_, prefix, suffix) in filters(listeners) {
        let escape = |text: &str| text.replace('\\', "\\\\").replace('*', "\\*");
        let key = match (prefix, suffix) {
            ("", "") => json!({"exists": true}),
            (prefix, "") => json!({"prefix": prefix}),
            ("", suffix) => json!({"suffix": suffix}),
            // A wildcard wants both whole, so it would miss a key in which they overlap; the function looks at the rest.
            (prefix, suffix) if share(prefix, suffix) => json!({"prefix": prefix}),
            (prefix, suffix) => json!({"wildcard": format!("{}*{}", escape(prefix), escape(suffix))}),
        };
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let mut pattern = json!({
        "source": ["aws.s3"],
        "detail-type": kinds,
        "detail": {"bucket": {"name": [sub(bucket)]}, "object": {"key": keys}},
    });
    if deployed(&pattern) > LONGEST_PATTERN {
        // The function looks at the key again.
        pattern["detail"]["object"]["key"] = json!([{"exists": true}]);
        stack.remarks.push(format!(
            "bucket {name}: its prefixes and suffixes are too many for one pattern of EventBridge ({LONGEST_PATTERN} characters): the function is told of every object",
            name = name.trim_start_matches("bucket-")
        ));
    }
    let function = id(Kind::Bucket);
    let rule_id = format!("{}Rule", camel(name));
    let target = if buffered {
        let queue = buffer(stack, name, function, "events.amazonaws.com", &arn_of(&rule_id))?;
        json!({"Id": "queue", "Arn": arn_of(&queue), "DeadLetterConfig": {"Arn": arn_of(&on_failure_queue(function))}})
    } else {
        let why = format!("a rule tells of the objects in the bucket {bucket}");
        stack.permit(name, function, "events.amazonaws.com", &arn_of(&rule_id), why)?;
        rule_target(function)
    };
    stack.add(name, "Rule", json!({"Type": "AWS::Events::Rule", "Properties": {"EventPattern": pattern, "State": "ENABLED", "Targets": [target]}}))?;
    Ok(())
}

/// Whether an end of `prefix` is a beginning of `suffix`.
fn share(prefix: &str, suffix: &str) -> bool {
    prefix.char_indices().any(|(at, _)| suffix.starts_with(&prefix[at..]))
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html>
fn detail_types(event: BucketEvent) -> &'static [&'static str] {
    match event {
        BucketEvent::Created => &["Object Created"],
        BucketEvent::Removed | BucketEvent::Expired => &["Object Deleted"],
        BucketEvent::Restored => &["Object Restore Completed"],
        BucketEvent::Transitioned => &["Object Storage Class Changed"],
        BucketEvent::Tagged => &["Object Tags Added", "Object Tags Deleted"],
        BucketEvent::Other => &[],
    }
}
