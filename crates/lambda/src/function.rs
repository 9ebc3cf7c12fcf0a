//! One invocation: plan, submit, reject, answer.

use std::collections::HashMap;
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsBatchResponse;
use jobwire_core::key::OccurrenceKey;
use jobwire_core::occurrence::Record;
use jobwire_core::plan::{Deployment, Plan, Planned, Reject, plan, record_of};
use jobwire_core::problem::Problem;
use jobwire_core::source::Source;
use jobwire_core::trigger::Triggers;
use serde_json::Value;
use tokio::time::Instant;

use crate::answer::{Answer, Outcome, Submitted};
use crate::batch::{SubmitError, SubmitJob};
use crate::rejects::Rejects;

/// What is kept of a function's time for the rejects and the answer.
const ANSWER_TIME: Duration = Duration::from_secs(3);

/// A function: a source, the triggers, and its ports.
#[derive(Debug)]
pub struct Function<B, R> {
    /// Where its events come from.
    pub source: Source,
    /// The triggers of the compiled file.
    pub triggers: Triggers,
    /// How it is deployed.
    pub deployment: Deployment,
    /// Batch.
    pub batch: B,
    /// The rejects queue; without one an invocation that has something to reject fails.
    pub rejects: Option<R>,
}

/// Why an invocation fails.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Batch gave no usable answer. A retry can help.
    #[error("trigger {trigger}: {cause}")]
    Batch {
        /// The trigger whose job it was.
        trigger: String,
        /// What the SDK says.
        cause: String,
    },
    /// The rejects queue took no message. A retry can help.
    #[error("the rejects queue takes no message: {0}")]
    RejectsQueue(String),
    /// Something was refused and there is no rejects queue. No retry can help: the event goes to the on-failure destination.
    #[error("refused, and JOBWIRE_REJECTS_URL names no queue for it: {0}")]
    Rejected(String),
}

impl Fault {
    /// The name by which an invocation's failure is known to Lambda and to alarms; it never changes.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Batch { .. } => "Jobwire.BatchUnavailable",
            Self::RejectsQueue(_) => "Jobwire.RejectsQueueUnavailable",
            Self::Rejected(_) => "Jobwire.Rejected",
        }
    }
}

impl<B: SubmitJob, R: Rejects> Function<B, R> {
    /// Handles one event.
    ///
    /// Everything that can be submitted is submitted, whatever the rest of the event is like. A fault fails the
    /// invocation, so that Lambda delivers the event again; of a batch of SQS only the messages concerned come again.
    ///
    /// Nothing is begun in the last seconds before `deadline`, when Lambda ends the process: what is left fails as a
    /// fault of the moment, and what was done is answered.
    pub async fn handle(&self, event: &Value, deadline: Instant) -> Result<Answer, Fault> {
        let Plan { requests, skipped, rejects, untaken } =
            plan(&self.triggers, &self.deployment, event, (self.source.read)(event));
        if untaken > 0 {
            tracing::info!(untaken, "no trigger takes these occurrences");
        }
        let mut answer = Answer { skipped, ..Answer::default() };
        let mut faults = Vec::new();
        let mut rejects = rejects;
        // One event may hold one occurrence twice, as a batch of SQS does after a redelivery.
        let mut done: HashMap<(String, OccurrenceKey), Result<Submitted, SubmitError>> = HashMap::new();
        for planned in requests {
            let claim = planned.key.clone().map(|key| (planned.trigger.clone(), key));
            let before = claim.as_ref().and_then(|claim| done.get(claim)).cloned();
            let repeated = before.is_some();
            let outcome = match before {
                Some(Ok(submitted)) => Ok(Submitted { outcome: Outcome::Duplicate, ..submitted }),
                Some(Err(error)) => Err(error),
                None => self.submit(&planned, deadline).await,
            };
            if let (Some(claim), false) = (claim, repeated) {
                done.insert(claim, outcome.clone());
            }
            match outcome {
                Ok(submitted) => answer.submitted.push(submitted),
                Err(SubmitError::Refused(_)) if repeated => {}
                Err(SubmitError::Refused(message)) => rejects.push(refused(&planned, event, &message)),
                Err(SubmitError::Unavailable(cause)) => {
                    faults.push((planned.record, Fault::Batch { trigger: planned.trigger, cause }));
                }
            }
        }
        for reject in rejects {
            match self.reject(&reject).await {
                Ok(()) => answer.rejected += 1,
                Err(fault) => faults.push((reject.record, fault)),
            }
        }
        let mut new = answer.submitted.iter().filter(|submitted| submitted.outcome == Outcome::New);
        if let (Some(only), None) = (new.next(), new.next()) {
            answer.job_id = Some(only.job_id.clone());
        }
        if comes_from_sqs(event) {
            answer.again = again(faults)?;
            return Ok(answer);
        }
        match faults.into_iter().next() {
            Some((_, fault)) => Err(fault),
            None => Ok(answer),
        }
    }

    async fn submit(&self, planned: &Planned, deadline: Instant) -> Result<Submitted, SubmitError> {
        let Planned { trigger, key, request, .. } = planned;
        let late = || SubmitError::Unavailable("the function's time is over".into());
        let last = deadline.checked_sub(ANSWER_TIME).filter(|last| *last > Instant::now()).ok_or_else(late)?;
        let job_id = tokio::time::timeout_at(last, self.batch.submit(request)).await.map_err(|_| late())??;
        let hash = key.as_ref().map(OccurrenceKey::hash);
        tracing::info!(trigger, key = hash, job_id, job_name = request.job_name, "submitted");
        Ok(Submitted {
            trigger: trigger.clone(),
            job_id,
            job_name: request.job_name.clone(),
            key: key.clone(),
            claim: key.is_none().then_some("none"),
            outcome: Outcome::New,
        })
    }

    async fn reject(&self, reject: &Reject) -> Result<(), Fault> {
        let key = reject.key.as_ref().map(OccurrenceKey::hash);
        let problems = reject.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        tracing::warn!(trigger = reject.trigger, key, record = reject.record.index, problems, "rejected");
        match &self.rejects {
            Some(queue) => queue.send(self.source.name, reject).await.map_err(Fault::RejectsQueue),
            None => Err(Fault::Rejected(problems)),
        }
    }
}

/// A request that Batch refused, for the rejects queue.
fn refused(planned: &Planned, event: &Value, message: &str) -> Reject {
    Reject {
        trigger: Some(planned.trigger.clone()),
        key: planned.key.clone(),
        problems: vec![Problem::new("", format!("Batch refuses the job: {message}"))],
        value: record_of(event, &planned.record).clone(),
        record: planned.record.clone(),
    }
}

fn comes_from_sqs(event: &Value) -> bool {
    event["Records"][0]["eventSource"] == "aws:sqs"
}

/// The messages that must come again; a fault of a record that names no message fails the whole batch.
fn again(faults: Vec<(Record, Fault)>) -> Result<Option<SqsBatchResponse>, Fault> {
    let mut response = SqsBatchResponse::default();
    for (record, fault) in faults {
        let Some(id) = record.sqs_message else { return Err(fault) };
        tracing::error!(error_type = fault.error_type(), sqs_message = id, "{fault}");
        if !response.batch_item_failures.iter().any(|failure| failure.item_identifier == id) {
            response.add_failure(id);
        }
    }
    Ok(Some(response))
}
