//! `TerminateJob`: <https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateJob.html>.

use serde_json::{Value, json};

use super::cancel_job::EndJob;
use crate::{process::StopOrder, refusal::ClientException, service::Service};

/// Ends a job: one that waits is dropped, one that runs gets SIGTERM and, after the grace, SIGKILL. The answer does not
/// wait for its end. For a job that is over or unknown nothing happens and the operation succeeds, as on AWS.
pub(crate) fn answer(service: &Service, request: &EndJob) -> Result<Value, ClientException> {
    let id = request.id()?;
    let mut state = service.state();
    let Some(index) = state.find(&id) else { return Ok(json!({})) };
    let job = state.job_mut(index);
    if job.status.is_waiting() {
        job.is_terminated = true;
        state.drop_waiting(index, &request.reason);
        service.wake();
    } else if job.status.is_active() {
        job.is_terminated = true;
        let order = StopOrder { reason: request.reason.clone(), grace: service.options.stop_grace };
        // The first reason stays, so that terminating twice changes nothing.
        job.stop.send_if_modified(|stop| {
            let first = stop.is_none();
            stop.get_or_insert(order);
            first
        });
    }
    Ok(json!({}))
}
