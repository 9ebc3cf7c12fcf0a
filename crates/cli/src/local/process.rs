//! Processes that go on when the command has ended, each in a group of its own.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// A process that `up` started. The moment of its start tells it from a later one that got the same number.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Started {
    /// What it is, for people.
    pub(crate) name: String,
    /// Its number, which is its group's too.
    pub(crate) pid: i32,
    start: Option<String>,
    /// Where its output goes.
    pub(crate) log: PathBuf,
}

/// Starts a process in a group of its own, with its output in `log`.
pub(crate) fn start(name: &str, mut command: Command, log: &Path) -> Result<(Started, Child)> {
    let output = File::create(log).with_context(|| format!("{} cannot be written", log.display()))?;
    let errors = output.try_clone().context("the log cannot be shared")?;
    let child = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .with_context(|| format!("{name} does not start: {}", command.get_program().display()))?;
    let pid = i32::try_from(child.id()).context("the process's number is too large")?;
    Ok((Started { name: name.to_owned(), pid, start: start_of(pid), log: log.to_owned() }, child))
}

/// The kernel's word for when a process began, where /proc has it.
fn start_of(pid: i32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold spaces; the start is the 22nd field, the 20th behind the name.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    (*fields.first()? != "Z").then(|| fields.get(19).map(|start| (*start).to_owned()))?
}

impl Started {
    /// Whether it runs, and is the process that was started.
    pub(crate) fn is_alive(&self) -> bool {
        kill(Pid::from_raw(self.pid), None).is_ok() && (self.start.is_none() || start_of(self.pid) == self.start)
    }

    /// Ends it and its group: asked first, and after `grace` not asked any more.
    pub(crate) fn stop(&self, grace: Duration) -> Result<()> {
        if !self.is_alive() {
            return self.kill_group();
        }
        signal_group(self.pid, Signal::SIGTERM)?;
        let until = Instant::now() + grace;
        while self.is_alive() && Instant::now() < until {
            reap(self.pid);
            std::thread::park_timeout(Duration::from_millis(20));
        }
        self.kill_group()
    }

    /// Ends what is left of the group, if its number has not gone to somebody else.
    fn kill_group(&self) -> Result<()> {
        if self.start.is_some() && start_of(self.pid).is_some_and(|start| Some(start) != self.start) {
            return Ok(());
        }
        signal_group(self.pid, Signal::SIGKILL)?;
        reap(self.pid);
        Ok(())
    }

    /// The end of its log, for an error message.
    pub(crate) fn last_words(&self) -> String {
        const LENGTH: i64 = 2000;
        let mut text = Vec::new();
        if let Ok(mut file) = File::open(&self.log) {
            if file.seek(SeekFrom::End(-LENGTH)).is_err() {
                let _ = file.rewind();
            }
            let _ = file.read_to_end(&mut text);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        // What local-batch prints for its callers is no word about an error.
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("AWS_ENDPOINT_URL_BATCH=")).collect();
        lines.join("\n").trim().to_owned()
    }
}

/// Ends the jobs of the Batch at `batch_endpoint` that it left behind, because it was killed itself. They are known by
/// their variables, which Batch sets and no job can change; where there is no /proc none are found.
pub(crate) fn end_jobs(batch_endpoint: &str) {
    let endpoint = format!("AWS_ENDPOINT_URL_BATCH={batch_endpoint}");
    let is_job = |environment: &[u8]| {
        let mut variables = environment.split(|byte| *byte == 0);
        variables.clone().any(|variable| variable == endpoint.as_bytes())
            && variables.any(|variable| variable.starts_with(b"AWS_BATCH_JOB_ID="))
    };
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        if std::fs::read(entry.path().join("environ")).is_ok_and(|environment| is_job(&environment)) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

fn signal_group(pid: i32, signal: Signal) -> Result<()> {
    match killpg(Pid::from_raw(pid), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error).with_context(|| format!("process group {pid} cannot be ended")),
    }
}

/// Takes the end of a child of ours; another's child is its parent's to take.
fn reap(pid: i32) {
    let _ = nix::sys::wait::waitpid(Pid::from_raw(pid), Some(nix::sys::wait::WaitPidFlag::WNOHANG));
}
