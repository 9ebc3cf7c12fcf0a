//! `jobwire check`

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use jobwire_core::place::Place;
use jobwire_core::problem::Problem;
use serde_json::{Value, json};

use crate::output::{self, Severity};
use crate::project::{Look, look, text_of};

/// The arguments of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print the problems as JSON: `[{"severity", "path", "line", "column", "message", "help"}]`.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArguments,
}

/// Where a stack goes, for what of the trigger file lies elsewhere.
#[derive(Debug, clap::Args)]
pub(crate) struct PlaceArguments {
    /// The Region that the stack goes to; unless said, the file's own queues tell it, or `AWS_REGION`.
    #[arg(long, value_name = "REGION", value_parser = region)]
    region: Option<String>,
    /// The account that the stack goes to; unless said, the file's own ARNs tell it.
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    account: Option<String>,
}

impl PlaceArguments {
    /// The place that was named.
    pub(crate) fn place(&self) -> Place {
        // As every AWS SDK and the AWS CLI read them.
        let usual = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| std::env::var(name).ok());
        let usual_region = usual.filter(|region| !region.is_empty());
        Place { region: self.region.clone(), account: self.account.clone(), usual_region }
    }
}

/// A Region's form, such as eu-west-1 or us-gov-east-1; which ones there are changes with the years.
fn region(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_region = match &parts[..] {
        [area, words @ .., number] => {
            is_word(area)
                && !words.is_empty()
                && words.iter().all(is_word)
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    };
    if is_region { Ok(text.to_owned()) } else { Err("must be a Region's name, such as eu-west-1".to_owned()) }
}

fn account(text: &str) -> Result<String, String> {
    let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { Ok(text.to_owned()) } else { Err("must be an account's number of 12 digits".to_owned()) }
}

/// Prints every problem of the trigger file, or how many triggers it has. Warnings alone leave the exit code 0.
pub(crate) fn run(file: &Path, stage: Option<&str>, arguments: &Arguments) -> Result<ExitCode> {
    let text = match text_of(file) {
        Err(error) if arguments.json => {
            let unreadable = Problem::new("", format!("{error:#}"));
            output::result(&serde_json::to_string_pretty(&[as_json(&unreadable, Severity::Error)])?);
            return Ok(ExitCode::FAILURE);
        }
        text => text?,
    };
    let Look { triggers, errors, warnings } = look(&text, stage, &arguments.place.place());
    if arguments.json {
        let found: Vec<Value> = warnings
            .iter()
            .map(|problem| as_json(problem, Severity::Warning))
            .chain(errors.iter().map(|problem| as_json(problem, Severity::Error)))
            .collect();
        output::result(&serde_json::to_string_pretty(&found)?);
    } else {
        output::problems(file, &text, &warnings, Severity::Warning);
        if errors.is_empty() {
            let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
            let doubts = if warnings.is_empty() { "no problems".into() } else { counted(warnings.len(), "warning") };
            output::say(&format!("{}: {}, {doubts}", file.display(), counted(triggers.triggers.len(), "trigger")));
        } else {
            output::problems(file, &text, &errors, Severity::Error);
        }
    }
    Ok(if errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn as_json(problem: &Problem, severity: Severity) -> Value {
    let Problem { path, at, message, help } = problem;
    json!({
        "severity": severity.name(),
        "path": path,
        "line": at.map(|at| at.line),
        "column": at.map(|at| at.column),
        "message": message,
        "help": help,
    })
}
