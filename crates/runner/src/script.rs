//! Running the downloaded script as if it had been the container's command.

use std::ffi::OsString;
use std::fs::File;
use std::future::poll_fn;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::task::Poll;

use anyhow::{Context, Result, anyhow};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tokio::signal::unix::{self, SignalKind, signal};

/// The signals by which a container is asked to end, and those that scripts give a meaning of their own.
pub(crate) struct Signals {
    forwarded: [(Signal, unix::Signal); 6],
    child: unix::Signal,
}

impl Signals {
    /// From now on these signals are waited for and do not end the process. Batch sends SIGTERM to a container's first
    /// process, which the kernel would otherwise ignore there.
    pub(crate) fn listen() -> io::Result<Self> {
        let heard = |which: Signal| Ok::<_, io::Error>((which, signal(SignalKind::from_raw(which as i32))?));
        Ok(Self {
            forwarded: [
                heard(Signal::SIGTERM)?,
                heard(Signal::SIGINT)?,
                heard(Signal::SIGHUP)?,
                heard(Signal::SIGQUIT)?,
                heard(Signal::SIGUSR1)?,
                heard(Signal::SIGUSR2)?,
            ],
            child: signal(SignalKind::child())?,
        })
    }

    /// The next of them that asks the process to end; what scripts alone give a meaning to does not.
    pub(crate) async fn next_end(&mut self) -> Signal {
        loop {
            let next = forwarded(&mut self.forwarded).await;
            if ![Signal::SIGUSR1, Signal::SIGUSR2].contains(&next) {
                return next;
            }
        }
    }
}

async fn forwarded(signals: &mut [(Signal, unix::Signal); 6]) -> Signal {
    poll_fn(|context| {
        let came =
            signals.iter_mut().find_map(|(which, stream)| stream.poll_recv(context).is_ready().then_some(*which));
        came.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// What is to be run.
pub(crate) struct Script {
    pub(crate) path: PathBuf,
    /// The working directory; this program's own, where there is none.
    pub(crate) dir: Option<PathBuf>,
}

/// Runs the script to its end, hands it every signal, and gives its exit code as a shell would.
pub(crate) async fn run(script: &Script, args: &[OsString], signals: &mut Signals) -> Result<ExitCode> {
    let child = spawn(script, args)?;
    loop {
        if let Some(code) = reap(child)? {
            return Ok(code);
        }
        tokio::select! {
            _ = signals.child.recv() => {}
            signal = forwarded(&mut signals.forwarded) => {
                // A child that has ended meanwhile is not waited for yet, so its id is nobody else's.
                let _ended = kill(child, signal);
            }
        }
    }
}

/// The exit code of what a signal has ended.
pub(crate) fn ended_by(signal: Signal) -> ExitCode {
    code(128 + signal as i32)
}

/// Collects every process that has ended: as the first process of a container this one inherits whatever the script
/// leaves behind, and what nobody collects stays in the table of processes.
fn reap(child: Pid) -> Result<Option<ExitCode>> {
    let mut outcome = None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(id, exit)) if id == child => outcome = Some(code(exit)),
            Ok(WaitStatus::Signaled(id, signal, _)) if id == child => outcome = Some(ended_by(signal)),
            Ok(WaitStatus::StillAlive) => return Ok(outcome),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => return outcome.map(Some).context("the script was waited for by somebody else"),
            Err(error) => return Err(error).context("the script cannot be waited for"),
        }
    }
}

/// Starts the file itself; where the kernel knows no way to run it, it is a script without `#!`, which POSIX gives to
/// the shell.
fn spawn(script: &Script, args: &[OsString]) -> Result<Pid> {
    let command = |program: &Path| {
        let mut command = Command::new(program);
        if let Some(dir) = &script.dir {
            command.current_dir(dir);
        }
        command
    };
    let started = match command(&script.path).args(args).spawn() {
        Err(error) if error.raw_os_error() == Some(Errno::ENOEXEC as i32) => {
            if is_binary(&script.path)? {
                return Err(error).context("it is a program for another kind of machine, or a part of it is missing");
            }
            let shell = Path::new("/bin/sh");
            command(shell)
                .arg(&script.path)
                .args(args)
                .spawn()
                .context("it has no `#!` line, so /bin/sh is to run it, which does not start")?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(match interpreter(&script.path) {
                Some(interpreter) => anyhow!("its interpreter `{interpreter}` is not there"),
                None => anyhow!("what it needs to be loaded is not there: {error}"),
            });
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Err(error).context(
                "it may not be executed: set TMPDIR to a folder whose file system allows that, and look at the \
                 permissions of its interpreter",
            );
        }
        started => started?,
    };
    Ok(Pid::from_raw(i32::try_from(started.id())?))
}

/// What stands behind `#!`.
fn interpreter(path: &Path) -> Option<String> {
    let mut line = Vec::new();
    BufReader::new(File::open(path).ok()?.take(256)).read_until(b'\n', &mut line).ok()?;
    // A line from Windows ends in a carriage return, which the kernel takes for a part of the name.
    let text = String::from_utf8_lossy(line.strip_prefix(b"#!")?.trim_ascii_start()).trim_end_matches('\n').to_owned();
    let word = text.split([' ', '\t']).next().unwrap_or_default();
    Some(word.escape_debug().to_string())
}

/// Shells take a file for a program of another machine, not for a script, when its first line holds a NUL.
fn is_binary(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(128).read_to_end(&mut start)?;
    Ok(start.iter().take_while(|byte| **byte != b'\n').any(|byte| *byte == 0))
}

fn code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
