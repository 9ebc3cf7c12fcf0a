//! The connections that wait for their next request, so that they can be closed from here.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
pub(super) struct Idle(Mutex<BTreeMap<usize, Arc<TcpStream>>>);

impl Idle {
    pub(super) fn enter(&self, id: usize, socket: Arc<TcpStream>) {
        self.waiting().insert(id, socket);
    }

    /// Whether it still waits: not if it was closed.
    pub(super) fn leave(&self, id: usize) -> bool {
        self.waiting().remove(&id).is_some()
    }

    pub(super) fn count(&self) -> usize {
        self.waiting().len()
    }

    pub(super) fn close(&self) {
        let sockets = std::mem::take(&mut *self.waiting());
        for socket in sockets.values() {
            // One that its client has closed needs no more.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<usize, Arc<TcpStream>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
