//! What is known of each handler when all have run.

use std::time::Duration;

use anyhow::Result;

use super::handler::{Handler, Kind, WARM};
use super::host::{Host, Outcome};
use super::{COLD, TIMES, WARM_ROUNDS};
use crate::measure::{Rounds, Run, percentile, rounds};

/// A handler with its figures.
pub(crate) struct Measured<'a> {
    /// The handler.
    pub(crate) handler: &'a Handler,
    /// Its figures.
    pub(crate) figures: &'a Figures,
}

/// The figures of a handler.
pub(crate) struct Figures {
    /// Its starts.
    pub(crate) cold: Vec<Cold>,
    /// Its invocations after the first.
    pub(crate) warm: Vec<Duration>,
    /// What one of those used of the processors.
    pub(crate) warm_cpu: Duration,
    /// The peak of its memory, in bytes.
    pub(crate) peak: u64,
    /// How many bytes it printed for an event.
    pub(crate) printed: u64,
}

/// A start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cold {
    /// From spawn to the first question for an event.
    pub(crate) init: Duration,
    /// The first invocation.
    pub(crate) first: Duration,
    /// What the process used of the processors.
    cpu: Duration,
}

impl Figures {
    /// Init and first invocation together.
    pub(crate) fn start(&self, percent: usize) -> Duration {
        percentile(self.cold.iter().map(|cold| cold.init + cold.first), percent)
    }

    /// What a start used of the processors, at its median.
    pub(crate) fn cold_cpu(&self) -> Duration {
        percentile(self.cold.iter().map(|cold| cold.cpu), 50)
    }

    /// An invocation after the first.
    pub(crate) fn warm(&self, percent: usize) -> Duration {
        percentile(self.warm.iter().copied(), percent)
    }
}

/// Runs all handlers, cold ones in turn and then warm ones.
pub(crate) fn measure(host: &Host, handlers: &[Handler]) -> Result<Vec<Figures>> {
    let often = |turn: usize, handler: &Handler| turn == 0 || handler.kind != Kind::Boto3;
    let turns = |turn| (0..handlers.len()).filter(move |index| often(turn, &handlers[*index]));
    let slots: Vec<usize> = (0..TIMES).flat_map(turns).collect();
    let cold = play(host, handlers, "functions: starts", COLD, &slots, 1)?;
    let slots: Vec<usize> = (0..handlers.len()).collect();
    let warm = play(host, handlers, "functions: warm", WARM_ROUNDS, &slots, 1 + WARM)?;
    Ok(cold.iter().zip(&warm).map(|(cold, warm)| figures(cold, warm)).collect())
}

/// The outcomes of each handler: in a round those of `slots` run one after the other.
fn play(
    host: &Host,
    handlers: &[Handler],
    what: &str,
    turns: Rounds,
    slots: &[usize],
    invocations: usize,
) -> Result<Vec<Vec<Outcome>>> {
    let run = |index: &usize| {
        let handler = &handlers[*index];
        Box::new(move || handler.run(host, invocations)) as Run<'_, Outcome>
    };
    let played = rounds(what, turns, &slots.iter().map(run).collect::<Vec<_>>())?;
    let mut outcomes = vec![Vec::new(); handlers.len()];
    for (index, played) in slots.iter().zip(played) {
        outcomes[*index].extend(played);
    }
    Ok(outcomes)
}

fn figures(cold: &[Outcome], warm: &[Outcome]) -> Figures {
    let starts = cold.iter().map(|one| Cold { init: one.init, first: one.invocations[0], cpu: one.cpu });
    let mut figures = Figures {
        cold: starts.collect(),
        warm: warm.iter().flat_map(|one| one.invocations.iter().skip(1).copied()).collect(),
        warm_cpu: Duration::ZERO,
        peak: warm.iter().map(|one| one.peak).max().unwrap_or_default(),
        printed: 0,
    };
    let events: u32 = warm.iter().map(|one| u32::try_from(one.invocations.len()).unwrap_or(u32::MAX)).sum();
    // Each of these processes has started once too.
    let processes = u32::try_from(warm.len()).unwrap_or(u32::MAX);
    let used: Duration = warm.iter().map(|one| one.cpu).sum();
    figures.warm_cpu = used.saturating_sub(figures.cold_cpu() * processes) / events.saturating_sub(processes).max(1);
    figures.printed = warm.iter().map(|one| one.printed).sum::<u64>() / u64::from(events.max(1));
    figures
}
