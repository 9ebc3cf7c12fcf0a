//! `jobwire fire`: a trigger's own event, by hand.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::ArgGroup;
use clap::error::ErrorKind;
use comfy_table::{Table, presets};
use jobwire_core::nearest::suggestion;
use jobwire_core::on::Kind;
use jobwire_core::time::rfc3339;
use jobwire_core::trigger::Trigger;
use time::OffsetDateTime;

use super::wrong_use;
use crate::fire::{self, At, Fired, Message, What};
use crate::project::Project;
use crate::replay::Outcome;
use crate::{local, output};

/// The arguments of `fire`.
#[derive(Debug, clap::Args)]
#[command(
    group = ArgGroup::new("place").args(["stack", "local", "function"]).required(true),
    after_help = "Exit codes: 0 the job is there: started now, or before; 1 no job, or the event could not be sent; 2 wrong use."
)]
pub(crate) struct Arguments {
    /// The trigger, by its name in the trigger file.
    trigger: String,
    #[command(flatten)]
    place: PlaceArguments,
    /// Of a schedule: the time that was due, as 2026-11-21T06:00:00Z. The last one, unless said otherwise.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    time: Option<OffsetDateTime>,
    /// Of a schedule: the ARN of its rule or schedule, where no stack knows it.
    #[arg(long, value_name = "ARN", value_parser = arn)]
    rule: Option<String>,
    /// Of a topic: the message's text; @FILE for what stands in a file, `-` for standard input.
    #[arg(long, value_name = "TEXT|@FILE|-", allow_hyphen_values = true)]
    message: Option<String>,
    /// Of a topic: the id of a message that was sent before. A new one, unless said otherwise.
    #[arg(long, value_name = "ID", requires = "message")]
    message_id: Option<String>,
    /// Of a topic: the message's subject.
    #[arg(long, value_name = "TEXT", requires = "message")]
    subject: Option<String>,
    /// Of a topic: a text attribute of the message; may be repeated.
    #[arg(long = "attribute", value_name = "NAME=TEXT", requires = "message", value_parser = super::pair)]
    attributes: Vec<(String, String)>,
    /// Of a bucket: the key of an object that is there.
    #[arg(long, value_name = "KEY")]
    object: Option<String>,
    /// Of a bucket: the object's version. The latest, unless said otherwise.
    #[arg(long, value_name = "ID", requires = "object")]
    version_id: Option<String>,
    /// Of jobs: the ID of a job that Batch still knows.
    #[arg(long, value_name = "ID")]
    job: Option<String>,
    /// Wait for the job, and exit with its own exit code; in the local cloud.
    #[arg(long, conflicts_with_all = ["stack", "function"])]
    wait: bool,
    /// Show the event and the job request; send nothing.
    #[arg(long, conflicts_with = "wait")]
    dry_run: bool,
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// Where the function is.
#[derive(Debug, clap::Args)]
struct PlaceArguments {
    /// The functions' stack in your AWS account, which your usual AWS configuration leads to.
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    /// The local cloud, in the place of a stack.
    #[arg(long)]
    local: bool,
    /// Where the local cloud keeps its state: `.jobwire` beside the trigger file, unless said otherwise.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["stack", "function"])]
    state: Option<PathBuf>,
    /// The function itself, of a template of your own.
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
}

/// Sends the event, and prints the job that it has led to.
pub(crate) fn run(file: &Path, stage: Option<&str>, arguments: &Arguments) -> Result<ExitCode> {
    let Ok(project) = Project::read(file, stage)? else { return Ok(ExitCode::FAILURE) };
    let triggers = &project.triggers;
    let Some(trigger) = triggers.triggers.iter().find(|trigger| trigger.name == arguments.trigger) else {
        let known = triggers.triggers.iter().map(|trigger| trigger.name.as_str());
        let misuse = format!("there is no trigger {}: {}", arguments.trigger, suggestion(&arguments.trigger, known));
        return wrong_use("fire", ErrorKind::InvalidValue, &misuse);
    };
    if let Some(misuse) = arguments.misuse(trigger.on.kind()) {
        return wrong_use("fire", ErrorKind::ArgumentConflict, &format!("the trigger {} {misuse}", trigger.name));
    }
    if !trigger.enabled {
        bail!("the trigger {} is paused (`enabled: false`), and its function takes nothing for it", trigger.name);
    }
    let (at, what) = (arguments.place.at(file)?, arguments.what(trigger)?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime does not start")?;
    let fired = runtime.block_on(fire::fire(triggers, trigger, &at, &what, arguments.dry_run))?;
    show(&fired, trigger, arguments)?;
    if let (true, At::Local(folder), Some(job)) = (arguments.wait, &at, &fired.finding.job_id) {
        return runtime.block_on(local::wait_for(folder, job.clone()));
    }
    let is_there = matches!(
        fired.finding.outcome,
        Outcome::Submitted | Outcome::Duplicate | Outcome::Adopted | Outcome::WouldSubmit
    );
    Ok(if is_there { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl PlaceArguments {
    fn at(&self, file: &Path) -> Result<At> {
        Ok(match (&self.stack, &self.function) {
            (Some(stack), _) => At::Stack(stack.clone()),
            (None, Some(function)) => At::Function(function.clone()),
            (None, None) => At::Local(local::state_folder(file, self.state.clone())?),
        })
    }
}

impl Arguments {
    /// What goes with another kind of trigger, or is missing for this one.
    fn misuse(&self, kind: Kind) -> Option<String> {
        let given = [
            (Kind::Schedule, "--time", self.time.is_some()),
            (Kind::Schedule, "--rule", self.rule.is_some()),
            (Kind::Topic, "--message", self.message.is_some()),
            (Kind::Bucket, "--object", self.object.is_some()),
            (Kind::Job, "--job", self.job.is_some()),
        ];
        let (is, needed) = match kind {
            Kind::Schedule => ("is on a schedule", None),
            Kind::Topic => ("is on a topic", Some("--message TEXT, or @FILE, or - for standard input")),
            Kind::Bucket => ("is on a bucket", Some("--object KEY, an object that is there")),
            Kind::Job => ("is on jobs", Some("--job ID, a job that Batch still knows")),
        };
        if let Some((_, option, _)) = given.iter().find(|(of, _, is_given)| *is_given && *of != kind) {
            return Some(format!("{is}, and {option} is for another kind of trigger"));
        }
        let is_there = given.iter().any(|(of, _, is_given)| *is_given && *of == kind);
        needed.filter(|_| !is_there).map(|needed| format!("{is}, and needs {needed}"))
    }

    fn what(&self, trigger: &Trigger) -> Result<What> {
        Ok(match trigger.on.kind() {
            Kind::Schedule => What::Tick { time: self.time, rule: self.rule.clone() },
            Kind::Topic => What::Message(Message {
                text: text(self.message.as_deref().unwrap_or_default())?,
                id: self.message_id.clone(),
                subject: self.subject.clone(),
                attributes: self.attributes.clone(),
            }),
            Kind::Bucket => {
                What::Object { key: self.object.clone().unwrap_or_default(), version: self.version_id.clone() }
            }
            Kind::Job => What::Job { id: self.job.clone().unwrap_or_default() },
        })
    }
}

/// The text of a message: itself, or a file's, or that of standard input, to the last byte.
fn text(message: &str) -> Result<String> {
    let (name, bytes) = if message == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("standard input cannot be read")?;
        ("standard input", bytes)
    } else if let Some(file) = message.strip_prefix('@') {
        (file, std::fs::read(file).with_context(|| format!("{file} cannot be read"))?)
    } else {
        return Ok(message.to_owned());
    };
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("{name} is no UTF-8: a message is text"))
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    rfc3339(text).ok_or_else(|| "a time is written as 2026-11-21T06:00:00Z or 2026-11-21T07:00:00+01:00".to_owned())
}

fn arn(text: &str) -> Result<String, String> {
    let good = jobwire_core::arn::is_arn(text) && text.split(':').count() >= 6;
    if good { Ok(text.to_owned()) } else { Err("must be the whole ARN, arn:aws:events:…:rule/NAME".to_owned()) }
}

/// What makes it another occurrence, which gets a job of its own.
fn another(kind: Kind) -> &'static str {
    match kind {
        Kind::Schedule => "this tick has its job already; `--time` names another",
        Kind::Topic => "this message has its job already; without `--message-id` it is a new one",
        Kind::Bucket => "this object has its job already; one that is put anew gets another",
        Kind::Job => "this job's change of state has its job already; `--job` names another job",
    }
}

fn show(fired: &Fired, trigger: &Trigger, arguments: &Arguments) -> Result<()> {
    let finding = &fired.finding;
    // An event and a request are JSON in any case.
    if arguments.json || arguments.dry_run {
        output::result(&serde_json::to_string_pretty(fired)?);
    } else if finding.job_id.is_some() {
        let cell = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(["trigger", "outcome", "job", "id"]);
        table.add_row([
            trigger.name.clone(),
            finding.outcome.to_string(),
            cell(&finding.job_name),
            cell(&finding.job_id),
        ]);
        output::result(&table.to_string());
    }
    match (finding.outcome, &finding.error) {
        (Outcome::Skipped, _) => output::say("no job: the trigger's `when` is false for this event"),
        (Outcome::Failed | Outcome::Unreadable, Some(error)) => output::say(&format!("no job: {error}")),
        (_, Some(error)) => output::say(error),
        (Outcome::Duplicate, None) => output::say(another(trigger.on.kind())),
        (Outcome::WouldSubmit, None) => output::say("nothing was sent"),
        (_, None) => {}
    }
    Ok(())
}
