//! The function for Batch jobs' changes of state.

use std::process::ExitCode;

fn main() -> ExitCode {
    jobwire_lambda::main(jobwire_job_state::SOURCE)
}
