//! Section `check`: a trigger file of a hundred triggers is checked.

use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::program::{Program, released};
use crate::report::Report;
use crate::trigger_file::{self, TRIGGERS};
use crate::{budget, peer};

/// What the median of `check` and `render` is to keep within, so that they can run at every save of the file.
pub(crate) const BUDGET: Duration = Duration::from_millis(10);

/// Measures `jobwire check`.
pub(crate) fn run() -> Result<Report> {
    let folder = tempfile::tempdir().context("there is no room for temporary files")?;
    let file = folder.path().join("jobwire.yaml");
    let text = trigger_file::text();
    let templates = trigger_file::templates(&text);
    std::fs::write(&file, &text).context("the trigger file cannot be written")?;

    let good = format!("{}: {TRIGGERS} triggers, no problems\n", file.display());
    let ours = Program {
        name: "jobwire check",
        path: released("jobwire")?,
        arguments: vec!["--file".into(), file.clone().into(), "check".into()],
        expectation: Box::new(move |output| said(&output.stderr, &good)),
    };
    let counted = format!("{TRIGGERS} triggers, {templates} templates\n");
    let expectation = Box::new(move |output: &Output| said(&output.stdout, &counted));
    let peer = peer::program(&["check"], &[&file], expectation)?;
    let about = format!(
        "A trigger file of {TRIGGERS} triggers of all four kinds, with {templates} templates in {} lines, is checked.\n\
         The peer reads the same file and compiles the same templates, and checks nothing else.",
        text.lines().count()
    );
    Ok(Report { about, tables: vec![budget::table("`jobwire check`".into(), &ours, &peer, BUDGET)?] })
}

fn said(bytes: &[u8], wanted: &str) -> Result<()> {
    let text = String::from_utf8_lossy(bytes);
    ensure!(text == wanted, "`{}` was expected, and what came is `{}`", wanted.trim(), text.trim());
    Ok(())
}
