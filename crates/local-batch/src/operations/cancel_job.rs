//! `CancelJob`: <https://docs.aws.amazon.com/batch/latest/APIReference/API_CancelJob.html>.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{job_id::JobId, refusal::ClientException, service::Service};

/// The members of `CancelJob`, and of `TerminateJob`, which are the same.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EndJob {
    job_id: String,
    pub(super) reason: String,
}

impl EndJob {
    /// The id, which must be well-formed; whether such a job exists is another question.
    pub(super) fn id(&self) -> Result<JobId, ClientException> {
        if self.reason.is_empty() || self.reason.chars().count() > 1024 {
            return Err(ClientException::new("reason: give 1 to 1024 characters, which become the job's statusReason"));
        }
        self.job_id.parse().map_err(|error| ClientException::new(format!("jobId: {error}")))
    }
}

/// Cancels a job that has not been started. For any other job, also one that is unknown, nothing happens and the
/// operation succeeds, as on AWS.
pub(crate) fn answer(service: &Service, request: &EndJob) -> Result<Value, ClientException> {
    let id = request.id()?;
    let mut state = service.state();
    if let Some(index) = state.find(&id).filter(|index| state.job(*index).status.is_waiting()) {
        state.job_mut(index).is_cancelled = true;
        state.drop_waiting(index, &request.reason);
        service.wake();
    }
    Ok(json!({}))
}
