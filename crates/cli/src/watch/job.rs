//! What is known of a job: what `DescribeJobs` says, as far as it is shown, with its texts made fit for a terminal.

use std::collections::BTreeMap;

use aws_sdk_batch::types::{ArrayPropertiesDetail, JobDetail, JobStatus, NodeProperties};

use super::exit;
use super::needs::Needs;
use super::plain::plain;
use super::pod::Pod;
use super::stream::{self, Stream};

/// The states in the order in which a job goes through them.
pub(crate) const STATES: [JobStatus; 7] = [
    JobStatus::Submitted,
    JobStatus::Pending,
    JobStatus::Runnable,
    JobStatus::Starting,
    JobStatus::Running,
    JobStatus::Succeeded,
    JobStatus::Failed,
];

/// A job as it was seen last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Job {
    pub(crate) id: String,
    /// Its name; a child of an array has its index behind it, a node its number.
    pub(crate) label: String,
    pub(crate) name: String,
    pub(crate) queue: String,
    pub(crate) status: JobStatus,
    /// Why it is in this state, if Batch says so.
    pub(crate) reason: Option<String>,
    /// What its container says of its own end.
    pub(crate) container_reason: Option<String>,
    pub(crate) exit_code: Option<i32>,
    /// How many tries are over.
    pub(crate) tries: usize,
    /// Milliseconds since 1970.
    pub(crate) created_at: Option<i64>,
    pub(crate) started_at: Option<i64>,
    pub(crate) stopped_at: Option<i64>,
    /// What the children of an array do.
    pub(crate) array: Option<Children>,
    /// Which node of a multi-node job it is.
    pub(crate) node: Option<Node>,
    /// The node of a multi-node job whose end is the job's end.
    pub(crate) main_node: Option<i32>,
    pub(crate) pod: Option<Pod>,
    pub(crate) streams: Vec<Stream>,
    /// The log driver, where it leads elsewhere than to `CloudWatch` Logs.
    pub(crate) other_driver: Option<String>,
    pub(crate) needs: Needs,
    /// The ids of the jobs that it waits for.
    pub(crate) depends_on: Vec<String>,
    pub(crate) chain: Option<String>,
    pub(crate) depth: Option<u32>,
}

/// How many children of an array are in which state.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Children {
    pub(crate) size: u64,
    pub(crate) counts: BTreeMap<String, u64>,
}

/// A node of a multi-node job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Node {
    pub(crate) index: i32,
    pub(crate) is_main: bool,
}

impl Job {
    /// What an answer says; nothing where it lacks the id or the state, without which there is nothing to follow.
    pub(crate) fn of(job: &JobDetail) -> Option<Self> {
        let id = job.job_id()?;
        let name = plain(job.job_name().unwrap_or_default());
        let array = job.array_properties();
        let node = job.node_details().and_then(|node| {
            Some(Node { index: node.node_index()?, is_main: node.is_main_node().unwrap_or_default() })
        });
        let label = match (array.and_then(ArrayPropertiesDetail::index), node) {
            (Some(index), _) => format!("{name}[{index}]"),
            (None, Some(node)) => format!("{name}#{}", node.index),
            (None, None) => name.clone(),
        };
        let tag = |name: &str| job.tags().and_then(|tags| tags.get(name));
        Some(Self {
            id: plain(id),
            label,
            name,
            queue: plain(job.job_queue().unwrap_or_default()),
            status: job.status()?.clone(),
            reason: job.status_reason().filter(|reason| !reason.is_empty()).map(plain),
            container_reason: exit::reason_of(job).map(plain),
            exit_code: exit::code_of(job),
            tries: job.attempts().len() + job.eks_attempts().iter().filter(|one| one.stopped_at().is_some()).count(),
            created_at: moment(job.created_at()),
            started_at: moment(job.started_at()),
            stopped_at: moment(job.stopped_at()),
            // A parent has a summary or a size; its children have an index.
            array: array.filter(|array| array.index().is_none()).map(Children::of),
            node,
            main_node: job.node_properties().and_then(NodeProperties::main_node),
            pod: Pod::of(job),
            streams: stream::all_of(job),
            other_driver: stream::other_driver_of(job).map(|driver| plain(&driver)),
            needs: Needs::of(job),
            depends_on: job.depends_on().iter().filter_map(|other| other.job_id()).map(plain).collect(),
            chain: tag("jobwire.chain").map(|chain| plain(chain)),
            depth: tag("jobwire.depth").and_then(|depth| depth.parse().ok()),
        })
    }

    /// Whether it has come to its end.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.status, JobStatus::Succeeded | JobStatus::Failed)
    }

    /// Whether it is on a machine, or was.
    pub(crate) fn has_started(&self) -> bool {
        self.has_ended() || matches!(self.status, JobStatus::Starting | JobStatus::Running)
    }

    /// Why it failed, in the words of whoever knows most.
    pub(crate) fn failure(&self) -> Option<&str> {
        let general = |reason: &&str| !reason.starts_with("Essential container in task exited");
        let (own, container) = (self.reason.as_deref(), self.container_reason.as_deref());
        container.or(own.filter(general)).or(own)
    }

    /// The queue's name, from its ARN.
    pub(crate) fn queue_name(&self) -> &str {
        self.queue.rsplit('/').next().unwrap_or(&self.queue)
    }
}

/// The API calls some times required that a job does not have yet, and 0 stands for those.
fn moment(milliseconds: Option<i64>) -> Option<i64> {
    milliseconds.filter(|moment| *moment > 0)
}

impl Children {
    fn of(array: &ArrayPropertiesDetail) -> Self {
        let count = |count: i32| u64::try_from(count).unwrap_or_default();
        let counts: BTreeMap<String, u64> = array
            .status_summary()
            .into_iter()
            .flatten()
            .map(|(state, number)| (plain(state), count(*number)))
            .filter(|(_, number)| *number > 0)
            .collect();
        let size = array.size().map_or_else(|| counts.values().sum(), count);
        Self { size, counts }
    }

    /// How many have ended.
    pub(crate) fn ended(&self) -> u64 {
        let of = |state: &JobStatus| self.counts.get(state.as_str()).copied().unwrap_or_default();
        of(&JobStatus::Succeeded) + of(&JobStatus::Failed)
    }

    /// How many are in which state, in the order of the states.
    pub(crate) fn summary(&self) -> String {
        let states = STATES.iter().rev().map(JobStatus::as_str);
        let some = states.filter_map(|state| Some(format!("{} {state}", self.counts.get(state)?)));
        some.collect::<Vec<_>>().join(", ")
    }
}
