//! The commands and their arguments.

mod check;
mod fire;
mod graph;
pub(crate) mod local_batch;
mod render;
mod replay;
mod schema;
mod synth;
mod watch;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser, Subcommand};

pub(crate) use local_batch::pair;

use crate::local;
use crate::project::FILE;

/// Wires events to AWS Batch jobs: one file says which event starts which job.
#[derive(Debug, Parser)]
#[command(
    name = "jobwire",
    version,
    after_help = "Exit codes: 0 done and good; 1 done, and problems were found or a job failed; 2 wrong use."
)]
pub(crate) struct Arguments {
    /// The trigger file.
    #[arg(long, global = true, default_value = FILE, value_name = "PATH")]
    file: PathBuf,
    /// The stage whose vars overlay the file's own.
    #[arg(long, global = true, value_name = "NAME")]
    stage: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the trigger file: every problem, with its line.
    Check(check::Arguments),
    /// Show the job requests that an event leads to, offline.
    Render(render::Arguments),
    /// Draw the triggers: what starts them, their functions, and their jobs.
    Graph(graph::Arguments),
    /// Print the trigger file's JSON Schema, for editors.
    Schema,
    /// Write the deployable template and each function's zip.
    Synth(synth::Arguments),
    /// Run the whole pipeline on this machine, without an AWS account.
    Local(local::Arguments),
    /// Serve the AWS Batch API on loopback, and run its jobs as containers or processes.
    LocalBatch(local_batch::Arguments),
    #[command(hide = true)]
    LocalWatchdog(local_batch::WatchdogArguments),
    /// Send the events of rejects and dead-letter queues to their functions again.
    ///
    /// Takes every shape that such a queue holds: jobwire's own rejects, Lambda's records of failed invocations, a topic's
    /// raw messages, and raw events. What succeeds is deleted from its queue; everything else stays in it. A stack without
    /// the ledger may start a job a second time, where a failed event had started some of its jobs already.
    Replay(replay::Arguments),
    /// Send a trigger's own event by hand, with the key of the real one.
    ///
    /// A tick, object or job that has its job already is answered with that job, by the ledger; one that was missed is caught
    /// up. The event goes to the function as it is deployed, and for this trigger alone.
    Fire(fire::Arguments),
    /// Follow jobs to their end: states, reasons, logs; exits with their outcome.
    ///
    /// On a terminal each job has a line that moves, an array a bar; elsewhere each change is a line. Why a job does not
    /// start is said as far as Batch tells. Nothing is changed: Ctrl-C ends the watching, and the jobs go on.
    Watch(watch::Arguments),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Reads the command line, or ends the process by what is wrong with it.
pub(crate) fn parse() -> Arguments {
    Arguments::try_parse().unwrap_or_else(|error| with_tip(error).exit())
}

/// Says how a trigger file is named, where it stands as an argument that no command takes.
fn with_tip(mut error: clap::Error) -> clap::Error {
    let is_file =
        |text: &String| Path::new(text).extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(file)) = error.get(ContextKind::InvalidArg)
        && is_file(file)
    {
        let tip = format!("the trigger file is named by an option: `--file {file}`").into();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

/// Says that a command was used wrongly, as clap says it, for what only a look at the trigger file shows.
fn wrong_use(command: &str, kind: ErrorKind, misuse: &str) -> Result<ExitCode> {
    let mut arguments = Arguments::command();
    arguments.build();
    let own = arguments.find_subcommand_mut(command).map(|own| own.error(kind, misuse));
    own.map_or(Ok(()), |error| error.print()).context("standard error cannot be written to")?;
    Ok(ExitCode::from(2))
}

/// Runs a command; what it answers is the process's exit code.
pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    let Arguments { file, stage, command } = arguments;
    let stage = stage.as_deref();
    match command {
        Command::Check(arguments) => check::run(&file, stage, &arguments),
        Command::Render(arguments) => render::run(&file, stage, &arguments),
        Command::Graph(arguments) => graph::run(&file, stage, &arguments),
        Command::Schema => schema::run(),
        Command::Synth(arguments) => synth::run(&file, stage, &arguments),
        Command::Local(arguments) => local::run(&file, stage, arguments),
        Command::LocalBatch(arguments) => local_batch::run(arguments),
        Command::LocalWatchdog(arguments) => local_batch::watch(&arguments),
        Command::Replay(arguments) => replay::run(&file, stage, arguments),
        Command::Fire(arguments) => fire::run(&file, stage, &arguments),
        Command::Watch(arguments) => watch::run(&file, stage, arguments),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "jobwire", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}
