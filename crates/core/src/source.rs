//! What a source's crate gives to the rest: how its events are read and which names they offer.

use serde_json::Value;

use crate::occurrence::{Occurrence, Record};
use crate::on::Kind;
use crate::problem::Problem;

/// A source of events.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The stem of its crate, binary, event files and function: `scheduled`, `sns`, `s3`, `job-state`.
    pub name: &'static str,
    /// The kind of `on` that it serves.
    pub kind: Kind,
    /// The names that it offers to templates beside those that every kind has.
    pub names: &'static [&'static str],
    /// What lies below those names, as far as it is known.
    pub members: &'static [Members],
    /// The names, or members, that an occurrence may be without.
    pub optional: &'static [&'static str],
    /// Turns an event into its occurrences.
    pub read: fn(&Value) -> Reading,
}

/// What lies below a name that templates see.
#[derive(Clone, Copy, Debug)]
pub struct Members {
    /// The name.
    pub of: &'static str,
    /// The members that are known.
    pub known: &'static [&'static str],
    /// Whether there are no others. What AWS sends as it is may have more, now or later.
    pub closed: bool,
}

/// What a reader found in one event.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The records that could be read, one occurrence or more each.
    pub occurrences: Vec<Occurrence>,
    /// The records that could not be read; they never hide the good ones beside them.
    pub unreadable: Vec<Unreadable>,
}

/// A record, or a whole event, that no retry can make readable.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// Which record it is; none where it is the whole event.
    pub record: Option<Record>,
    /// What is wrong with it.
    pub problem: Problem,
}

impl Reading {
    /// The reading of an event that is not this source's at all.
    #[must_use]
    pub fn refused(problem: Problem) -> Self {
        Self { occurrences: Vec::new(), unreadable: vec![Unreadable { record: None, problem }] }
    }

    /// Adds what one record gave.
    pub fn add(&mut self, record: Record, read: Result<Occurrence, Problem>) {
        match read {
            Ok(occurrence) => self.occurrences.push(Occurrence { record, ..occurrence }),
            Err(problem) => self.unreadable.push(Unreadable { record: Some(record), problem }),
        }
    }
}
