//! The pure half of Jobwire: from an event to complete, validated job requests.
//!
//! ```text
//! event ─read─► occurrences ─match─► (trigger, occurrence) ─render─► job request ─validate─► plan
//! ```
//!
//! Nothing here reads a clock, a network, the environment or a file: the functions, `jobwire render` and the tests
//! call the same code with the same outcome. Each source's own reader lives in that source's crate.

pub mod arn;
pub mod calendar;
mod carry;
pub mod chain;
mod check;
#[cfg(feature = "yaml")]
pub mod cycles;
mod digits;
#[cfg(feature = "zones")]
pub mod due;
#[cfg(feature = "filter-policy")]
pub mod filter_policy;
mod filters;
pub mod job_name;
pub mod key;
pub mod limits;
pub mod names_table;
pub mod nearest;
#[cfg(feature = "zones")]
pub mod never;
pub mod occurrence;
pub mod on;
pub mod part;
#[cfg(feature = "yaml")]
pub mod place;
pub mod plan;
pub mod platform;
pub mod problem;
pub mod render;
pub mod replay;
pub mod request;
pub mod schedule;
mod seal;
pub mod shape;
pub mod source;
pub mod template;
pub mod time;
pub mod trigger;
#[cfg(feature = "yaml")]
pub mod trigger_file;
pub mod validate;
mod walk;
#[cfg(feature = "yaml")]
pub mod warnings;
pub mod words;
#[cfg(feature = "yaml")]
pub mod yaml;
