//! Where the built binaries and the project's files lie.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The folder of the built binaries: that of the running one, or its parent for a test, which lies in `deps`.
pub fn folder() -> Result<PathBuf> {
    let own = std::env::current_exe().context("the running program's path is not known")?;
    let folder = own.parent().context("the running program lies in no folder")?;
    Ok(if folder.ends_with("deps") { folder.parent().unwrap_or(folder).to_path_buf() } else { folder.to_path_buf() })
}

/// A command of the built binary `name`.
pub fn command(name: &str) -> Result<Command> {
    let path = folder()?.join(name);
    if !path.is_file() {
        bail!("{} is not built: run `cargo build` first, as `make test` does", path.display());
    }
    Ok(Command::new(path))
}

/// The virtual environment that every test and the demo share, so that it is made once.
#[must_use]
pub fn venv() -> PathBuf {
    root().join(".jobwire/venv")
}
