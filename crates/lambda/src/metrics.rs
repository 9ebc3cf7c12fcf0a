//! What a function counts, as metrics in CloudWatch's embedded format: lines of JSON in the function's log.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use metrics::{Unit, counter, describe_counter};
use metrics_cloudwatch_embedded::Builder;

use crate::answer::Outcome;

/// The metrics' namespace in CloudWatch.
const NAMESPACE: &str = "Jobwire";

/// The trigger's name where none was reached.
const NO_TRIGGER: &str = "(none)";

const SUBMITTED: &str = "Submitted";
const DUPLICATE: &str = "Duplicate";
const ADOPTED: &str = "Adopted";
const SKIPPED: &str = "Skipped";
const THROTTLED: &str = "Throttled";
const REJECTED: &str = "Rejected";
const FAILED: &str = "Failed";

/// Collects from here on, and gives what writes the counts since the last time; nothing where something else collects
/// already.
pub(crate) fn start() -> Option<impl Fn()> {
    let collector = Builder::new().cloudwatch_namespace(NAMESPACE).init().ok()?;
    for name in [SUBMITTED, DUPLICATE, ADOPTED, SKIPPED, THROTTLED, REJECTED, FAILED] {
        describe_counter!(name, Unit::Count, "");
    }
    Some(|| {
        if let Err(error) = collector.flush(std::io::stdout().lock()) {
            tracing::warn!(%error, "the metrics cannot be written");
        }
    })
}

/// Counts for one trigger and one source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter<'a> {
    source: &'static str,
    trigger: &'a str,
}

impl<'a> Meter<'a> {
    pub(crate) fn of(source: &'static str, trigger: Option<&'a str>) -> Self {
        Self { source, trigger: trigger.unwrap_or(NO_TRIGGER) }
    }

    /// An occurrence has its job.
    pub(crate) fn settled(&self, outcome: Outcome) {
        self.count(match outcome {
            Outcome::New => SUBMITTED,
            Outcome::Duplicate => DUPLICATE,
            Outcome::Adopted => ADOPTED,
        });
    }

    /// A `when` was false.
    pub(crate) fn skipped(&self) {
        self.count(SKIPPED);
    }

    /// Batch was too busy for a call.
    pub(crate) fn throttled(&self) {
        self.count(THROTTLED);
    }

    /// Something went to the rejects queue.
    pub(crate) fn rejected(&self) {
        self.count(REJECTED);
    }

    /// Something has to come again.
    pub(crate) fn failed(&self) {
        self.count(FAILED);
    }

    fn count(&self, name: &'static str) {
        counter!(name, "Source" => self.source, "Trigger" => self.trigger.to_owned()).increment(1);
    }
}
