//! Running the downloaded script as if it had been the container's command.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitCode, ExitStatus};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::signal::unix::{self, SignalKind, signal};

/// The signals by which a container is asked to end.
pub(crate) struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

impl Signals {
    /// From now on these signals are waited for and do not end the process. Batch sends SIGTERM to a container's first
    /// process, which the kernel would otherwise ignore there.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// The next of them.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::SIGINT,
            _ = self.terminate.recv() => Signal::SIGTERM,
        }
    }
}

/// Runs the file at `path` to its end, hands it every signal, and gives its exit code as a shell would.
pub(crate) async fn run(path: &Path, args: &[OsString], signals: &mut Signals) -> io::Result<ExitCode> {
    let mut child = spawn(path, args)?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(exit_code(status?)),
            signal = signals.next() => forward(signal, &child),
        }
    }
}

/// The exit code of what a signal has ended.
pub(crate) fn ended_by(signal: Signal) -> ExitCode {
    code_of_signal(signal as i32)
}

/// Starts the file itself; where the kernel knows no way to run it, it is a script without `#!`, which POSIX gives to
/// the shell.
fn spawn(path: &Path, args: &[OsString]) -> io::Result<Child> {
    match Command::new(path).args(args).spawn() {
        Err(error) if error.raw_os_error() == Some(Errno::ENOEXEC as i32) => {
            if is_binary(path)? {
                return Err(error);
            }
            Command::new("/bin/sh").arg(path).args(args).spawn()
        }
        started => started,
    }
}

/// Shells take a file for a program of another machine, not for a script, when its first line holds a NUL.
fn is_binary(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(128).read_to_end(&mut start)?;
    Ok(start.iter().take_while(|byte| **byte != b'\n').any(|byte| *byte == 0))
}

fn forward(signal: Signal, child: &Child) {
    // A child that was waited for has no id any more, so no other process can be hit; one that has ended but was not
    // waited for yet cannot be told anything, and its exit is what the next turn of the loop sees.
    if let Some(id) = child.id().and_then(|id| i32::try_from(id).ok()) {
        let _ended = kill(Pid::from_raw(id), signal);
    }
}

fn exit_code(status: ExitStatus) -> ExitCode {
    match (status.code(), status.signal()) {
        (Some(code), _) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        (None, Some(signal)) => code_of_signal(signal),
        (None, None) => ExitCode::FAILURE,
    }
}

fn code_of_signal(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(1))
}
