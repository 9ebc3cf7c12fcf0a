//! A delivery that ends its process where it is told to, as a power cut would: for the tests of what is left behind.

use std::pin::pin;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};
use jobwire_tests::deliveries::Deliveries;

/// Delivers an event to a function, and aborts.
#[derive(Debug, Parser)]
struct Arguments {
    /// The endpoint of Batch and DynamoDB.
    url: String,
    /// The ids of its messages, with commas between.
    message_ids: String,
    /// Which moments are counted.
    moment: Moment,
    /// At which of them the process ends; where it comes to its end before, the exit code is 0.
    number: usize,
    /// The function's time, in milliseconds.
    time: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Moment {
    /// The function begins to wait: what it has just asked for has not left yet.
    Wait,
    /// The process has nothing to do: what it asked for has left, and the answer is not there yet.
    Idle,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let (number, moment) = (arguments.number, arguments.moment);
    let idle = AtomicUsize::new(0);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all();
    if moment == Moment::Idle {
        runtime.on_thread_park(move || {
            if idle.fetch_add(1, Ordering::Relaxed) + 1 == number {
                std::process::abort();
            }
        });
    }
    let runtime = runtime.build().context("the asynchronous runtime does not start")?;
    let answer = runtime.block_on(async {
        let deliveries = Deliveries::to(&arguments.url)?;
        let delivery = deliveries.deliver(&arguments.message_ids, Duration::from_millis(arguments.time));
        let (mut delivery, mut waits) = (pin!(delivery), 0);
        let answer = std::future::poll_fn(|context| {
            let polled = delivery.as_mut().poll(context);
            if polled.is_pending() && moment == Moment::Wait {
                waits += 1;
                if waits == number {
                    std::process::abort();
                }
            }
            polled
        });
        anyhow::Ok(answer.await)
    })?;
    Ok(if answer.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
