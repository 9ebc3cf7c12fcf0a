//! `jobwire local status`

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use aws_sdk_batch::types::{JobSummary, KeyValuesPair};
use aws_sdk_sqs::types::QueueAttributeName;
use comfy_table::{Table, presets};
use serde_json::{Value, json};

use super::job_table::job_table;
use super::pasted;
use super::process::Started;
use super::state::State;
use crate::output;
use crate::synth::{self, FUNCTIONS, REJECTS_QUEUE_OUTPUT};

/// The arguments of `local status`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// Shows the parts and the jobs; exit code 1 where a part has ended, or nothing is up.
pub(crate) async fn run(file: &Path, folder: &Path, arguments: &Arguments) -> Result<ExitCode> {
    let Some(state) = State::read(folder)? else {
        if arguments.json {
            output::result(&json!({"up": false}).to_string());
        } else {
            output::say(&format!("{}, or start one by `jobwire local up`", State::none(folder)));
        }
        return Ok(ExitCode::FAILURE);
    };
    let up = state.processes.iter().all(Started::is_alive);
    let jobs = if up { jobs(&state).await? } else { Vec::new() };
    let queues = if up { queues(&state).await? } else { Vec::new() };
    if arguments.json {
        let parts: Vec<Value> = state
            .processes
            .iter()
            .map(|part| json!({"name": part.name, "pid": part.pid, "alive": part.is_alive(), "log": part.log}))
            .collect();
        let jobs: Vec<Value> = jobs.iter().map(|job| json!({"jobId": job.job_id(), "jobName": job.job_name(), "status": job.status().map(aws_sdk_batch::types::JobStatus::as_str), "exitCode": exit_code(job)})).collect();
        let all = json!({"up": up, "endpoint": state.endpoint, "batchEndpoint": state.batch_endpoint, "services": state.services, "stack": state.stack, "outputs": state.outputs, "parts": parts, "queues": queues.iter().map(|(name, url, count)| json!({"name": name, "url": url, "messages": count})).collect::<Vec<_>>(), "jobs": jobs});
        output::result(&serde_json::to_string_pretty(&all)?);
    } else {
        let mut table = table(["part", "process", "state", "endpoint"]);
        for part in &state.processes {
            let endpoint = match part.name.as_str() {
                "local-batch" => &state.batch_endpoint,
                name => state.services.get(name).unwrap_or(&state.endpoint),
            };
            let alive = if part.is_alive() { "up" } else { "ended" };
            table.add_row([part.name.clone(), part.pid.to_string(), alive.to_owned(), endpoint.clone()]);
        }
        output::result(&table.to_string());
        if up {
            output::result("");
            show_queues(&queues, file, folder);
        }
        let none = if up {
            "no jobs yet"
        } else {
            "the jobs are not known, because a part has ended: `jobwire local down` and `up` begin anew"
        };
        output::result("");
        output::result(&if jobs.is_empty() { none.to_owned() } else { job_table(&jobs, width()) });
    }
    Ok(if up { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many events each queue holds that started nothing, by the names that `replay` takes, and how to see them.
fn show_queues(queues: &[(String, String, u64)], file: &Path, folder: &Path) {
    let mut table = table(["queue", "events that started nothing"]);
    for (name, _, count) in queues {
        table.add_row([name.clone(), count.to_string()]);
    }
    output::result(&table.to_string());
    if queues.iter().any(|(_, _, count)| *count > 0) {
        let (jobwire, state) = (pasted::jobwire(file, None), pasted::state_option(file, folder));
        output::result(&format!("`{jobwire} replay --local{state} --dry-run` shows what is in them"));
    }
}

/// The width of the terminal; elsewhere that of a usual window.
fn width() -> usize {
    const USUAL: usize = 120;
    console::Term::stdout().size_checked().map_or(USUAL, |(_, columns)| usize::from(columns))
}

pub(super) fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table
}

pub(super) fn exit_code(job: &JobSummary) -> Option<i32> {
    job.container().and_then(aws_sdk_batch::types::ContainerSummary::exit_code)
}

/// The queues in which events end that started nothing, with how many messages each holds.
pub(super) async fn queues(state: &State) -> Result<Vec<(String, String, u64)>> {
    let client = state.cloud().sqs();
    let mut queues = Vec::new();
    let named = FUNCTIONS.map(|(name, kind)| (name, synth::on_failure_queue_output(kind)));
    for (name, output) in std::iter::once(("rejects", REJECTS_QUEUE_OUTPUT.to_owned())).chain(named) {
        let Some(url) = state.outputs.get(&output) else { continue };
        let answer = client
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(QueueAttributeName::ApproximateNumberOfMessages)
            .send()
            .await;
        let attributes =
            answer.with_context(|| format!("the {name} queue cannot be described"))?.attributes.unwrap_or_default();
        let count =
            attributes.get(&QueueAttributeName::ApproximateNumberOfMessages).and_then(|count| count.parse().ok());
        queues.push((name.to_owned(), url.clone(), count.unwrap_or_default()));
    }
    Ok(queues)
}

/// The jobs of every queue, the newest first.
async fn jobs(state: &State) -> Result<Vec<JobSummary>> {
    let client = state.batch();
    let queues = client.describe_job_queues().send().await.context("the queues cannot be described")?;
    let mut jobs = Vec::new();
    for queue in queues.job_queues() {
        let every = KeyValuesPair::builder().name("JOB_NAME").values("*").build();
        let answer = client
            .list_jobs()
            .job_queue(queue.job_queue_name().unwrap_or_default())
            .filters(every)
            .send()
            .await
            .context("the jobs cannot be listed")?;
        jobs.extend(answer.job_summary_list.unwrap_or_default());
    }
    jobs.sort_by_key(|job| std::cmp::Reverse(job.created_at()));
    Ok(jobs)
}
