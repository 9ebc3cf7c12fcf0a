//! Which waiting jobs may start now.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::{
    job::{Attempt, Status},
    service::Service,
    state::State,
};

/// Moves every job that fits from RUNNABLE to STARTING and answers their indexes.
///
/// Queues come by priority, the jobs of one queue by the time of their submission. A job that does not fit holds up
/// those behind it in its queue, and the compute environment that it waits for is kept from queues of lower priority,
/// so that a large job is not passed by small ones forever.
pub(crate) fn place(service: &Service) -> Vec<usize> {
    let mut state = service.state();
    if state.closing {
        return Vec::new();
    }
    let mut started = Vec::new();
    let mut kept = BTreeSet::new();
    for (queue, waiting) in waiting(&state) {
        for index in waiting {
            match seat(&state, &queue, index, &kept) {
                Seat::In(compute_environment) => {
                    start(service, &mut state, index, compute_environment);
                    started.push(index);
                }
                Seat::Later(wanted) => {
                    kept.extend(wanted);
                    break;
                }
                Seat::Never(reason) => {
                    state.job_mut(index).status_reason = Some(reason);
                    break;
                }
            }
        }
    }
    started
}

enum Seat {
    In(String),
    /// The compute environments that the job would fit into if they were empty.
    Later(Vec<String>),
    Never(String),
}

/// The RUNNABLE jobs of each queue, the queue of the highest priority first.
fn waiting(state: &State) -> Vec<(String, Vec<usize>)> {
    let mut by_queue: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, job) in state.jobs().iter().enumerate().filter(|(_, job)| job.status == Status::Runnable) {
        by_queue.entry(&job.queue).or_default().push(index);
    }
    let mut queues: Vec<_> = by_queue.into_iter().map(|(name, jobs)| (name.to_owned(), jobs)).collect();
    queues.sort_by_key(|(name, _)| std::cmp::Reverse(state.queues.get(name).map_or(0, |queue| queue.priority)));
    queues
}

fn seat(state: &State, queue: &str, index: usize, kept: &BTreeSet<String>) -> Seat {
    let needed = state.job(index).container.milli_vcpus();
    let environments = || {
        let names = state.queues.get(queue).into_iter().flat_map(|queue| &queue.compute_environments);
        names.filter_map(|name| state.compute_environments.get(name)).filter(|one| one.enabled)
    };
    let large_enough: Vec<_> = environments().filter(|one| needed <= one.capacity).collect();
    if large_enough.is_empty() {
        let most = environments().map(|one| one.capacity).max().unwrap_or(0);
        return Seat::Never(format!(
            "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job needs {} vCPUs and the enabled compute environments of \
             its queue have at most {} (maxvCpus): lower the job's VCPU requirement or use a larger environment",
            vcpus(needed),
            vcpus(most)
        ));
    }
    let free =
        large_enough.iter().find(|one| !kept.contains(&one.name) && state.taken(&one.name) + needed <= one.capacity);
    match free {
        Some(one) => Seat::In(one.name.clone()),
        None => Seat::Later(large_enough.iter().map(|one| one.name.clone()).collect()),
    }
}

fn start(service: &Service, state: &mut State, index: usize, compute_environment: String) {
    let cluster =
        state.compute_environments.get(&compute_environment).map(|one| one.cluster.clone()).unwrap_or_default();
    let task = Uuid::new_v4();
    let job = state.job_mut(index);
    job.status_reason = None;
    let stream_prefix = job.container.log_option("awslogs-stream-prefix").unwrap_or(&job.definition).to_owned();
    job.attempt = Some(Attempt {
        compute_environment,
        task_arn: service.arns.ecs("task", &cluster, task),
        container_instance_arn: service.arns.ecs("container-instance", &cluster, Uuid::new_v4()),
        log_stream: format!("{stream_prefix}/default/{}", task.simple()),
        exit_code: None,
        reason: None,
    });
    state.advance(index, Status::Starting);
}

fn vcpus(milli: u64) -> String {
    if milli.is_multiple_of(1000) {
        (milli / 1000).to_string()
    } else {
        let fraction = format!("{:03}", milli % 1000);
        format!("{}.{}", milli / 1000, fraction.trim_end_matches('0'))
    }
}
