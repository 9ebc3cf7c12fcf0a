//! `jobwire-runner`, the program inside a Batch job's container: it publishes to SNS, and fetches and runs a script.
mod attribute;
mod aws;
mod cli;
mod error;
mod fetch_and_run;
mod publish;
mod script;
mod topic;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    cli::run().await.unwrap_or_else(|error| error.report())
}
