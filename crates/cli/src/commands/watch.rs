//! `jobwire watch`: jobs, followed to their end.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::ArgGroup;
use jobwire_core::trigger::{Submit, Triggers};

use crate::local;
use crate::project::Project;
use crate::watch::{self, Finder, JobRef, Place, Screen, Target, Wish};

/// How long a chain's next job is waited for, in seconds, where nothing else is said: the way from a job's end over an
/// event and a function to the next job takes some seconds on AWS, and less than one on this machine.
const SETTLE: u64 = 30;
const LOCAL_SETTLE: u64 = 5;

/// The arguments of `watch`.
#[derive(Debug, clap::Args)]
#[command(
    group = ArgGroup::new("watched").args(["job", "chain", "queues"]).multiple(true).required(true),
    after_help = "Exit codes: 0 every job succeeded; the job's own exit code where one failed (the first that did), and 1 where it has none; 1 also where a job is not found or AWS cannot be asked; 2 wrong use; 130 ended by Ctrl-C, which leaves the jobs alone."
)]
pub(crate) struct Arguments {
    /// The job: its id, its ARN, its name, or a beginning of its name with `*` behind it.
    #[arg(value_name = "JOB")]
    job: Option<JobRef>,
    /// Every job of the chain with this id, and those that follow from them.
    #[arg(long, value_name = "ID", conflicts_with = "job")]
    chain: Option<String>,
    /// Every job that has not ended in this queue; beside JOB or --chain, where those are looked for. May be repeated.
    #[arg(long = "queue", value_name = "QUEUE")]
    queues: Vec<String>,
    /// How long the next job of a chain is waited for after the last one ended: 30, or 5 in the local cloud. A job
    /// that comes later, from a retry or a buffer, is missed.
    #[arg(long, value_name = "SECONDS", requires = "chain", conflicts_with = "job", value_parser = clap::value_parser!(u64).range(..=86_400))]
    settle: Option<u64>,
    /// Leave the jobs' logs out.
    #[arg(long)]
    no_logs: bool,
    /// How many lines are shown of a log that was begun before; what comes later is shown whole.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    lines: i32,
    /// The local cloud, in the place of your account.
    #[arg(long)]
    local: bool,
    /// Where the local cloud keeps its state: `.jobwire` beside the trigger file, unless said otherwise.
    #[arg(long, value_name = "DIR", requires = "local")]
    state: Option<PathBuf>,
    /// Print an object a line for programs: each change, log line and reason, and the result.
    #[arg(long)]
    json: bool,
}

/// Shows each change until the jobs have ended; exits with their outcome.
pub(crate) fn run(file: &Path, stage: Option<&str>, arguments: Arguments) -> Result<ExitCode> {
    let Arguments { job, chain, mut queues, settle, no_logs, lines, local, state, json } = arguments;
    let settle = Duration::from_secs(settle.unwrap_or(if local { LOCAL_SETTLE } else { SETTLE }));
    let prefixed = job.is_none();
    let region = match &job {
        Some(JobRef::Id { region, .. }) => region.clone(),
        _ => None,
    };
    let is_looked_for = matches!((&job, &chain), (Some(JobRef::Name(_)), _) | (_, Some(_))) && queues.is_empty();
    // On this machine every queue is the trigger file's; elsewhere an account has many others.
    let of_file = if is_looked_for && !local && file.exists() {
        let Ok(project) = Project::read(file, stage)? else { return Ok(ExitCode::FAILURE) };
        Some(queues_of(&project.triggers))
    } else {
        None
    };
    let target = match (job, chain) {
        (Some(job), _) => Target::Job(job),
        (None, Some(id)) => Target::Chain { id, settle },
        (None, None) => Target::Queues,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime does not start")?;
    let code = runtime.block_on(async {
        let place = if local {
            Place::local(&local::state_folder(file, state)?)?
        } else {
            Place::account(region.as_deref()).await?
        };
        if is_looked_for {
            queues = watch::queues(&place, of_file).await?;
        }
        let screen = Screen::new(json, prefixed);
        watch::run(place, Finder::new(target, queues), screen, Wish { logs: !no_logs, lines }).await
    })?;
    Ok(ExitCode::from(code))
}

/// The queues that the triggers name.
fn queues_of(triggers: &Triggers) -> Vec<String> {
    let mut queues = BTreeSet::new();
    for trigger in &triggers.triggers {
        if let Submit::Fields(fields) = &trigger.submit {
            queues.extend(fields.get("jobQueue").and_then(|queue| queue.as_str()).map(str::to_owned));
        }
        queues.extend(trigger.allow.iter().flat_map(|allow| allow.queues.iter().cloned()));
    }
    // A queue that is chosen by a template stands in `allow` with the names that it may become.
    queues.into_iter().filter(|queue| !queue.contains("{{")).collect()
}
