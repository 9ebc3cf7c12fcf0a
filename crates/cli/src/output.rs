//! What people see: results on standard output, words about them on standard error.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use jobwire_core::problem::{Problem, Problems};

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
    say(&format!("{}: {error:#}", red("error")));
}

/// Prints every problem of a file: its place, the line with a caret, and what to do.
pub(crate) fn problems(file: &Path, text: &str, problems: &Problems) {
    for problem in &problems.0 {
        say(&picture(file, text, problem));
    }
    let count = problems.0.len();
    say(&format!("{}: {count} problem{} in {}", red("error"), if count == 1 { "" } else { "s" }, file.display()));
}

fn picture(file: &Path, text: &str, problem: &Problem) -> String {
    let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", problem.path) };
    let mut lines = vec![format!("{}: {path}{}", red("error"), problem.message)];
    match problem.at {
        Some(at) => {
            let number = at.line.to_string();
            let margin = " ".repeat(number.len());
            lines.push(format!("{margin}--> {}:{}:{}", file.display(), at.line, at.column));
            let line = usize::try_from(at.line).ok().and_then(|line| text.lines().nth(line.checked_sub(1)?));
            if let Some(line) = line {
                // Tabs stay, so that the caret stands below its character however wide they are shown.
                let blank = |character| if character == '\t' { '\t' } else { ' ' };
                let before: String =
                    line.chars().take(usize::try_from(at.column).unwrap_or(1).saturating_sub(1)).map(blank).collect();
                lines.extend([format!("{margin} |"), format!("{number} | {line}"), format!("{margin} | {before}^")]);
            }
        }
        None => lines.push(format!("--> {}", file.display())),
    }
    lines.extend(problem.help.iter().map(|help| format!("help: {help}")));
    lines.push(String::new());
    lines.join("\n")
}

/// Red on a terminal, plain elsewhere.
fn red(text: &str) -> String {
    let plain = !std::io::stderr().is_terminal() || std::env::var_os("NO_COLOR").is_some();
    if plain { text.to_owned() } else { format!("\u{1b}[31m{text}\u{1b}[0m") }
}
