//! One invocation: plan, submit, reject, answer.

use std::collections::HashMap;

use aws_lambda_events::event::sqs::SqsBatchResponse;
use futures_util::future::join;
use jobwire_core::key::OccurrenceKey;
use jobwire_core::occurrence::Record;
use jobwire_core::plan::{Deployment, Plan, Planned, Reject, event_of};
use jobwire_core::problem::Problem;
use jobwire_core::replay::Replay;
use jobwire_core::source::Source;
use jobwire_core::trigger::Triggers;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::answer::{Answer, Outcome, Submitted};
use crate::batch::Batch;
use crate::defect::{Defect, contained_future};
use crate::fault::Fault;
use crate::ledger::Ledger;
use crate::metrics::Meter;
use crate::once::{Claimed, Failure, Job, Once};
use crate::pace::Pace;
use crate::planning::plan_each;
use crate::rejects::Rejects;
use crate::send::send;
use crate::window::{Timing, Window};

/// A function: a source, the triggers, and its ports.
#[derive(Debug)]
pub struct Function<B, L, R> {
    /// Where its events come from.
    pub source: Source,
    /// The triggers of the compiled file.
    pub triggers: Triggers,
    /// How it is deployed.
    pub deployment: Deployment,
    /// Batch.
    pub batch: B,
    /// The ledger; without one an event that is delivered twice may start two jobs.
    pub ledger: Option<L>,
    /// The rejects queue; without one an invocation that has something to reject fails.
    pub rejects: Option<R>,
    /// How fast it submits.
    pub pace: Pace,
    /// How it divides its time.
    pub timing: Timing,
}

impl<B: Batch, L: Ledger, R: Rejects> Function<B, L, R> {
    /// Handles one event.
    ///
    /// Everything that can be submitted is submitted, whatever the rest of the event is like. A fault fails the
    /// invocation, so that Lambda delivers the event again; of a batch of SQS only the messages concerned come again.
    ///
    /// Nothing is begun in the last seconds before `deadline`, when Lambda ends the process: what is left fails as a
    /// fault of the moment, and what was done is answered.
    pub async fn handle(&self, event: &Value, deadline: Instant) -> Result<Answer, Fault> {
        let window = Window::until(deadline, &self.timing);
        let replay = Replay::read(event);
        let event = replay.map_or(event, |replay| replay.event);
        let mut plan = plan_each(&self.source, &self.triggers, &self.deployment, event);
        if let Some(trigger) = replay.and_then(|replay| replay.trigger) {
            plan = plan.only(trigger);
        }
        let Plan { requests, skipped, mut rejects, untaken } = plan;
        if untaken > 0 {
            tracing::info!(untaken, "no trigger takes these occurrences");
        }
        for trigger in &skipped {
            self.meter(Some(trigger)).skipped();
        }
        let mut answer = Answer { skipped: skipped.len(), untaken, ..Answer::default() };
        let mut faults = Vec::new();
        // One event may hold one occurrence twice, as a batch of SQS does after a redelivery.
        let mut done: HashMap<(&str, &OccurrenceKey), Result<Submitted, Failure>> = HashMap::new();
        let mut ahead = None;
        for (at, planned) in requests.iter().enumerate() {
            let this = identity(planned);
            let before = this.and_then(|this| done.get(&this)).cloned();
            let repeated = before.is_some();
            let outcome = match before {
                Some(Ok(submitted)) => Ok(Submitted { outcome: Outcome::Duplicate, ..submitted }),
                Some(Err(failure)) => Err(failure),
                None => {
                    let claimed = match ahead.take() {
                        Some(claimed) => claimed,
                        None => self.claim(planned, window).await,
                    };
                    // The next occurrence is claimed while this one's job is submitted; jobs are submitted in their order.
                    let next = requests.get(at + 1).filter(|next| {
                        identity(next).is_some_and(|next| Some(next) != this && !done.contains_key(&next))
                    });
                    let submitted = self.submit(planned, claimed, window);
                    match next {
                        None => submitted.await,
                        Some(next) => {
                            let (outcome, claimed) = join(submitted, self.claim(next, window)).await;
                            ahead = Some(claimed);
                            outcome
                        }
                    }
                }
            };
            if let (Some(this), false) = (this, repeated) {
                done.insert(this, outcome.clone());
            }
            match outcome {
                Ok(submitted) => {
                    self.meter(Some(&submitted.trigger)).settled(submitted.outcome);
                    answer.submitted.push(submitted);
                }
                Err(Failure::Refused(_)) if repeated => {}
                Err(Failure::Refused(message)) => rejects.push(refused(planned, event, &message)),
                Err(Failure::Fault(fault)) => {
                    faults.push((planned.record.clone(), Some(planned.trigger.clone()), fault));
                }
            }
        }
        for reject in rejects {
            match self.reject(&reject, replay.is_some(), window).await {
                Ok(()) => answer.rejected += 1,
                Err(fault) => faults.push((reject.record, reject.trigger, fault)),
            }
        }
        for (record, trigger, fault) in &faults {
            self.meter(trigger.as_deref()).failed();
            tracing::error!(error_type = fault.error_type(), trigger, record = record.index, "{fault}");
        }
        let mut new = answer.submitted.iter().filter(|submitted| submitted.outcome == Outcome::New);
        if let (Some(only), None) = (new.next(), new.next()) {
            answer.job_id = Some(only.job_id.clone());
        }
        if comes_from_sqs(event) && replay.is_none() {
            answer.again = again(faults)?;
            return Ok(answer);
        }
        match faults.into_iter().next() {
            Some((_, _, fault)) => Err(fault),
            None => Ok(answer),
        }
    }

    /// Claims the occurrence in the ledger, if there is one and the occurrence has a key.
    async fn claim(&self, planned: &Planned, window: Window) -> Result<Option<Claimed>, Failure> {
        let (Some(ledger), Some(key)) = (&self.ledger, &planned.key) else { return Ok(None) };
        let claim = async {
            if window.is_over() {
                Err(Fault::OutOfTime)
            } else {
                self.once(ledger, planned, window).claim(planned, key).await
            }
        };
        Ok(Some(within(window, Box::pin(claim)).await?))
    }

    async fn submit(
        &self,
        planned: &Planned,
        claimed: Result<Option<Claimed>, Failure>,
        window: Window,
    ) -> Result<Submitted, Failure> {
        let claimed = claimed?;
        if let (Some(ledger), Some(Claimed::New(entry))) = (&self.ledger, &claimed)
            && window.is_over()
        {
            // In the time that is kept for the answer, or the occurrence would wait for the end of a lease that nobody uses.
            let once = self.once(ledger, planned, window);
            // Where that time is over too, the lease ends soon.
            let _ = timeout_at(window.answer_by, Box::pin(once.give_back(entry))).await;
            return Err(Fault::OutOfTime.into());
        }
        let Job { id: job_id, name: job_name, outcome } =
            within(window, Box::pin(self.submit_claimed(planned, claimed, window))).await?;
        let Planned { trigger, key, .. } = planned;
        let hash = key.as_ref().map(OccurrenceKey::hash);
        tracing::info!(trigger, key = hash, job_id, job_name, outcome = outcome.name(), "submitted");
        Ok(Submitted {
            trigger: trigger.clone(),
            job_id,
            job_name,
            key: key.clone(),
            claim: key.is_none().then_some("none"),
            outcome,
        })
    }

    async fn submit_claimed(
        &self,
        planned: &Planned,
        claimed: Option<Claimed>,
        window: Window,
    ) -> Result<Job, Failure> {
        if let (Some(ledger), Some(claimed)) = (&self.ledger, claimed) {
            return self.once(ledger, planned, window).submit(planned, claimed).await;
        }
        let meter = self.meter(Some(&planned.trigger));
        let id = send(&self.batch, &self.pace, &meter, &planned.request, &window).await?;
        Ok(Job { id, name: planned.request.job_name.clone(), outcome: Outcome::New })
    }

    fn once<'a>(&'a self, ledger: &'a L, planned: &'a Planned, window: Window) -> Once<'a, B, L> {
        let (batch, pace, settle) = (&self.batch, &self.pace, self.timing.settle);
        Once { batch, ledger, pace, meter: self.meter(Some(&planned.trigger)), settle, window }
    }

    async fn reject(&self, reject: &Reject, replayed: bool, window: Window) -> Result<(), Fault> {
        let key = reject.key.as_ref().map(OccurrenceKey::hash);
        let problems = reject.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        tracing::warn!(trigger = reject.trigger, key, record = reject.record.index, problems, "rejected");
        let queue = match &self.rejects {
            // Whoever replays keeps the message that it comes from.
            _ if replayed => return Err(Fault::Rejected(problems)),
            None => {
                return Err(Fault::Rejected(format!("{problems}; JOBWIRE_REJECTS_URL names no queue for it")));
            }
            Some(queue) => queue,
        };
        match timeout_at(window.answer_by, queue.send(self.source.name, reject)).await {
            Ok(sent) => sent.map_err(Fault::RejectsQueue)?,
            Err(_) => return Err(Fault::RejectsQueue("no answer came in the function's time".to_owned())),
        }
        self.meter(reject.trigger.as_deref()).rejected();
        Ok(())
    }

    fn meter<'a>(&self, trigger: Option<&'a str>) -> Meter<'a> {
        Meter::of(self.source.name, trigger)
    }
}

/// Which occurrence of which trigger it is; what no key can be made of is like nothing else.
fn identity(planned: &Planned) -> Option<(&str, &OccurrenceKey)> {
    planned.key.as_ref().map(|key| (planned.trigger.as_str(), key))
}

/// Runs what has to end within the window, and what must not take the rest of the event with it.
async fn within<T, E>(window: Window, work: impl Future<Output = Result<T, E>>) -> Result<T, Failure>
where
    Failure: From<E>,
{
    match contained_future(timeout_at(window.work_until, work)).await {
        Ok(Ok(done)) => Ok(done?),
        Ok(Err(_)) => Err(Fault::OutOfTime.into()),
        Err(Defect) => Err(Fault::Defect.into()),
    }
}

/// A request that Batch refused, for the rejects queue.
fn refused(planned: &Planned, event: &Value, message: &str) -> Reject {
    Reject {
        trigger: Some(planned.trigger.clone()),
        key: planned.key.clone(),
        problems: vec![Problem::new("", format!("Batch refuses the job: {message}"))],
        event: event_of(event, &planned.record),
        record: planned.record.clone(),
    }
}

fn comes_from_sqs(event: &Value) -> bool {
    event["Records"][0]["eventSource"] == "aws:sqs"
}

/// The messages that must come again; a fault of a record that names no message fails the whole batch.
fn again(faults: Vec<(Record, Option<String>, Fault)>) -> Result<Option<SqsBatchResponse>, Fault> {
    let mut response = SqsBatchResponse::default();
    for (record, _, fault) in faults {
        let Some(id) = record.sqs_message else { return Err(fault) };
        if !response.batch_item_failures.iter().any(|failure| failure.item_identifier == id) {
            response.add_failure(id);
        }
    }
    Ok(Some(response))
}
