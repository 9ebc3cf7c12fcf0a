//! `jobwire replay`: what would be submitted, or what was, a row for each job.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::ArgGroup;
use clap::error::ErrorKind;
use jobwire_core::source::Source;

use super::wrong_use;
use crate::project::Project;
use crate::replay::{self, Done, Place, QueueName, Row, Wish};
use crate::{local, output, sources};

/// The arguments of `replay`.
#[derive(Debug, clap::Args)]
#[command(
    group = ArgGroup::new("place").args(["stack", "local", "function"]).multiple(true).required(true),
    after_help = "Exit codes: 0 every message is replayed, or could be; 1 a message stays, or could not be replayed; 2 wrong use."
)]
pub(crate) struct Arguments {
    /// The queues: rejects, or scheduled, sns, s3 or job-state for a function's on-failure queue, or a queue's URL. All
    /// that the stack has, unless said otherwise.
    #[arg(value_name = "QUEUE")]
    queues: Vec<QueueName>,
    /// The functions' stack in your AWS account, which your usual AWS configuration leads to.
    #[arg(long, value_name = "NAME", conflicts_with = "local")]
    stack: Option<String>,
    /// The local cloud, in the place of a stack.
    #[arg(long)]
    local: bool,
    /// Where the local cloud keeps its state: `.jobwire` beside the trigger file, unless said otherwise.
    #[arg(long, value_name = "DIR", requires = "local")]
    state: Option<PathBuf>,
    /// The function that the events are for, with queues by their URLs.
    #[arg(long, value_name = "NAME", conflicts_with = "stack")]
    function: Option<String>,
    /// The source, where neither message nor queue says it and the event's shape fits several.
    #[arg(long, value_parser = sources::parser())]
    source: Option<Source>,
    /// Show what would be submitted by the trigger file; send nothing and delete nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print JSON, for programs; with --dry-run it holds the requests.
    #[arg(long)]
    json: bool,
    /// Stop after so many messages.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max: Option<u32>,
}

/// Prints a row for each job, false `when` and problem; exit code 1 where a message stays, or could not be replayed.
pub(crate) fn run(file: &Path, stage: Option<&str>, arguments: Arguments) -> Result<ExitCode> {
    if let Some(misuse) = arguments.misuse() {
        return wrong_use("replay", ErrorKind::ArgumentConflict, misuse);
    }
    let Arguments { queues, stack, state, function, source, dry_run, json, max, .. } = arguments;
    // What is sent is decided by the functions as they are deployed, so the trigger file is read to show it alone.
    let only_show = if dry_run {
        let Ok(project) = Project::read(file, stage)? else { return Ok(ExitCode::FAILURE) };
        Some(project.triggers)
    } else {
        None
    };
    let wish = Wish { only_show, source, max: max.and_then(|max| usize::try_from(max).ok()) };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime does not start")?;
    let done = runtime.block_on(async {
        let place = match (&stack, &function) {
            (Some(stack), _) => Place::stack(stack, &queues).await?,
            (None, Some(function)) if !arguments.local => Place::function(function, &queues).await?,
            _ => {
                let folder = local::state_folder(file, state)?;
                if let Some(triggers) = &wish.only_show {
                    local::warn_of_other_triggers(&folder, triggers)?;
                }
                Place::local(&folder, &queues, function.as_deref())?
            }
        };
        anyhow::Ok(replay::run(&place, &wish).await)
    })?;
    let Done { rows, outcome } = done;
    // What was done before an error is told all the same.
    if outcome.is_ok() || !rows.is_empty() {
        show(&rows, json, dry_run)?;
    }
    outcome?;
    let all = rows.iter().all(|row| is_done(row, dry_run));
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    /// What clap cannot see: a URL says nothing about its function, and a name everything.
    fn misuse(&self) -> Option<&'static str> {
        let urls = self.queues.iter().filter(|queue| matches!(queue, QueueName::Url(_))).count();
        match &self.function {
            None if urls > 0 => Some("a queue's URL needs --function NAME, the function that its events are for"),
            Some(_) if urls == 0 || urls < self.queues.len() => {
                Some("--function goes with queues by their URLs; the stack's own queues know their functions")
            }
            _ => None,
        }
    }
}

fn is_done(row: &Row, dry_run: bool) -> bool {
    row.finding.outcome.is_good() && (dry_run || row.deleted)
}

fn show(rows: &[Row], json: bool, dry_run: bool) -> Result<()> {
    if json {
        output::result(&serde_json::to_string_pretty(rows)?);
    } else if !rows.is_empty() {
        output::result(&replay::table(rows).to_string());
        words(rows, dry_run);
    }
    let (mut all, mut left) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        let message = (&row.message.queue, &row.message.id);
        all.insert(message);
        if !is_done(row, dry_run) {
            left.insert(message);
        }
    }
    let good = all.len() - left.len();
    output::say(&match (all.len(), dry_run) {
        (0, _) => "nothing to replay".to_owned(),
        (_, true) => format!("{good} can be replayed, {} cannot; nothing was sent, nothing was deleted", left.len()),
        (_, false) => format!("{good} replayed and deleted, {} left in the queues", left.len()),
    });
    Ok(())
}

/// Says why messages are in their queues, as far as that is news, and why they stay there.
fn words(rows: &[Row], dry_run: bool) {
    let mut told = None;
    for row in rows {
        let Row { message, finding, .. } = row;
        if let Some(reason) = message.reason.as_ref().filter(|_| dry_run || !is_done(row, dry_run))
            && told.replace(&message.id) != Some(&message.id)
        {
            output::say(&format!("{} {}: came here by: {reason}", message.queue, message.id));
        }
        if let Some(error) = &finding.error {
            output::say(&format!("{} {}: {}: {error}", message.queue, message.id, finding.outcome));
        }
    }
}
