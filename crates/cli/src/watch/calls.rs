//! The calls of Batch that watching is made of.

use aws_sdk_batch::types::{
    ComputeEnvironmentDetail, ComputeEnvironmentOrder, JobDetail, JobQueueDetail, JobStatus, JobSummary, KeyValuesPair,
};

use super::place::Place;
use super::stuck::Surroundings;
use super::trouble::{Trouble, trouble};

/// How many jobs one `DescribeJobs` takes.
pub(crate) const AT_ONCE: usize = 100;

/// The jobs that are known of these ids, in any order; a call for each hundred of them.
pub(crate) async fn describe(place: &Place, ids: &[String]) -> Result<Vec<JobDetail>, Trouble> {
    let mut jobs = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let answer = place.batch.describe_jobs().set_jobs(Some(some.to_vec())).send().await;
        jobs.extend(answer.map_err(|error| trouble("the jobs cannot be described", error))?.jobs.unwrap_or_default());
    }
    Ok(jobs)
}

/// A page of a list of jobs, and the token of the next one.
pub(crate) type Page = (Vec<JobSummary>, Option<String>);

/// What is listed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum List<'a> {
    /// A queue's jobs of a name or of a beginning with `*` behind, the newest first.
    Named { queue: &'a str, name: &'a str },
    /// A queue's jobs in a state.
    InState { queue: &'a str, state: &'a JobStatus },
    /// The failed children of an array.
    FailedChildren { array: &'a str },
}

/// Lists a page.
pub(crate) async fn list(place: &Place, what: List<'_>, token: Option<String>) -> Result<Page, Trouble> {
    let call = place.batch.list_jobs().set_next_token(token);
    let (call, of) = match what {
        List::Named { queue, name } => {
            let filter = KeyValuesPair::builder().name("JOB_NAME").values(name).build();
            (call.job_queue(queue).filters(filter), queue)
        }
        List::InState { queue, state } => (call.job_queue(queue).job_status(state.clone()), queue),
        List::FailedChildren { array } => (call.array_job_id(array).job_status(JobStatus::Failed), array),
    };
    let answer = call.send().await.map_err(|error| trouble(&format!("the jobs of {of} cannot be listed"), error))?;
    Ok((answer.job_summary_list.unwrap_or_default(), answer.next_token.filter(|token| !token.is_empty())))
}

/// The names of all queues whose jobs are containers.
pub(crate) async fn queues(place: &Place) -> Result<Vec<String>, Trouble> {
    let (mut queues, mut token) = (Vec::new(), None);
    loop {
        let answer = place.batch.describe_job_queues().set_next_token(token).send().await;
        let answer = answer.map_err(|error| trouble("the queues cannot be described", error))?;
        // Queues of service environments hold service jobs alone, which are another API's.
        let own = answer.job_queues().iter().filter(|queue| queue.service_environment_order().is_empty());
        queues.extend(own.filter_map(|queue| queue.job_queue_name().map(str::to_owned)));
        match answer.next_token.filter(|token| !token.is_empty()) {
            Some(next) => token = Some(next),
            None => return Ok(queues),
        }
    }
}

/// A queue by its ARN or name, with its compute environments in the order in which they are tried.
pub(crate) async fn surroundings(place: &Place, queue: &str) -> Result<Surroundings, Trouble> {
    let answer = place.batch.describe_job_queues().job_queues(queue).send().await;
    let answer = answer.map_err(|error| trouble("the job's queue cannot be described", error))?;
    let Some(queue) = answer.job_queues.unwrap_or_default().pop() else { return Ok(Surroundings::default()) };
    let environments = environments(place, &queue).await?;
    Ok(Surroundings { queue: Some(queue), environments })
}

async fn environments(place: &Place, queue: &JobQueueDetail) -> Result<Vec<ComputeEnvironmentDetail>, Trouble> {
    let mut order = queue.compute_environment_order().to_vec();
    order.sort_by_key(ComputeEnvironmentOrder::order);
    let names: Vec<String> = order.iter().filter_map(|one| one.compute_environment().map(str::to_owned)).collect();
    if names.is_empty() {
        // Without a name Batch would describe every one of the account.
        return Ok(Vec::new());
    }
    let call = place.batch.describe_compute_environments().set_compute_environments(Some(names.clone()));
    let answer = call.send().await.map_err(|error| trouble("the compute environments cannot be described", error))?;
    let mut found = answer.compute_environments.unwrap_or_default();
    let place = |one: &ComputeEnvironmentDetail| {
        let is =
            |name: &String| one.compute_environment_arn() == Some(name) || one.compute_environment_name() == Some(name);
        names.iter().position(is)
    };
    found.sort_by_key(place);
    Ok(found)
}
