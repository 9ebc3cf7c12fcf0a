//! The sources, and which of them an event belongs to.

use anyhow::{Result, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jobwire_core::source::{Reading, Source};
use jobwire_core::trigger::Triggers;
use serde_json::Value;

/// Every source, in the order of the documentation.
pub(crate) const SOURCES: [Source; 4] =
    [jobwire_scheduled::SOURCE, jobwire_sns::SOURCE, jobwire_s3::SOURCE, jobwire_job_state::SOURCE];

/// The source by its name.
pub(crate) fn named(name: &str) -> Option<Source> {
    SOURCES.into_iter().find(|source| source.name == name)
}

/// Reads a source's name from the command line.
pub(crate) fn parser() -> impl TypedValueParser<Value = Source> {
    PossibleValuesParser::new(SOURCES.map(|source| source.name))
        .try_map(|name| named(&name).ok_or("is the name of no source"))
}

/// The source that reads `event`, by the event's shape and the kinds of trigger in the file.
pub(crate) fn of_event(event: &Value, triggers: &Triggers) -> Result<Source> {
    let readings: Vec<(Source, Reading)> = SOURCES.into_iter().map(|source| (source, (source.read)(event))).collect();
    let readable = |reading: &Reading| !reading.occurrences.is_empty() || reading.unreadable.is_empty();
    let mut able: Vec<Source> =
        readings.iter().filter(|(_, reading)| readable(reading)).map(|(source, _)| *source).collect();
    if able.len() > 1 {
        let wanted = |source: &Source| triggers.triggers.iter().any(|trigger| trigger.on.kind() == source.kind);
        let used: Vec<Source> = able.iter().copied().filter(wanted).collect();
        able = if used.is_empty() { able } else { used };
    }
    match able[..] {
        [one] => Ok(one),
        [] => {
            let reasons: Vec<String> = readings
                .iter()
                .filter_map(|(source, reading)| {
                    Some(format!("\n  {}: {}", source.name, reading.unreadable.first()?.problem))
                })
                .collect();
            bail!("no source reads this event{}", reasons.concat())
        }
        _ => bail!(
            "the event's shape fits {}: say which one is meant by --source",
            able.iter().map(|source| source.name).collect::<Vec<_>>().join(" and ")
        ),
    }
}
