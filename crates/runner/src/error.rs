//! The program's one error, and the one place that tells it to the user.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::fetch_and_run::NAMES;

/// Why the program did not do what it was asked; the kind decides the exit code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The arguments contradict what can be done. A retry is the same mistake again.
    #[error("{0}")]
    WrongUse(String),
    /// The environment of `fetch-and-run` is incomplete. A retry is the same mistake again. The words go to standard
    /// output with a usage text, where people who come from the shell script of that name look for them.
    #[error("{0}")]
    Environment(String),
    /// Something outside refused or broke. A retry of the job may help.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl Error {
    /// Tells the user on the stream that fits, once, and gives the exit code. Streams that nobody reads any more are no
    /// second fault: the exit code still says it.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::WrongUse(message) => {
                warn(message);
                ExitCode::from(2)
            }
            Self::Environment(message) => {
                let _unread = writeln!(io::stdout(), "{} - {message}\n\n{}", program(), usage());
                ExitCode::from(2)
            }
            Self::Failed(error) => {
                warn(&one_line(error));
                ExitCode::from(1)
            }
        }
    }
}

/// How `fetch-and-run` is called.
fn usage() -> String {
    let name = program();
    let called = if NAMES.contains(&name.as_str()) { name } else { format!("{name} fetch-and-run") };
    format!(
        "Usage:\n  \
         BATCH_FILE_TYPE=script BATCH_FILE_S3_URL=s3://BUCKET/KEY {called} SCRIPT-NAME [ARGUMENT...]\n  \
         BATCH_FILE_TYPE=zip BATCH_FILE_S3_URL=s3://BUCKET/KEY {called} FILE-IN-ARCHIVE [ARGUMENT...]\n  \
         BATCH_FILE_TYPE=tar.gz BATCH_FILE_S3_URL=s3://BUCKET/KEY {called} FILE-IN-ARCHIVE [ARGUMENT...]"
    )
}

/// Writes one line `PROGRAM - WORDS` to standard error.
pub(crate) fn warn(words: &str) {
    let _unread = writeln!(io::stderr(), "{} - {words}", program());
}

/// The name this program was called by, since an image may link it under another one.
pub(crate) fn program() -> String {
    let path = std::env::args_os().next().unwrap_or_default();
    Path::new(&path).file_name().unwrap_or(OsStr::new("jobwire-runner")).to_string_lossy().into_owned()
}

/// The chain of causes on one line. Libraries often repeat a cause's words in their own, so a cause that was said
/// already is left out, and line breaks become spaces because log groups split at them.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let words = cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if line.contains(&words) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&words);
    }
    line
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_chain_is_one_line_that_says_each_cause_once() {
        let error = anyhow!("connection refused").context("io: connection refused").context("cannot\nsend");
        assert_eq!(one_line(&error), "cannot send: io: connection refused");
    }
}
