//! zip.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, ensure};
use zip::ZipArchive;
use zip::read::Config;
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use super::Unpacking;
use crate::limits::{Limits, damaged};

/// What the upper bits of a mode say that is neither a file, a folder nor a link.
const KIND: u32 = 0o170_000;
const KINDS: [u32; 4] = [0, 0o100_000, 0o040_000, 0o120_000];

/// As long as a path may be on Linux.
const LONGEST_LINK: u64 = 4096;

pub(super) fn unpack(file: File, limits: Limits, unpacking: &mut Unpacking) -> Result<()> {
    // The directory is read into memory as a whole, so its length is looked at before.
    let directory = ZipIterable::try_new(BufReader::new(&file), Config::default()).map_err(unreadable)?;
    if u64::try_from(directory.len())? > limits.entries {
        return Err(limits.too_many_entries().into());
    }
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(unreadable)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        let name = PathBuf::from(entry.name().map_err(unreadable)?.as_ref());
        // Archivers of systems without modes leave them out.
        let mode = entry.unix_mode().unwrap_or(0o644);
        ensure!(
            KINDS.contains(&(mode & KIND)),
            "the archive has an entry `{}` that is a device or a pipe",
            name.display()
        );
        if entry.is_dir() {
            unpacking.directory(&name)?;
        } else if entry.is_symlink() {
            let mut text = Vec::new();
            unpacking.account.copy(&mut entry.by_ref().take(LONGEST_LINK), &mut text)?;
            unpacking.link(&name, Path::new(OsStr::from_bytes(&text)))?;
        } else {
            unpacking.file(&name, mode, &mut entry)?;
        }
    }
    Ok(())
}

fn unreadable(error: ZipError) -> anyhow::Error {
    match error {
        ZipError::InvalidArchive(why) => {
            anyhow!("it is no zip archive, or a part of it is missing ({why})")
        }
        ZipError::UnsupportedArchive(why) => anyhow!("the zip archive cannot be unpacked here: {why}"),
        ZipError::CompressionMethodNotSupported(method) => {
            anyhow!("the zip archive is packed by method {method}, which is neither `stored` nor `deflated`")
        }
        ZipError::Io(error) => damaged(error),
        other => damaged(other),
    }
}
