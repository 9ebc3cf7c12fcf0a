//! The function for SNS topics.

use std::process::ExitCode;

fn main() -> ExitCode {
    jobwire_lambda::main(jobwire_sns::SOURCE)
}
