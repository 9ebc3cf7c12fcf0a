//! Trigger files: any text is taken or refused, and what is taken comes back from its compiled form as it went in.

use std::sync::LazyLock;

use jobwire_core::trigger::Triggers;
use jobwire_core::trigger_file::{Checked, check};
use jobwire_core::validate::validate;
use jobwire_core::warnings::warnings;
use libfuzzer_sys::Corpus;
use serde_json::Value;

use crate::SOURCES;
use crate::every_kind::planned;

/// An event of each source, in the order of [`SOURCES`], for the triggers to meet.
static EVENTS: LazyLock<[Value; 4]> = LazyLock::new(|| {
    [
        include_str!("../../../events/scheduled.json"),
        include_str!("../../../events/sns.json"),
        include_str!("../../../events/s3.json"),
        include_str!("../../../events/job-state.failed.json"),
    ]
    .map(|text| serde_json::from_str(text).unwrap_or_else(|error| panic!("an event is no JSON: {error}")))
});

/// Reads any text as a trigger file.
#[must_use]
pub fn any(bytes: &[u8]) -> Corpus {
    let Ok(text) = str::from_utf8(bytes) else { return Corpus::Reject };
    // A stage that the file does not have is a problem of the file, and nothing new to look at.
    let stages = [None, Some("prod")];
    for stage in stages.into_iter().filter(|stage| stage.is_none_or(|stage| text.contains(stage))) {
        let Checked { triggers, errors } = check(text, stage, &SOURCES);
        let warnings = warnings(&triggers, &SOURCES);
        for problem in errors.iter().chain(&warnings) {
            assert!(!problem.message.is_empty(), "a problem without words at {}", problem.path);
        }
        if errors.is_empty() {
            comes_back(&triggers);
            meets_events(&triggers);
        }
    }
    Corpus::Keep
}

/// Checks that the compiled form of `triggers` gives them back.
pub(crate) fn comes_back(triggers: &Triggers) {
    assert_eq!(Triggers::from_json(&triggers.to_json()).as_ref(), Ok(triggers), "the compiled form");
}

/// Checks that triggers that were taken plan valid requests alone.
pub(crate) fn meets_events(triggers: &Triggers) {
    for (source, event) in SOURCES.iter().zip(&*EVENTS) {
        for planned in planned(triggers, source, event).requests {
            let trigger = triggers.triggers.iter().find(|one| one.name == planned.trigger);
            let platform = trigger.map(|trigger| trigger.platform).unwrap_or_default();
            assert_eq!(validate(&planned.request, platform), [], "trigger {}", planned.trigger);
        }
    }
}
