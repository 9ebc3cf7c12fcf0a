//! Section `render`: an event is rendered with a trigger file of a hundred triggers.

use std::path::Path;
use std::process::Output;

use anyhow::{Context as _, Result, ensure};
use jobwire_tests::binaries;
use serde_json::Value;

use crate::check::BUDGET;
use crate::program::{Program, released};
use crate::report::{Report, Table};
use crate::trigger_file::{self, STARTED_BY_S3, STARTED_BY_SNS, TRIGGERS};
use crate::{budget, peer};

/// Measures `jobwire render` with an event of SNS and with one of S3.
pub(crate) fn run() -> Result<Report> {
    let folder = tempfile::tempdir().context("there is no room for temporary files")?;
    let file = folder.path().join("jobwire.yaml");
    std::fs::write(&file, trigger_file::text()).context("the trigger file cannot be written")?;
    let tables = vec![with(&file, "sns.json", &STARTED_BY_SNS)?, with(&file, "s3.json", &STARTED_BY_S3)?];
    let about = format!(
        "An event is rendered with the same file of {TRIGGERS} triggers: the file is read, the event's triggers are found, and\n\
         their job requests are printed as JSON. `jobwire render` checks the whole file and every request besides; the peer\n\
         checks nothing, and compiles the templates of the event's own triggers alone."
    );
    Ok(Report { about, tables })
}

/// Measures the rendering of the example event `name`, which starts the jobs of the triggers `started`.
fn with(file: &Path, name: &str, started: &'static [&str]) -> Result<Table> {
    let event = binaries::root().join("events").join(name);
    let ours = Program {
        name: "jobwire render",
        path: released("jobwire")?,
        arguments: vec!["--file".into(), file.into(), "render".into(), event.clone().into()],
        expectation: Box::new(|output| requests_of(output, started)),
    };
    let peer = peer::program(&["render"], &[file, &event], Box::new(|output| requests_of(output, started)))?;
    budget::table(format!("`jobwire render events/{name}`, requests: {}", started.len()), &ours, &peer, BUDGET)
}

/// Whether the output is one job request of each of these triggers, in this order.
fn requests_of(output: &Output, triggers: &[&str]) -> Result<()> {
    let planned: Value = serde_json::from_slice(&output.stdout).context("its output is no JSON")?;
    let planned = planned.as_array().context("its output is no list")?;
    let found: Vec<&str> = planned.iter().filter_map(|one| one["trigger"].as_str()).collect();
    ensure!(found == triggers, "requests of {triggers:?} were expected, and those that came are of {found:?}");
    let whole = planned.iter().all(|one| one["request"]["containerOverrides"]["environment"].is_array());
    ensure!(whole, "a request lacks its environment");
    Ok(())
}
