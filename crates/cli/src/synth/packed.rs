//! A function's zip: `bootstrap` and `jobwire.json`, the same bytes for the same contents.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The built function: `DIR/jobwire-NAME/bootstrap` as cargo-lambda lays it, or `DIR/jobwire-NAME` as cargo does.
pub(super) fn binary(functions: &Path, name: &str) -> Result<PathBuf> {
    let built = functions.join(format!("jobwire-{name}"));
    let places = [built.join("bootstrap"), built];
    match places.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => bail!(
            "the function jobwire-{name} is not built: neither {} nor {} is there; run `make build`, or name the place by --functions",
            places[0].display(),
            places[1].display()
        ),
    }
}

/// Writes the zip: both files with fixed times and modes, since a new hash would deploy an unchanged function again.
pub(super) fn write(zip: &Path, binary: &Path, triggers: &str) -> Result<()> {
    let bootstrap = std::fs::read(binary).with_context(|| format!("{} cannot be read", binary.display()))?;
    let file = File::create(zip).with_context(|| format!("{} cannot be written", zip.display()))?;
    let mut writer = ZipWriter::new(file);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for (name, mode, contents) in
        [("bootstrap", 0o755, bootstrap.as_slice()), ("jobwire.json", 0o644, triggers.as_bytes())]
    {
        writer.start_file(name, options.unix_permissions(mode))?;
        writer.write_all(contents)?;
    }
    writer.finish().with_context(|| format!("{} cannot be written", zip.display()))?;
    Ok(())
}
