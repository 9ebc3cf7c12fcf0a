//! Events: whatever they hold, only what the trigger file says is planned.

use jobwire_core::plan::Planned;
use jobwire_core::source::Source;
use jobwire_core::trigger::{Submit, Trigger};
use jobwire_core::validate::validate;
use libfuzzer_sys::Corpus;
use serde_json::{Value, to_value};

use crate::every_kind::{TRIGGERS, planned};
use crate::secrecy::keeps_values;
use crate::written::{is_allowed, stands_as_written};

/// Reads any JSON as an event of `source`, and plans it.
///
/// Text that is no JSON never reaches a reader, so it is not worth keeping.
#[must_use]
pub fn any(source: &Source, bytes: &[u8]) -> Corpus {
    let Ok(event) = serde_json::from_slice::<Value>(bytes) else { return Corpus::Reject };
    loses_no_record(source, &event);
    let plan = planned(&TRIGGERS, source, &event);
    for planned in &plan.requests {
        is_what_the_file_says(planned);
    }
    keeps_values(&event, &plan.rejects);
    Corpus::Keep
}

/// A record is either read or refused, and never passed over.
fn loses_no_record(source: &Source, event: &Value) {
    let records = match source.name {
        // One record may hold any number of objects there, in its envelopes.
        "s3" => return,
        "sns" => event["Records"].as_array().map_or(1, Vec::len),
        _ => 1,
    };
    let reading = (source.read)(event);
    assert_eq!(reading.occurrences.len() + reading.unreadable.len(), records, "records that were read or refused");
}

fn is_what_the_file_says(planned: &Planned) {
    let Planned { trigger, request, .. } = planned;
    let trigger: &Trigger = TRIGGERS
        .triggers
        .iter()
        .find(|one| one.name == *trigger)
        .unwrap_or_else(|| panic!("the file has no trigger {trigger}"));
    assert_eq!(validate(request, trigger.platform), [], "trigger {}", trigger.name);
    let allow = trigger.allow.clone().unwrap_or_default();
    match &trigger.submit {
        Submit::Fields(fields) => {
            let sent = to_value(request).unwrap_or_default();
            stands_as_written(fields, &allow, &sent);
        }
        Submit::FromEvent => {
            assert!(allow.queues.contains(&request.job_queue), "a queue that is not allowed");
            assert!(is_allowed(&allow.definitions, &request.job_definition), "a definition that is not allowed");
        }
    }
}
