//! The project's own events and their trigger file, as `events/` holds them.

use std::fs;
use std::path::{Path, PathBuf};

use jobwire_core::plan::{Deployment, Plan, plan};
use jobwire_core::source::Source;
use jobwire_core::trigger::Triggers;
use jobwire_core::trigger_file;
use serde_json::Value;

/// Every source.
pub(crate) const SOURCES: [Source; 4] =
    [jobwire_scheduled::SOURCE, jobwire_sns::SOURCE, jobwire_s3::SOURCE, jobwire_job_state::SOURCE];

/// An event of the folder.
#[derive(Clone, Debug)]
pub(crate) struct EventFile {
    /// The file's name without its `.json`: the source, and the case behind a dot.
    pub(crate) name: String,
    /// The source that the name begins with.
    pub(crate) source: Source,
    /// The event.
    pub(crate) event: Value,
}

/// The folder of the events.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

/// The names of the files in `folder` that end with `extension`, without it, in order of the alphabet.
pub(crate) fn names(folder: &Path, extension: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(extension).map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// Every event of the folder.
pub(crate) fn all() -> Vec<EventFile> {
    let folder = folder();
    let read = |name: String| {
        let text = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        let stem = name.split('.').next().unwrap_or_default();
        let source = SOURCES.into_iter().find(|source| source.name == stem);
        EventFile {
            event: serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}.json is no JSON: {error}")),
            source: source.unwrap_or_else(|| panic!("{name}.json: there is no source `{stem}`")),
            name,
        }
    };
    names(&folder, ".json").into_iter().map(read).collect()
}

/// The text of the folder's trigger file.
pub(crate) fn trigger_text() -> String {
    fs::read_to_string(folder().join("jobwire.yaml")).unwrap()
}

/// The folder's trigger file, checked as `jobwire check` does it.
pub(crate) fn triggers() -> Triggers {
    trigger_file::read(&trigger_text(), None, &SOURCES).unwrap_or_else(|problems| panic!("jobwire.yaml:\n{problems}"))
}

/// What `source`'s function would do about `event`.
pub(crate) fn planned(triggers: &Triggers, source: &Source, event: &Value) -> Plan {
    plan(triggers, &Deployment::default(), event, (source.read)(event))
}
