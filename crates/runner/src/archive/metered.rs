//! A stream of which every byte counts, whoever reads it.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use crate::limits::{Account, Limit};

/// The most that may stand between two entries of a stream: long names, and what else their heads hold.
const LONGEST_HEAD: u64 = 1024 * 1024;

/// A stream that keeps an account of all that is read of it, by whomever.
pub(super) struct Metered<R> {
    inner: R,
    meter: Rc<RefCell<Meter>>,
}

/// The account of a [`Metered`] stream.
#[derive(Debug)]
pub(super) struct Meter {
    account: Account,
    /// What may still be read before the next entry, while none is open.
    head: Option<u64>,
}

impl Meter {
    /// An entry's head is to be read, of which nobody else knows how long it gets.
    pub(super) fn head(&mut self) {
        self.head = Some(LONGEST_HEAD);
    }

    /// An entry's content is to be read.
    pub(super) fn content(&mut self) {
        self.head = None;
    }
}

impl<R: Read> Metered<R> {
    /// The stream with this account.
    pub(super) fn new(inner: R, account: Account) -> (Self, Rc<RefCell<Meter>>) {
        let meter = Rc::new(RefCell::new(Meter { account, head: None }));
        (Self { inner, meter: Rc::clone(&meter) }, meter)
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let bytes = u64::try_from(read).unwrap_or(u64::MAX);
        let mut meter = self.meter.borrow_mut();
        meter.account.bytes(bytes).map_err(io::Error::other)?;
        if let Some(left) = meter.head {
            let beyond = || io::Error::other(Limit("an entry of the archive has a head of more than 1 MiB".to_owned()));
            meter.head = Some(left.checked_sub(bytes).ok_or_else(beyond)?);
        }
        Ok(read)
    }
}
