//! The ledger: who works at an occurrence, and which job it started.

mod dynamodb;
mod entry;

pub use dynamodb::DynamoDb;
pub use entry::{Entry, Holder, Times};

/// A table with one entry for each occurrence and trigger, written under conditions.
pub trait Ledger {
    /// Writes `entry` if the table has no entry of its id, or, with `expected`, one of this holder.
    ///
    /// A write that took effect although its answer was lost is [`Put::Done`] when it is sent again.
    fn put(&self, entry: &Entry, expected: Option<&Holder>) -> impl Future<Output = Result<Put, LedgerError>> + Send;

    /// Removes the entry if this holder has it; another holder's stays, and that is no error.
    fn remove(&self, id: &str, holder: &Holder) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// The entry as it is now.
    fn read(&self, id: &str) -> impl Future<Output = Result<Option<Entry>, LedgerError>> + Send;
}

/// What became of a conditional write.
#[derive(Clone, Debug, PartialEq)]
pub enum Put {
    /// The entry is written.
    Done,
    /// The condition does not hold; this is what the table has instead.
    Instead(Option<Box<Entry>>),
}

/// The table gave no usable answer: it was not reached, was busy, refused the function, or holds something that is no
/// entry. A retry can help.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the ledger gives no usable answer: {0}")]
pub struct LedgerError(pub String);
