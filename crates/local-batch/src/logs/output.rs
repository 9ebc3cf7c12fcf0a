//! Reads what a job writes, keeps it in its file, and cuts it into lines.

use std::{fs::File, io::Write, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::{mpsc, watch},
    time::sleep,
};

use super::LogLine;
use crate::state::now;

/// The largest event that `CloudWatch` Logs takes is 256 KiB with 26 bytes of its own.
const LONGEST: usize = 256 * 1024 - 26;

/// How long the pipe must be silent after the job's end to count as empty, should something that left the job's process
/// group still hold it open.
const SILENCE: Duration = Duration::from_millis(500);

/// Copies until the pipe ends, or until it is silent after the job has exited.
pub(crate) async fn copy(
    mut output: impl AsyncRead + Unpin,
    mut file: File,
    lines: Option<mpsc::Sender<LogLine>>,
    exited: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut splitter = Splitter::default();
    loop {
        let read = tokio::select! {
            biased;
            read = output.read(&mut buffer) => read,
            () = silence(exited.clone()) => break,
        };
        let bytes = match read {
            Ok(0) | Err(_) => break,
            Ok(read) => &buffer[..read],
        };
        // Writes to a local file are short, so they need no thread of their own.
        if let Err(error) = file.write_all(bytes) {
            tracing::warn!(%error, "a job's output could not be kept in its file");
        }
        if let Some(lines) = &lines {
            send(lines, splitter.push(bytes)).await;
        }
    }
    if let Some(lines) = &lines {
        send(lines, splitter.finish()).await;
    }
}

async fn silence(mut exited: watch::Receiver<bool>) {
    if exited.wait_for(|exited| *exited).await.is_ok() {
        sleep(SILENCE).await;
    }
}

async fn send(lines: &mpsc::Sender<LogLine>, messages: Vec<String>) {
    for message in messages {
        // The receiver drains even when the cloud is gone, so a fault means that the server ends.
        if lines.send(LogLine { timestamp: now(), message }).await.is_err() {
            return;
        }
    }
}

/// Cuts bytes into lines; an endless line is cut where `CloudWatch` Logs would refuse it. Empty lines are left out, since
/// an event may not be empty.
#[derive(Debug, Default)]
struct Splitter {
    pending: Vec<u8>,
}

impl Splitter {
    fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.pending.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                lines.extend(self.finish());
            } else if self.pending.len() >= LONGEST {
                let rest = self.pending.split_off(character_start(&self.pending));
                lines.extend(self.finish());
                self.pending = rest;
            }
        }
        lines
    }

    fn finish(&mut self) -> Vec<String> {
        let bytes = std::mem::take(&mut self.pending);
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = String::from_utf8_lossy(line);
        let mut rest: &str = &text;
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.floor_char_boundary(LONGEST));
            pieces.push(piece.to_owned());
            rest = after;
        }
        pieces
    }
}

/// Where the last character starts, if it is not whole; else the end. So a cut never breaks a character.
fn character_start(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_their_ends_wherever_the_reads_fall() {
        let mut splitter = Splitter::default();
        assert_eq!(splitter.push(b"on"), Vec::<String>::new());
        assert_eq!(splitter.push(b"e\r\n\ntwo\nthr"), ["one", "two"]);
        assert_eq!(splitter.push("é\n".as_bytes()), ["thré"]);
        assert_eq!(splitter.push(b"\xff end"), Vec::<String>::new());
        assert_eq!(splitter.finish(), ["\u{fffd} end"]);
        assert_eq!(splitter.finish(), Vec::<String>::new());
    }

    #[test]
    fn an_endless_line_is_cut_between_characters_and_loses_nothing() {
        let text = "é".repeat(300 * 1024);
        let mut splitter = Splitter::default();
        let mut lines = Vec::new();
        for chunk in text.as_bytes().chunks(64 * 1024 - 1) {
            lines.extend(splitter.push(chunk));
        }
        lines.extend(splitter.finish());
        assert!(lines.iter().all(|line| line.len() <= LONGEST));
        assert_eq!(lines.concat(), text);
    }
}
