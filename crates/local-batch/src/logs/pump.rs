//! Sends a job's lines in batches within the limits of `PutLogEvents`.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use super::{LogLine, LogSink};

/// A line is at most this long on its way, so that a log can be followed.
const EVERY: Duration = Duration::from_secs(1);
const MOST_LINES: usize = 10_000;
const MOST_BYTES: usize = 1_048_576;
/// What `CloudWatch` Logs counts for each event beside its message.
const OVERHEAD: usize = 26;

/// Makes the stream and sends lines until their sender is gone, then returns with everything sent. Where the cloud does
/// not answer the lines are dropped (they stay in the job's file), so that the job is not held up.
pub(crate) async fn pump<S: LogSink>(sink: &S, group: &str, stream: &str, mut lines: mpsc::Receiver<LogLine>) {
    if let Err(error) = sink.create(group, stream).await {
        tracing::warn!(stream, %error, "a job's log stream could not be made: its output is only in its file");
        while lines.recv().await.is_some() {}
        return;
    }
    let mut last = 0;
    let mut carried = None;
    while let Some(mut first) = next(&mut carried, &mut lines).await {
        let deadline = Instant::now() + EVERY;
        // PutLogEvents wants the events of a batch in the order of their times.
        last = first.timestamp.max(last);
        first.timestamp = last;
        let mut bytes = first.message.len() + OVERHEAD;
        let mut batch = vec![first];
        while batch.len() < MOST_LINES {
            let Ok(Some(mut line)) = timeout_at(deadline, lines.recv()).await else { break };
            last = line.timestamp.max(last);
            line.timestamp = last;
            bytes += line.message.len() + OVERHEAD;
            if bytes > MOST_BYTES {
                carried = Some(line);
                break;
            }
            batch.push(line);
        }
        let count = batch.len();
        if let Err(error) = sink.put(group, stream, batch).await {
            tracing::warn!(stream, count, %error, "lines of a job's output were not taken: they are only in its file");
        }
    }
}

async fn next(carried: &mut Option<LogLine>, lines: &mut mpsc::Receiver<LogLine>) -> Option<LogLine> {
    match carried.take() {
        Some(line) => Some(line),
        None => lines.recv().await,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::sync::Mutex;

    use super::{super::LogError, *};

    #[derive(Default)]
    struct FakeSink {
        batches: Mutex<Vec<Vec<LogLine>>>,
    }

    impl LogSink for FakeSink {
        async fn create(&self, _group: &str, _stream: &str) -> Result<(), LogError> {
            Ok(())
        }

        async fn put(&self, _group: &str, _stream: &str, lines: Vec<LogLine>) -> Result<(), LogError> {
            self.batches.lock().unwrap().push(lines);
            Ok(())
        }
    }

    async fn pumped(lines: Vec<LogLine>) -> Vec<Vec<LogLine>> {
        let sink = FakeSink::default();
        let (sender, receiver) = mpsc::channel(lines.len());
        for line in lines {
            sender.try_send(line).unwrap();
        }
        drop(sender);
        pump(&sink, "group", "stream", receiver).await;
        sink.batches.into_inner().unwrap()
    }

    #[tokio::test]
    async fn every_batch_keeps_the_limits_of_put_log_events_and_nothing_is_lost() {
        let lines: Vec<_> =
            (0..30_u64).map(|index| LogLine { timestamp: index, message: "x".repeat(200_000) }).collect();
        let batches = pumped(lines.clone()).await;
        let size = |batch: &Vec<LogLine>| batch.iter().map(|line| line.message.len() + OVERHEAD).sum::<usize>();
        assert!(batches.iter().all(|batch| size(batch) <= MOST_BYTES));
        assert_eq!(batches.concat(), lines);

        let lines: Vec<_> = (0..25_000_u64).map(|index| LogLine { timestamp: index, message: "x".into() }).collect();
        let batches = pumped(lines.clone()).await;
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [10_000, 10_000, 5_000]);
        assert_eq!(batches.concat(), lines);
    }

    #[tokio::test]
    async fn times_never_go_back_even_when_the_clock_does() {
        let lines = [5, 3, 7].map(|timestamp| LogLine { timestamp, message: "x".into() }).to_vec();
        let times: Vec<_> = pumped(lines).await.concat().iter().map(|line| line.timestamp).collect();
        assert_eq!(times, [5, 5, 7]);
    }
}
