//! A program whose processes are measured, from spawn to exit.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use jobwire_tests::binaries;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::measure::Timing;

/// Whether the output is what was expected; the error says what is wrong with it.
pub(crate) type Expectation<'a> = Box<dyn Fn(&Output) -> Result<()> + 'a>;

/// A program with its arguments.
pub(crate) struct Program<'a> {
    /// What tables call it.
    pub(crate) name: &'a str,
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// What it must print.
    pub(crate) expectation: Expectation<'a>,
}

impl Program<'_> {
    /// The program that does nothing: what it takes is what a process costs.
    pub(crate) fn floor() -> Self {
        let expectation = Box::new(|_: &Output| Ok(()));
        Self { name: "/bin/true, the floor", path: "/bin/true".into(), arguments: Vec::new(), expectation }
    }

    /// Runs it once, and looks at what it printed after the time was taken.
    pub(crate) fn run(&self) -> Result<Timing> {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).stdin(Stdio::null());
        let used = used_by_children()?;
        let began = Instant::now();
        let output =
            command.output().with_context(|| format!("{}: {} cannot be started", self.name, self.path.display()))?;
        let wall = began.elapsed();
        // One process runs at a time, so what was added is its own.
        let cpu = used_by_children()?.saturating_sub(used);
        if !output.status.success() {
            bail!("{} ended with {}: {}", self.name, output.status, String::from_utf8_lossy(&output.stderr).trim());
        }
        (self.expectation)(&output).with_context(|| self.name.to_owned())?;
        Ok(Timing { wall, cpu })
    }
}

/// Where the release build of `name` lies: beside the folder of this program's own build.
pub(crate) fn released(name: &str) -> Result<PathBuf> {
    built(&Path::new("release").join(name))
}

/// Where the release build of `name` for images lies, which is linked with its C library.
pub(crate) fn linked_statically(name: &str) -> Result<PathBuf> {
    built(&Path::new(&format!("{}-unknown-linux-gnu/release", std::env::consts::ARCH)).join(name))
}

fn built(path: &Path) -> Result<PathBuf> {
    let folder = binaries::folder()?;
    let path = folder.parent().unwrap_or(&folder).join(path);
    ensure!(path.is_file(), "{} is not built: `make bench` builds it", path.display());
    Ok(path)
}

/// What the ended processes of this one have used of the processors.
pub(crate) fn used_by_children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("the use of the processors cannot be read")?;
    Ok(duration(usage.user_time()) + duration(usage.system_time()))
}

fn duration(time: TimeVal) -> Duration {
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec()).unwrap_or_default());
    seconds + Duration::from_micros(u64::try_from(time.tv_usec()).unwrap_or_default())
}
