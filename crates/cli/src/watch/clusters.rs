//! The clusters and namespaces of queues on EKS, for pods whose own are not told by `DescribeJobs`.

use std::collections::BTreeMap;

use aws_sdk_batch::types::{ComputeEnvironmentDetail, EksConfiguration};

use super::calls;
use super::job::Job;
use super::place::Place;
use super::plain::plain;
use super::pod::cluster_name;
use super::stuck::Surroundings;
use super::trouble::Trouble;

/// What was found, by queue.
#[derive(Debug, Default)]
pub(crate) struct Clusters(BTreeMap<String, Cluster>);

#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Cluster {
    name: Option<String>,
    namespace: Option<String>,
}

impl Clusters {
    /// Fills in what the job's pod lacks, where its queue leaves no doubt about it.
    pub(crate) async fn complete(&mut self, place: &Place, job: &mut Job) {
        let Some(pod) = &mut job.pod else { return };
        if pod.cluster.is_some() && pod.namespace.is_some() {
            return;
        }
        if !self.0.contains_key(&job.queue) {
            let found = match calls::surroundings(place, &job.queue).await {
                Ok(around) => cluster_of(&around),
                Err(Trouble::Passing(_)) => return,
                // It is told less then, and a permission that is missing here is told where it is looked why jobs wait.
                Err(Trouble::Final(_)) => Cluster::default(),
            };
            self.0.insert(job.queue.clone(), found);
        }
        if let Some(cluster) = self.0.get(&job.queue) {
            pod.cluster = pod.cluster.take().or_else(|| cluster.name.clone());
            pod.namespace = pod.namespace.take().or_else(|| cluster.namespace.clone());
        }
    }
}

fn cluster_of(around: &Surroundings) -> Cluster {
    let of = |environment: &ComputeEnvironmentDetail| {
        let eks = environment.eks_configuration();
        Cluster {
            name: eks.and_then(EksConfiguration::eks_cluster_arn).and_then(cluster_name),
            namespace: eks.and_then(EksConfiguration::kubernetes_namespace).map(plain),
        }
    };
    let mut found: Vec<Cluster> = around.environments.iter().map(of).collect();
    found.dedup();
    match found.as_slice() {
        [one] => one.clone(),
        _ => Cluster::default(),
    }
}
