//! The creation of an object that is in its bucket, as S3 tells of it.

use anyhow::{Result, anyhow, bail};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use jobwire_core::arn::last_component;
use jobwire_core::key::hash16;
use jobwire_core::on::{BucketEvent, BucketOn};
use jobwire_core::trigger::Triggers;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::place::Place;
use super::{new_id, now, written, written_millis};
use crate::synth::{self, Place as Target};
use crate::synthesized::is_through_eventbridge;
use crate::{aws, output};

/// The event of the object's creation.
pub(super) async fn event(
    place: &Place,
    triggers: &Triggers,
    on: &BucketOn,
    key: &str,
    version: Option<&str>,
) -> Result<Value> {
    if !on.events.contains(&BucketEvent::Created) {
        bail!("the trigger does not take `created`, and of an object that is there nothing else can be told");
    }
    let bucket = last_component(place.deployed(&place.names.bucket, &on.bucket)?);
    let call = place.clients.s3.head_object().bucket(bucket).key(key).set_version_id(version.map(str::to_owned));
    let object = call.send().await.map_err(|error| match error.raw_response().map(|answer| answer.status().as_u16()) {
        Some(404) => anyhow!("the bucket {bucket} has no such object{}", version.map_or("", |_| " in this version")),
        // S3 says no more than that where it would have to say why in a body.
        Some(403) => anyhow!(
            "the object in {bucket} may not be looked at: s3:GetObject is needed, and s3:GetObjectVersion for a version"
        ),
        _ => aws::explain(error).context(format!("the object in {bucket} cannot be looked at")),
    })?;
    let (version, sequencer) = mark(&object, key);
    if version.is_none() {
        output::say(&format!(
            "{bucket} keeps no versions, so the key of the object's own event cannot be known: this is another occurrence, and a job that ran for that one runs again"
        ));
    }
    let template = synth::template(triggers, &Target::Aws, true)?;
    let object = Object { bucket, key, version, sequencer: &sequencer, found: &object };
    Ok(if is_through_eventbridge(&template, &on.bucket) {
        object.through_eventbridge(place)
    } else {
        object.notification(place)
    })
}

/// The object's version, and what stands for the sequencer, which nobody can ask S3 for: equal for an object that was not
/// written again, so that it can be fired twice and starts one job.
fn mark(object: &HeadObjectOutput, key: &str) -> (Option<String>, String) {
    // Where versioning is suspended every object has the version "null".
    let version = object.version_id().filter(|version| *version != "null").map(str::to_owned);
    let modified = object.last_modified().map_or(0, aws_smithy_types::DateTime::secs).to_string();
    (version, hash16(&["fire", key, object.e_tag().unwrap_or_default(), &modified]).to_ascii_uppercase())
}

/// What an event tells of an object.
struct Object<'a> {
    bucket: &'a str,
    key: &'a str,
    version: Option<String>,
    sequencer: &'a str,
    found: &'a HeadObjectOutput,
}

impl Object<'_> {
    /// When it was written.
    fn time(&self) -> String {
        let millis = self.found.last_modified().and_then(|moment| moment.to_millis().ok());
        millis.map_or_else(|| written(now()), written_millis)
    }

    fn e_tag(&self) -> Option<&str> {
        self.found.e_tag().map(|tag| tag.trim_matches('"'))
    }

    /// What is put in parts has an eTag that ends with their number.
    fn is_of_parts(&self) -> bool {
        self.e_tag().is_some_and(|tag| tag.contains('-'))
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
    fn notification(&self, place: &Place) -> Value {
        let name = if self.is_of_parts() { "ObjectCreated:CompleteMultipartUpload" } else { "ObjectCreated:Put" };
        let mut object = json!({
            "key": form_encoded(self.key), "size": self.found.content_length(), "eTag": self.e_tag(), "sequencer": self.sequencer,
        });
        if let Some(version) = &self.version {
            object["versionId"] = json!(version);
        }
        json!({"Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": place.home.region,
            "eventTime": self.time(),
            "eventName": name,
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": {"name": self.bucket, "arn": self.arn(place)},
                "object": object,
            },
        }]})
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
    fn through_eventbridge(&self, place: &Place) -> Value {
        let reason = if self.is_of_parts() { "CompleteMultipartUpload" } else { "PutObject" };
        let mut object = json!({
            "key": self.key, "size": self.found.content_length(), "etag": self.e_tag(), "sequencer": self.sequencer,
        });
        if let Some(version) = &self.version {
            object["version-id"] = json!(version);
        }
        json!({
            "version": "0",
            "id": new_id(),
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": place.home.account,
            "time": self.time(),
            "region": place.home.region,
            "resources": [self.arn(place)],
            "detail": {"version": "0", "bucket": {"name": self.bucket}, "object": object, "reason": reason},
        })
    }

    fn arn(&self, place: &Place) -> String {
        format!("arn:{}:s3:::{}", place.home.partition, self.bucket)
    }
}

/// A key as S3 writes it into its notifications.
fn form_encoded(key: &str) -> String {
    const KEPT: AsciiSet =
        NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b' ');
    utf8_percent_encode(key, &KEPT).to_string().replace(' ', "+")
}
