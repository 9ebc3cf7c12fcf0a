//! What goes wrong with a request.

use std::sync::Arc;

use tokio::sync::Notify;

/// What happens to one request instead of what it asks for, or with its answer.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing goes wrong.
    None,
    /// The request has no effect; a status, an error type (none where it is empty) and a message come back.
    Status(u16, &'static str, &'static str),
    /// The request takes effect; the connection closes without an answer.
    TakenThenClosed,
    /// The request takes effect; the connection stays open without an answer.
    TakenThenHangs,
    /// The request takes effect; half of the answer comes, and the connection closes.
    TakenThenCut,
    /// The request takes effect; the service says that it failed.
    TakenThen500,
    /// The connection closes before the request's body is read; it has no effect.
    ClosedUnread,
    /// The request waits until it is notified; then it takes effect and is answered, even if its client has gone.
    Held(Arc<Notify>),
}
