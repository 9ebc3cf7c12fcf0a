//! The messages that are in hand: received, and neither deleted nor given back yet.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context as _, Result};
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, Message};

use super::place::Queue;
use crate::aws;

/// How long nobody else sees a message, in seconds: longer than the functions take for ten of them.
const HIDDEN: i32 = 15 * 60;

/// What SQS takes or gives in one call at most.
const AT_ONCE: usize = 10;

/// A message that was received.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    /// Its id, which stays the same however often it is received.
    pub(crate) id: String,
    /// Its body.
    pub(crate) body: String,
    /// Its attributes that are texts.
    pub(crate) attributes: BTreeMap<String, String>,
    handle: String,
}

/// The messages in hand.
#[derive(Debug)]
pub(crate) struct Hand {
    sqs: aws_sdk_sqs::Client,
    held: Vec<Held>,
    seen: HashSet<(String, String)>,
}

#[derive(Debug)]
struct Held {
    url: String,
    id: String,
    handle: String,
}

impl Hand {
    /// An empty hand.
    pub(crate) fn new(sqs: aws_sdk_sqs::Client) -> Self {
        Self { sqs, held: Vec::new(), seen: HashSet::new() }
    }

    /// Takes messages that this run has not seen yet, `most` of them at most; none where the queue has no others.
    pub(crate) async fn take(&mut self, queue: &Queue, most: usize) -> Result<Vec<Taken>> {
        let received = self
            .sqs
            .receive_message()
            .queue_url(&queue.url)
            .max_number_of_messages(i32::try_from(most.min(AT_ONCE)).unwrap_or(1))
            .visibility_timeout(HIDDEN)
            .wait_time_seconds(1)
            .message_attribute_names("All")
            .send()
            .await;
        let received =
            received.map_err(aws::explain).with_context(|| format!("the {} queue gives no messages", queue.name))?;
        Ok(received.messages.unwrap_or_default().into_iter().filter_map(|message| self.hold(queue, message)).collect())
    }

    /// Keeps a message in hand. One that was seen before is only kept, to be given back.
    fn hold(&mut self, queue: &Queue, message: Message) -> Option<Taken> {
        let (id, handle) = (message.message_id?, message.receipt_handle?);
        self.held.retain(|held| held.url != queue.url || held.id != id);
        self.held.push(Held { url: queue.url.clone(), id: id.clone(), handle: handle.clone() });
        if !self.seen.insert((queue.url.clone(), id.clone())) {
            return None;
        }
        let attributes = message.message_attributes.unwrap_or_default().into_iter();
        let attributes = attributes.filter_map(|(name, value)| Some((name, value.string_value?))).collect();
        Some(Taken { id, body: message.body.unwrap_or_default(), attributes, handle })
    }

    /// Deletes a message from its queue.
    pub(crate) async fn delete(&mut self, queue: &Queue, message: &Taken) -> Result<()> {
        let call = self.sqs.delete_message().queue_url(&queue.url).receipt_handle(&message.handle);
        call.send().await.map_err(aws::explain)?;
        self.held.retain(|held| held.url != queue.url || held.id != message.id);
        Ok(())
    }

    /// Lets everybody see again what is left, and gives the number of messages that this was not done for.
    pub(crate) async fn give_back(&mut self) -> usize {
        let mut hidden = 0;
        let held = std::mem::take(&mut self.held);
        // Those of one queue stand together, since queues are emptied one after the other.
        for of_queue in held.chunk_by(|one, other| one.url == other.url) {
            for some in of_queue.chunks(AT_ONCE) {
                hidden += self.show(some).await.map_or(some.len(), |refused| refused);
            }
        }
        hidden
    }

    async fn show(&self, held: &[Held]) -> Option<usize> {
        let mut call = self.sqs.change_message_visibility_batch().queue_url(&held.first()?.url);
        for (index, held) in held.iter().enumerate() {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(&held.handle)
                .visibility_timeout(0);
            call = call.entries(entry.build().ok()?);
        }
        call.send().await.ok().map(|answer| answer.failed().len())
    }
}
