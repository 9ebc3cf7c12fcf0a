//! tar, compressed by gzip.

use std::fs::File;
use std::io::{self, BufReader};

use anyhow::{Context, Result, anyhow, bail};
use flate2::bufread::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::Unpacking;
use crate::limits::damaged;

pub(super) fn unpack(file: File, unpacking: &mut Unpacking) -> Result<()> {
    let mut archive = Archive::new(MultiGzDecoder::new(BufReader::new(file)));
    for entry in archive.entries().map_err(damaged)? {
        one(entry.map_err(damaged)?, unpacking)?;
    }
    // tar ends before gzip's checksum, which says whether all was as it was packed.
    unpacking.account.copy(&mut archive.into_inner(), &mut io::sink())
}

fn one<R: io::Read>(mut entry: Entry<'_, R>, unpacking: &mut Unpacking) -> Result<()> {
    let name = entry.path().map_err(damaged)?.into_owned();
    let to = |entry: &Entry<'_, R>| match entry.link_name() {
        Ok(Some(text)) => Ok(text.into_owned()),
        Ok(None) => Err(anyhow!("the link `{}` leads nowhere", name.display())),
        Err(error) => Err(damaged(error)),
    };
    match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            let mode = entry.header().mode().context("a file's mode cannot be read")?;
            unpacking.file(&name, mode, &mut entry)
        }
        EntryType::Directory => unpacking.directory(&name),
        EntryType::Symlink => unpacking.link(&name, &to(&entry)?),
        EntryType::Link => unpacking.hard_link(&name, &to(&entry)?),
        // What `git archive` says of the commit.
        EntryType::XGlobalHeader => Ok(()),
        _ => bail!("the archive has an entry `{}` that is a device, a pipe or something unknown", name.display()),
    }
}
