//! One program against its budget, its peer and the floor.

use std::time::Duration;

use anyhow::Result;

use crate::measure::{ROUNDS, Run, Timing, percentile, rounds};
use crate::program::Program;
use crate::report::{Table, milliseconds, ratio};

/// Measures `ours` beside `peer` and the floor, and tells whether its median keeps within the budget.
pub(crate) fn table(caption: String, ours: &Program<'_>, peer: &Program<'_>, budget: Duration) -> Result<Table> {
    let floor = Program::floor();
    let programs = [ours, peer, &floor];
    let runs = programs.map(|program| Box::new(|| program.run()) as Run<'_>);
    let timings = rounds(&caption, ROUNDS, &runs)?;
    let wall = |of: &[Timing], percent| percentile(of.iter().map(|timing| timing.wall), percent);
    let cpu = |of: &[Timing], percent| percentile(of.iter().map(|timing| timing.cpu), percent);
    let (of_peer, of_floor) = (wall(&timings[1], 50), wall(&timings[2], 50));
    let rows = programs.iter().zip(&timings).enumerate().map(|(index, (program, timings))| {
        let median = wall(timings, 50);
        let kept = if median <= budget { "kept" } else { "missed" };
        let told = if index == 0 { format!("{} ms, {kept}", budget.as_millis()) } else { String::new() };
        vec![
            program.name.to_owned(),
            milliseconds(median),
            milliseconds(wall(timings, 99)),
            milliseconds(cpu(timings, 50)),
            milliseconds(cpu(timings, 99)),
            ratio(median, of_peer),
            ratio(median, of_floor),
            told,
        ]
    });
    let rows = rows.collect();
    let header = ["", "p50", "p99", "CPU p50", "CPU p99", "to the peer", "to the floor", "budget of p50"];
    Ok(Table { caption, header: header.to_vec(), rows })
}
