//! Runs a program with arguments to its end, and prints the peak of its memory, in bytes, behind what it printed.
//!
//! Linux keeps that peak per process, for all the children that a process has waited for: so each run gets a process of its
//! own to be waited for in. And a process begins with the peak of the one that it was made by: so this program, which is small,
//! does it.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};

/// Runs it, and prints.
pub(crate) fn tell(program: &OsStr, arguments: &[OsString]) -> Result<()> {
    let status = Command::new(program).args(arguments).status();
    let status = status.with_context(|| format!("{} cannot be started", program.display()))?;
    ensure!(status.success(), "{} ended with {status}", program.display());
    // Linux counts in KiB.
    let kib = getrusage(UsageWho::RUSAGE_CHILDREN).context("the use of memory cannot be read")?.max_rss();
    let peak = u64::try_from(kib)? * 1024;
    // This process's own peak is what its children begin with.
    let own = of("self")?;
    ensure!(peak > own, "the peak of {} is hidden by the {own} bytes of what measures it", program.display());
    writeln!(std::io::stdout(), "{peak}").context("the peak cannot be written")
}

/// The bytes of memory that a process of this name in /proc has held at most since it became its program. A process's own
/// usage would not tell: that begins with the peak of the process that it was made by.
pub(crate) fn of(process: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    let status = status.with_context(|| format!("the memory of process {process} cannot be read"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
    let kib: u64 = line.and_then(|kib| kib.trim().parse().ok()).context("the peak of its memory is not known")?;
    Ok(kib * 1024)
}
