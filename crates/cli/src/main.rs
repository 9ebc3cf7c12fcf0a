//! The `jobwire` command.

mod aws;
mod commands;
mod event;
mod fire;
mod graph;
mod local;
mod output;
mod project;
mod replay;
mod sources;
mod synth;
mod synthesized;
mod watch;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = commands::parse();
    match commands::run(arguments) {
        Ok(code) => code,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}
