//! What all operations and all running jobs share.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bollard::Docker;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    arn::Arns,
    authorization::Authority,
    docker::has_image,
    events::Announcer,
    job::{Attempt, Status},
    logs::CloudWatch,
    options::{Executor, Options},
    process::StopOrder,
    state::State,
};

/// The server's inside, without its sockets.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) options: Options,
    /// The server's own address, which the jobs get as `AWS_ENDPOINT_URL_BATCH`.
    pub(crate) url: String,
    /// The id by which this server's containers are known.
    pub(crate) id: String,
    pub(crate) docker: Option<Docker>,
    pub(crate) arns: Arns,
    pub(crate) authority: Option<Authority>,
    pub(crate) logs: Option<CloudWatch>,
    state: Mutex<State>,
    wake: Notify,
}

/// How a job's one attempt ended.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) exit_code: Option<i32>,
    /// What stands in `container.reason`.
    pub(crate) reason: Option<String>,
    /// What stands in `statusReason` unless the job was terminated.
    pub(crate) status_reason: Option<String>,
}

impl Service {
    pub(crate) fn new(
        options: Options,
        url: String,
        docker: Option<Docker>,
        announcer: Announcer,
        authority: Option<Authority>,
    ) -> Self {
        let arns = Arns::new(&options.region, &options.account);
        let logs = options.aws_endpoint.as_deref().map(|endpoint| CloudWatch::new(endpoint, &options.region));
        let id = Uuid::new_v4().to_string();
        let state = Mutex::new(State::new(announcer));
        Self { options, url, id, docker, arns, authority, logs, state, wake: Notify::new() }
    }

    /// Whether a job of this image is to be a container.
    pub(crate) async fn runs_in_container(&self, image: &str) -> bool {
        match (self.options.executor, &self.docker) {
            (Executor::Docker, _) => true,
            (Executor::Auto, Some(docker)) => {
                !self.options.images.contains_key(image) || has_image(docker, image).await
            }
            (Executor::Process, _) | (Executor::Auto, None) => false,
        }
    }

    /// The state under its lock, which is never held across an await. A panic elsewhere does not make it unusable.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that jobs may have to be placed.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits for [`Service::wake`]; one call between two waits is enough to be noticed.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Says that the job's process runs.
    pub(crate) fn running(&self, index: usize) {
        self.state().advance(index, Status::Running);
    }

    /// Ends a job that was started: its exit code decides, and who terminated it gives the reason.
    pub(crate) fn finish(&self, index: usize, outcome: Outcome) {
        let mut state = self.state();
        let job = state.job_mut(index);
        let ordered = job.stop.borrow().as_ref().map(|order| order.reason.clone());
        let status = if ordered.is_none() && outcome.exit_code == Some(0) { Status::Succeeded } else { Status::Failed };
        job.status_reason = ordered.or(outcome.status_reason);
        if let Some(Attempt { exit_code, reason, .. }) = &mut job.attempt {
            *exit_code = outcome.exit_code;
            *reason = outcome.reason;
        }
        state.advance(index, status);
        drop(state);
        self.wake();
    }

    /// Orders every job to stop and lets no other start.
    pub(crate) fn close(&self, grace: Duration) {
        let mut state = self.state();
        state.closing = true;
        for job in state.jobs().iter().filter(|job| job.status.is_active()) {
            let reason = "local-batch was shut down".to_owned();
            job.stop.send_modify(|order| match order {
                // Whoever terminated the job before has given the reason, but its grace ends with ours.
                Some(order) => order.grace = order.grace.min(grace),
                None => *order = Some(StopOrder { reason, grace }),
            });
        }
        drop(state);
        self.wake();
    }
}
