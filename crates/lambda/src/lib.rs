//! What all Jobwire functions share: cold start, SDK clients, the ledger, submission, rejects and the answer.
//!
//! A function crate gives its [`Source`](jobwire_core::source::Source) to [`main`] and holds nothing else.

pub mod answer;
pub mod batch;
pub mod clients;
mod defect;
#[cfg(feature = "test-util")]
pub mod fake;
pub mod fault;
pub mod function;
pub mod ledger;
mod logging;
mod metrics;
mod once;
pub mod pace;
mod planning;
pub mod rejects;
mod sdk_error;
mod sdk_request;
mod send;
pub mod settings;
pub mod window;

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jobwire_core::source::Source;
use jobwire_core::trigger::Triggers;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::runtime::LocalOptions;
use tokio::time::Instant;

use crate::function::Function;
use crate::pace::Pace;
use crate::settings::Settings;

/// The moment when Lambda ends the process, by the clock that does not jump.
fn deadline(epoch_millis: u64) -> Instant {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::now() + Duration::from_millis(epoch_millis).saturating_sub(now)
}

/// Answers events until there are no more.
async fn serve(source: Source, triggers: Triggers, settings: Settings) -> Result<(), lambda_runtime::Error> {
    let http = clients::http(&settings.aws);
    let function = &Function {
        source,
        triggers,
        deployment: settings.deployment.clone(),
        batch: clients::batch(&settings, &http),
        ledger: settings.ledger_table.as_ref().map(|table| clients::ledger(&settings, &http, table)),
        rejects: settings.rejects_url.as_ref().map(|url| clients::rejects(&settings, &http, url)),
        pace: Pace::of(settings.rate),
        timing: settings.timing,
    };
    let write_metrics = &metrics::start();
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
        let answer = Box::pin(function.handle(&event.payload, deadline(event.context.deadline))).await;
        if let Some(write) = write_metrics {
            write();
        }
        answer
            .map_err(|fault| Diagnostic { error_type: fault.error_type().to_owned(), error_message: fault.to_string() })
    }))
    .await
}

/// Runs the function of `source` until Lambda ends it.
///
/// A cold start that fails (a wrong variable, a trigger file with problems) logs every problem, not the first, and ends
/// the process with exit code 1.
pub fn main(source: Source) -> ExitCode {
    let settings = Settings::read(|name| std::env::var(name).ok());
    logging::start(settings.as_ref().map_or(&logging::Logging::default(), |settings| &settings.logging));
    defect::log_places();
    let started = settings.and_then(|settings| Ok((settings.triggers()?, settings)));
    let (triggers, settings) = match started {
        Ok(started) => started,
        Err(problems) => {
            for problem in &problems.0 {
                tracing::error!(field = problem.path, help = problem.help, "cold start: {problem}");
            }
            return ExitCode::FAILURE;
        }
    };
    // One thread: a second one costs half a millisecond at every cold start, and one invocation runs at a time.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build_local(LocalOptions::default())
    {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "cold start: the asynchronous runtime does not start");
            return ExitCode::FAILURE;
        }
    };
    // As a task of its own: what is awaited by `block_on` itself is woken through the kernel, three calls for each event.
    let result = runtime.block_on(runtime.spawn_local(serve(source, triggers, settings)));
    match result {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            tracing::error!(error, "the Lambda Runtime API is out of reach");
            ExitCode::FAILURE
        }
        // A defect, whose place has been logged; its own words may hold data.
        Err(_) => ExitCode::FAILURE,
    }
}
