//! The one place that tells the user what failed.

use std::io::{self, Write};
use std::process::ExitCode;

/// Writes one line to standard error and gives the exit code of a failure. A stream that nobody reads any more is no
/// second fault: the exit code still says it.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let _unread = writeln!(io::stderr(), "label-image - {}", one_line(error));
    ExitCode::FAILURE
}

/// The chain of causes, without those that a library's own words repeat. Log groups split at line breaks, which become
/// spaces; other spaces stay, since they may be a key's.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let words = cause.to_string().replace(char::is_control, " ");
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
        let error =
            anyhow!("connection refused").context("io: connection refused").context("cannot\nread  s3://b/a  b");
        assert_eq!(one_line(&error), "cannot read  s3://b/a  b: io: connection refused");
    }
}
