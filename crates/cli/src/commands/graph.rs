//! `jobwire graph`: the triggers as a picture.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::project::Project;
use crate::{graph, output};

/// The arguments of `graph`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The language of the picture.
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,
    /// Print what is in the picture as JSON, for programs.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

/// The language of a picture.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A flowchart of Mermaid, which GitHub draws from Markdown.
    Mermaid,
    /// Graphviz: `jobwire graph --format dot | dot -Tsvg > triggers.svg`.
    Dot,
}

/// Prints the picture.
pub(crate) fn run(file: &Path, stage: Option<&str>, arguments: &Arguments) -> Result<ExitCode> {
    let Ok(project) = Project::read(file, stage)? else { return Ok(ExitCode::FAILURE) };
    let graph = graph::graph(&project.triggers);
    let text = match (arguments.json, arguments.format) {
        (true, _) => serde_json::to_string_pretty(&graph)?,
        (false, Format::Mermaid) => graph::mermaid(&graph),
        (false, Format::Dot) => graph::dot(&graph),
    };
    output::result(text.trim_end());
    Ok(ExitCode::SUCCESS)
}
