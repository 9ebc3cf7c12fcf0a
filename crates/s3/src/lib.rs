//! S3: created, removed and other objects, by a bucket's notification or through EventBridge, bare or in the envelopes
//! of SNS and SQS.

mod object;
mod unwrap;

use jobwire_core::on::Kind;
use jobwire_core::source::{Reading, Source};
use serde_json::Value;

/// The source of objects.
pub const SOURCE: Source = Source { name: "s3", kind: Kind::Bucket, names: &["bucket", "object", "event_name"], read };

/// Reads every object of the event, in whichever envelopes it came.
#[must_use]
pub fn read(event: &Value) -> Reading {
    unwrap::read(event)
}
