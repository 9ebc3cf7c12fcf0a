//! What the tests and the connections both see.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::idle::Idle;
use super::state::State;

#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) idle: Idle,
    pub(super) changed: watch::Sender<u64>,
}

impl Shared {
    pub(super) fn read<T>(&self, f: impl FnOnce(&State) -> T) -> T {
        f(&self.state())
    }

    /// Changes the state at once, and tells whoever waits for it.
    pub(super) fn change<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        let value = f(&mut self.state());
        self.tell();
        value
    }

    /// Tells whoever waits that something has changed.
    pub(super) fn tell(&self) {
        self.changed.send_modify(|number| *number += 1);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
