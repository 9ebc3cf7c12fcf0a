//! The built functions that the triggers need.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use jobwire_core::trigger::Triggers;

use crate::synth::FUNCTIONS;

/// The folder of the built functions: the one that is named, or the one of this program, which cargo builds beside them.
pub(super) fn functions(named: Option<&Path>, program: &Path, triggers: &Triggers) -> Result<PathBuf> {
    let folder = named.or(program.parent()).unwrap_or(Path::new("."));
    let folder = std::path::absolute(folder).with_context(|| format!("{} is no path", folder.display()))?;
    let is_needed = |kind| triggers.triggers.iter().any(|trigger| trigger.on.kind() == kind);
    for (name, _) in FUNCTIONS.into_iter().filter(|(_, kind)| is_needed(*kind)) {
        let built = folder.join(format!("jobwire-{name}"));
        // cargo-lambda puts it into a folder of its own.
        if !built.is_file() && !built.join("bootstrap").is_file() {
            bail!(
                "the function jobwire-{name} is not built: it is not in {}; run `cargo build` in Jobwire's folder, and name what it made by --functions, such as --functions target/debug",
                folder.display()
            );
        }
    }
    Ok(folder)
}
