//! A job's process group: started, waited for, and ended wholly.

use std::{
    io,
    os::fd::OwnedFd,
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    net::unix::pipe,
    process::{Child, Command},
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::launch::Program;

/// The order to end a running job.
#[derive(Debug, Clone)]
pub(crate) struct StopOrder {
    /// What becomes the job's `statusReason`.
    pub(crate) reason: String,
    /// The time between SIGTERM and SIGKILL.
    pub(crate) grace: Duration,
}

/// A running process and all that it started. Dropping it kills the group, so that no way out of the server leaves
/// jobs behind. A process that makes a session of its own leaves the group and is not followed.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    id: Option<Pid>,
}

impl Group {
    /// Starts the job; standard output and error come from one pipe, in the order in which they were written.
    pub(crate) fn spawn(launch: &Program) -> io::Result<(Self, pipe::Receiver)> {
        let (program, arguments) = launch.argv.split_first().ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "there is neither an entry point nor a command")
        })?;
        let (reader, writer) = io::pipe()?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(&launch.environment)
            .current_dir(&launch.dir)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0);
        let child = command.spawn()?;
        // The command holds the pipe's writing end; only without it does the reading end come to an end.
        drop(command);
        let id = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let group = Self { child, id };
        Ok((group, pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?))
    }

    /// Waits for the job's first process to end, by itself or by order, and ends what it left running, as the end of a
    /// container's first process ends the container.
    pub(crate) async fn wait(mut self, mut stop: watch::Receiver<Option<StopOrder>>) -> io::Result<ExitStatus> {
        let status = tokio::select! {
            status = self.child.wait() => status,
            () = ordered(&mut stop) => self.end(stop).await,
        }?;
        self.signal(Signal::SIGKILL);
        self.id = None;
        Ok(status)
    }

    async fn end(&mut self, mut stop: watch::Receiver<Option<StopOrder>>) -> io::Result<ExitStatus> {
        self.signal(Signal::SIGTERM);
        let begin = Instant::now();
        loop {
            // The server's own end may shorten the grace.
            let grace = stop.borrow_and_update().as_ref().map_or(Duration::ZERO, |order| order.grace);
            tokio::select! {
                status = self.child.wait() => return status,
                () = sleep_until(begin + grace) => {
                    self.signal(Signal::SIGKILL);
                    return self.child.wait().await;
                }
                Ok(()) = stop.changed() => {}
            }
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = self.id {
            // The only fault is that the group is gone already, which is what was wanted.
            let _gone = killpg(id, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

/// The exit code as a container's: 128 and the signal's number for a process that a signal ended.
pub(crate) fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// Comes when the job is to be stopped.
pub(crate) async fn ordered(stop: &mut watch::Receiver<Option<StopOrder>>) {
    if stop.wait_for(Option::is_some).await.is_err() {
        // Whoever could order it is gone, so the order never comes.
        std::future::pending::<()>().await;
    }
}
