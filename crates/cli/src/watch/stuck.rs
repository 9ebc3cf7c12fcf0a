//! Why a job does not start, as far as the API tells: the job's own reason, its queue, and the queue's compute
//! environments. A sentence each, with what to do.

use std::time::Duration;

use aws_sdk_batch::types::{
    CeState, CeStatus, CeType, ComputeEnvironmentDetail, ComputeResource, CrType, JobQueueDetail, JobStatus, JqState,
    JqStatus,
};

use super::change::spoken;
use super::job::Job;
use super::plain::plain;

/// After so long a job that nothing seems to hold back is told about all the same: starting a machine takes minutes.
const PATIENCE: Duration = Duration::from_mins(3);

/// A job's queue, and where the queue's jobs run, in the order in which they are tried.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) queue: Option<JobQueueDetail>,
    pub(crate) environments: Vec<ComputeEnvironmentDetail>,
}

/// Every reason that is seen for which the job has not started; `waited` is how long it has been RUNNABLE at least.
pub(crate) fn reasons(job: &Job, around: &Surroundings, waited: Duration) -> Vec<String> {
    let mut reasons: Vec<String> = own_reason(job).into_iter().collect();
    let Some(queue) = &around.queue else { return reasons };
    reasons.extend(of_queue(queue));
    if around.environments.is_empty() {
        reasons.push(format!("the queue {} has no compute environment to run it: give it one", job.queue_name()));
        return reasons;
    }
    let found: Vec<(&ComputeEnvironmentDetail, Vec<String>)> =
        around.environments.iter().map(|environment| (environment, obstacles(job, environment))).collect();
    // One that can run it is enough, however many others cannot.
    let open: Vec<&ComputeEnvironmentDetail> =
        found.iter().filter(|(_, obstacles)| obstacles.is_empty()).map(|(environment, _)| *environment).collect();
    if open.is_empty() || waited >= PATIENCE {
        reasons.extend(found.iter().flat_map(|(_, obstacles)| obstacles.iter().cloned()));
    }
    if waited >= PATIENCE && reasons.is_empty() {
        reasons.extend(open.iter().map(|environment| waiting(environment)));
    }
    reasons
}

/// What holds a job back that is PENDING.
pub(crate) fn dependencies(job: &Job) -> Option<String> {
    if job.status != JobStatus::Pending || job.array.is_some() || job.depends_on.is_empty() {
        return None;
    }
    Some(format!("it waits for the success of {}", job.depends_on.join(", ")))
}

/// Batch's own word for what blocks the head of a queue, with what to do about it.
fn own_reason(job: &Job) -> Option<String> {
    let reason = job.reason.as_deref()?;
    let advice = [
        (
            "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
            "EC2 has none of these instances left: allow more instance types or subnets of other Availability Zones, or put an on-demand environment behind a Spot one",
        ),
        (
            "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
            "raise maxvCpus of a compute environment, or let the job ask for fewer vCPUs",
        ),
        (
            "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
            "no instance type of the compute environments is large enough: allow larger ones, or let the job ask for less memory, vCPUs or GPUs (an instance keeps some memory for itself)",
        ),
        (
            "MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS",
            "give the compute environment's service role the managed policy AWSBatchServiceRole, or let Batch use its service-linked role",
        ),
    ];
    let known = advice.iter().find(|(code, _)| reason.starts_with(code));
    Some(known.map_or_else(|| reason.to_owned(), |(_, advice)| format!("{reason}: {advice}")))
}

fn of_queue(queue: &JobQueueDetail) -> Vec<String> {
    let name = plain(queue.job_queue_name().unwrap_or_default());
    let mut reasons = Vec::new();
    if queue.status() == Some(&JqStatus::Invalid) {
        let reason = queue.status_reason().map(plain).unwrap_or_default();
        reasons.push(format!("the queue {name} is INVALID: {reason}: mend what it names, then update the queue"));
    }
    if queue.state() == Some(&JqState::Disabled) {
        reasons.push(format!(
            "the queue {name} is DISABLED and takes no further jobs: `aws batch update-job-queue --job-queue {name} --state ENABLED`"
        ));
    }
    reasons
}

/// Why the environment cannot run the job.
fn obstacles(job: &Job, environment: &ComputeEnvironmentDetail) -> Vec<String> {
    let name = name_of(environment);
    let mut obstacles = Vec::new();
    match environment.status() {
        Some(CeStatus::Invalid) => {
            let reason = environment.status_reason().map(plain).filter(|reason| !reason.is_empty());
            let reason = reason.unwrap_or_else(|| "no reason is given".to_owned());
            obstacles.push(format!(
                "the compute environment {name} is INVALID: {reason}: mend what it names (often a role, a subnet or a security group), then disable and enable the environment"
            ));
        }
        Some(CeStatus::Creating) => obstacles.push(format!("the compute environment {name} is still being made: wait")),
        Some(CeStatus::Deleting | CeStatus::Deleted) => obstacles.push(format!(
            "the compute environment {name} is being deleted: give the queue another one by `aws batch update-job-queue`"
        )),
        _ => {}
    }
    if environment.state() == Some(&CeState::Disabled) {
        obstacles.push(format!(
            "the compute environment {name} is DISABLED: `aws batch update-compute-environment --compute-environment {name} --state ENABLED`"
        ));
    }
    if let Some(resources) = environment.compute_resources() {
        obstacles.extend(misfits(job, &name, resources));
    }
    obstacles
}

/// What the job asks for that the environment can never have.
fn misfits(job: &Job, name: &str, resources: &ComputeResource) -> Vec<String> {
    let needs = &job.needs;
    let mut misfits = Vec::new();
    if let Some(most) = resources.maxv_cpus().and_then(|most| u64::try_from(most).ok())
        && needs.vcpus > most * 1000
    {
        let of_nodes = if needs.nodes.is_some() { " with all its nodes" } else { "" };
        misfits.push(format!(
            "the job asks for {} vCPUs{of_nodes} and the compute environment {name} has {most} at most: raise its maxvCpus, or ask for fewer",
            vcpus(needs.vcpus)
        ));
    }
    let kind = resources.r#type();
    let is_fargate = matches!(kind, Some(CrType::Fargate | CrType::FargateSpot));
    if needs.gpus > 0 && is_fargate {
        misfits.push(format!(
            "the job asks for a GPU and the compute environment {name} is Fargate, which has none: submit it to a queue of EC2 with GPU instances"
        ));
    } else if needs.gpus > 0 && has_no_gpus(resources) {
        misfits.push(format!(
            "the job asks for a GPU and no instance type of the compute environment {name} has one: allow instance types of the families G or P"
        ));
    }
    if needs.nodes.is_some() && is_fargate {
        misfits.push(format!(
            "multi-node jobs do not run on Fargate, which the compute environment {name} is: submit it to a queue of on-demand EC2"
        ));
    } else if needs.nodes.is_some() && kind == Some(&CrType::Spot) {
        misfits.push(format!(
            "multi-node jobs do not run on Spot instances, which the compute environment {name} has: submit it to a queue of on-demand EC2"
        ));
    }
    match needs.fargate {
        Some(true) if kind.is_some() && !is_fargate => misfits.push(format!(
            "the job's definition is for Fargate and the compute environment {name} is not: submit it to a queue of Fargate, or give the definition platformCapabilities EC2"
        )),
        Some(false) if is_fargate => misfits.push(format!(
            "the job's definition is for EC2 and the compute environment {name} is Fargate: submit it to a queue of EC2, or give the definition platformCapabilities FARGATE"
        )),
        _ => {}
    }
    misfits
}

/// Whether it is sure that no instance has a GPU: the families that have some begin with G or P and a number.
fn has_no_gpus(resources: &ComputeResource) -> bool {
    let types = resources.instance_types();
    let has_gpu = |name: &String| {
        let mut letters = name.chars();
        matches!(letters.next(), Some('g' | 'p')) && letters.next().is_some_and(|second| second.is_ascii_digit())
    };
    !types.is_empty() && !types.iter().any(has_gpu)
}

/// Nothing forbids the job to run there, and it does not.
fn waiting(environment: &ComputeEnvironmentDetail) -> String {
    let name = name_of(environment);
    // Not how long it has waited until now: what changes with each look would be told with each look.
    let waited = spoken(PATIENCE);
    if environment.r#type() == Some(&CeType::Unmanaged) {
        let cluster = environment.ecs_cluster_arn().map(plain).unwrap_or_default();
        return format!(
            "it has waited for more than {waited}, and the compute environment {name} is UNMANAGED: see whether instances of yours are in its cluster by `aws ecs list-container-instances --cluster {cluster}`"
        );
    }
    let Some(resources) = environment.compute_resources() else {
        return format!("it has waited for more than {waited} for room in the compute environment {name}");
    };
    let most = resources.maxv_cpus().unwrap_or_default();
    match (resources.r#type(), resources.desiredv_cpus()) {
        (Some(CrType::Fargate | CrType::FargateSpot), _) | (_, None) => format!(
            "it has waited for more than {waited} for room in the compute environment {name}, which has {most} vCPUs at most: see what else runs in the queues that share it, and the account's quota of vCPUs"
        ),
        (_, Some(desired)) if desired >= most => format!(
            "it has waited for more than {waited}: the compute environment {name} has all its {most} vCPUs in use or on their way: wait, or raise its maxvCpus"
        ),
        (_, Some(0)) => format!(
            "it has waited for more than {waited}, and the compute environment {name} has asked for no instance yet: see the queue's other jobs, and the activities of its Auto Scaling group for what EC2 refuses"
        ),
        (_, Some(desired)) => format!(
            "it has waited for more than {waited}, and the compute environment {name} has asked for {desired} of its {most} vCPUs: if instances run and take no job, they do not reach ECS: see their instance role, their subnets' way to the internet, and the AMI"
        ),
    }
}

fn name_of(environment: &ComputeEnvironmentDetail) -> String {
    plain(environment.compute_environment_name().unwrap_or_default())
}

/// Thousandths of a vCPU as people say them.
fn vcpus(thousandths: u64) -> String {
    let part = format!("{:03}", thousandths % 1000);
    let part = part.trim_end_matches('0');
    if part.is_empty() { (thousandths / 1000).to_string() } else { format!("{}.{part}", thousandths / 1000) }
}

#[cfg(test)]
mod tests {
    use aws_sdk_batch::types::builders::{ComputeResourceBuilder, JobDetailBuilder};
    use aws_sdk_batch::types::{
        ContainerDetail, ContainerProperties, JobDetail, NodeProperties, NodeRangeProperty, PlatformCapability,
        ResourceRequirement, ResourceType,
    };

    use super::*;

    fn wants(kind: ResourceType, value: &str) -> ResourceRequirement {
        ResourceRequirement::builder().r#type(kind).value(value).build()
    }

    /// A RUNNABLE job of two vCPUs.
    fn job(change: impl FnOnce(JobDetailBuilder) -> JobDetailBuilder) -> Job {
        let container = ContainerDetail::builder().resource_requirements(wants(ResourceType::Vcpu, "2")).build();
        let detail = JobDetail::builder()
            .job_id("i")
            .job_name("feed")
            .job_queue("arn:aws:batch:us-east-1:123456789012:job-queue/feeds")
            .status(JobStatus::Runnable)
            .container(container);
        Job::of(&change(detail).build()).unwrap_or_else(|| panic!("a job with an id and a state is read"))
    }

    fn resources(kind: CrType, most: i32) -> ComputeResourceBuilder {
        ComputeResource::builder().r#type(kind).maxv_cpus(most)
    }

    fn environment(name: &str, resources: ComputeResourceBuilder) -> ComputeEnvironmentDetail {
        ComputeEnvironmentDetail::builder()
            .compute_environment_name(name)
            .r#type(CeType::Managed)
            .state(CeState::Enabled)
            .status(CeStatus::Valid)
            .compute_resources(resources.build())
            .build()
    }

    fn around(environments: impl IntoIterator<Item = ComputeEnvironmentDetail>) -> Surroundings {
        let queue = JobQueueDetail::builder().job_queue_name("feeds").state(JqState::Enabled).status(JqStatus::Valid);
        Surroundings { queue: Some(queue.build()), environments: environments.into_iter().collect() }
    }

    fn told(job: &Job, around: &Surroundings) -> String {
        reasons(job, around, Duration::ZERO).join("\n")
    }

    #[test]
    fn a_job_that_only_waits_for_its_turn_is_no_news_until_it_has_waited_long() {
        let around = around([environment("ec2", resources(CrType::Ec2, 4).desiredv_cpus(4))]);
        assert_eq!(told(&job(|job| job), &around), "");
        let told = reasons(&job(|job| job), &around, PATIENCE).join("\n");
        assert!(told.contains("more than 3 min 0 s") && told.contains("all its 4 vCPUs in use"), "{told}");
    }

    #[test]
    fn an_environment_that_cannot_run_it_is_told_with_what_to_do() {
        let disabled = ComputeEnvironmentDetail::builder().compute_environment_name("off").state(CeState::Disabled);
        let invalid = ComputeEnvironmentDetail::builder()
            .compute_environment_name("broken")
            .status(CeStatus::Invalid)
            .status_reason("CLIENT_ERROR - no such \u{1b}[31msubnet");
        let told = told(&job(|job| job), &around([disabled.build(), invalid.build()]));
        assert!(told.contains("update-compute-environment --compute-environment off --state ENABLED"), "{told}");
        assert!(told.contains("broken is INVALID: CLIENT_ERROR - no such subnet: mend"), "{told}");
    }

    #[test]
    fn one_environment_that_can_run_it_is_enough() {
        let disabled = ComputeEnvironmentDetail::builder().compute_environment_name("off").state(CeState::Disabled);
        let around = around([disabled.build(), environment("on", resources(CrType::Fargate, 4))]);
        assert_eq!(told(&job(|job| job), &around), "");
        let later = reasons(&job(|job| job), &around, PATIENCE).join("\n");
        assert!(later.contains("off is DISABLED"), "{later}");
    }

    #[test]
    fn a_job_that_asks_for_more_vcpus_than_there_ever_are_is_told() {
        let told = told(&job(|job| job), &around([environment("small", resources(CrType::Ec2, 1))]));
        assert!(told.contains("asks for 2 vCPUs and the compute environment small has 1 at most"), "{told}");
    }

    #[test]
    fn a_gpu_is_looked_for_where_there_can_be_one() {
        let container = || {
            let one = wants(ResourceType::Gpu, "1");
            ContainerDetail::builder().resource_requirements(wants(ResourceType::Vcpu, "2")).resource_requirements(one)
        };
        let job = job(|job| job.container(container().build()));
        let of = |resources| told(&job, &around([environment("e", resources)]));
        assert!(of(resources(CrType::Fargate, 4)).contains("is Fargate, which has none"));
        assert!(of(resources(CrType::Ec2, 4).instance_types("optimal")).contains("families G or P"));
        assert!(of(resources(CrType::Ec2, 4).instance_types("m6g.large")).contains("families G or P"));
        assert_eq!(of(resources(CrType::Ec2, 4).instance_types("optimal").instance_types("g5")), "");
        assert_eq!(of(resources(CrType::Ec2, 4).instance_types("p3.2xlarge")), "");
    }

    #[test]
    fn nodes_count_together_and_run_on_demand_only() {
        let container = ContainerProperties::builder().resource_requirements(wants(ResourceType::Vcpu, "4"));
        let range = NodeRangeProperty::builder().target_nodes("0:").container(container.build()).build();
        let nodes = NodeProperties::builder().num_nodes(3).main_node(0).node_range_properties(range).build();
        let detail = JobDetail::builder().job_id("i").status(JobStatus::Runnable).node_properties(nodes).build();
        let job = Job::of(&detail).unwrap_or_else(|| panic!("a job with an id and a state is read"));
        let told = told(&job, &around([environment("spot", resources(CrType::Spot, 8))]));
        assert!(told.contains("asks for 12 vCPUs with all its nodes") && told.contains("do not run on Spot"), "{told}");
    }

    #[test]
    fn a_definition_for_the_other_platform_is_told() {
        let job = job(|job| job.platform_capabilities(PlatformCapability::Fargate));
        let told = told(&job, &around([environment("ec2", resources(CrType::Ec2, 4))]));
        assert!(told.contains("definition is for Fargate"), "{told}");
    }

    #[test]
    fn batchs_own_reason_comes_first_and_gets_its_advice() {
        let job = job(|job| job.status_reason("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job is too large"));
        let told = told(&job, &around([environment("ec2", resources(CrType::Ec2, 4))]));
        assert!(
            told.starts_with("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job is too large: no instance type"),
            "{told}"
        );
    }

    #[test]
    fn a_queue_that_is_off_or_broken_is_told() {
        let queue = JobQueueDetail::builder()
            .job_queue_name("feeds")
            .state(JqState::Disabled)
            .status(JqStatus::Invalid)
            .status_reason("its environment is gone");
        let around = Surroundings { queue: Some(queue.build()), environments: Vec::new() };
        let told = told(&job(|job| job), &around);
        for wanted in
            ["feeds is INVALID: its environment is gone", "--job-queue feeds --state ENABLED", "no compute environment"]
        {
            assert!(told.contains(wanted), "{wanted}\n{told}");
        }
    }
}
