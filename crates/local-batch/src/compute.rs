//! Compute environments and job queues.

use serde_json::Value;

/// Where jobs run: how many vCPUs may be taken at once.
#[derive(Debug, Clone)]
pub(crate) struct ComputeEnvironment {
    pub(crate) name: String,
    pub(crate) arn: String,
    /// The ECS cluster that AWS would have made for it, whose name stands in task ARNs.
    pub(crate) cluster: String,
    pub(crate) enabled: bool,
    /// In thousandths of a vCPU.
    pub(crate) capacity: u64,
    /// What `DescribeComputeEnvironments` shows.
    pub(crate) document: Value,
}

/// Where jobs wait.
#[derive(Debug, Clone)]
pub(crate) struct JobQueue {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) enabled: bool,
    pub(crate) priority: i64,
    /// Names of compute environments in the order in which they are tried.
    pub(crate) compute_environments: Vec<String>,
    pub(crate) fair_share: bool,
    /// What `DescribeJobQueues` shows.
    pub(crate) document: Value,
}
