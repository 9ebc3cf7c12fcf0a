//! `jobwire schema`: the trigger file's JSON Schema.

use std::process::ExitCode;

use anyhow::Result;

use crate::output;

/// Prints the schema.
pub(crate) fn run() -> Result<ExitCode> {
    output::result(&serde_json::to_string_pretty(&jobwire_core::trigger_file::schema())?);
    Ok(ExitCode::SUCCESS)
}
