//! How jobs ended: the exit code and the reason, wherever the API keeps them, and the code that watching ends with.

use aws_sdk_batch::types::{
    AttemptContainerDetail, AttemptDetail, AttemptEcsTaskDetails, AttemptTaskContainerDetails, ContainerDetail,
    EksAttemptContainerDetail, EksAttemptDetail, EksContainerDetail, JobDetail, JobStatus, TaskContainerDetails,
};

use super::containers;
use super::job::Job;

/// The job's exit code: of its one container, else the first that is not 0 among several.
pub(crate) fn code_of(job: &JobDetail) -> Option<i32> {
    if let Some(code) = job.container().and_then(ContainerDetail::exit_code) {
        return Some(code);
    }
    let of_tasks = containers::of_tasks(job).filter_map(TaskContainerDetails::exit_code);
    let of_pod = containers::of_pod(job).iter().filter_map(EksContainerDetail::exit_code);
    let codes: Vec<i32> = of_tasks.chain(of_pod).collect();
    worst(&codes).or_else(|| code_of_last_try(job))
}

/// A container's own word for its end.
pub(crate) fn reason_of(job: &JobDetail) -> Option<&str> {
    let own = job.container().and_then(ContainerDetail::reason);
    let of_tasks = containers::of_tasks(job).filter_map(TaskContainerDetails::reason);
    let of_pod = containers::of_pod(job).iter().filter_map(EksContainerDetail::reason);
    own.into_iter().chain(of_tasks).chain(of_pod).find(|reason| !reason.is_empty())
}

fn code_of_last_try(job: &JobDetail) -> Option<i32> {
    let last = job.attempts().last();
    if let Some(code) = last.and_then(AttemptDetail::container).and_then(AttemptContainerDetail::exit_code) {
        return Some(code);
    }
    let tasks = last.map(AttemptDetail::task_properties).unwrap_or_default();
    let of_tasks =
        tasks.iter().flat_map(AttemptEcsTaskDetails::containers).filter_map(AttemptTaskContainerDetails::exit_code);
    let of_pod = job.eks_attempts().last().map(EksAttemptDetail::containers).unwrap_or_default();
    let codes: Vec<i32> = of_tasks.chain(of_pod.iter().filter_map(EksAttemptContainerDetail::exit_code)).collect();
    worst(&codes)
}

fn worst(codes: &[i32]) -> Option<i32> {
    codes.iter().find(|code| **code != 0).or(codes.first()).copied()
}

/// The code that watching ends with: 0 where all succeeded, else that of the job that failed first, and 1 where it
/// has none or one that a process cannot end with.
pub(crate) fn code_of_watching<'a>(jobs: impl IntoIterator<Item = &'a Job>) -> u8 {
    let failed = jobs.into_iter().filter(|job| job.status == JobStatus::Failed);
    // Jobs that never ran have no time of their end, and are put behind those that have.
    let first = failed.min_by_key(|job| (job.stopped_at.unwrap_or(i64::MAX), job.created_at));
    first.map_or(0, |job| {
        let code = job.exit_code.and_then(|code| u8::try_from(code).ok());
        code.filter(|code| *code != 0).unwrap_or(1)
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_batch::types::{EcsPropertiesDetail, EcsTaskDetails};

    use super::*;

    fn job(id: &str, status: JobStatus, code: Option<i32>, stopped: i64) -> Job {
        let container = ContainerDetail::builder().set_exit_code(code).build();
        let detail = JobDetail::builder().job_id(id).status(status).container(container).stopped_at(stopped).build();
        Job::of(&detail).unwrap_or_else(|| panic!("a job with an id and a state is read"))
    }

    #[test]
    fn watching_ends_with_the_code_of_the_job_that_failed_first() {
        let jobs = [
            job("a", JobStatus::Succeeded, Some(0), 1),
            job("b", JobStatus::Failed, Some(7), 9),
            job("c", JobStatus::Failed, Some(3), 5),
        ];
        assert_eq!(code_of_watching(&jobs), 3);
        assert_eq!(code_of_watching(&jobs[..1]), 0);
        assert_eq!(code_of_watching([]), 0);
    }

    #[test]
    fn a_failure_is_never_0_whatever_the_container_said() {
        for code in [None, Some(0), Some(256), Some(-1)] {
            assert_eq!(code_of_watching(&[job("a", JobStatus::Failed, code, 1)]), 1, "{code:?}");
        }
        assert_eq!(code_of_watching(&[job("a", JobStatus::Failed, Some(137), 1)]), 137);
    }

    #[test]
    fn the_exit_code_is_found_wherever_the_api_keeps_it() {
        let side = TaskContainerDetails::builder().exit_code(0).build();
        let own = TaskContainerDetails::builder().exit_code(4).build();
        let task = EcsTaskDetails::builder().containers(side).containers(own).build();
        let ecs = EcsPropertiesDetail::builder().task_properties(task).build();
        assert_eq!(code_of(&JobDetail::builder().ecs_properties(ecs).build()), Some(4));

        let last = AttemptContainerDetail::builder().exit_code(5).build();
        let tries = AttemptDetail::builder().container(last).build();
        assert_eq!(code_of(&JobDetail::builder().attempts(tries).build()), Some(5));

        let pod = EksAttemptContainerDetail::builder().exit_code(6).build();
        let tries = EksAttemptDetail::builder().containers(pod).build();
        assert_eq!(code_of(&JobDetail::builder().eks_attempts(tries).build()), Some(6));
    }
}
