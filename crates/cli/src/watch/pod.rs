//! Pods of jobs on EKS, and where their logs are.

use aws_sdk_batch::types::{EksAttemptDetail, EksMetadata, EksPodPropertiesDetail, EksPropertiesDetail, JobDetail};
use serde::Serialize;

use super::plain::plain;

/// The pod of a job's latest try, as far as `DescribeJobs` tells.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pod {
    /// Its name.
    pub(crate) name: String,
    /// The Kubernetes node that it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) node: Option<String>,
    /// Its namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    /// The name of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cluster: Option<String>,
    /// How many containers it has.
    #[serde(skip)]
    pub(crate) containers: usize,
}

impl Pod {
    /// The pod that the job runs in now, or ran in last.
    pub(crate) fn of(job: &JobDetail) -> Option<Self> {
        let properties = job.eks_properties().and_then(EksPropertiesDetail::pod_properties);
        let last = job.eks_attempts().last();
        let name =
            properties.and_then(EksPodPropertiesDetail::pod_name).or(last.and_then(EksAttemptDetail::pod_name))?;
        // What an attempt says is about its own pod, and not about the one of a try that has begun since.
        let last = last.filter(|attempt| attempt.pod_name() == Some(name));
        let node =
            properties.and_then(EksPodPropertiesDetail::node_name).or(last.and_then(EksAttemptDetail::node_name));
        let metadata = properties.and_then(EksPodPropertiesDetail::metadata);
        let namespace = last.and_then(EksAttemptDetail::pod_namespace).or(metadata.and_then(EksMetadata::namespace));
        Some(Self {
            name: plain(name),
            node: node.map(plain),
            namespace: namespace.map(plain),
            cluster: job.eks_attempts().iter().rev().find_map(EksAttemptDetail::eks_cluster_arn).and_then(cluster_name),
            containers: properties.map_or(1, |pod| pod.containers().len()),
        })
    }

    /// The command that shows its log, ready for a shell.
    pub(crate) fn kubectl(&self) -> Option<String> {
        let namespace = self.namespace.as_deref()?;
        if !is_kubernetes_name(&self.name) || !is_kubernetes_name(namespace) {
            return None;
        }
        let every = if self.containers > 1 { " --all-containers" } else { "" };
        Some(format!("kubectl logs -n {namespace} {}{every}", self.name))
    }

    /// The log group that the `CloudWatch` observability add-on writes the cluster's containers to.
    pub(crate) fn log_group(&self) -> Option<String> {
        Some(format!("/aws/containerinsights/{}/application", self.cluster.as_deref()?))
    }

    /// How the names of its log streams begin there: the node, Fluent Bit's tag, the pod and its namespace, before
    /// each container's name and id.
    pub(crate) fn streams(&self) -> Option<String> {
        let (node, namespace) = (self.node.as_deref()?, self.namespace.as_deref()?);
        Some(format!("{node}-application.var.log.containers.{}_{namespace}_", self.name))
    }
}

/// The name at the end of a cluster's ARN.
pub(crate) fn cluster_name(arn: &str) -> Option<String> {
    arn.rsplit_once(":cluster/").map(|(_, name)| plain(name))
}

/// Whether a shell takes the name for one word without quotes, as it takes every name that Kubernetes allows.
fn is_kubernetes_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, namespace: &str) -> Pod {
        Pod { name: name.to_owned(), namespace: Some(namespace.to_owned()), ..Pod::default() }
    }

    #[test]
    fn the_kubectl_line_holds_nothing_that_a_shell_would_read_as_more_than_a_name() {
        assert_eq!(pod("aws-batch.0a", "jobs").kubectl().as_deref(), Some("kubectl logs -n jobs aws-batch.0a"));
        for (name, namespace) in [("a; rm -rf /", "jobs"), ("$(id)", "jobs"), ("a", "--all"), ("a", ""), ("", "jobs")] {
            assert_eq!(pod(name, namespace).kubectl(), None);
        }
    }
}
