//! S3: created, removed and other objects, by a bucket's notification or through EventBridge, bare or in the envelopes
//! of SNS and SQS.

mod object;
mod unwrap;

use jobwire_core::on::Kind;
use jobwire_core::source::{Members, Reading, Source};
use serde_json::Value;

/// The source of objects.
pub const SOURCE: Source = Source {
    name: "s3",
    kind: Kind::Bucket,
    names: &["bucket", "object", "event_name"],
    members: &[
        Members { of: "object", known: &["key", "size", "eTag", "versionId", "sequencer"], closed: true },
        Members { of: "bucket", known: &[], closed: true },
        Members { of: "event_name", known: &[], closed: true },
    ],
    optional: &["object.versionId"],
    read,
};

/// Reads every object of the event, in whichever envelopes it came.
#[must_use]
pub fn read(event: &Value) -> Reading {
    unwrap::read(event)
}
