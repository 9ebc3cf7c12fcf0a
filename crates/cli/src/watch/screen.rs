//! What people and programs see: bars on a terminal, a line for each change elsewhere, or JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_batch::types::JobStatus;
use comfy_table::{Table, presets};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use super::change;
use super::job::Job;
use super::plain::{json_line, plain};
use crate::output;

/// More bars than these do not stand on a small terminal together with anything else.
const MOST_BARS: usize = 16;

/// How often a line moves.
const TICK: Duration = Duration::from_millis(120);

/// Names up to this width stand in one column.
const WIDEST: usize = 48;

/// Where everything is shown.
#[derive(Debug)]
pub(crate) struct Screen {
    json: bool,
    /// Whether a line for each change says what no bar says.
    lines: bool,
    bars: Option<MultiProgress>,
    of_jobs: BTreeMap<String, ProgressBar>,
    /// The jobs without a bar, and the line that counts them.
    others: BTreeSet<String>,
    count: Option<ProgressBar>,
    /// What is said below the bars.
    note: Option<ProgressBar>,
    width: usize,
    /// Whether names stand before log lines.
    prefixed: bool,
}

impl Screen {
    /// Chooses by what standard output and standard error are.
    pub(crate) fn new(json: bool, prefixed: bool) -> Self {
        let bars = (!json && std::io::stderr().is_terminal()).then(MultiProgress::new);
        let is_shown = bars.is_some() && std::io::stdout().is_terminal();
        let lines = !json && !is_shown;
        Self {
            json,
            lines,
            bars,
            of_jobs: BTreeMap::new(),
            others: BTreeSet::new(),
            count: None,
            note: None,
            width: 0,
            prefixed,
        }
    }

    /// Says something about what goes on.
    pub(crate) fn say(&self, text: &str) {
        self.aside(|| output::say(text));
    }

    /// Makes room for the names of jobs that are about to be shown.
    pub(crate) fn widen<'a>(&mut self, jobs: impl IntoIterator<Item = &'a Job>) {
        let widest = jobs.into_iter().map(|job| job.label.chars().count()).max().unwrap_or_default();
        self.width = self.width.max(widest).min(WIDEST);
    }

    /// Shows what is new of a job.
    pub(crate) fn change(&mut self, before: Option<&Job>, now: &Job) {
        self.widen(std::iter::once(now));
        // The bar of a job that has ended goes before its line comes, which is not to stand beside it.
        self.draw(now);
        if self.json {
            output::result(&json_line(&change::object(before, now)));
        } else if self.lines || now.has_ended() {
            let line = change::line(now, self.width);
            self.aside(|| output::result(&line));
        }
    }

    /// Shows a line of a job's log, as it is but for what a terminal would obey.
    pub(crate) fn log(&self, job: &Job, container: Option<&str>, message: &str, timestamp: Option<i64>) {
        if self.json {
            let fields = json!({ "jobId": job.id, "jobName": job.name, "container": container, "timestamp": timestamp, "message": message });
            return object("log", fields);
        }
        let container = container.map(|name| format!("/{name}")).unwrap_or_default();
        let before = match (self.prefixed, container.is_empty()) {
            (true, _) => format!("{}{container} | ", job.label),
            (false, false) => format!("{} | ", &container[1..]),
            (false, true) => String::new(),
        };
        // Some programs' messages hold several lines.
        self.aside(|| {
            for line in message.trim_end_matches('\n').split('\n') {
                output::result(&format!("{before}{}", plain(line)));
            }
        });
    }

    /// Says why a job does not start.
    pub(crate) fn reason(&self, job: &Job, reason: &str) {
        if self.json {
            let fields =
                json!({ "jobId": job.id, "jobName": job.name, "status": job.status.as_str(), "reason": reason });
            return object("reason", fields);
        }
        self.say(&format!("{} is {}: {reason}", job.label, job.status.as_str()));
    }

    /// Says where a job's log is; `fields` is the same for programs.
    pub(crate) fn log_place(&self, job: &Job, text: &str, mut fields: Value) {
        if !self.json {
            return self.say(&format!("{}: {text}", job.label));
        }
        if let Value::Object(fields) = &mut fields {
            fields.insert("jobId".to_owned(), json!(job.id));
            fields.insert("jobName".to_owned(), json!(job.name));
        }
        object("log-place", fields);
    }

    /// Says what is waited for beside the jobs.
    pub(crate) fn note(&mut self, text: &str) {
        let Some(bars) = &self.bars else {
            if self.note.is_none() {
                // Elsewhere than on a terminal it is said once, and the place is taken so that it is not said again.
                self.note = Some(ProgressBar::hidden());
                output::say(text);
            }
            return;
        };
        let note = self.note.get_or_insert_with(|| {
            let note = bars.add(ProgressBar::new_spinner());
            note.enable_steady_tick(TICK);
            note
        });
        note.set_message(text.to_owned());
    }

    /// Takes the note away.
    pub(crate) fn no_note(&mut self) {
        if let Some(note) = self.note.take() {
            note.finish_and_clear();
        }
    }

    /// Shows how it ended: a table where there were several jobs.
    pub(crate) fn result(&mut self, jobs: &[Job], code: u8) {
        self.clear();
        if self.json {
            let jobs: Vec<Value> = jobs.iter().map(|job| change::with_kind("job", change::facts(job))).collect();
            return object("result", json!({ "exitCode": code, "jobs": jobs }));
        }
        if jobs.len() < 2 {
            return;
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["job", "status", "exit code", "ran", "id"]);
        for job in jobs {
            let ran = job.started_at.zip(job.stopped_at).map(|(from, to)| change::span(from, to));
            table.add_row([
                job.label.clone(),
                job.status.as_str().to_owned(),
                job.exit_code.map(|code| code.to_string()).unwrap_or_default(),
                ran.unwrap_or_default(),
                job.id.clone(),
            ]);
        }
        output::result(&table.to_string());
    }

    /// Takes everything away that moves.
    pub(crate) fn clear(&mut self) {
        self.no_note();
        self.others.clear();
        self.count_others();
        for (_, bar) in std::mem::take(&mut self.of_jobs) {
            bar.finish_and_clear();
        }
    }

    /// Writes beside the bars, which are drawn again below.
    fn aside(&self, write: impl FnOnce()) {
        match &self.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    fn draw(&mut self, now: &Job) {
        let Some(bars) = &self.bars else { return };
        self.others.remove(&now.id);
        if now.has_ended() {
            if let Some(bar) = self.of_jobs.remove(&now.id) {
                bar.finish_and_clear();
                bars.remove(&bar);
            }
        } else if !self.of_jobs.contains_key(&now.id) {
            if self.of_jobs.len() < MOST_BARS {
                let bar = bars.insert(self.of_jobs.len(), ProgressBar::new_spinner());
                self.of_jobs.insert(now.id.clone(), bar);
            } else {
                self.others.insert(now.id.clone());
            }
        }
        self.count_others();
        let Some(bar) = self.of_jobs.get(&now.id) else { return };
        bar.set_prefix(now.label.clone());
        bar.set_message(state(now));
        let template = match &now.array {
            Some(_) => "{prefix}  [{bar:24}] {pos}/{len}  {msg} ({elapsed})",
            None => "{spinner} {prefix}  {msg} ({elapsed})",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        if let Some(children) = &now.array {
            bar.set_length(children.size);
            bar.set_position(children.ended());
        }
        let since = if now.status == JobStatus::Running { now.started_at } else { now.created_at };
        bar.set_elapsed(since.map(since_then).unwrap_or_default());
        // It moves by itself from here on, and was not to be seen before it said something.
        bar.enable_steady_tick(TICK);
    }

    fn count_others(&mut self) {
        let (Some(bars), false) = (&self.bars, self.others.is_empty()) else {
            if let Some(count) = self.count.take() {
                count.finish_and_clear();
            }
            return;
        };
        let count = self.count.get_or_insert_with(|| {
            let count = bars.insert(MOST_BARS, ProgressBar::new_spinner());
            count.enable_steady_tick(TICK);
            count
        });
        count.set_message(format!("and {} more", self.others.len()));
    }
}

/// Writes an object of `--json`.
fn object(kind: &str, fields: Value) {
    let fields = match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    output::result(&json_line(&change::with_kind(kind, fields)));
}

/// What stands behind a job's name on its bar.
fn state(job: &Job) -> String {
    if let Some(children) = &job.array {
        return children.summary();
    }
    let pod = job.pod.as_ref().map(|pod| match &pod.node {
        Some(node) => format!(", pod {} on {node}", pod.name),
        None => format!(", pod {}", pod.name),
    });
    let tries = if job.tries > 0 { format!(", attempt {}", job.tries + 1) } else { String::new() };
    format!("{}{tries}{}", job.status.as_str(), pod.unwrap_or_default())
}

/// How long ago a moment in milliseconds since 1970 is; none, where the clocks disagree.
fn since_then(moment: i64) -> Duration {
    let then = UNIX_EPOCH + Duration::from_millis(u64::try_from(moment).unwrap_or_default());
    SystemTime::now().duration_since(then).unwrap_or_default()
}
