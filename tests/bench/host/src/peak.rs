//! Runs a program with arguments to its end, and prints the peak of its memory, in bytes, behind what it printed.
//!
//! Linux keeps that peak per process, for all the children that a process has waited for: so each run gets a process of its
//! own to be waited for in. And a process begins with the peak of the one that it was made by: so this one is small.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};

fn main() -> ExitCode {
    let command: Vec<OsString> = std::env::args_os().skip(1).collect();
    match tell(&command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "what is wrong is told to people")]
fn say(text: &str) {
    eprintln!("{text}");
}

fn tell(command: &[OsString]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no program is named")?;
    let status = Command::new(program).args(arguments).status();
    let status = status.with_context(|| format!("{} cannot be started", program.display()))?;
    ensure!(status.success(), "{} ended with {status}", program.display());
    // Linux counts in KiB.
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).context("the use of memory cannot be read")?.max_rss();
    let own = own_peak()?;
    ensure!(peak > own, "the peak of {} is hidden by the {own} KiB of what measures it", program.display());
    writeln!(std::io::stdout(), "{}", peak * 1024).context("the peak cannot be written")
}

/// The KiB that this process has held at most since it was this program, which is what its children begin with. Its own
/// usage would not tell: that begins with the peak of the process that it was made by.
fn own_peak() -> Result<i64> {
    let status = std::fs::read_to_string("/proc/self/status").context("/proc/self/status cannot be read")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
    line.and_then(|kib| kib.trim().parse().ok()).context("/proc/self/status tells no peak of memory")
}
