//! Any bytes for every parser of Jobwire, and what must hold of them all the same.
//!
//! Each module has one function that takes a fuzzer's bytes and panics where a promise is broken; the fuzz targets only
//! hand their bytes over. `make fuzz` runs them.
#![expect(clippy::missing_panics_doc, reason = "a panic is how a fuzzer is told that a promise is broken")]

pub mod compiled_file;
pub mod event;
mod every_kind;
pub mod json_change;
pub mod schedule;
mod secrecy;
pub mod template;
pub mod trigger_file;
mod written;

use jobwire_core::source::Source;

/// Every source.
pub(crate) const SOURCES: [Source; 4] =
    [jobwire_scheduled::SOURCE, jobwire_sns::SOURCE, jobwire_s3::SOURCE, jobwire_job_state::SOURCE];
