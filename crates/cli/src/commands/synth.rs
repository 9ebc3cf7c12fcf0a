//! `jobwire synth --out DIR`: the deployable template, and a zip for each function; `--explain`: its permissions.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

use super::check::PlaceArguments;
use crate::output;
use crate::project::Project;
use crate::synth::{self, Place};

/// The arguments of `synth`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true).args(["out", "explain"])))]
pub(crate) struct Arguments {
    /// Where to write: template.json, and a zip for each function that a trigger needs.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print every permission of the template, and what it is for; without --out nothing is written.
    #[arg(long)]
    explain: bool,
    /// The permissions as JSON: [{resource, sid, who, actions, on, why}].
    #[arg(long, requires = "explain")]
    json: bool,
    /// Where the built functions lie, as cargo-lambda lays them: DIR/jobwire-sns/bootstrap, or DIR/jobwire-sns.
    #[arg(long, value_name = "DIR", default_value = "target/lambda")]
    functions: PathBuf,
    /// Leave the ledger out: no table, and an event that is delivered twice may start two jobs.
    #[arg(long)]
    no_ledger: bool,
    #[command(flatten)]
    place: PlaceArguments,
    #[command(flatten)]
    local: LocalArguments,
}

/// What `jobwire local up` deploys.
#[derive(Debug, clap::Args)]
struct LocalArguments {
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
    let Ok(project) = Project::read_for(file, stage, &arguments.place.place())? else { return Ok(ExitCode::FAILURE) };
    project.warn();
    let place = match (&arguments.local.batch_endpoint, &arguments.local.code_bucket) {
        (Some(endpoint), Some(bucket)) => {
            Place::Local { batch_endpoint: endpoint.clone(), code_bucket: bucket.clone() }
        }
        _ => Place::Aws,
    };
    if let Some(out) = &arguments.out {
        let written = synth::write(&project.triggers, &place, !arguments.no_ledger, &arguments.functions, out)?;
        for remark in &written.remarks {
            output::say(remark);
        }
        // With --explain standard output is the explanation's.
        let tell = if arguments.explain { output::say } else { output::result };
        for path in written.paths() {
            tell(&path.display().to_string());
        }
    }
    if arguments.explain {
        let permissions = synth::explain(&project.triggers, &place, !arguments.no_ledger)?;
        let text = if arguments.json {
            serde_json::to_string_pretty(&permissions)?
        } else {
            synth::permissions_told(&permissions)
        };
        output::result(&text);
    }
    Ok(ExitCode::SUCCESS)
}
