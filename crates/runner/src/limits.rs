//! How much may be downloaded and unpacked, and the account that is kept of it.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, anyhow};

const MIB: u64 = 1024 * 1024;

/// Under this many unpacked bytes the ratio says nothing: a small archive of blanks is no attack.
const RATIO_COUNTS_FROM: u64 = 64 * MIB;

/// The limits of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Bytes of the object, and again of all that an archive unpacks to.
    pub(crate) bytes: u64,
    /// Files, folders and links in an archive.
    pub(crate) entries: u64,
    /// Unpacked bytes for each byte of the archive.
    pub(crate) ratio: u64,
}

impl Limits {
    /// Reads the variables, each a whole number above 0, and takes defaults for those that are not set.
    pub(crate) fn read(text: impl Fn(&str) -> Result<Option<String>, String>) -> Result<Self, String> {
        let number = |name: &str, default: u64, most: u64| match text(name)? {
            None => Ok(default),
            Some(value) => Some(value.as_str())
                .filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|value| value.parse().ok())
                .filter(|number| (1..=most).contains(number))
                .ok_or_else(|| format!("{name} is `{value}`, and must be a whole number from 1 to {most}")),
        };
        Ok(Self {
            bytes: number("BATCH_FILE_MAX_MIB", 10 * 1024, 100 * 1024 * 1024)? * MIB,
            entries: number("BATCH_FILE_MAX_ENTRIES", 100_000, 10_000_000)?,
            ratio: number("BATCH_FILE_MAX_RATIO", 200, 1_000_000)?,
        })
    }

    /// What is said of an archive with more entries.
    pub(crate) fn too_many_entries(self) -> Limit {
        Limit(format!("the archive has more than {} entries; BATCH_FILE_MAX_ENTRIES sets the limit", self.entries))
    }

    /// The limit of bytes as users set it.
    pub(crate) fn mib(self) -> u64 {
        self.bytes / MIB
    }
}

/// What an archive has unpacked to until now. What an archive says of its own size is never asked.
#[derive(Debug)]
pub(crate) struct Account {
    limits: Limits,
    archive_bytes: u64,
    bytes: u64,
    entries: u64,
    stop: Arc<AtomicBool>,
}

impl Account {
    /// The account of an archive of this size; it goes on until `stop`.
    pub(crate) fn new(limits: Limits, archive_bytes: u64, stop: Arc<AtomicBool>) -> Self {
        Self { limits, archive_bytes, bytes: 0, entries: 0, stop }
    }

    /// One more file, folder or link.
    pub(crate) fn entry(&mut self) -> Result<(), Limit> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(self.limits.too_many_entries());
        }
        Ok(())
    }

    /// Copies all that an entry holds, as far as the limits let it.
    pub(crate) fn copy(&mut self, from: &mut impl Read, to: &mut impl Write) -> Result<()> {
        let mut buffer = vec![0; 128 * 1024];
        loop {
            let read = match from.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(damaged(error)),
            };
            self.bytes(u64::try_from(read)?)?;
            to.write_all(&buffer[..read])?;
        }
    }

    /// So many bytes more.
    pub(crate) fn bytes(&mut self, more: u64) -> Result<(), Limit> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Limit("stopped".to_owned()));
        }
        self.bytes += more;
        if self.bytes > self.limits.bytes {
            let mib = self.limits.mib();
            return Err(Limit(format!(
                "the archive unpacks to more than {mib} MiB; BATCH_FILE_MAX_MIB sets the limit"
            )));
        }
        if self.bytes > RATIO_COUNTS_FROM && self.bytes / self.limits.ratio > self.archive_bytes {
            return Err(Limit(format!(
                "the archive unpacks to more than {} times its size; BATCH_FILE_MAX_RATIO sets the limit",
                self.limits.ratio
            )));
        }
        Ok(())
    }
}

/// A limit that an archive goes beyond, or the order to stop.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Limit(pub(crate) String);

/// An archive that cannot be read further.
pub(crate) fn damaged(error: impl Into<anyhow::Error>) -> anyhow::Error {
    let error = error.into();
    let limit = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref::<Limit>());
    if let Some(limit) = limit {
        return anyhow!("{limit}");
    }
    let ends_early =
        error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof);
    if ends_early {
        anyhow!("the archive ends before its end: a part of it is missing")
    } else {
        error.context("the archive is damaged")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn account(archive_bytes: u64) -> Account {
        let limits = Limits { bytes: 100 * MIB, entries: 2, ratio: 10 };
        Account::new(limits, archive_bytes, Arc::default())
    }

    fn copied(account: &mut Account, bytes: u64) -> Result<(), String> {
        account.copy(&mut io::repeat(0).take(bytes), &mut io::sink()).map_err(|error| error.to_string())
    }

    #[test]
    fn bytes_are_counted_over_all_entries() {
        let mut account = account(100 * MIB);
        copied(&mut account, 60 * MIB).unwrap();
        copied(&mut account, 40 * MIB).unwrap();
        assert!(copied(&mut account, 1).unwrap_err().contains("more than 100 MiB"));
    }

    #[test]
    fn the_ratio_counts_from_64_mib_on() {
        let mut account = account(1);
        copied(&mut account, RATIO_COUNTS_FROM).unwrap();
        assert!(copied(&mut account, 1).unwrap_err().contains("more than 10 times"));
    }

    #[test]
    fn entries_are_counted() {
        let mut account = account(1);
        account.entry().unwrap();
        account.entry().unwrap();
        assert!(account.entry().unwrap_err().to_string().contains("more than 2 entries"));
    }

    #[test]
    fn a_limit_is_a_whole_number_above_0() {
        let with = |value: &str| {
            let value = value.to_owned();
            Limits::read(move |name| Ok((name == "BATCH_FILE_MAX_MIB").then(|| value.clone())))
        };
        assert_eq!(with("2").unwrap().bytes, 2 * MIB);
        for wrong in ["0", "-1", "+1", "1.5", "99999999999999999999", "1e3", " 1"] {
            assert!(with(wrong).unwrap_err().contains("BATCH_FILE_MAX_MIB"), "{wrong}");
        }
    }
}
