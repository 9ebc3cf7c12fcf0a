//! How things are measured: in rounds, in which each of them runs once.
//!
//! What disturbs the machine for a while then disturbs all of them alike, and since each round begins with another one
//! none always runs behind the same neighbour.

use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::say;

/// How many rounds there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounds {
    /// Those that come first and do not count, so that files and libraries are in the page cache.
    pub(crate) warm_up: usize,
    /// Those that are measured.
    pub(crate) measured: usize,
}

/// The rounds of a section that says nothing else; of a hundred runs the 99th percentile is the second slowest, and no
/// single accident.
pub(crate) const ROUNDS: Rounds = Rounds { warm_up: 10, measured: 100 };

/// After how long people are told how far it is.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often they are told where no bar can be drawn.
const WORD: Duration = Duration::from_secs(15);

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// From its start to its end, or to what its section waits for.
    pub(crate) wall: Duration,
    /// What it used of the processors, in user and system mode.
    pub(crate) cpu: Duration,
}

/// One of the things that are compared: what runs it once, and says what that took.
pub(crate) type Run<'a, T = Timing> = Box<dyn Fn() -> Result<T> + 'a>;

/// What each thing took, after the warm-up; the first run that fails ends it all.
pub(crate) fn rounds<T: Clone>(
    what: &str,
    Rounds { warm_up, measured }: Rounds,
    runs: &[Run<'_, T>],
) -> Result<Vec<Vec<T>>> {
    let bar = ProgressBar::with_draw_target(Some((warm_up + measured) as u64), ProgressDrawTarget::hidden());
    bar.set_style(ProgressStyle::with_template("{msg} {wide_bar} round {pos} of {len}, {eta} left")?);
    bar.set_message(what.to_owned());
    let mut timings = vec![Vec::with_capacity(measured); runs.len()];
    let began = Instant::now();
    let mut told = began;
    for round in 0..warm_up + measured {
        for step in 0..runs.len() {
            let index = (round + step) % runs.len();
            let timing = runs[index]()?;
            if round >= warm_up {
                timings[index].push(timing);
            }
        }
        // The bar is drawn between rounds alone: a thread that draws would take part in what is measured.
        bar.inc(1);
        if began.elapsed() > PATIENCE && bar.is_hidden() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            if bar.is_hidden() && (told == began || told.elapsed() > WORD) {
                say(&format!("{what}: round {} of {}", round + 1, warm_up + measured));
                told = Instant::now();
            }
        }
    }
    bar.finish_and_clear();
    Ok(timings)
}

/// The time that `percent` of these stay within: the nearest rank, so one of them.
pub(crate) fn percentile(times: impl Iterator<Item = Duration>, percent: usize) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    let rank = (times.len() * percent).div_ceil(100);
    times.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}
