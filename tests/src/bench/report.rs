//! What people read: tables on the terminal, and the same in BENCHMARKS.md.

use std::time::Duration;

use comfy_table::{CellAlignment, presets};

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

/// A time with three digits that count.
pub(crate) fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    let digits = [10.0, 100.0].iter().filter(|bound| milliseconds < **bound).count();
    format!("{milliseconds:.digits$} ms")
}

/// A time in whole microseconds.
pub(crate) fn microseconds(time: Duration) -> String {
    format!("{} µs", time.as_micros())
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

/// A size in MiB, in which Lambda counts memory.
#[expect(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
pub(crate) fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}

/// A ratio with as many digits as a budget has.
pub(crate) fn two_digits(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
}

fn digits(ratio: f64) -> String {
    if ratio < 1.0 { format!("{ratio:.3}") } else { format!("{ratio:.1}") }
}
