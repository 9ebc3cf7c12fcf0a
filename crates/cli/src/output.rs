//! What people see: results on standard output, words about them on standard error.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use jobwire_core::problem::Problem;

/// Writes a result to standard output. A reader that has gone away (`| head`) is no error.
pub(crate) fn result(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Says something about what goes on, on standard error.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints an error and its causes once, in one line.
pub(crate) fn error(error: &anyhow::Error) {
    say(&format!("{}: {error:#}", Severity::Error.label()));
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Severity {
    /// The file is not used.
    Error,
    /// The file is used all the same.
    Warning,
}

impl Severity {
    /// The word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }

    /// The word in its colour.
    fn label(self) -> String {
        coloured(self.name(), if self == Self::Error { 31 } else { 33 })
    }
}

/// Prints every problem of a file: its place, the line with a caret, and what to do.
pub(crate) fn problems(file: &Path, text: &str, problems: &[Problem], severity: Severity) {
    for problem in problems {
        say(&picture(file, text, problem, severity));
    }
    let count = problems.len();
    if severity == Severity::Error {
        let plural = if count == 1 { "" } else { "s" };
        say(&format!("{}: {count} problem{plural} in {}", severity.label(), file.display()));
    }
}

fn picture(file: &Path, text: &str, problem: &Problem, severity: Severity) -> String {
    let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", problem.path) };
    let mut lines = vec![format!("{}: {path}{}", severity.label(), problem.message)];
    match problem.at {
        Some(at) => {
            let number = at.line.to_string();
            let margin = " ".repeat(number.len());
            lines.push(format!("{margin}--> {}:{}:{}", file.display(), at.line, at.column));
            let line = usize::try_from(at.line).ok().and_then(|line| text.lines().nth(line.checked_sub(1)?));
            if let Some(line) = line {
                let (line, column) = around(line, usize::try_from(at.column).unwrap_or(1).saturating_sub(1));
                // Tabs stay, so that the caret stands below its character however wide they are shown.
                let blank = |character| if character == '\t' { '\t' } else { ' ' };
                let before: String = line.chars().take(column).map(blank).collect();
                lines.extend([format!("{margin} |"), format!("{number} | {line}"), format!("{margin} | {before}^")]);
            }
        }
        None => lines.push(format!("--> {}", file.display())),
    }
    lines.extend(problem.help.iter().map(|help| format!("help: {help}")));
    lines.push(String::new());
    lines.join("\n")
}

/// A line, or of a long one what stands around its `column`, and the column in what is left.
fn around(line: &str, column: usize) -> (String, usize) {
    const WIDTH: usize = 160;
    let length = line.chars().count();
    if length <= WIDTH {
        return (line.to_owned(), column);
    }
    let from = column.saturating_sub(WIDTH / 2);
    let shown: String = line.chars().skip(from).take(WIDTH).collect();
    let (before, after) = (if from > 0 { "…" } else { "" }, if from + WIDTH < length { "…" } else { "" });
    (format!("{before}{shown}{after}"), column - from + before.chars().count())
}

/// Coloured on a terminal, plain elsewhere.
fn coloured(text: &str, colour: u8) -> String {
    let plain = !std::io::stderr().is_terminal() || std::env::var_os("NO_COLOR").is_some();
    if plain { text.to_owned() } else { format!("\u{1b}[{colour}m{text}\u{1b}[0m") }
}
