//! One object's record: of a bucket notification, where its key is form-encoded, or of EventBridge, where it is plain.

use jobwire_core::key::OccurrenceKey;
use jobwire_core::occurrence::{Occurrence, Origin, Record};
use jobwire_core::on::BucketEvent;
use jobwire_core::part::Part;
use jobwire_core::problem::Problem;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

/// A record of a bucket notification.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
pub(crate) fn from_notification(record: &Part<'_>) -> Result<Occurrence, Problem> {
    if record.text("eventSource")? != "aws:s3" {
        return Err(Problem::new(format!("{}.eventSource", record.path()), "is another source, and must be aws:s3"));
    }
    let time = record.moment("eventTime")?;
    let name = record.text("eventName")?;
    let s3 = record.object("s3")?;
    let bucket = s3.object("bucket")?.text("name")?;
    let object = s3.object("object")?;
    let key = decoded(object.text("key")?)
        .ok_or_else(|| Problem::new(format!("{}.key", object.path()), "is no UTF-8 when decoded"))?;
    let details = Details {
        time,
        event_name: name,
        event: event_of_notification(name),
        bucket,
        key: &key,
        e_tag: object.optional_text("eTag")?,
        version: object.optional_text("versionId")?,
    };
    details.occurrence(&object)
}

/// An event of S3 through EventBridge.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
pub(crate) fn from_eventbridge(event: &Part<'_>) -> Result<Occurrence, Problem> {
    let time = event.moment("time")?;
    let name = event.text("detail-type")?;
    let detail = event.object("detail")?;
    let bucket = detail.object("bucket")?.text("name")?;
    let object = detail.object("object")?;
    let expired = detail.optional_text("reason")? == Some("Lifecycle Expiration");
    let details = Details {
        time,
        event_name: name,
        event: match name {
            "Object Created" => BucketEvent::Created,
            "Object Deleted" if expired => BucketEvent::Expired,
            "Object Deleted" => BucketEvent::Removed,
            "Object Restore Completed" => BucketEvent::Restored,
            "Object Storage Class Changed" => BucketEvent::Transitioned,
            "Object Tags Added" | "Object Tags Deleted" => BucketEvent::Tagged,
            _ => BucketEvent::Other,
        },
        bucket,
        key: object.text("key")?,
        e_tag: object.optional_text("etag")?,
        version: object.optional_text("version-id")?,
    };
    details.occurrence(&object)
}

fn event_of_notification(name: &str) -> BucketEvent {
    // Most names come without the `s3:` that the documentation writes; some come with it.
    let name = name.strip_prefix("s3:").unwrap_or(name);
    match name.split_once(':').unwrap_or((name, "")) {
        ("ObjectCreated", _) => BucketEvent::Created,
        ("ObjectRemoved", _) => BucketEvent::Removed,
        ("ObjectRestore", "Completed") => BucketEvent::Restored,
        ("LifecycleExpiration", _) => BucketEvent::Expired,
        ("LifecycleTransition", _) => BucketEvent::Transitioned,
        ("ObjectTagging", _) => BucketEvent::Tagged,
        _ => BucketEvent::Other,
    }
}

/// Decodes a key once, as a form: `a+b%2Bc` is `a b+c`. Nothing is trimmed or cleaned, because every key is legal.
fn decoded(key: &str) -> Option<String> {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

struct Details<'a> {
    time: &'a str,
    event_name: &'a str,
    event: BucketEvent,
    bucket: &'a str,
    key: &'a str,
    e_tag: Option<&'a str>,
    version: Option<&'a str>,
}

impl Details<'_> {
    fn occurrence(&self, object: &Part<'_>) -> Result<Occurrence, Problem> {
        let sequencer = object.optional_text("sequencer")?;
        let size = match object.get("size") {
            Some(size) if size.value.is_u64() => Some(size.value.clone()),
            Some(size) => {
                return Err(
                    size.problem(format!("is {}, and must be a count of bytes", jobwire_core::part::kind(size.value)))
                );
            }
            None => None,
        };
        let members = [
            ("key", Some(json!(self.key))),
            ("size", size),
            ("eTag", self.e_tag.map(Value::from)),
            ("versionId", self.version.map(Value::from)),
            ("sequencer", sequencer.map(Value::from)),
        ];
        let members: Map<String, Value> =
            members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        let names = Map::from_iter([
            ("bucket".to_owned(), json!(self.bucket)),
            ("object".to_owned(), Value::Object(members)),
            ("event_name".to_owned(), json!(self.event_name)),
        ]);
        Ok(Occurrence {
            origin: Origin::Bucket { bucket: self.bucket.to_owned(), key: self.key.to_owned(), event: self.event },
            key: self.occurrence_key(sequencer),
            time: Some(self.time.to_owned()),
            chain: None,
            names,
            record: Record::default(),
        })
    }

    /// What tells two events of one object apart is its version, or else its sequencer; an event without either has no
    /// key, because its size, eTag and time may be those of another event.
    fn occurrence_key(&self, sequencer: Option<&str>) -> Option<OccurrenceKey> {
        // Where versioning is suspended every object has the version "null".
        let version = self.version.filter(|version| *version != "null");
        let (by, mark) =
            version.map(|version| ("version", version)).or(sequencer.map(|sequencer| ("sequencer", sequencer)))?;
        // A version is created once. It may be removed twice, as a delete marker that appears and is deleted itself, and
        // tagged, restored or moved any number of times.
        let (kind, again) = match self.event {
            BucketEvent::Created => (self.event.name(), ""),
            BucketEvent::Removed => (self.event.name(), sequencer.unwrap_or(self.event_name)),
            BucketEvent::Other => (self.event_name, self.time),
            _ => (self.event.name(), self.time),
        };
        Some(OccurrenceKey::of(&["bucket", self.bucket, self.key, kind, by, mark, again]))
    }
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn keys_are_decoded_once_and_kept_as_they_are() {
        assert_eq!(decoded("incoming/a+b%2Bc.xml").as_deref(), Some("incoming/a b+c.xml"));
        assert_eq!(decoded("%2520").as_deref(), Some("%20"));
        assert_eq!(decoded("+leading%2F..%2Fa%2F%2Fb+").as_deref(), Some(" leading/../a//b "));
        assert_eq!(decoded("%FF"), None);
    }
}
