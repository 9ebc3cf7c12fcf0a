//! The environment of a job: nothing of the server's own gets into it.

use std::collections::BTreeMap;

use crate::{job::Job, launch::path_text, options::Options};

const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Makes the variables of a job that is a process: those of a container, and what an image would bring.
///
/// `HOME`, `TMPDIR` and `LANG` are defaults, which the definition and the overrides may replace, as they may in an
/// image. A `PATH` that the job brings comes between [`Options::path`] and the system's, so it can add and not remove.
pub(crate) fn environment(job: &Job, options: &Options, url: &str, scratch: &str) -> BTreeMap<String, String> {
    let mut variables: BTreeMap<String, String> =
        [("HOME", scratch), ("TMPDIR", scratch), ("LANG", "C.UTF-8")].map(owned).into();
    variables.extend(container_environment(job, options, url));
    let own_path = variables.remove("PATH");
    let path: Vec<_> =
        options.path.iter().map(|dir| path_text(dir)).chain(own_path).chain([SYSTEM_PATH.to_owned()]).collect();
    variables.insert("PATH".to_owned(), path.join(":"));
    variables
}

/// Makes the variables of a job that is a container, beside those of its image. What Batch and the local cloud set always
/// wins: the jobs of a laptop are never given a way to a real account.
pub(crate) fn container_environment(job: &Job, options: &Options, url: &str) -> BTreeMap<String, String> {
    let own = job.container.environment.iter().flatten();
    let mut variables: BTreeMap<String, String> =
        own.map(|variable| (variable.name.clone(), variable.value.clone())).collect();
    let id = job.id.to_string();
    let compute_environment = job.attempt.as_ref().map_or("", |attempt| &attempt.compute_environment);
    variables.extend(
        [
            ("AWS_BATCH_JOB_ID", id.as_str()),
            ("AWS_BATCH_JQ_NAME", &job.queue),
            ("AWS_BATCH_CE_NAME", compute_environment),
            ("AWS_BATCH_JOB_ATTEMPT", "1"),
            ("AWS_ENDPOINT_URL_BATCH", url),
            ("AWS_REGION", &options.region),
            ("AWS_DEFAULT_REGION", &options.region),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]
        .map(owned),
    );
    for (service, endpoint) in &options.services {
        variables.insert(format!("AWS_ENDPOINT_URL_{}", service.to_uppercase()), endpoint.clone());
    }
    if let Some(endpoint) = &options.aws_endpoint {
        variables.insert("AWS_ENDPOINT_URL".to_owned(), endpoint.clone());
    }
    variables
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
