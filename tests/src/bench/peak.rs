//! The peak of a program's memory.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::fetcher::Fetcher;
use crate::program::released;
use crate::store::MARK;

/// The bytes of memory that the largest process of one run held at its peak.
pub(crate) fn of(fetcher: &Fetcher<'_>) -> Result<u64> {
    let mut command = Command::new(released("jobwire-bench-host")?);
    command.arg("peak").arg(&fetcher.path).args(&fetcher.arguments);
    command.env_clear().envs(fetcher.environment.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
    let output = command.output().context("the program that measures memory cannot be started")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} ended with {}: {}", fetcher.name, output.status, said.trim());
    let text = String::from_utf8_lossy(&output.stdout);
    let peak = text.strip_prefix(MARK).and_then(|rest| rest.trim_end().parse().ok());
    peak.with_context(|| format!("{} is not what {} prints with its peak", text.trim(), fetcher.name))
}
