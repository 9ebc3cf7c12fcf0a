//! `jobwire local`: the whole pipeline on this machine, without an AWS account.

mod batch_files;
mod built;
mod deploy;
mod doubts;
mod down;
mod job_table;
mod last_lines;
mod pasted;
mod process;
mod python;
mod redeploy;
mod send;
mod state;
mod status;
mod steps;
mod up;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use jobwire_core::trigger::Triggers;

pub(crate) use state::State;
pub(crate) use steps::Step;

use crate::project::Project;

/// The Region of the local cloud.
const REGION: &str = "us-east-1";

/// The arguments of `local`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where the local cloud keeps its state: `.jobwire` beside the trigger file, unless said otherwise.
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the local cloud, and deploy the trigger file into it.
    Up(up::Arguments),
    /// Deploy the trigger file as it is now into the local cloud that is up; queues, ledger and jobs stay.
    Deploy,
    /// End the local cloud and everything that it started.
    Down,
    /// Show what runs, and the latest jobs.
    Status(status::Arguments),
    /// Invoke the function that an event is for, as AWS would.
    Send(send::Arguments),
}

/// Runs a command of `local`.
pub(crate) fn run(file: &Path, stage: Option<&str>, arguments: Arguments) -> Result<ExitCode> {
    let folder = state_folder(file, arguments.state)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime does not start")?;
    match arguments.command {
        Command::Up(arguments) => {
            let Ok(project) = Project::read(file, stage)? else { return Ok(ExitCode::FAILURE) };
            project.warn();
            runtime.block_on(up::run(&project, &folder, &arguments))
        }
        Command::Deploy => {
            let Ok(project) = Project::read(file, stage)? else { return Ok(ExitCode::FAILURE) };
            project.warn();
            runtime.block_on(redeploy::run(&project, &folder))
        }
        Command::Down => runtime.block_on(down::run(&folder)),
        Command::Status(arguments) => runtime.block_on(status::run(file, &folder, &arguments)),
        Command::Send(arguments) => {
            let Ok(project) = Project::read(file, stage)? else { return Ok(ExitCode::FAILURE) };
            runtime.block_on(send::run(&project, &folder, &arguments))
        }
    }
}

/// Where the local cloud of a trigger file keeps its state: `.jobwire` beside the file, unless said otherwise.
pub(crate) fn state_folder(file: &Path, said: Option<PathBuf>) -> Result<PathBuf> {
    let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = said.unwrap_or_else(|| beside.join(".jobwire"));
    std::path::absolute(&folder).with_context(|| format!("{} is no path", folder.display()))
}

/// Says so where the local cloud's functions have other triggers than these.
pub(crate) fn warn_of_other_triggers(folder: &Path, triggers: &Triggers) -> Result<()> {
    if !State::of_running(folder)?.has_deployed(triggers) {
        crate::output::say(send::STALE);
    }
    Ok(())
}

/// Waits until a job of the local cloud has ended, and gives its exit code.
pub(crate) async fn wait_for(folder: &Path, job: String) -> Result<ExitCode> {
    send::wait(&State::of_running(folder)?, folder, vec![job]).await
}

/// Comes when the process is asked to end, by SIGTERM, by Ctrl-C, or because its terminal is closed.
pub(crate) async fn ended() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
    match kinds.map(signal) {
        [Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)] => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {}, _ = hangup.recv() => {} }
        }
        // Signals cannot be heard; then the process ends as signals end it by default.
        _ => std::future::pending().await,
    }
}
