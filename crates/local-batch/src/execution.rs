//! One job from STARTING to its end.

use std::{
    fs::{self, File},
    io,
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::AsyncRead,
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    container::Container,
    launch::{How, Launch, Program, never_started, plan},
    logs::{LogLine, copy, pump},
    process::{Group, StopOrder, exit_code},
    service::{Outcome, Service},
};

/// How long the end of a job waits for its output to be kept. The job's status must not hang on a cloud that is gone.
const FLUSH: Duration = Duration::from_secs(10);

/// Runs the job of this index, which is STARTING, and announces each change of its status.
pub(crate) async fn execute(service: Arc<Service>, index: usize) {
    let image = service.state().job(index).container.image().to_owned();
    let in_container = service.runs_in_container(&image).await;
    let (planned, stop, name) = {
        let state = service.state();
        let job = state.job(index);
        let planned = plan(job, &service.options, &service.url, in_container);
        (planned, job.stop.subscribe(), job.id.to_string())
    };
    let outcome = match planned {
        Ok(launch) => run(&service, index, launch, &name, stop).await,
        Err(outcome) => outcome,
    };
    service.finish(index, outcome);
}

async fn run(
    service: &Service,
    index: usize,
    launch: Launch,
    name: &str,
    mut stop: watch::Receiver<Option<StopOrder>>,
) -> Outcome {
    if stop.borrow().is_some() {
        // It was terminated before it was started.
        return Outcome::default();
    }
    let log = match keep_log(&launch) {
        Ok(log) => log,
        Err(error) => {
            let reason = format!("ResourceInitializationError: cannot make {}: {error}", launch.scratch.display());
            return never_started(reason, None);
        }
    };
    let Launch { how, log_group, log_stream, .. } = launch;
    let started = start(service, how, name, &mut stop).await;
    let (running, output) = match started {
        Ok(started) => started,
        Err(outcome) => return outcome,
    };
    service.running(index);
    let (lines, pumping) = start_pump(service, log_group, log_stream);
    let (exited, has_exited) = watch::channel(false);
    let copying = tokio::spawn(copy(output, log, lines, has_exited));
    let outcome = running.wait(stop).await;
    exited.send_replace(true);
    settle(copying).await;
    if let Some(pumping) = pumping {
        settle(pumping).await;
    }
    outcome
}

/// A job that runs.
enum Running {
    Process(Group),
    Container(Container),
}

impl Running {
    async fn wait(self, stop: watch::Receiver<Option<StopOrder>>) -> Outcome {
        match self {
            Self::Container(container) => container.wait(stop).await,
            Self::Process(group) => match group.wait(stop).await {
                Ok(status) => Outcome {
                    exit_code: Some(exit_code(status)),
                    reason: None,
                    status_reason: Some("Essential container in task exited".to_owned()),
                },
                Err(error) => never_started(format!("the job's process cannot be waited for: {error}"), None),
            },
        }
    }
}

async fn start(
    service: &Service,
    how: How,
    name: &str,
    stop: &mut watch::Receiver<Option<StopOrder>>,
) -> Result<(Running, Box<dyn AsyncRead + Send + Unpin>), Outcome> {
    match (how, &service.docker) {
        (How::Container(body), Some(docker)) => {
            let (container, output) = Container::start(docker, *body, name, &service.id, stop).await?;
            Ok((Running::Container(container), output))
        }
        (How::Container(_), None) => {
            Err(never_started("CannotStartContainerError: Docker is not there".to_owned(), None))
        }
        (How::Process(program), _) => {
            let (group, output) = Group::spawn(&program).map_err(|error| cannot_start(&program, &error))?;
            Ok((Running::Process(group), Box::new(output)))
        }
    }
}

fn keep_log(launch: &Launch) -> io::Result<File> {
    fs::create_dir_all(&launch.scratch)?;
    File::create(launch.scratch.join("log"))
}

/// Exit codes as a shell's: 127 for a program that is not there, 126 for one that cannot be run.
fn cannot_start(launch: &Program, error: &io::Error) -> Outcome {
    let dir = launch.dir.display();
    let (reason, code) = if launch.dir.is_dir() {
        let program = launch.argv.first().map_or("", String::as_str);
        let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
        (format!("cannot start `{program}` in {dir}: {error}"), code)
    } else {
        (format!("the working directory {dir} is no directory: {error}"), 127)
    };
    never_started(format!("CannotStartContainerError: {reason}"), Some(code))
}

fn start_pump(
    service: &Service,
    group: String,
    stream: String,
) -> (Option<mpsc::Sender<LogLine>>, Option<JoinHandle<()>>) {
    let Some(cloud) = service.logs.clone() else { return (None, None) };
    let (sender, receiver) = mpsc::channel(1024);
    (Some(sender), Some(tokio::spawn(async move { pump(&cloud, &group, &stream, receiver).await })))
}

/// Waits for a helper task, but not forever.
async fn settle(mut task: JoinHandle<()>) {
    if timeout(FLUSH, &mut task).await.is_err() {
        tracing::warn!("a job's output could not be kept whole");
        task.abort();
    }
}
