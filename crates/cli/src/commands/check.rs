//! `jobwire check`

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::output;
use crate::project::Project;

/// Prints every problem of the trigger file, or how many triggers it has.
pub(crate) fn run(file: &Path, stage: Option<&str>) -> Result<ExitCode> {
    Ok(match Project::read(file, stage)? {
        Ok(project) => {
            let count = project.triggers.triggers.len();
            output::say(&format!(
                "{}: {count} trigger{}, no problems",
                file.display(),
                if count == 1 { "" } else { "s" }
            ));
            ExitCode::SUCCESS
        }
        Err(_) => ExitCode::FAILURE,
    })
}
