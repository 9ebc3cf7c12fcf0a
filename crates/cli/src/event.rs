//! The event that a command is given, and the source that reads it.

use std::io::Read as _;

use anyhow::{Context as _, Result, bail};
use jobwire_core::source::Source;
use jobwire_core::trigger::Triggers;
use serde_json::Value;

use crate::sources;

/// The arguments of the commands that take an event.
#[derive(Debug, clap::Args)]
pub(crate) struct EventArguments {
    /// The event's JSON, or `-` for standard input.
    event: String,
    /// The source, where the event's shape fits several.
    #[arg(long, value_parser = sources::parser())]
    source: Option<Source>,
}

impl EventArguments {
    /// Reads the event, and finds the source that it is for.
    pub(crate) fn read(&self, triggers: &Triggers) -> Result<(Value, Source)> {
        let event = event(&self.event)?;
        let source = match self.source {
            Some(source) => source,
            None => sources::of_event(&event, triggers)?,
        };
        Ok((event, source))
    }
}

/// Reads an event from a file, or from standard input where `name` is `-`.
fn event(name: &str) -> Result<Value> {
    let mut bytes = Vec::new();
    if name == "-" {
        std::io::stdin().read_to_end(&mut bytes).context("standard input cannot be read")?;
    } else {
        bytes = std::fs::read(name).with_context(|| format!("{name} cannot be read"))?;
    }
    let name = if name == "-" { "standard input" } else { name };
    if let Err(error) = std::str::from_utf8(&bytes) {
        bail!("{name}: byte {} is no UTF-8: an event is JSON in UTF-8", error.valid_up_to() + 1);
    }
    // Editors put a byte order mark before JSON; Lambda never does.
    let json = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    if json.iter().all(u8::is_ascii_whitespace) {
        bail!("{name} is empty: an event is a JSON document");
    }
    serde_json::from_slice(json)
        .map_err(|error| anyhow::anyhow!("{name}:{}:{}: is no JSON: {error}", error.line(), error.column()))
}
