//! What the services hold, what has come, and what is to go wrong.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use super::answer::Answer;
use super::batch::Batch;
use super::bucket::Bucket;
use super::chaos::{Chaos, Dice};
use super::fault::Fault;
use super::operation::Operation;
use super::tables::Tables;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) batch: Batch,
    pub(super) tables: Tables,
    pub(super) throttled: usize,
    pub(super) connections: usize,
    bucket: Option<Bucket>,
    dice: Option<Dice>,
    faults: [VecDeque<Fault>; Operation::NUMBER],
    seen: [Seen; Operation::NUMBER],
}

/// The requests of one operation.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) count: usize,
    pub(super) bodies: Vec<Arc<Value>>,
}

/// What is decided of a request by its head.
#[derive(Debug)]
pub(super) enum Fate {
    Throttled,
    Let(Fault),
}

impl State {
    pub(super) fn script(&mut self, operation: Operation, faults: impl IntoIterator<Item = Fault>) {
        self.faults[operation as usize].extend(faults);
    }

    pub(super) fn set_chaos(&mut self, chaos: Option<Chaos>) {
        self.dice = chaos.map(Dice::new);
    }

    pub(super) fn set_rate(&mut self, rate: Option<(f64, f64)>) {
        self.bucket = rate.map(|(per_second, burst)| Bucket::new(per_second, burst));
    }

    pub(super) fn seen(&self, operation: Operation) -> &Seen {
        &self.seen[operation as usize]
    }

    pub(super) fn fate(&mut self, operation: Operation) -> Fate {
        let limited = operation == Operation::SubmitJob;
        if limited && self.bucket.as_mut().is_some_and(|bucket| !bucket.take()) {
            return Fate::Throttled;
        }
        let scripted = self.faults[operation as usize].pop_front();
        let fault = scripted.or_else(|| Some(self.dice.as_mut()?.fault(operation.service())));
        Fate::Let(fault.unwrap_or(Fault::None))
    }

    /// Notes a request; one that is not read has no body.
    pub(super) fn note(&mut self, operation: Operation, body: Option<&Arc<Value>>) {
        let seen = &mut self.seen[operation as usize];
        seen.count += 1;
        seen.bodies.extend(body.cloned());
    }

    /// Does what a request asks for.
    pub(super) fn apply(&mut self, operation: Operation, body: &Arc<Value>) -> Answer {
        let outcome = match operation {
            Operation::SubmitJob => self.batch.submit(body),
            Operation::ListJobs => self.batch.list(body),
            Operation::TerminateJob => self.batch.terminate(body),
            Operation::PutItem => self.tables.put(body),
            Operation::GetItem => self.tables.get(body),
            Operation::DeleteItem => self.tables.delete(body),
        };
        Answer::new(operation.service(), outcome)
    }
}
