//! Batch jobs: their changes of state, through EventBridge.

use jobwire_core::chain::{self, Chain};
use jobwire_core::key::OccurrenceKey;
use jobwire_core::occurrence::{Occurrence, Origin, Record};
use jobwire_core::on::{Each, Kind};
use jobwire_core::part::Part;
use jobwire_core::problem::Problem;
use jobwire_core::source::{Members, Reading, Source};
use serde_json::{Map, Value, json};

/// The source of changes of state.
pub const SOURCE: Source = Source {
    name: "job-state",
    kind: Kind::Job,
    names: &["job", "exit_code"],
    members: &[
        Members { of: "job", known: &JOB, closed: false },
        Members { of: "exit_code", known: &[], closed: true },
    ],
    optional: &["exit_code", "job.statusReason"],
    read,
};

/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html>
const JOB: [&str; 22] = [
    "jobId",
    "jobArn",
    "jobName",
    "jobQueue",
    "jobDefinition",
    "status",
    "statusReason",
    "attempts",
    "createdAt",
    "startedAt",
    "stoppedAt",
    "container",
    "parameters",
    "tags",
    "timeout",
    "retryStrategy",
    "dependsOn",
    "arrayProperties",
    "nodeProperties",
    "ecsProperties",
    "eksProperties",
    "eksAttempts",
];

/// Reads a `Batch Job State Change`; Batch sends other kinds of event beside it, which are refused.
/// <https://docs.aws.amazon.com/batch/latest/userguide/batch_job_events.html>
#[must_use]
pub fn read(event: &Value) -> Reading {
    match change(&Part::whole(event)) {
        Ok(occurrence) => Reading { occurrences: vec![occurrence], ..Reading::default() },
        Err(problem) => Reading::refused(problem),
    }
}

fn change(event: &Part<'_>) -> Result<Occurrence, Problem> {
    if event.text("source")? != "aws.batch" {
        return Err(Problem::new("source", "is another source, and must be aws.batch"));
    }
    if event.text("detail-type")? != "Batch Job State Change" {
        return Err(Problem::new("detail-type", "is another kind of event, and must be Batch Job State Change"));
    }
    let detail = event.object("detail")?;
    let (id, status) = (detail.text("jobId")?, detail.text("status")?);
    let (queue, definition) = (detail.text("jobQueue")?, detail.text("jobDefinition")?);
    detail.text("jobName")?;
    let time = event.moment("time")?;
    // On EKS `attempts` stays empty and the tries are counted in `eksAttempts`.
    let tries = |name: &str| detail.value[name].as_array().map_or(0, Vec::len).to_string();
    let mut names = Map::from_iter([("job".to_owned(), detail.value.clone())]);
    names.extend(exit_code(detail.value).map(|code| ("exit_code".to_owned(), json!(code))));
    Ok(Occurrence {
        origin: Origin::Job {
            queue: queue.to_owned(),
            definition: definition.to_owned(),
            status: status.to_owned(),
            each: each(detail.value, id),
        },
        key: Some(OccurrenceKey::of(&["job", id, status, &tries("attempts"), &tries("eksAttempts")])),
        time: Some(time.to_owned()),
        chain: Chain::following(
            carried(detail.value, chain::CHAIN, chain::CHAIN_VARIABLE),
            carried(detail.value, chain::DEPTH, chain::DEPTH_VARIABLE),
            Some(id),
        ),
        names,
        record: Record::default(),
    })
}

/// Whether it is a whole job, an array's child (`id:index`) or a node (`id#node`).
fn each(job: &Value, id: &str) -> Each {
    if id.contains('#') || !job["nodeProperties"]["nodeIndex"].is_null() {
        Each::Node
    } else if id.contains(':') || !job["arrayProperties"]["index"].is_null() {
        Each::Child
    } else {
        Each::Whole
    }
}

/// The containers of a job's own properties, by platform: one, a task's, or a pod's.
fn containers(job: &Value) -> Vec<&Value> {
    let tasks = items(&job["ecsProperties"]["taskProperties"]).iter().flat_map(|task| items(&task["containers"]));
    let pod = items(&job["eksProperties"]["podProperties"]["containers"]);
    Some(&job["container"]).filter(|container| container.is_object()).into_iter().chain(tasks).chain(pod).collect()
}

/// The containers of the last try, which holds the exit code where the job's own properties do not.
fn last_try(job: &Value) -> Vec<&Value> {
    let Some(attempt) = items(&job["attempts"]).last().or_else(|| items(&job["eksAttempts"]).last()) else {
        return Vec::new();
    };
    let tasks = items(&attempt["taskProperties"]).iter().flat_map(|task| items(&task["containers"]));
    let own = Some(&attempt["container"]).filter(|container| container.is_object());
    own.into_iter().chain(tasks).chain(items(&attempt["containers"])).collect()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The exit code, wherever Batch keeps it; of several containers the first that failed decides.
fn exit_code(job: &Value) -> Option<i64> {
    let of = |containers: Vec<&Value>| {
        let codes: Vec<i64> = containers.into_iter().filter_map(|container| container["exitCode"].as_i64()).collect();
        codes.iter().copied().find(|code| *code != 0).or(codes.first().copied())
    };
    of(containers(job)).or_else(|| of(last_try(job)))
}

/// What the job carries of its chain: in its tags, or else in a container's variables.
fn carried<'a>(job: &'a Value, tag: &str, variable: &str) -> Option<&'a str> {
    // A multi-node job has its properties once for each range of nodes.
    let ranges = items(&job["nodeProperties"]["nodeRangeProperties"]);
    job["tags"][tag].as_str().or_else(|| {
        std::iter::once(job)
            .chain(ranges)
            .flat_map(containers)
            // ECS says `environment`, EKS says `env`.
            .flat_map(|container| items(&container["environment"]).iter().chain(items(&container["env"])))
            .find(|entry| entry["name"] == variable)
            .and_then(|entry| entry["value"].as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::{exit_code, read};
    use jobwire_core::occurrence::Origin;
    use jobwire_core::on::Each;
    use serde_json::{Value, json};

    fn change(detail: &Value) -> Value {
        let mut whole = json!({"jobId": "j", "jobName": "n", "status": "FAILED", "jobQueue": "arn:aws:batch:eu-west-1:1:job-queue/q", "jobDefinition": "arn:aws:batch:eu-west-1:1:job-definition/d:1"});
        whole.as_object_mut().expect("an object").extend(detail.as_object().cloned().unwrap_or_default());
        json!({"source": "aws.batch", "detail-type": "Batch Job State Change", "time": "2026-11-21T06:00:00Z", "detail": whole})
    }

    #[test]
    fn the_exit_code_is_found_wherever_batch_keeps_it() {
        assert_eq!(exit_code(&json!({"container": {"exitCode": 24}})), Some(24));
        assert_eq!(
            exit_code(&json!({"attempts": [{"container": {"exitCode": 1}}, {"container": {"exitCode": 3}}]})),
            Some(3)
        );
        assert_eq!(
            exit_code(&json!({"attempts": [{"taskProperties": [{"containers": [{"exitCode": 0}, {"exitCode": 5}]}]}]})),
            Some(5)
        );
        assert_eq!(
            exit_code(&json!({"ecsProperties": {"taskProperties": [{"containers": [{"exitCode": 0}]}]}})),
            Some(0)
        );
        assert_eq!(
            exit_code(&json!({"attempts": [], "eksAttempts": [{"containers": [{"exitCode": 137}]}]})),
            Some(137)
        );
        assert_eq!(exit_code(&json!({})), None);
    }

    #[test]
    fn tries_on_eks_have_different_keys() {
        let key =
            |tries: Value| read(&change(&json!({"attempts": [], "eksAttempts": tries}))).occurrences[0].key.clone();
        assert_ne!(key(json!([{}])), key(json!([{}, {}])));
        assert_eq!(key(json!([{}])), key(json!([{}])));
    }

    #[test]
    fn children_and_nodes_are_told_from_whole_jobs() {
        let each = |detail: Value| match &read(&change(&detail)).occurrences[0].origin {
            Origin::Job { each, .. } => *each,
            other => panic!("{other:?}"),
        };
        assert_eq!(each(json!({"nodeProperties": {"numNodes": 0}})), Each::Whole);
        assert_eq!(each(json!({"arrayProperties": {"size": 9}})), Each::Whole);
        assert_eq!(each(json!({"jobId": "j:3", "arrayProperties": {"index": 3}})), Each::Child);
        assert_eq!(each(json!({"jobId": "j#1", "nodeProperties": {"nodeIndex": 1}})), Each::Node);
    }

    #[test]
    fn the_chain_is_found_in_tags_and_else_in_variables() {
        let chain = |detail: Value| {
            read(&change(&detail)).occurrences[0].chain.clone().map(|chain| (chain.depth, chain.parent))
        };
        let variables = json!([{"name": "JOBWIRE_CHAIN_ID", "value": "0123456789abcdef"}, {"name": "JOBWIRE_CHAIN_DEPTH", "value": "4"}]);
        let expected = |depth| Some((depth, Some("j".to_owned())));
        assert_eq!(
            chain(
                json!({"tags": {"jobwire.chain": "0123456789abcdef", "jobwire.depth": "2"}, "container": {"environment": variables}})
            ),
            expected(3)
        );
        assert_eq!(chain(json!({"container": {"environment": variables}})), expected(5));
        assert_eq!(
            chain(json!({"ecsProperties": {"taskProperties": [{"containers": [{"environment": variables}]}]}})),
            expected(5)
        );
        assert_eq!(
            chain(json!({"eksProperties": {"podProperties": {"containers": [{"env": variables}]}}})),
            expected(5)
        );
        assert_eq!(chain(json!({})), None);
    }
}
