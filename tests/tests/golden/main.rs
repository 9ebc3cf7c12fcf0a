//! What becomes of each event in `events/`, by the triggers of `events/jobwire.yaml`: seen once by a person, then kept.
//!
//! After a change that is meant, `INSTA_UPDATE=always cargo test -p jobwire-tests --test golden` writes the snapshots
//! anew, and their diff is what the change does to the users' jobs.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod event_files;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use event_files::{SOURCES, all, folder, names, planned, triggers};
use serde_json::json;

#[test]
fn every_event_leads_to_the_requests_that_were_seen_and_kept() {
    let triggers = triggers();
    let mut settings = insta::Settings::new();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("snapshots");
    let differs = |file: &event_files::EventFile| {
        let reading = (file.source.read)(&file.event);
        let plan = planned(&triggers, &file.source, &file.event);
        let rejects: Vec<_> =
            plan.rejects.iter().map(|reject| json!({"trigger": reject.trigger, "problems": reject.problems})).collect();
        let golden = json!({
            "occurrences": reading.occurrences.len(),
            "requests": plan.requests,
            "skipped": plan.skipped.len(),
            "untaken": plan.untaken,
            "rejects": rejects,
        });
        let compare = || settings.bind(|| insta::assert_json_snapshot!(file.name.as_str(), golden));
        catch_unwind(AssertUnwindSafe(compare)).is_err()
    };
    let different: Vec<String> = all().into_iter().filter(differs).map(|file| file.name).collect();
    assert!(different.is_empty(), "these events lead to something else now: {}", different.join(", "));
}

#[test]
fn every_event_has_a_snapshot_and_every_snapshot_an_event() {
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/snapshots");
    let (events, snapshots) = (names(&folder(), ".json"), names(&snapshots, ".snap"));
    let only_in = |these: &[String], others: &[String]| -> Vec<String> {
        these.iter().filter(|name| !others.contains(name)).cloned().collect()
    };
    assert_eq!(only_in(&events, &snapshots), [""; 0], "events without a snapshot");
    assert_eq!(only_in(&snapshots, &events), [""; 0], "snapshots without an event");
}

#[test]
fn an_event_of_one_source_is_no_occurrence_to_the_others() {
    // A topic that a bucket notifies is a topic all the same, so the reader of messages rightly sees its messages.
    let messages_about_objects = ["s3.through-sns", "s3.through-sns-and-sqs"];
    for file in all() {
        for source in SOURCES.into_iter().filter(|source| source.name != file.source.name) {
            let reading = (source.read)(&file.event);
            if source.name == "sns" && messages_about_objects.contains(&file.name.as_str()) {
                assert_eq!(reading.occurrences.len(), 1, "{} read by {}", file.name, source.name);
                continue;
            }
            assert!(reading.occurrences.is_empty(), "{} read by {}", file.name, source.name);
            assert!(!reading.unreadable.is_empty(), "{} is swallowed by {}", file.name, source.name);
        }
    }
}

#[test]
fn every_trigger_of_the_file_and_every_source_has_an_event_that_shows_it() {
    let triggers = triggers();
    let files = all();
    let started: BTreeSet<String> = files
        .iter()
        .flat_map(|file| planned(&triggers, &file.source, &file.event).requests)
        .map(|planned| planned.trigger)
        .collect();
    let named: BTreeSet<String> = triggers.triggers.iter().map(|trigger| trigger.name.clone()).collect();
    assert_eq!(started, named);
    for source in SOURCES {
        assert!(files.iter().any(|file| file.name == source.name), "{}.json is missing", source.name);
    }
}

#[test]
fn the_readme_of_the_events_names_every_file() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for name in names(&folder(), ".json") {
        assert!(readme.contains(&format!("`{name}.json`")), "events/README.md does not name {name}.json");
    }
}
