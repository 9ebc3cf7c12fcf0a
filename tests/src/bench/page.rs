//! BENCHMARKS.md: written as a whole, or one of its sections in the place of what it said before.

use anyhow::{Context as _, Result, ensure};

use crate::machine::Machine;
use crate::measure::{ROUNDS, Rounds};

/// What stands before the name of a section.
const HEADING: &str = "\n## ";

/// What the page begins with.
pub(crate) fn head(machine: &Machine) -> String {
    let Rounds { warm_up, measured } = ROUNDS;
    format!(
        "# Benchmarks\n\n\
         Written by `make bench`. The figures are those of one machine on one day: compare the rows of a table, which\n\
         were measured in turn, and not two runs. A section that was measured at another time says so.\n\n\
         {}\n\n\
         Where a section says nothing else, each row stands for {measured} runs, after {warm_up} that do not count. In each round every\n\
         row runs once, and each round begins with another one. p50 and p99 are of the wall clock from spawn to exit, CPU\n\
         is user and system time together, and the ratios are those of p50: below 1 is faster than the peer.\n",
        machine.lines()
    )
}

/// The page with `section`, which begins with its heading, in the place of the one of its name; behind the last one where
/// there was none.
pub(crate) fn with_section(page: &str, name: &str, section: &str, machine: &Machine) -> Result<String> {
    let heading = format!("{HEADING}{name}\n");
    let text = section.strip_prefix(&heading).context("a section begins with its heading")?;
    ensure!(page.starts_with("# Benchmarks\n"), "it is no page of benchmarks: write it as a whole first");
    let (before, rest) = page.split_once(&heading).unwrap_or((page, ""));
    let after = rest.find(HEADING).map_or("", |at| &rest[at..]);
    Ok(format!("{before}{heading}\nMeasured by itself:\n\n{}\n{text}{after}", machine.lines()))
}
