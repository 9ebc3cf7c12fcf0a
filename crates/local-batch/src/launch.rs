//! From a job to what will be started for it; nothing is touched here.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bollard::models::ContainerCreateBody;

use crate::{container::create_body, environment::environment, job::Job, options::Options, service::Outcome};

const LOG_GROUP: &str = "/aws/batch/job";

/// Everything that starting a job needs.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) how: How,
    /// The job's own directory.
    pub(crate) scratch: PathBuf,
    pub(crate) log_group: String,
    pub(crate) log_stream: String,
}

/// What the job will be.
#[derive(Debug)]
pub(crate) enum How {
    Process(Program),
    Container(Box<ContainerCreateBody>),
}

/// A process.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) argv: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    /// The working directory.
    pub(crate) dir: PathBuf,
}

/// Plans a job, or says how it fails without having been started.
pub(crate) fn plan(job: &Job, options: &Options, url: &str, in_container: bool) -> Result<Launch, Outcome> {
    if let Some(reason) = &job.doomed {
        return Err(never_started(reason.clone(), None));
    }
    let scratch = options.work_dir.join(job.id.to_string());
    let how = if in_container {
        How::Container(Box::new(create_body(job, options, url)?))
    } else {
        How::Process(program(job, options, url, &scratch)?)
    };
    Ok(Launch {
        how,
        scratch,
        log_group: job.container.log_option("awslogs-group").unwrap_or(LOG_GROUP).to_owned(),
        log_stream: job.attempt.as_ref().map(|attempt| attempt.log_stream.clone()).unwrap_or_default(),
    })
}

fn program(job: &Job, options: &Options, url: &str, scratch: &Path) -> Result<Program, Outcome> {
    let name = job.container.image();
    let Some(image) = options.images.get(name) else {
        let reason = format!("CannotPullContainerError: image {name} has no entry under images in jobwire.local.yaml");
        return Err(never_started(reason, None));
    };
    let command = job.container.command.iter().flatten();
    let argv: Vec<String> = image.entrypoint.iter().chain(command).cloned().collect();
    if argv.is_empty() {
        let reason = format!(
            "CannotStartContainerError: nothing to run: image {name} has no entrypoint in jobwire.local.yaml and the job \
             has no command"
        );
        return Err(never_started(reason, Some(127)));
    }
    Ok(Program {
        argv,
        environment: environment(job, options, url, &path_text(scratch)),
        dir: image.dir.clone().unwrap_or_else(|| scratch.to_owned()),
    })
}

/// The outcome of a job whose process never ran.
pub(crate) fn never_started(reason: String, exit_code: Option<i32>) -> Outcome {
    Outcome { exit_code, status_reason: Some(reason.clone()), reason: Some(reason) }
}

/// A path as the text of a variable; the paths come from text, so nothing is lost.
pub(crate) fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
