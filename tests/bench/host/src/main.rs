//! Lambda's, Batch's and DynamoDB's part in the benchmarks, on loopback. It starts a handler process, hands events to it,
//! answers what it asks for at once, and takes the time.
//!
//! It is a program of its own, built for speed, so that the time of a handler is not that of what measures it.
//! `jobwire-bench` keeps it running: an order is a line of JSON on standard input, its outcome a line on standard output.
//! Each order gets new listeners, which end with it.

mod course;
mod endpoint;
mod http;
mod listener;
mod order;
mod peak;
mod probe;
mod run;
mod runtime_api;
mod tls;

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use order::Order;
use tls::Authority;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [word, certificate] if word == "serve" => serve(Path::new(certificate)),
        [word, program, arguments @ ..] if word == "peak" => peak::tell(program, arguments),
        _ => {
            say("jobwire-bench-host serve CERTIFICATE: writes its authority's certificate there, and reads orders\n\
                 jobwire-bench-host peak PROGRAM ARGUMENTS: runs the program, and prints the peak of its memory");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "what is wrong is told to people")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// Carries out orders until there are no more.
fn serve(certificate: &Path) -> Result<()> {
    let authority = Authority::new().context("no certificate can be made")?;
    std::fs::write(certificate, authority.certificate())
        .with_context(|| format!("{} cannot be written", certificate.display()))?;
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let outcome = carry_out(&line.context("the orders cannot be read")?, &authority)
            .unwrap_or_else(|error| json!({"error": format!("{error:#}")}));
        writeln!(output, "{outcome}").and_then(|()| output.flush()).context("the outcome cannot be written")?;
    }
    Ok(())
}

fn carry_out(line: &str, authority: &Authority) -> Result<Value> {
    let order = serde_json::from_str(line).context("the order cannot be read")?;
    let outcome = match order {
        Order::Run(handler) => serde_json::to_value(run::run(&handler, authority)?),
        Order::Probe(probe) => serde_json::to_value(probe::run(&probe, authority)?),
    };
    outcome.context("the outcome cannot be written as JSON")
}
