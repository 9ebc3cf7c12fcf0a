//! How large a handler is, alone and as the zip that Lambda is given.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::handler::Handler;

/// Sizes in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Of the program.
    pub(crate) program: u64,
    /// Of the zip.
    pub(crate) zip: u64,
}

/// The sizes of each handler; `folder` has room for a zip.
pub(crate) fn sizes<'a>(handlers: impl Iterator<Item = &'a Handler>, folder: &Path) -> Result<Vec<Sizes>> {
    handlers
        .map(|handler| {
            let program = fs::metadata(&handler.program);
            let program = program.with_context(|| format!("{} cannot be read", handler.program.display()))?.len();
            let path = folder.join("function.zip");
            pack(handler, &path).with_context(|| format!("{} cannot be packed", handler.name))?;
            Ok(Sizes { program, zip: fs::metadata(&path)?.len() })
        })
        .collect()
}

/// Packs it as `jobwire synth` does.
fn pack(handler: &Handler, path: &Path) -> Result<()> {
    let mut zip = ZipWriter::new(File::create(path)?);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, file) in &handler.files {
        zip.start_file(*name, options.unix_permissions(0o755))?;
        io::copy(&mut File::open(file)?, &mut zip)?;
    }
    zip.finish()?.flush()?;
    Ok(())
}
