//! What a job asks of the compute environment that it will run in.

use std::collections::HashMap;

use aws_sdk_batch::types::{
    ContainerDetail, EcsProperties, EksContainerResourceRequirements, EksPodProperties, EksProperties, JobDetail,
    NodeRangeProperty, PlatformCapability, ResourceRequirement, ResourceType,
};

use super::containers;

/// What a job asks for, all containers of all its nodes together.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Needs {
    /// In thousandths of a vCPU.
    pub(crate) vcpus: u64,
    /// GPUs.
    pub(crate) gpus: u64,
    /// How many nodes a multi-node job has.
    pub(crate) nodes: Option<u64>,
    /// Whether its definition is for Fargate, where it says so.
    pub(crate) fargate: Option<bool>,
}

impl Needs {
    /// What `DescribeJobs` says of it.
    pub(crate) fn of(job: &JobDetail) -> Self {
        let mut needs = Self::default();
        if !job.platform_capabilities().is_empty() {
            needs.fargate = Some(job.platform_capabilities().contains(&PlatformCapability::Fargate));
        }
        if let Some(container) = job.container() {
            needs.add(1, container.resource_requirements(), vcpus_of_old(container));
        }
        for container in containers::of_tasks(job) {
            needs.add(1, container.resource_requirements(), None);
        }
        for container in containers::of_pod(job) {
            let resources = container.resources();
            let limits = resources.and_then(EksContainerResourceRequirements::limits);
            needs.add_eks(1, limits, resources.and_then(EksContainerResourceRequirements::requests));
        }
        if let Some(properties) = job.node_properties() {
            let count = properties.num_nodes().and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
            needs.nodes = Some(count);
            for range in properties.node_range_properties() {
                needs.add_range(range, count);
            }
        }
        needs
    }

    fn add_range(&mut self, range: &NodeRangeProperty, nodes: u64) {
        let count = nodes_in(range.target_nodes().unwrap_or_default(), nodes);
        if let Some(container) = range.container() {
            #[expect(deprecated, reason = "definitions that are older than resourceRequirements say it here")]
            let old = container.vcpus().and_then(|count| u64::try_from(count).ok());
            self.add(count, container.resource_requirements(), old);
        }
        for task in range.ecs_properties().map(EcsProperties::task_properties).unwrap_or_default() {
            for container in task.containers() {
                self.add(count, container.resource_requirements(), None);
            }
        }
        let pod = range.eks_properties().and_then(EksProperties::pod_properties);
        for container in pod.map(EksPodProperties::containers).unwrap_or_default() {
            let resources = container.resources();
            let limits = resources.and_then(EksContainerResourceRequirements::limits);
            self.add_eks(count, limits, resources.and_then(EksContainerResourceRequirements::requests));
        }
    }

    fn add(&mut self, nodes: u64, requirements: &[ResourceRequirement], old_vcpus: Option<u64>) {
        let of = |kind: &ResourceType| {
            let found = requirements.iter().find(|one| one.r#type() == Some(kind));
            found.and_then(ResourceRequirement::value)
        };
        let vcpus = of(&ResourceType::Vcpu).and_then(thousandths).or(old_vcpus.map(|count| count * 1000));
        self.vcpus += nodes * vcpus.unwrap_or_default();
        self.gpus += nodes * of(&ResourceType::Gpu).and_then(|count| count.parse::<u64>().ok()).unwrap_or_default();
    }

    /// Kubernetes reserves what is requested, and takes the limit where nothing is.
    fn add_eks(
        &mut self,
        nodes: u64,
        limits: Option<&HashMap<String, String>>,
        requests: Option<&HashMap<String, String>>,
    ) {
        let of = |name: &str| requests.and_then(|of| of.get(name)).or(limits.and_then(|of| of.get(name)));
        self.vcpus += nodes * of("cpu").and_then(|text| thousandths(text)).unwrap_or_default();
        self.gpus += nodes * of("nvidia.com/gpu").and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    }
}

fn vcpus_of_old(container: &ContainerDetail) -> Option<u64> {
    container.vcpus().and_then(|count| u64::try_from(count).ok())
}

/// `2`, `0.25` or `250m`, in thousandths.
fn thousandths(text: &str) -> Option<u64> {
    if let Some(thousandths) = text.strip_suffix('m') {
        return thousandths.parse().ok();
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole: u64 = whole.parse().ok()?;
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    whole.checked_mul(1000)?.checked_add(digits.parse().ok()?)
}

/// How many of a job's nodes a range such as `0`, `0:3`, `4:` or `:3` means.
fn nodes_in(range: &str, nodes: u64) -> u64 {
    let (first, last) = range.split_once(':').unwrap_or((range, range));
    let first: u64 = first.parse().unwrap_or(0);
    let last: u64 = last.parse().unwrap_or_else(|_| nodes.saturating_sub(1));
    last.saturating_add(1).saturating_sub(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vcpus_are_read_in_every_form_that_the_api_has() {
        for (text, wanted) in
            [("2", Some(2000)), ("0.25", Some(250)), ("250m", Some(250)), ("1.5", Some(1500)), ("x", None)]
        {
            assert_eq!(thousandths(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_range_of_nodes_may_be_open_at_either_end() {
        for (range, wanted) in [("0", 1), ("0:3", 4), ("4:", 6), (":3", 4), ("2:2", 1)] {
            assert_eq!(nodes_in(range, 10), wanted, "{range}");
        }
    }
}
