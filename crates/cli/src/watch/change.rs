//! What is told of a job: the difference between two looks at it.

use std::time::Duration;

use aws_sdk_batch::types::JobStatus;
use serde_json::{Map, Value, json};

use super::job::Job;

/// Whether there is something to tell of the job since it was seen last.
pub(crate) fn is_news(before: Option<&Job>, now: &Job) -> bool {
    before.is_none_or(|before| {
        before.status != now.status
            || before.tries != now.tries
            || before.array != now.array
            || before.pod != now.pod
            || (before.reason != now.reason && !now.has_ended())
    })
}

/// The line for people.
pub(crate) fn line(now: &Job, width: usize) -> String {
    let mut parts = Vec::new();
    if let Some(children) = &now.array {
        parts.push(format!("{} of {} ended: {}", children.ended(), children.size, children.summary()));
    }
    if let Some(code) = now.exit_code.filter(|_| now.has_ended()) {
        parts.push(format!("exit code {code}"));
    }
    if now.tries > 0 && !now.has_ended() {
        parts.push(format!("attempt {}", now.tries + 1));
    }
    if let (Some(from), Some(to)) = (now.created_at, now.started_at)
        && now.status == JobStatus::Running
    {
        parts.push(format!("after {}", span(from, to)));
    }
    if let (Some(from), Some(to)) = (now.started_at, now.stopped_at)
        && now.has_ended()
    {
        parts.push(format!("ran {}", span(from, to)));
    }
    if let Some(pod) = now.pod.as_ref().filter(|_| !now.has_ended()) {
        let node = pod.node.as_ref().map(|node| format!(" on {node}")).unwrap_or_default();
        parts.push(format!("pod {}{node}", pod.name));
    }
    if now.node.is_some_and(|node| node.is_main) {
        parts.push("main node".to_owned());
    }
    if let Some(reason) = now.failure().filter(|_| now.status == JobStatus::Failed) {
        parts.push(reason.to_owned());
    }
    // Names stand in one column, and so do states.
    let line = format!("{:width$}  {:9}  {}", now.label, now.status.as_str(), parts.join(", "));
    line.trim_end().to_owned()
}

/// The object for programs.
pub(crate) fn object(before: Option<&Job>, now: &Job) -> Value {
    let mut object = facts(now);
    object.insert("previousStatus".to_owned(), json!(before.map(|before| before.status.as_str())));
    with_kind("change", object)
}

/// What is known of a job, without what it has nothing for.
pub(crate) fn facts(job: &Job) -> Map<String, Value> {
    let array = job.array.as_ref().map(|array| json!({ "size": array.size, "statusSummary": array.counts }));
    let node = job.node.map(|node| json!({ "nodeIndex": node.index, "isMainNode": node.is_main }));
    let fields = json!({
        "jobId": job.id,
        "jobName": job.name,
        "jobQueue": job.queue_name(),
        "status": job.status.as_str(),
        "statusReason": job.reason,
        "containerReason": job.container_reason,
        "exitCode": job.exit_code,
        "attemptsEnded": job.tries,
        "createdAt": job.created_at,
        "startedAt": job.started_at,
        "stoppedAt": job.stopped_at,
        "arrayProperties": array,
        "nodeDetails": node,
        "pod": job.pod,
        "chain": job.chain,
        "depth": job.depth,
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// An object of `--json`: what it is about comes first, and nulls are left out.
pub(crate) fn with_kind(kind: &str, fields: Map<String, Value>) -> Value {
    let mut object = Map::from_iter([("kind".to_owned(), json!(kind))]);
    object.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
    Value::Object(object)
}

/// How long it is between two moments in milliseconds.
pub(crate) fn span(from: i64, to: i64) -> String {
    spoken(Duration::from_millis(u64::try_from(to.saturating_sub(from)).unwrap_or_default()))
}

/// A duration as people say it.
pub(crate) fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f32()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_batch::types::{ArrayPropertiesDetail, ContainerDetail, JobDetail};

    use super::*;

    fn job(
        change: impl FnOnce(
            aws_sdk_batch::types::builders::JobDetailBuilder,
        ) -> aws_sdk_batch::types::builders::JobDetailBuilder,
    ) -> Job {
        let detail = JobDetail::builder().job_id("i").job_name("feed").status(JobStatus::Running).created_at(1_000);
        Job::of(&change(detail).build()).unwrap_or_else(|| panic!("a job with an id and a state is read"))
    }

    #[test]
    fn a_line_says_how_long_a_job_waited_ran_and_how_it_ended() {
        let running = job(|job| job.started_at(13_000));
        assert_eq!(line(&running, 6), "feed    RUNNING    after 12 s");
        let container = ContainerDetail::builder().exit_code(3).reason("OutOfMemoryError").build();
        let failed = job(|job| {
            job.status(JobStatus::Failed)
                .started_at(13_000)
                .stopped_at(138_000)
                .container(container)
                .status_reason("Essential container in task exited")
        });
        assert_eq!(line(&failed, 4), "feed  FAILED     exit code 3, ran 2 min 5 s, OutOfMemoryError");
    }

    #[test]
    fn an_array_says_how_many_children_are_in_which_state() {
        let array = |ended: i32| {
            let summary = ArrayPropertiesDetail::builder()
                .size(10)
                .status_summary("SUCCEEDED", ended)
                .status_summary("FAILED", 0)
                .status_summary("RUNNABLE", 10 - ended);
            job(|job| job.status(JobStatus::Pending).array_properties(summary.build()))
        };
        assert_eq!(line(&array(4), 4), "feed  PENDING    4 of 10 ended: 4 SUCCEEDED, 6 RUNNABLE");
        assert!(is_news(Some(&array(4)), &array(5)));
        assert!(!is_news(Some(&array(4)), &array(4)));
    }

    #[test]
    fn names_and_reasons_reach_no_terminal_raw() {
        let failed = job(|job| {
            job.job_name("a\u{1b}[2Jb").status(JobStatus::Failed).status_reason("\u{1b}]0;title\u{7}no\u{8}")
        });
        assert_eq!(line(&failed, 2), "ab  FAILED     no␈");
    }

    #[test]
    fn an_object_has_no_field_that_it_has_nothing_for() {
        let object = object(None, &job(|job| job));
        assert_eq!(object["kind"], "change");
        assert_eq!(
            (&object["status"], object.get("exitCode"), object.get("previousStatus")),
            (&json!("RUNNING"), None, None)
        );
    }
}
