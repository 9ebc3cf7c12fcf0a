//! The jobs of the local cloud as a table that fits beside the others in a window.

use aws_sdk_batch::types::{ContainerSummary, JobStatus, JobSummary};

use super::status::{exit_code, table};
use crate::watch::plain;

/// What Batch says of every container that ends, however it ends: the exit code tells more.
const STOCK: &str = "Essential container in task exited";

/// The columns that no job changes: status, exit code and id, with the blanks around them.
const FIXED: usize = 11 + 11 + 38;

/// A row for each job, in so many columns of text; below them the reasons that tell more than the exit code does.
pub(super) fn job_table(jobs: &[JobSummary], width: usize) -> String {
    let room = width.saturating_sub(FIXED + 2).max(12);
    let mut table = table(["job", "status", "exit code", "id"]);
    let mut reasons = String::new();
    for job in jobs {
        let name = cut(job.job_name().unwrap_or_default(), room);
        let status = job.status().map(JobStatus::as_str).unwrap_or_default();
        let exit = exit_code(job).map(|code| code.to_string()).unwrap_or_default();
        table.add_row([name.as_str(), status, &exit, job.job_id().unwrap_or_default()]);
        let reason = job.container().and_then(ContainerSummary::reason).or(job.status_reason());
        if let Some(reason) = reason.filter(|reason| !reason.is_empty() && *reason != STOCK) {
            reasons = format!("{reasons}\n{name}: {}", plain(reason));
        }
    }
    if reasons.is_empty() { table.to_string() } else { format!("{table}\n{reasons}") }
}

fn cut(name: &str, room: usize) -> String {
    match name.char_indices().nth(room) {
        Some(_) => name.chars().take(room - 1).chain(['…']).collect(),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: &str, reason: &str) -> JobSummary {
        let container = ContainerSummary::builder().exit_code(1).reason(reason).build();
        let id = "0".repeat(36);
        JobSummary::builder().job_id(id).job_name(name).status(JobStatus::Succeeded).container(container).build()
    }

    #[test]
    fn a_table_of_long_names_fits_into_eighty_columns_and_keeps_whole_ids() {
        let shown = job_table(&[job(&"long-name-".repeat(12), STOCK), job("short", STOCK)], 80);
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
        assert!(shown.contains("long-name-long-na…  SUCCEEDED"), "{shown}");
        assert!(shown.contains(&"0".repeat(36)) && !shown.contains("Essential"), "{shown}");
        let shown = job_table(&[job(&"long-name-".repeat(12), STOCK)], 200);
        assert!(shown.contains(&"long-name-".repeat(12)), "{shown}");
    }

    #[test]
    fn a_reason_that_tells_more_than_the_exit_code_stands_below_the_table() {
        let shown = job_table(&[job("a", STOCK), job("b", "no such \u{1b}[1mimage")], 100);
        assert!(shown.ends_with("\n\nb: no such image"), "{shown}");
    }
}
