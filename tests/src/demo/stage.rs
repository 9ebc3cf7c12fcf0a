//! What every demo has: words for people, a sign of life while it waits, and what it expects of a job.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use aws_sdk_batch::types::JobDetail;
use indicatif::{ProgressBar, ProgressStyle};
use jobwire_tests::jobs::exit_code;

#[expect(clippy::print_stderr, reason = "the demo talks to people")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

#[expect(clippy::print_stdout, reason = "what happened is the demo's result")]
pub(crate) fn print(text: &str) {
    println!("{text}");
}

/// Waits, shows that it does, and says how long it took.
pub(crate) async fn waiting<T>(what: &str, waited_for: impl Future<Output = Result<T>>) -> Result<T> {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} waiting for {msg} ({elapsed})") {
        bar.set_style(style);
    }
    let hidden = bar.is_hidden();
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    let began = Instant::now();
    let outcome = waited_for.await;
    bar.finish_and_clear();
    if hidden || outcome.is_ok() {
        say(&format!("{what} ({:.1} s)", began.elapsed().as_secs_f32()));
    }
    outcome
}

pub(crate) fn expect_code(job: &JobDetail, code: i32) -> Result<()> {
    let name = job.job_name().unwrap_or_default();
    ensure!(
        exit_code(job) == Some(code),
        "{name} ended with {:?} instead of {code}: {}",
        exit_code(job),
        job.status_reason().unwrap_or_default()
    );
    Ok(())
}

/// A job's name without the 16 digits that end it, and so that the table fits a terminal.
pub(crate) fn short(name: &str) -> String {
    const LONGEST: usize = 30;
    let own = name.len().checked_sub(17).map_or(name, |end| &name[..end]);
    if own.len() > LONGEST { format!("{}…", &own[..LONGEST - 1]) } else { own.to_owned() }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
