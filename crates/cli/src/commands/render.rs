//! `jobwire render EVENT.json`: what a function would send to `SubmitJob`, without sending it.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use jobwire_core::names_table::NamesTable;
use jobwire_core::plan::{Deployment, plan};

use crate::event::EventArguments;
use crate::output;
use crate::project::Project;

/// The arguments of `render`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    event: EventArguments,
    /// Print the requests alone, one JSON a line, as `aws batch submit-job --cli-input-json` takes it.
    #[arg(long)]
    request_only: bool,
}

/// Prints `[{"trigger", "key", "request"}]`; rejects are told on standard error, and make the exit code 1.
pub(crate) fn run(file: &Path, stage: Option<&str>, arguments: &Arguments) -> Result<ExitCode> {
    let Ok(project) = Project::read(file, stage)? else { return Ok(ExitCode::FAILURE) };
    let (event, source) = arguments.event.read(&project.triggers)?;
    let offline = Deployment { names: NamesTable::offline(), ..Deployment::default() };
    let plan = plan(&project.triggers, &offline, &event, (source.read)(&event));
    if arguments.request_only {
        for planned in &plan.requests {
            output::result(&serde_json::to_string(&planned.request)?);
        }
    } else {
        output::result(&serde_json::to_string_pretty(&plan.requests)?);
    }
    for reject in &plan.rejects {
        let trigger = reject.trigger.as_deref().map(|trigger| format!(" by trigger {trigger}")).unwrap_or_default();
        for problem in &reject.problems {
            output::say(&format!("rejected{trigger}: {problem}"));
        }
    }
    for (count, what) in
        [(plan.skipped.len(), "skipped: their `when` is false"), (plan.untaken, "not taken by any trigger")]
    {
        if count > 0 {
            output::say(&format!("{count} {what}"));
        }
    }
    Ok(if plan.rejects.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
