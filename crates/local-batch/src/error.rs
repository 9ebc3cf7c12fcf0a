//! Why a server cannot start or go on.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::resources;

/// Why [`crate::run`] ended without being asked to. None of these is helped by trying again unchanged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Docker is asked for, and is not there or cannot be used.
    #[error("{0}")]
    Docker(String),
    /// The program that would remove the containers does not start.
    #[error("the watchdog of the containers does not start: {0}")]
    Watchdog(#[source] std::io::Error),
    /// The listener can be reached from other machines, and whoever reaches this API runs programs here.
    #[error("local-batch listens on loopback alone, but was given {0}: bind 127.0.0.1 or ::1")]
    NotLoopback(SocketAddr),
    /// The address of the listener cannot be read, or accepting connections failed.
    #[error("cannot serve: {0}")]
    Serve(#[source] io::Error),
    /// The directory of the jobs cannot be made.
    #[error("cannot make the jobs' directory {}: {source}", path.display())]
    WorkDir {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The address for events is not a plain `http://` one.
    #[error("events cannot be sent to `{0}`: give an http:// address")]
    EventsUrl(String),
    /// The address of what decides about callers is not a plain `http://` one.
    #[error("callers cannot be authorized by `{0}`: give an http:// address")]
    AuthorityUrl(String),
    /// The resources file cannot be opened.
    #[error("cannot read {}: {source}", path.display())]
    ReadResources {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The resources file has something that cannot be resolved here.
    #[error("{}: {source}", path.display())]
    Resources {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        source: resources::Error,
    },
    /// A resource of the file was refused as the API would refuse it.
    #[error("{}: {resource}: {message}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Its logical id.
        resource: String,
        /// The message of the `ClientException`.
        message: String,
    },
}
