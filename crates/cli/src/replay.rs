//! Events that failed, sent to their functions again: what succeeds is deleted from its queue, everything else stays.

mod hand;
mod place;
mod preview;
mod progress;
mod row;
mod send;
mod shape;

use anyhow::{Result, anyhow};
use jobwire_core::replay::Replay;
use jobwire_core::source::Source;
use jobwire_core::trigger::{Triggers, VERSION};
use serde_json::Value;

use crate::{local, output, sources};
use hand::{Hand, Taken};
pub(crate) use place::{Place, Queue, QueueName};
use progress::Progress;
use row::Message;
pub(crate) use row::{Finding, Outcome, Row, table};
pub(crate) use send::Sender;
use shape::Letter;

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Wish {
    /// The triggers to plan with, where nothing is to be sent.
    pub(crate) only_show: Option<Triggers>,
    /// The source of events whose shape fits several.
    pub(crate) source: Option<Source>,
    /// After how many messages to stop.
    pub(crate) max: Option<usize>,
}

/// What was done.
#[derive(Debug)]
pub(crate) struct Done {
    /// A row for each job, false `when` and problem, in the order of the messages.
    pub(crate) rows: Vec<Row>,
    /// How it ended, before its end or not.
    pub(crate) outcome: Result<()>,
}

/// Replays the queues. Whatever happens, what was received and not deleted is given back to its queue.
pub(crate) async fn run(place: &Place, wish: &Wish) -> Done {
    let mut rows = Vec::new();
    let mut hand = Hand::new(place.sqs.clone());
    let progress = Progress::begin(if wish.only_show.is_some() { "reading" } else { "replaying" });
    let outcome = tokio::select! {
        outcome = each_queue(place, wish, &mut hand, &mut rows, &progress) => outcome,
        () = local::ended() => Err(anyhow!("interrupted: the messages that were not deleted are in their queues")),
    };
    let hidden = hand.give_back().await;
    drop(progress);
    if hidden > 0 {
        output::say(&format!("{hidden} of the messages that stay cannot be seen in their queues for up to 15 minutes"));
    }
    Done { rows, outcome }
}

async fn each_queue(
    place: &Place,
    wish: &Wish,
    hand: &mut Hand,
    rows: &mut Vec<Row>,
    progress: &Progress,
) -> Result<()> {
    let mut sender = Sender::new(place.lambda.clone());
    let mut left = wish.max.unwrap_or(usize::MAX);
    for queue in &place.queues {
        while left > 0 {
            let taken = hand.take(queue, left).await?;
            if taken.is_empty() {
                break;
            }
            left -= taken.len();
            for message in taken {
                let (told, mut findings) = replayed(place, wish, &mut sender, queue, &message).await;
                let is_good = findings.iter().all(|finding| finding.outcome.is_good());
                let mut deleted = false;
                if wish.only_show.is_none() && is_good {
                    deleted = delete(hand, queue, &message, &mut findings).await;
                }
                rows.extend(findings.into_iter().map(|finding| Row { message: told.clone(), finding, deleted }));
                progress.advance();
            }
        }
    }
    Ok(())
}

/// Deletes a message that is done with; where that fails, its findings say so.
async fn delete(hand: &mut Hand, queue: &Queue, message: &Taken, findings: &mut [Finding]) -> bool {
    let Err(error) = hand.delete(queue, message).await else { return true };
    for finding in findings {
        finding.error = Some(format!("done, but the message cannot be deleted and stays: {error:#}"));
    }
    false
}

/// Sends a message's event, or only looks at it, and says what came of it.
async fn replayed(
    place: &Place,
    wish: &Wish,
    sender: &mut Sender,
    queue: &Queue,
    message: &Taken,
) -> (Message, Vec<Finding>) {
    let letter = shape::read(&message.body, &message.attributes);
    let mut told = Message {
        queue: queue.name.clone(),
        id: message.id.clone(),
        shape: letter.shape,
        source: letter.source.clone(),
        reason: letter.reason.clone(),
    };
    let trigger = letter.trigger.as_deref();
    let event = match &letter.event {
        Ok(event) => event,
        Err(error) => return (told, vec![Finding::unreadable(trigger, error)]),
    };
    let source = source(&letter, event, queue, wish);
    if let Ok(source) = &source {
        told.source = Some(source.name.to_owned());
    }
    let replay = Replay { event, trigger };
    let found = match (&wish.only_show, &source) {
        (Some(triggers), Ok(source)) => place.function_of(source).map(|_| preview::preview(triggers, source, replay)),
        (None, Ok(source)) => match place.function_of(source) {
            Ok(function) => Ok(sender.send(function, replay).await),
            Err(error) => Err(error),
        },
        // One function for all needs no source to be found by.
        (None, Err(error)) => match place.only_function() {
            Some(function) => Ok(sender.send(function, replay).await),
            None => Err(error.clone()),
        },
        (Some(_), Err(error)) => Err(error.clone()),
    };
    let findings = match found {
        Ok(findings) if findings.is_empty() => vec![nothing(source.ok().as_ref(), replay)],
        Ok(findings) => findings,
        Err(error) => vec![Finding::failed(trigger, error)],
    };
    (told, findings)
}

/// The source that reads the event: what the message says, else the queue, else the user, else the event's own shape.
fn source(letter: &Letter, event: &Value, queue: &Queue, wish: &Wish) -> Result<Source, String> {
    if let Some(name) = &letter.source {
        return sources::named(name).ok_or_else(|| "the reject's `source` is none that this command knows".to_owned());
    }
    if let Some(source) = queue.source.or(wish.source) {
        return Ok(source);
    }
    let none = Triggers { version: VERSION, triggers: Vec::new() };
    let triggers = wish.only_show.as_ref().unwrap_or(&none);
    sources::of_event(event, triggers).map_err(|error| format!("{error:#}"))
}

/// What is said of an event that leads to no job and to no `when`.
fn nothing(source: Option<&Source>, replay: Replay<'_>) -> Finding {
    let nothing_happened = source.is_some_and(|source| {
        let reading = (source.read)(replay.event);
        reading.occurrences.is_empty() && reading.unreadable.is_empty()
    });
    match replay.trigger {
        // Such as what S3 sends to try a notification out.
        trigger if nothing_happened => Finding::skipped(trigger),
        Some(trigger) => Finding::failed(
            Some(trigger),
            "the trigger does not take it: see whether it was renamed or paused, or delete the message by hand",
        ),
        None => Finding::failed(None, "no trigger takes it: deploy one that does, or delete the message by hand"),
    }
}
