//! `jobwire local send EVENT.json`

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_sdk_batch::types::{JobDetail, JobStatus};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LogType;
use jobwire_core::on::Kind;
use serde_json::Value;

use super::last_lines::last_lines;
use super::state::State;
use super::steps::Step;
use crate::event::EventArguments;
use crate::project::Project;
use crate::watch::plain;
use crate::{output, synth};

/// The arguments of `local send`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    event: EventArguments,
    /// Wait for the jobs, and exit with the first exit code of theirs that is not 0; without any job with 1.
    #[arg(long)]
    wait: bool,
}

/// What is said where the trigger file and the functions differ.
pub(super) const STALE: &str =
    "the trigger file has changed since it was deployed: `jobwire local deploy` puts it into the local cloud";

/// How much of a failed job's log is shown: its error stands at the end as a rule.
const LAST_LINES: usize = 5;

/// Prints the function's answer.
pub(crate) async fn run(project: &Project, folder: &Path, arguments: &Arguments) -> Result<ExitCode> {
    let (event, source) = arguments.event.read(&project.triggers)?;
    let state = State::of_running(folder)?;
    if !state.has_deployed(&project.triggers) {
        output::say(STALE);
    }
    let Some(function) = state.outputs.get(synth::function_output(source.kind)) else {
        bail!(
            "the {} function is not deployed, because no trigger needs it; after a change of the trigger file: `jobwire local deploy`",
            source.name
        );
    };
    let answer = state
        .cloud()
        .lambda()
        .invoke()
        .function_name(function)
        .log_type(LogType::Tail)
        .payload(Blob::new(serde_json::to_vec(&event)?))
        .send()
        .await
        .with_context(|| format!("the {} function cannot be invoked", source.name))?;
    let payload = answer.payload().map(|payload| payload.as_ref().to_vec()).unwrap_or_default();
    let value: Value =
        serde_json::from_slice(&payload).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&payload)));
    output::result(&serde_json::to_string_pretty(&value)?);
    let log = answer.log_result().and_then(|log| aws_smithy_types::base64::decode(log).ok()).unwrap_or_default();
    let warnings = warnings(&String::from_utf8_lossy(&log));
    if let Some(kind) = answer.function_error() {
        let named = value["errorType"].as_str().unwrap_or(kind);
        output::say(&format!("the {} function failed ({named}){warnings}", source.name));
        return Ok(ExitCode::FAILURE);
    }
    let submitted = value["submitted"].as_array().into_iter().flatten();
    let jobs: Vec<String> = submitted.filter_map(|job| Some(job["jobId"].as_str()?.to_owned())).collect();
    let known = value["submitted"].as_array().into_iter().flatten().filter(|job| job["outcome"] == "duplicate").count();
    if known > 0 {
        output::say(&format!(
            "{known} of these occurrences had their job already: an event that is sent twice starts one job; {} makes it another one",
            other_occurrence(source.kind)
        ));
    }
    let rejected = value["rejected"].as_u64().unwrap_or_default();
    if rejected > 0 {
        output::say(&format!("{rejected} sent to the rejects queue{warnings}"));
    }
    let skipped = value["skipped"].as_u64().unwrap_or_default();
    if jobs.is_empty() && rejected == 0 && skipped > 0 {
        output::say("no job was started: the `when` is false; see `jobwire render`");
    } else if jobs.is_empty() && rejected == 0 {
        output::say("no job was started: no trigger takes this event; see `jobwire render`");
        let own = state.outputs.iter().filter(|(name, _)| name.ends_with("Topic") || name.starts_with("Bucket"));
        let own: Vec<&str> = own.map(|(_, value)| value.as_str()).collect();
        if source.kind == Kind::Schedule {
            output::say(
                "a schedule's own event is matched by its rule; send the envelope: {\"jobwire\": {\"trigger\", \"rule\", \"time\"}, \"event\"}",
            );
        } else if !own.is_empty() {
            output::say(&format!("an event must name the local topic or bucket: {}", own.join(", ")));
        }
    }
    if arguments.wait && !jobs.is_empty() {
        return wait(&state, folder, jobs).await;
    }
    Ok(if rejected > 0 || arguments.wait { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What makes an event of this kind another occurrence.
fn other_occurrence(kind: Kind) -> &'static str {
    match kind {
        Kind::Schedule => "another `time`",
        Kind::Topic => "another `MessageId`",
        Kind::Bucket => "another `versionId` or `sequencer`",
        Kind::Job => "another `jobId`",
    }
}

/// Waits until the jobs have ended, says how, and gives the first exit code of theirs that is not 0.
pub(super) async fn wait(state: &State, folder: &Path, jobs: Vec<String>) -> Result<ExitCode> {
    let step = Step::begin("waiting for the jobs");
    let client = state.batch();
    let mut pause = tokio::time::interval(Duration::from_millis(100));
    let ended = loop {
        pause.tick().await;
        let answer =
            client.describe_jobs().set_jobs(Some(jobs.clone())).send().await.context("the jobs cannot be described")?;
        let details = answer.jobs.unwrap_or_default();
        if details.len() < jobs.len() {
            bail!("Batch does not know a job that the function started");
        }
        if details.iter().all(has_ended) {
            break details;
        }
    };
    step.done();
    let mut code = 0;
    for job in &ended {
        let exit = job.container().and_then(aws_sdk_batch::types::ContainerDetail::exit_code);
        let status = job.status().map_or("", JobStatus::as_str);
        let exit_text = exit.map(|exit| format!(", exit code {exit}")).unwrap_or_default();
        output::say(&format!("{} {status}{exit_text}", job.job_name().unwrap_or_default()));
        if job.status() == Some(&JobStatus::Failed) {
            let reason =
                job.container().and_then(aws_sdk_batch::types::ContainerDetail::reason).or(job.status_reason());
            let log = folder.join("jobs").join(job.job_id().unwrap_or_default()).join("log");
            let reason = plain(reason.unwrap_or("no reason is given"));
            output::say(&format!("  {reason}\n  its log: {}", log.display()));
            for line in last_lines(&log, LAST_LINES) {
                output::say(&format!("    {line}"));
            }
        }
        if code == 0 && job.status() == Some(&JobStatus::Failed) {
            code = exit.and_then(|exit| u8::try_from(exit).ok()).filter(|exit| *exit != 0).unwrap_or(1);
        }
    }
    Ok(ExitCode::from(code))
}

fn has_ended(job: &JobDetail) -> bool {
    matches!(job.status(), Some(JobStatus::Succeeded | JobStatus::Failed))
}

/// What the function's log says above the level of information, a line each.
fn warnings(log: &str) -> String {
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|entry| entry["level"] == "WARN" || entry["level"] == "ERROR")
        .filter_map(|entry| Some(format!("\n  {}", entry["problems"].as_str().or(entry["message"].as_str())?)))
        .collect()
}
