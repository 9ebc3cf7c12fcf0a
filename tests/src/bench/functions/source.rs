//! The events of each source: the project's own examples, each of which tells of another occurrence than the one before.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use jobwire_tests::binaries;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A source, and what its event starts by `events/jobwire.yaml`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    /// Its name, and that of its event's file.
    pub(crate) name: &'static str,
    /// The definition of the job that starts.
    pub(crate) definition: &'static str,
    /// Where its event says which occurrence it tells of.
    occurrence: &'static str,
    /// What stands there in the event of this number.
    identity: fn(u32) -> Result<String>,
}

/// Every source, in the order of the documentation.
pub(crate) const SOURCES: [Source; 4] = [
    Source { name: "scheduled", definition: "feedstream", occurrence: "/time", identity: minute },
    Source {
        name: "sns",
        definition: "FeedConsumer",
        occurrence: "/Records/0/Sns/MessageId",
        identity: |number| Ok(format!("{number:08x}-c962-4420-ab8c-d7253757c61b")),
    },
    Source {
        name: "s3",
        definition: "FeedImport",
        occurrence: "/Records/0/s3/object/sequencer",
        identity: |number| Ok(format!("{number:018X}")),
    },
    Source {
        name: "job-state",
        definition: "OfferPublisher",
        occurrence: "/detail/jobId",
        identity: |number| Ok(format!("{number:08x}-aafe-4839-b859-b4656c8ce4d6")),
    },
];

/// The one that peers are written for.
pub(crate) const SNS: Source = SOURCES[1];

impl Source {
    /// Writes so many events, one a line. A function with a ledger would know an event that comes again.
    pub(crate) fn write_events(&self, folder: &Path, count: usize) -> Result<PathBuf> {
        let example = binaries::root().join("events").join(format!("{}.json", self.name));
        let text =
            std::fs::read_to_string(&example).with_context(|| format!("{} cannot be read", example.display()))?;
        let mut event: Value =
            serde_json::from_str(&text).with_context(|| format!("{} is no JSON", example.display()))?;
        let mut lines = String::new();
        for number in (1..).take(count) {
            let place = event.pointer_mut(self.occurrence);
            let place = place.with_context(|| format!("{} has no {}", example.display(), self.occurrence))?;
            *place = (self.identity)(number)?.into();
            writeln!(lines, "{event}")?;
        }
        let path = folder.join(format!("{}.jsonl", self.name));
        std::fs::write(&path, lines).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(path)
    }
}

/// The time of a schedule that fires every minute.
fn minute(number: u32) -> Result<String> {
    Ok(OffsetDateTime::from_unix_timestamp(1_795_240_800 + 60 * i64::from(number))?.format(&Rfc3339)?)
}
