//! The end of a job's log, for those who have just seen it fail.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::watch::plain;

/// How much of a log is read, from its end.
const MOST: u64 = 64 * 1024;

/// How much of a line is shown.
const WIDEST: usize = 400;

/// The last lines of a log, without what a terminal would obey; none where the log cannot be read.
pub(super) fn last_lines(log: &Path, count: usize) -> Vec<String> {
    let read = || {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MOST)))?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        std::io::Result::Ok(bytes)
    };
    let bytes = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<String> = text.lines().rev().take(count).map(|line| cut(&plain(line))).collect();
    lines.reverse();
    lines
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::last_lines;

    #[test]
    fn the_end_of_a_log_of_any_length_is_shown_without_what_a_terminal_obeys() {
        let log = std::env::temp_dir().join(format!("jobwire-last-lines-{}", std::process::id()));
        let lines: Vec<String> = (1..=20_000).map(|line| format!("line {line}")).collect();
        let text = lines.join("\n");
        std::fs::write(&log, format!("{text}\n\u{1b}[31mred\u{7}\n{}", "x".repeat(500))).expect("a file");
        let lines = last_lines(&log, 3);
        let _ = std::fs::remove_file(&log);
        assert_eq!(&lines[..2], ["line 20000", "red␇"]);
        assert_eq!(lines[2].chars().count(), 401, "a long line is cut");
        assert_eq!(last_lines(&log, 3), Vec::<String>::new(), "no log, no lines");
    }
}
