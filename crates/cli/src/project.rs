//! The files of a user's project.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use jobwire_core::trigger::Triggers;
use jobwire_core::trigger_file::{Checked, check};
use jobwire_core::warnings::warnings;

use crate::output::{self, Severity};
use crate::sources::SOURCES;

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
}

/// A trigger file that has problems, which have been printed.
#[derive(Debug)]
pub(crate) struct Flawed;

impl Project {
    /// Reads the trigger file; its problems are printed, every one of them.
    pub(crate) fn read(file: &Path, stage: Option<&str>) -> Result<Result<Self, Flawed>> {
        let text = text_of(file)?;
        let Checked { triggers, errors } = check(&text, stage, &SOURCES);
        let project = Self { file: file.to_owned(), stage: stage.map(str::to_owned), triggers, text };
        if errors.is_empty() {
            return Ok(Ok(project));
        }
        project.warn();
        output::problems(file, &project.text, &errors, Severity::Error);
        Ok(Err(Flawed))
    }

    /// Tells the warnings, which are no reason to stop.
    pub(crate) fn warn(&self) {
        output::problems(&self.file, &self.text, &warnings(&self.triggers, &SOURCES), Severity::Warning);
    }

    /// The folder that the trigger file lies in.
    pub(crate) fn folder(&self) -> &Path {
        self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }
}

/// The text of a trigger file.
pub(crate) fn text_of(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file)
        .with_context(|| format!("{} cannot be read: name the trigger file by --file", file.display()))?;
    String::from_utf8(bytes).map_err(|error| {
        let line = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).split('\n').count();
        anyhow::anyhow!("{}:{line}: holds bytes that are no UTF-8; save the file as UTF-8", file.display())
    })
}
