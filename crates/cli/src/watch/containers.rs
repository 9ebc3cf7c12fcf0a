//! The containers of jobs that may have several, wherever the API keeps them.

use aws_sdk_batch::types::{
    EcsPropertiesDetail, EcsTaskDetails, EksContainerDetail, EksPodPropertiesDetail, EksPropertiesDetail, JobDetail,
    TaskContainerDetails,
};

/// Those of a job's tasks on ECS.
pub(crate) fn of_tasks(job: &JobDetail) -> impl Iterator<Item = &TaskContainerDetails> {
    let tasks = job.ecs_properties().map(EcsPropertiesDetail::task_properties).unwrap_or_default();
    tasks.iter().flat_map(EcsTaskDetails::containers)
}

/// Those of a job's pod on EKS.
pub(crate) fn of_pod(job: &JobDetail) -> &[EksContainerDetail] {
    let pod = job.eks_properties().and_then(EksPropertiesDetail::pod_properties);
    pod.map(EksPodPropertiesDetail::containers).unwrap_or_default()
}
