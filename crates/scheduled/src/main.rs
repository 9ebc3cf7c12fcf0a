//! The function for schedules.

use std::process::ExitCode;

fn main() -> ExitCode {
    jobwire_lambda::main(jobwire_scheduled::SOURCE)
}
