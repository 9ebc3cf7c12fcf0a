//! What the server knows. Everything lives in memory and ends with the server.

use std::{
    collections::{BTreeMap, HashMap},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{
    compute::{ComputeEnvironment, JobQueue},
    definition::JobDefinition,
    events::Announcer,
    job::{Job, Status},
    job_id::JobId,
};

/// All resources and jobs. A job keeps its index, which is also the order of submission.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) compute_environments: BTreeMap<String, ComputeEnvironment>,
    pub(crate) queues: BTreeMap<String, JobQueue>,
    /// The revisions of each name, the first one first.
    pub(crate) definitions: BTreeMap<String, Vec<JobDefinition>>,
    jobs: Vec<Job>,
    by_id: HashMap<JobId, usize>,
    announcer: Announcer,
    /// Whether the server is going down, so that nothing may be started any more.
    pub(crate) closing: bool,
}

impl State {
    pub(crate) fn new(announcer: Announcer) -> Self {
        Self {
            compute_environments: BTreeMap::new(),
            queues: BTreeMap::new(),
            definitions: BTreeMap::new(),
            jobs: Vec::new(),
            by_id: HashMap::new(),
            announcer,
            closing: false,
        }
    }

    /// Keeps a new job. Batch announces no SUBMITTED, so this is silent.
    pub(crate) fn add(&mut self, job: Job) -> usize {
        let index = self.jobs.len();
        self.by_id.insert(job.id, index);
        self.jobs.push(job);
        index
    }

    pub(crate) fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    pub(crate) fn job(&self, index: usize) -> &Job {
        &self.jobs[index]
    }

    pub(crate) fn job_mut(&mut self, index: usize) -> &mut Job {
        &mut self.jobs[index]
    }

    pub(crate) fn find(&self, id: &JobId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The one way by which a job's status changes: the change is announced in the order in which it was made, because
    /// the caller holds the lock of the whole state.
    pub(crate) fn advance(&mut self, index: usize, status: Status) {
        let job = &mut self.jobs[index];
        job.status = status;
        match status {
            Status::Running => job.started_at = Some(now()),
            Status::Succeeded | Status::Failed => job.stopped_at = Some(now()),
            _ => {}
        }
        tracing::info!(job_id = %job.id, job_name = job.name, ?status, "job state change");
        self.announcer.announce(job);
    }

    /// Ends a job that has not been started.
    pub(crate) fn drop_waiting(&mut self, index: usize, reason: &str) {
        self.jobs[index].status_reason = Some(reason.to_owned());
        self.advance(index, Status::Failed);
    }

    /// Lets the delivery of events come to its end: no job changes any more.
    pub(crate) fn end_announcements(&mut self) {
        self.announcer.end();
    }

    /// How much of a compute environment is taken, in thousandths of a vCPU.
    pub(crate) fn taken(&self, compute_environment: &str) -> u64 {
        let here = |job: &&Job| {
            job.status.is_active()
                && job.attempt.as_ref().is_some_and(|attempt| attempt.compute_environment == compute_environment)
        };
        self.jobs.iter().filter(here).map(|job| job.container.milli_vcpus()).sum()
    }
}

/// Milliseconds since 1970, as AWS writes times.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
