//! Where the logs of jobs are, told once for each.

use std::collections::BTreeSet;

use serde_json::json;

use super::job::Job;
use super::link;
use super::place::Place;
use super::plain::plain;
use super::pod::Pod;
use super::screen::Screen;
use super::stream::Stream;

/// What was told.
#[derive(Debug, Default)]
pub(crate) struct Told(BTreeSet<String>);

impl Told {
    /// Tells where the job's logs are, as soon as that is known.
    pub(crate) fn places(&mut self, place: &Place, screen: &Screen, job: &Job) {
        let partition = partition_of(&job.queue);
        for stream in &job.streams {
            if self.0.insert(format!("{} {}", stream.group, stream.name)) {
                of_stream(place, screen, job, stream, partition);
            }
        }
        if let Some(pod) = &job.pod {
            self.of_pod(place, screen, job, pod, partition);
        }
        if let Some(driver) = &job.other_driver
            && self.0.insert(format!("{} {driver}", job.id))
        {
            let text = format!("its log goes elsewhere, by the log driver {driver}");
            screen.log_place(job, &text, json!({ "logDriver": driver }));
        }
    }

    /// What is known of a pod comes bit by bit: its name, and then its node.
    fn of_pod(&mut self, place: &Place, screen: &Screen, job: &Job, pod: &Pod, partition: &str) {
        if let Some(line) = pod.kubectl()
            && self.0.insert(line.clone())
        {
            screen.log_place(job, &line, json!({ "kubectl": line, "pod": pod }));
        }
        let (Some(group), Some(streams)) = (pod.log_group(), pod.streams()) else { return };
        if !self.0.insert(format!("{group} {streams}")) {
            return;
        }
        let link = link::of_streams(partition, &place.region, &group, &streams);
        let at = link.as_ref().map(|link| format!(": {link}")).unwrap_or_default();
        let text = format!(
            "with the CloudWatch observability add-on its log is in the group {group}, in streams that begin with {streams}{at}"
        );
        screen.log_place(job, &text, json!({ "logGroup": group, "logStreamPrefix": streams, "url": link }));
    }
}

fn of_stream(place: &Place, screen: &Screen, job: &Job, stream: &Stream, partition: &str) {
    if let Some(folder) = &place.local {
        // The local cloud has no console; its jobs keep what they write in a file beside it.
        let log = folder.join("jobs").join(&job.id).join("log");
        return screen.log_place(job, &format!("its log: {}", log.display()), json!({ "file": log }));
    }
    let region = stream.region.as_deref().unwrap_or(&place.region);
    let link = link::of_stream(partition, region, &stream.group, &stream.name);
    let (group, name) = (plain(&stream.group), plain(&stream.name));
    let text = match &link {
        Some(link) => format!("its log: {link}"),
        None => format!("its log: the stream {name} of the group {group}"),
    };
    let fields =
        json!({ "logGroup": stream.group, "logStream": stream.name, "container": stream.container, "url": link });
    screen.log_place(job, &text, fields);
}

/// The partition of an ARN; that of most Regions where there is none.
fn partition_of(arn: &str) -> &str {
    arn.split(':').nth(1).filter(|partition| partition.starts_with("aws")).unwrap_or("aws")
}
