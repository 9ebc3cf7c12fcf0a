//! tar, compressed by gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use anyhow::{Context, Result, anyhow, bail, ensure};
use flate2::bufread::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use super::Unpacking;
use super::metered::Metered;
use crate::limits::{Account, damaged};

/// What every gzip file begins with.
const MAGIC: &[u8] = &[0x1f, 0x8b];

/// `stream` is the account of all that is inflated, of which the entries' contents are only a part.
pub(super) fn unpack(file: File, stream: Account, unpacking: &mut Unpacking) -> Result<()> {
    let mut packed = BufReader::new(file);
    ensure!(packed.fill_buf()?.starts_with(MAGIC), "it is no gzip archive");
    let (inflated, meter) = Metered::new(MultiGzDecoder::new(packed), stream);
    let mut archive = Archive::new(inflated);
    let mut entries = archive.entries().map_err(damaged)?;
    loop {
        meter.borrow_mut().head();
        let Some(entry) = entries.next() else { break };
        meter.borrow_mut().content();
        let mut entry = entry.map_err(damaged)?;
        one(&mut entry, unpacking)?;
        // What nobody wanted of it is read here, where it counts, and not on the way to the next head.
        io::copy(&mut entry, &mut io::sink()).map_err(damaged)?;
    }
    meter.borrow_mut().content();
    // tar ends before gzip's checksum, which says whether all was as it was packed.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map(|_| ()).map_err(damaged)
}

fn one<R: io::Read>(entry: &mut Entry<'_, R>, unpacking: &mut Unpacking) -> Result<()> {
    let name = entry.path().map_err(damaged)?.into_owned();
    let to = |entry: &Entry<'_, R>| match entry.link_name() {
        Ok(Some(text)) => Ok(text.into_owned()),
        Ok(None) => Err(anyhow!("the link `{}` leads nowhere", name.display())),
        Err(error) => Err(damaged(error)),
    };
    match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            let mode = entry.header().mode().context("a file's mode cannot be read")?;
            unpacking.file(&name, mode, entry)
        }
        EntryType::Directory => unpacking.directory(&name),
        EntryType::Symlink => unpacking.link(&name, &to(entry)?),
        EntryType::Link => unpacking.hard_link(&name, &to(entry)?),
        // What `git archive` says of the commit.
        EntryType::XGlobalHeader => unpacking.nothing(),
        _ => bail!("the archive has an entry `{}` that is a device, a pipe or something unknown", name.display()),
    }
}
