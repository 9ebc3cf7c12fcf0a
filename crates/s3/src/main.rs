//! The function for S3 buckets.

use std::process::ExitCode;

fn main() -> ExitCode {
    jobwire_lambda::main(jobwire_s3::SOURCE)
}
