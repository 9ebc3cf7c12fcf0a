//! What people read: tables on the terminal, and the same in BENCHMARKS.md.

use std::time::Duration;

use comfy_table::{CellAlignment, presets};

use crate::machine::Machine;
use crate::measure::{ROUNDS, Rounds};

/// What a section found.
pub(crate) struct Report {
    /// What was measured and how, in sentences.
    pub(crate) about: String,
    /// The figures.
    pub(crate) tables: Vec<Table>,
}

/// A table of figures; the first column names the row.
pub(crate) struct Table {
    /// What it shows.
    pub(crate) caption: String,
    /// The names of its columns.
    pub(crate) header: Vec<&'static str>,
    /// Its rows, as many cells each as the header has.
    pub(crate) rows: Vec<Vec<String>>,
}

/// Where a table is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Style {
    /// On a terminal.
    Terminal,
    /// In BENCHMARKS.md.
    Markdown,
}

impl Report {
    /// The section as text.
    pub(crate) fn section(&self, name: &str, style: Style) -> String {
        let table = |table: &Table| format!("\n{}:\n\n{}\n", table.caption, table.text(style));
        let tables: Vec<String> = self.tables.iter().map(table).collect();
        format!("\n## {name}\n\n{}\n{}", self.about, tables.concat())
    }
}

impl Table {
    fn text(&self, style: Style) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(if style == Style::Terminal { presets::NOTHING } else { presets::ASCII_MARKDOWN });
        table.set_header(&self.header).add_rows(&self.rows);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table.trim_fmt()
    }
}

/// What BENCHMARKS.md begins with.
pub(crate) fn page_head(machine: &Machine) -> String {
    let Rounds { warm_up, measured } = ROUNDS;
    format!(
        "# Benchmarks\n\n\
         Written by `make bench`, as a whole. The figures are those of one machine on one day: compare the rows of a\n\
         table, which were measured in turn, and not two runs.\n\n\
         {}\n\n\
         Where a section says nothing else, each row stands for {measured} runs, after {warm_up} that do not count. In each round every\n\
         row runs once, and each round begins with another one. p50 and p99 are of the wall clock from spawn to exit, CPU\n\
         is user and system time together, and the ratios are those of p50: below 1 is faster than the peer.\n",
        machine.lines()
    )
}

/// A time with three digits that count.
pub(crate) fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    let digits = [10.0, 100.0].iter().filter(|bound| milliseconds < **bound).count();
    format!("{milliseconds:.digits$} ms")
}

/// How much of `base` a time is.
pub(crate) fn ratio(time: Duration, base: Duration) -> String {
    digits(time.as_secs_f64() / base.as_secs_f64())
}

/// How much of `base` a size is.
#[expect(clippy::cast_precision_loss, reason = "three digits of it are shown")]
pub(crate) fn ratio_of_bytes(bytes: u64, base: u64) -> String {
    digits(bytes as f64 / base as f64)
}

/// A size in millions of bytes.
#[expect(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn digits(ratio: f64) -> String {
    if ratio < 1.0 { format!("{ratio:.3}") } else { format!("{ratio:.1}") }
}
