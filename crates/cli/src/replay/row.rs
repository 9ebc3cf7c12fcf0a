//! What is told about each message.

use std::fmt;

use comfy_table::{ColumnConstraint, Table, presets};
use jobwire_core::key::OccurrenceKey;
use jobwire_core::plan::{Planned, Reject};
use jobwire_core::request::JobRequest;
use serde::Serialize;

use super::shape::Shape;

/// A row of the table, and an object of `--json`: one job, one false `when` or one problem of a message.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// The message that it is about.
    #[serde(flatten)]
    pub(crate) message: Message,
    /// What was found or done.
    #[serde(flatten)]
    pub(crate) finding: Finding,
    /// Whether the message is gone from its queue.
    pub(crate) deleted: bool,
}

/// A message, as far as it may be told: never its contents.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Message {
    /// The queue's name.
    pub(crate) queue: String,
    /// Its id.
    #[serde(rename = "messageId")]
    pub(crate) id: String,
    /// Its shape, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shape: Option<Shape>,
    /// The source that its event belongs to, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    /// Why it is in its queue, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// What was found or done about a message.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    /// The trigger, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trigger: Option<String>,
    /// What became of it.
    pub(crate) outcome: Outcome,
    /// The id of the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) job_id: Option<String>,
    /// The name of the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) job_name: Option<String>,
    /// The hash of the occurrence's key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// What is wrong, and why the message stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// What would be sent to `SubmitJob`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<JobRequest>,
}

impl Finding {
    /// Something for which the message stays in its queue.
    pub(crate) fn failed(trigger: Option<&str>, error: impl Into<String>) -> Self {
        let (trigger, error) = (trigger.map(str::to_owned), Some(error.into()));
        Self { trigger, outcome: Outcome::Failed, error, ..Self::default() }
    }

    /// A job that would be started.
    pub(crate) fn would_submit(planned: Planned) -> Self {
        Self {
            trigger: Some(planned.trigger),
            outcome: Outcome::WouldSubmit,
            job_name: Some(planned.request.job_name.clone()),
            key: planned.key.as_ref().map(OccurrenceKey::hash),
            request: Some(planned.request),
            ..Self::default()
        }
    }

    /// What no retry can help.
    pub(crate) fn rejected(trigger: Option<&str>, reject: &Reject) -> Self {
        let problems: Vec<String> = reject.problems.iter().map(ToString::to_string).collect();
        Self::failed(trigger, problems.join("; "))
    }

    /// A message that holds no event.
    pub(crate) fn unreadable(trigger: Option<&str>, error: &str) -> Self {
        Self { outcome: Outcome::Unreadable, ..Self::failed(trigger, error) }
    }

    /// An occurrence that starts no job, and is done with that.
    pub(crate) fn skipped(trigger: Option<&str>) -> Self {
        Self { trigger: trigger.map(str::to_owned), outcome: Outcome::Skipped, ..Self::default() }
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// The replay started a job.
    Submitted,
    /// The job was there already; the event held its occurrence twice, or the ledger knew it.
    Duplicate,
    /// The job was there already; an earlier try had started it without getting an answer.
    Adopted,
    /// No job belongs to it: a `when` is false, or nothing happened.
    Skipped,
    /// The job that would be started.
    WouldSubmit,
    /// It failed again.
    #[default]
    Failed,
    /// The message holds no event that could be sent.
    Unreadable,
}

impl Outcome {
    /// Whether the message is done with.
    pub(crate) fn is_good(self) -> bool {
        !matches!(self, Self::Failed | Self::Unreadable)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Submitted => "submitted",
            Self::Duplicate => "duplicate",
            Self::Adopted => "adopted",
            Self::Skipped => "skipped",
            Self::WouldSubmit => "would submit",
            Self::Failed => "failed",
            Self::Unreadable => "unreadable",
        })
    }
}

/// The table of the rows: names and ids alone, and no column that none of them fills.
pub(crate) fn table(rows: &[Row]) -> Table {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells: Vec<[String; 7]> = rows
        .iter()
        .map(|Row { message, finding, .. }| {
            [
                message.queue.clone(),
                message.id.clone(),
                message.shape.map(Shape::name).unwrap_or_default().to_owned(),
                text(&finding.trigger),
                finding.outcome.to_string(),
                text(&finding.job_name),
                text(&finding.job_id),
            ]
        })
        .collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["queue", "message", "shape", "trigger", "outcome", "job", "id"]);
    table.add_rows(&cells);
    for (index, column) in table.column_iter_mut().enumerate() {
        if cells.iter().all(|cells| cells[index].is_empty()) {
            column.set_constraint(ColumnConstraint::Hidden);
        }
    }
    table
}
