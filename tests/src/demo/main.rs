//! `make demo`, `make demo-fetch-and-run`, `make demo-images`: the example pipelines on this machine.

mod feed;
mod fetch_and_run;
mod images;
mod stage;

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::Parser as _;

use stage::say;

/// Plays an example pipeline on this machine.
#[derive(Debug, clap::Parser)]
#[command(name = "jobwire-demo")]
struct Arguments {
    /// Which one.
    #[arg(value_enum, default_value_t = Pipeline::Feed)]
    pipeline: Pipeline,
    /// The image of its jobs, where they are containers.
    #[arg(long, value_name = "NAME")]
    image: Option<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Pipeline {
    Feed,
    FetchAndRun,
    Images,
}

#[tokio::main]
async fn main() -> ExitCode {
    // Ended early, the scenes are dropped, and with them the local cloud.
    let outcome = tokio::select! {
        outcome = play(Arguments::parse()) => outcome,
        () = interrupted() => Err(anyhow!("interrupted")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("\nThe demo failed: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn play(arguments: Arguments) -> Result<()> {
    let image = arguments.image.as_deref();
    match arguments.pipeline {
        Pipeline::Feed => Box::pin(feed::play()).await,
        Pipeline::FetchAndRun => fetch_and_run::play(image).await,
        Pipeline::Images => images::play(image).await,
    }
}

/// Comes when the demo is to end early: by Ctrl-C, by SIGTERM, or because its terminal is closed.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else {
        return std::future::pending().await;
    };
    tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {}, _ = hangup.recv() => {} }
}
