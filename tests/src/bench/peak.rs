//! The peak of a program's memory.
//!
//! Linux keeps it per process, for all the children that a process has waited for: so each run gets a process of its own
//! to be waited for in. That is this program again, told by `--peak-of`, while it is small: a process begins with the peak
//! of the one that it was made by, so what has measured for a while would add its own size to a smaller program's.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};

use crate::fetcher::Fetcher;
use crate::print;
use crate::store::MARK;

/// The bytes of memory that the largest process of one run held at its peak.
pub(crate) fn of(fetcher: &Fetcher<'_>) -> Result<u64> {
    // By this name it is still there when a build has put another in its place meanwhile.
    let mut command = Command::new("/proc/self/exe");
    command.arg("--peak-of").arg(&fetcher.path).args(&fetcher.arguments);
    command.env_clear().envs(fetcher.environment.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
    let output = command.output().context("this program cannot be started again")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} ended with {}: {}", fetcher.name, output.status, said.trim());
    let text = String::from_utf8_lossy(&output.stdout);
    let peak = text.strip_prefix(MARK).and_then(|rest| rest.trim_end().parse().ok());
    peak.with_context(|| format!("{} is not what {} prints with its peak", text.trim(), fetcher.name))
}

/// Runs a program with arguments to its end, and prints the peak behind what it printed.
pub(crate) fn tell(command: &[OsString]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no program is named")?;
    let status = Command::new(program).args(arguments).status();
    let status = status.with_context(|| format!("{} cannot be started", program.display()))?;
    ensure!(status.success(), "{} ended with {status}", program.display());
    // Linux counts in KiB.
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).context("the use of memory cannot be read")?.max_rss();
    let own = own_peak()?;
    ensure!(peak > own, "the peak of {} is hidden by the {own} KiB of what measures it", program.display());
    print(&(peak * 1024).to_string());
    Ok(())
}

/// The KiB that this process has held at most since it was this program, which is what its children begin with. Its own
/// usage would not tell: that begins with the peak of the process that it was made by.
fn own_peak() -> Result<i64> {
    let status = std::fs::read_to_string("/proc/self/status").context("/proc/self/status cannot be read")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
    line.and_then(|kib| kib.trim().parse().ok()).context("/proc/self/status tells no peak of memory")
}
