//! The log streams of jobs on ECS.

use aws_sdk_batch::types::{ContainerDetail, JobDetail, LogConfiguration, LogDriver, TaskContainerDetails};

use super::containers;
use super::plain::plain;

/// Where Batch sends what a container writes, unless its definition names another group.
const GROUP: &str = "/aws/batch/job";

/// A stream of `CloudWatch` Logs.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Stream {
    pub(crate) group: String,
    pub(crate) name: String,
    /// The Region, where the definition names one for its logs.
    pub(crate) region: Option<String>,
    /// The container that writes it, in a job that has several.
    pub(crate) container: Option<String>,
}

/// The streams that the job's containers write to now, or wrote to last.
pub(crate) fn all_of(job: &JobDetail) -> Vec<Stream> {
    let mut streams = Vec::new();
    if let Some(container) = job.container() {
        streams.extend(stream(container.log_configuration(), container.log_stream_name(), None));
    }
    let several = containers::of_tasks(job).count() > 1;
    for container in containers::of_tasks(job) {
        let name = container.name().filter(|_| several);
        streams.extend(stream(container.log_configuration(), container.log_stream_name(), name));
    }
    streams
}

/// The driver of a job whose log goes elsewhere.
pub(crate) fn other_driver_of(job: &JobDetail) -> Option<String> {
    let of_container = job.container().and_then(ContainerDetail::log_configuration);
    let of_tasks = containers::of_tasks(job).filter_map(TaskContainerDetails::log_configuration);
    let mut drivers = of_container.into_iter().chain(of_tasks).filter_map(LogConfiguration::log_driver);
    drivers.find(|driver| **driver != LogDriver::Awslogs).map(|driver| driver.as_str().to_owned())
}

fn stream(configuration: Option<&LogConfiguration>, name: Option<&str>, container: Option<&str>) -> Option<Stream> {
    if configuration.and_then(LogConfiguration::log_driver).is_some_and(|driver| *driver != LogDriver::Awslogs) {
        return None;
    }
    let option = |name: &str| configuration?.options()?.get(name).cloned();
    Some(Stream {
        group: option("awslogs-group").unwrap_or_else(|| GROUP.to_owned()),
        name: name?.to_owned(),
        region: option("awslogs-region"),
        container: container.map(plain),
    })
}
