//! Delivers queued events one after the other, so that each job's changes arrive in their order.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;

use super::{EventSink, SinkError};

/// How often a delivery is tried and how long is waited between: the wait doubles each time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    pub(crate) tries: u32,
    pub(crate) first_wait: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { tries: 6, first_wait: Duration::from_millis(100) }
    }
}

/// Delivers until the queue is closed and empty. An event that cannot be delivered is logged and given up, since those
/// after it may matter more than a receiver that is gone.
pub(crate) async fn deliver<S: EventSink>(mut events: mpsc::UnboundedReceiver<Value>, sink: S, backoff: Backoff) {
    while let Some(event) = events.recv().await {
        if let Err(error) = persist(&event, &sink, backoff).await {
            let detail = &event["detail"];
            tracing::error!(
                job_id = detail["jobId"].as_str(),
                status = detail["status"].as_str(),
                %error,
                "the event of a job's state change was lost"
            );
        }
    }
}

async fn persist<S: EventSink>(event: &Value, sink: &S, backoff: Backoff) -> Result<(), SinkError> {
    let mut wait = backoff.first_wait;
    for _ in 1..backoff.tries {
        match sink.send(event).await {
            Err(SinkError::Unavailable(_)) => tokio::time::sleep(wait).await,
            decided => return decided,
        }
        wait *= 2;
    }
    sink.send(event).await
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use std::{
        collections::VecDeque,
        sync::{Arc, Mutex},
    };

    use serde_json::json;

    use super::*;

    /// Answers as it was told and keeps what it took.
    #[derive(Clone, Default)]
    struct FakeSink {
        answers: Arc<Mutex<VecDeque<SinkError>>>,
        taken: Arc<Mutex<Vec<Value>>>,
    }

    impl EventSink for FakeSink {
        async fn send(&self, event: &Value) -> Result<(), SinkError> {
            if let Some(error) = self.answers.lock().unwrap().pop_front() {
                return Err(error);
            }
            self.taken.lock().unwrap().push(event.clone());
            Ok(())
        }
    }

    async fn delivered(answers: Vec<SinkError>) -> Vec<Value> {
        let sink = FakeSink { answers: Arc::new(Mutex::new(answers.into())), ..FakeSink::default() };
        let (sender, receiver) = mpsc::unbounded_channel();
        sender.send(json!(1)).unwrap();
        sender.send(json!(2)).unwrap();
        drop(sender);
        deliver(receiver, sink.clone(), Backoff { tries: 3, first_wait: Duration::from_millis(1) }).await;
        sink.taken.lock().unwrap().clone()
    }

    fn unavailable() -> SinkError {
        SinkError::Unavailable("connection refused".to_owned())
    }

    #[tokio::test]
    async fn an_unreachable_sink_is_tried_again_and_the_order_is_kept() {
        assert_eq!(delivered(vec![unavailable(), unavailable()]).await, [json!(1), json!(2)]);
    }

    #[tokio::test]
    async fn an_event_is_given_up_after_the_last_try() {
        assert_eq!(delivered(vec![unavailable(), unavailable(), unavailable()]).await, [json!(2)]);
    }

    #[tokio::test]
    async fn a_refused_event_is_not_tried_again() {
        assert_eq!(delivered(vec![SinkError::Refused("400".to_owned())]).await, [json!(2)]);
    }
}
