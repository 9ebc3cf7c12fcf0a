//! The triggers that every fuzzed event meets.

use std::sync::LazyLock;

use jobwire_core::names_table::NamesTable;
use jobwire_core::plan::{Deployment, Plan, plan};
use jobwire_core::source::Source;
use jobwire_core::trigger::Triggers;
use jobwire_core::trigger_file;
use serde_json::Value;

use crate::SOURCES;

/// The text of the triggers' file.
pub(crate) const TEXT: &str = include_str!("every_kind.yaml");

/// The triggers.
pub(crate) static TRIGGERS: LazyLock<Triggers> =
    LazyLock::new(|| trigger_file::read(TEXT, None, &SOURCES).unwrap_or_else(|problems| panic!("{problems}")));

/// What the function of `source` would do about `event`. Names are compared loosely, so that more events find a trigger.
pub(crate) fn planned(triggers: &Triggers, source: &Source, event: &Value) -> Plan {
    let deployment = Deployment { names: NamesTable::offline(), ..Deployment::default() };
    plan(triggers, &deployment, event, (source.read)(event))
}
