//! The files of a user's project.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use jobwire_core::place::{self, Place};
use jobwire_core::problem::Problem;
use jobwire_core::trigger::Triggers;
use jobwire_core::trigger_file::{Checked, check};
use jobwire_core::{never, warnings};

use time::OffsetDateTime;

use crate::output::{self, Severity};
use crate::sources::SOURCES;

/// The trigger file, where none is named.
pub(crate) const FILE: &str = "jobwire.yaml";

/// A trigger file that was read and found good.
pub(crate) struct Project {
    /// The trigger file.
    pub(crate) file: PathBuf,
    /// The stage whose vars lie over the file's own.
    pub(crate) stage: Option<String>,
    /// Its triggers.
    pub(crate) triggers: Triggers,
    /// The file's text, for messages.
    text: String,
    warnings: Vec<Problem>,
}

/// What a look at a trigger file gave.
pub(crate) struct Look {
    /// The triggers that could be read; all of them where there are no errors.
    pub(crate) triggers: Triggers,
    /// What makes the file unusable.
    pub(crate) errors: Vec<Problem>,
    /// What may be meant, and often is not.
    pub(crate) warnings: Vec<Problem>,
}

/// Looks at the text of a trigger file that is to be deployed to `place`, as far as that is known.
pub(crate) fn look(text: &str, stage: Option<&str>, place: &Place) -> Look {
    let Checked { triggers, mut errors } = check(text, stage, &SOURCES);
    errors.extend(never::errors(&triggers));
    errors.extend(place::errors(&triggers, place.clone()));
    errors.sort_by_key(|problem| problem.at);
    let mut warnings = warnings::warnings(&triggers, &SOURCES);
    warnings.extend(never::warnings(&triggers, OffsetDateTime::now_utc()));
    warnings.extend(place::warnings(&triggers, place.clone()));
    warnings.sort_by_key(|problem| problem.at);
    Look { triggers, errors, warnings }
}

/// A trigger file that has problems, which have been printed.
#[derive(Debug)]
pub(crate) struct Flawed;

impl Project {
    /// Reads the trigger file; its problems are printed, every one of them.
    pub(crate) fn read(file: &Path, stage: Option<&str>) -> Result<Result<Self, Flawed>> {
        Self::read_for(file, stage, &Place::default())
    }

    /// The same for a deployment to a place.
    pub(crate) fn read_for(file: &Path, stage: Option<&str>, place: &Place) -> Result<Result<Self, Flawed>> {
        let text = text_of(file)?;
        let Look { triggers, errors, warnings } = look(&text, stage, place);
        let project = Self { file: file.to_owned(), stage: stage.map(str::to_owned), triggers, text, warnings };
        if errors.is_empty() {
            return Ok(Ok(project));
        }
        project.warn();
        output::problems(file, &project.text, &errors, Severity::Error);
        Ok(Err(Flawed))
    }

    /// Tells the warnings, which are no reason to stop.
    pub(crate) fn warn(&self) {
        output::problems(&self.file, &self.text, &self.warnings, Severity::Warning);
    }

    /// The folder that the trigger file lies in.
    pub(crate) fn folder(&self) -> &Path {
        self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }
}

/// The text of a trigger file.
pub(crate) fn text_of(file: &Path) -> Result<String> {
    if file.is_dir() {
        bail!("{} is a folder: name the jobwire.yaml in it", file.display());
    }
    let bytes = std::fs::read(file).map_err(|error| {
        // Who named a file knows how.
        let help = if file == Path::new(FILE) { "; name the trigger file by --file" } else { "" };
        anyhow!("{} cannot be read: {error}{help}", file.display())
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let line = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).split('\n').count();
        anyhow!("{}:{line}: holds bytes that are no UTF-8; save the file as UTF-8", file.display())
    })
}
