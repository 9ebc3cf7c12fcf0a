//! `jobwire-runner`, the program inside a Batch job's container: it publishes to SNS, and fetches and runs a script.
mod archive;
mod attribute;
mod aws;
mod cli;
mod download;
mod error;
mod fetch_and_run;
mod limits;
mod publish;
mod script;
mod source;
mod topic;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    cli::run().await.unwrap_or_else(|error| error.report())
}
