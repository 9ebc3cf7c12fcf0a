//! An event to its function, as a replay.

use std::collections::BTreeSet;

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::primitives::Blob;
use jobwire_core::replay::Replay;
use serde::Deserialize;
use serde_json::Value;

use super::row::{Finding, Outcome};
use crate::aws;

/// Sends events to functions.
#[derive(Debug)]
pub(crate) struct Sender {
    lambda: aws_sdk_lambda::Client,
    /// The functions that wrote a reject instead of failing; each event sent to them would leave one more.
    outdated: BTreeSet<String>,
}

/// What a function answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    submitted: Vec<Submitted>,
    skipped: usize,
    rejected: usize,
    #[serde(default)]
    untaken: usize,
    #[serde(default)]
    batch_item_failures: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Submitted {
    trigger: String,
    job_id: String,
    job_name: String,
    #[serde(default)]
    key: Option<String>,
    outcome: Submission,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Submission {
    New,
    Duplicate,
    Adopted,
}

/// What a function says when it fails.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Failure {
    error_type: Option<String>,
    error_message: Option<String>,
}

impl Sender {
    /// Sends by this client.
    pub(crate) fn new(lambda: aws_sdk_lambda::Client) -> Self {
        Self { lambda, outdated: BTreeSet::new() }
    }

    /// Invokes the function, and gives what it did; empty where it found nothing to do.
    pub(crate) async fn send(&mut self, function: &str, replay: Replay<'_>) -> Vec<Finding> {
        let failed = |error: String| vec![Finding::failed(replay.trigger, error)];
        if self.outdated.contains(function) {
            return failed(outdated(function));
        }
        // The SDK would send again what had no answer, and without the ledger that is a second job.
        let once = aws_sdk_lambda::Config::builder().retry_config(RetryConfig::disabled());
        let payload = Blob::new(replay.wrapped().to_string());
        let call = self.lambda.invoke().function_name(function).payload(payload).customize().config_override(once);
        let answer = match call.send().await.map_err(aws::explain) {
            Ok(answer) => answer,
            Err(error) => return failed(format!("the function {function} cannot be invoked: {error:#}")),
        };
        let payload = answer.payload.unwrap_or_else(|| Blob::new([]));
        if answer.function_error.is_some() {
            return failed(failure(payload.as_ref()));
        }
        let Ok(answer) = serde_json::from_slice::<Answer>(payload.as_ref()) else {
            return failed(format!(
                "{function} answers as no function of jobwire does: name the right one by --function"
            ));
        };
        let mut findings = findings(&answer, replay.trigger);
        if answer.untaken > 0 && !findings.is_empty() {
            findings.extend(failed(format!(
                "no trigger takes {} of its occurrences: deploy one that does, or delete the message by hand",
                answer.untaken
            )));
        }
        if answer.rejected > 0 {
            self.outdated.insert(function.to_owned());
            findings.extend(failed(outdated(function)));
        }
        findings
    }
}

fn outdated(function: &str) -> String {
    format!(
        "{function} is of an earlier jobwire, and puts what it refuses into the rejects queue once more: deploy it anew, and replay then"
    )
}

fn failure(payload: &[u8]) -> String {
    let failure: Failure = serde_json::from_slice(payload).unwrap_or_default();
    match (failure.error_type, failure.error_message) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (one, other) => one.or(other).unwrap_or_else(|| "the function failed without a word: see its log".to_owned()),
    }
}

fn findings(answer: &Answer, trigger: Option<&str>) -> Vec<Finding> {
    let submitted = answer.submitted.iter().map(|job| Finding {
        trigger: Some(job.trigger.clone()),
        outcome: match job.outcome {
            Submission::New => Outcome::Submitted,
            Submission::Duplicate => Outcome::Duplicate,
            Submission::Adopted => Outcome::Adopted,
        },
        job_id: Some(job.job_id.clone()),
        job_name: Some(job.job_name.clone()),
        key: job.key.clone(),
        ..Finding::default()
    });
    let skipped = std::iter::repeat_with(|| Finding::skipped(trigger)).take(answer.skipped);
    // A message of SQS within the event, which a function asks for again instead of failing.
    let again = answer.batch_item_failures.iter().map(|_| {
        Finding::failed(trigger, "the function could not do all of it now, and asks for it again: see its log")
    });
    submitted.chain(skipped).chain(again).collect()
}
