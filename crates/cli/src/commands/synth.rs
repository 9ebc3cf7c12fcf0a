//! `jobwire synth --out DIR`: the deployable template, and a zip for each function.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

use crate::output;
use crate::project::Project;
use crate::synth::{self, Place};

/// The arguments of `synth`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where to write: template.json, and a zip for each function that a trigger needs.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where the built functions lie, as cargo-lambda lays them: DIR/jobwire-sns/bootstrap, or DIR/jobwire-sns.
    #[arg(long, value_name = "DIR", default_value = "target/lambda")]
    functions: PathBuf,
    /// Leave the ledger out: no table, and an event that is delivered twice may start two jobs.
    #[arg(long)]
    no_ledger: bool,
    /// Write what `jobwire local up` deploys: the Batch endpoint, and the S3 place of the zips.
    #[arg(long, requires_all = ["batch_endpoint", "code_bucket"])]
    local: bool,
    /// The Batch endpoint of the functions, with --local.
    #[arg(long, value_name = "URL", requires = "local")]
    batch_endpoint: Option<String>,
    /// The bucket that the zips lie in, with --local.
    #[arg(long, value_name = "NAME", requires = "local")]
    code_bucket: Option<String>,
}

/// Writes the template and the zips, and names what it wrote on standard output.
pub(crate) fn run(file: &Path, stage: Option<&str>, arguments: &Arguments) -> Result<ExitCode> {
    let Ok(project) = Project::read(file, stage)? else { return Ok(ExitCode::FAILURE) };
    project.warn();
    let place = match (&arguments.batch_endpoint, &arguments.code_bucket) {
        (Some(endpoint), Some(bucket)) => {
            Place::Local { batch_endpoint: endpoint.clone(), code_bucket: bucket.clone() }
        }
        _ => Place::Aws,
    };
    let written = synth::write(&project.triggers, &place, !arguments.no_ledger, &arguments.functions, &arguments.out)?;
    for path in written.paths() {
        output::result(&path.display().to_string());
    }
    Ok(ExitCode::SUCCESS)
}
