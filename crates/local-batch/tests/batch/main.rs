//! The server as its users meet it: the real SDK over HTTP on one side, real processes on the other.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod capacity;
mod containers;
mod ending;
mod harness;
mod life;
mod listing;
mod output;
mod protocol;
mod refusals;
mod registration;
mod running;
mod template;
