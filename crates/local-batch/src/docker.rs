//! Docker's engine: whether it is there, what it has, and what it is asked to forget.

use std::collections::HashMap;
use std::time::Duration;

use bollard::{
    API_DEFAULT_VERSION, Docker,
    errors::Error,
    query_parameters::{CreateImageOptionsBuilder, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder},
};
use futures_util::TryStreamExt;
use tokio::time::Instant;

use crate::options::Options;

/// The label whose value is the id of the server that a container belongs to.
pub(crate) const SERVER_LABEL: &str = "jobwire.local-batch";

/// Seconds for a request's answer to begin. The end of a job is waited for in the answer's body, which takes its time.
const TIMEOUT: u64 = 30;

/// The pause between two looks at what the engine has.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// How long there must be no container of a server that is gone, and how long it is looked for at most.
const QUIET: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_mins(1);

/// A client of the engine, if it answers.
pub(crate) async fn connect(options: &Options) -> Result<Docker, String> {
    if !cfg!(target_os = "linux") {
        return Err("containers reach the local cloud on Linux only, where they share the machine's loopback: \
                    use --executor process"
            .to_owned());
    }
    let host = &options.docker_host;
    let Some(path) = host.strip_prefix("unix://") else {
        return Err(format!(
            "{host} is no socket of this machine, as unix:///var/run/docker.sock is one: containers elsewhere cannot reach \
             the local cloud"
        ));
    };
    let client = Docker::connect_with_unix(path, TIMEOUT, API_DEFAULT_VERSION);
    let client = client.map_err(|error| format!("Docker is not there: {}", said(&error)))?;
    let silent = |error: Error| format!("Docker at {host} does not answer: {}", said(&error));
    let client = client.negotiate_version().await.map_err(silent)?;
    let info = client.info().await.map_err(silent)?;
    let has = |option: &str| info.security_options.iter().flatten().any(|text| text.contains(option));
    let elsewhere = info.operating_system.is_some_and(|system| system.contains("Docker Desktop"));
    if elsewhere || has("name=rootless") || has("name=userns") {
        return Err(format!(
            "the containers of Docker at {host} do not share this machine's network, so they cannot reach the local cloud: use \
             an engine of this machine's own, or --executor process"
        ));
    }
    Ok(client)
}

/// Whether the engine has the image already.
pub(crate) async fn has_image(docker: &Docker, image: &str) -> bool {
    // Only what it surely does not have would have to be pulled.
    !matches!(docker.inspect_image(image).await, Err(Error::DockerResponseServerError { status_code: 404, .. }))
}

/// Pulls the image, as the engine's own configuration lets it.
pub(crate) async fn pull(docker: &Docker, image: &str) -> Result<(), String> {
    // Without a tag the engine would pull all of them.
    let last = image.rsplit('/').next().unwrap_or(image);
    let tagged = if last.contains([':', '@']) { image.to_owned() } else { format!("{image}:latest") };
    let options = CreateImageOptionsBuilder::new().from_image(&tagged).build();
    let mut progress = std::pin::pin!(docker.create_image(Some(options), None, None));
    loop {
        match progress.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            Err(error) => return Err(said(&error)),
        }
    }
}

/// What the engine said, without what the client says around it.
pub(crate) fn said(error: &Error) -> String {
    match error {
        Error::DockerResponseServerError { message, .. } => message.clone(),
        Error::DockerStreamError { error } | Error::DockerContainerWaitError { error, .. } => error.clone(),
        other => {
            let mut text = other.to_string();
            let mut cause = std::error::Error::source(other);
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            text
        }
    }
}

/// Removes the containers of a server that is gone. This is what [`Options::watchdog`] is for: nothing else is left to do
/// it after a SIGKILL.
pub async fn remove_containers(docker_host: &str, server: &str) {
    let options = Options { docker_host: docker_host.to_owned(), ..Options::default() };
    let began = Instant::now();
    let mut quiet_since = began;
    // A container that was asked for in the server's last moment may come late, and the engine may be busy.
    while quiet_since.elapsed() < QUIET && began.elapsed() < PATIENCE {
        let left = match connect(&options).await {
            Ok(docker) => remove_all(&docker, server).await.ok(),
            Err(_) => None,
        };
        if left != Some(0) {
            quiet_since = Instant::now();
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Removes a server's containers, running or not, and says how many there were.
pub(crate) async fn remove_all(docker: &Docker, server: &str) -> Result<usize, Error> {
    let label = HashMap::from([("label".to_owned(), vec![format!("{SERVER_LABEL}={server}")])]);
    let options = ListContainersOptionsBuilder::new().all(true).filters(&label).build();
    let containers = docker.list_containers(Some(options)).await?;
    for id in containers.iter().filter_map(|container| container.id.as_deref()) {
        remove(docker, id).await;
    }
    Ok(containers.len())
}

/// Removes a container and its volumes, running or not.
pub(crate) async fn remove(docker: &Docker, id: &str) {
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    match docker.remove_container(id, Some(options)).await {
        // It is gone, or about to be.
        Ok(()) | Err(Error::DockerResponseServerError { status_code: 404 | 409, .. }) => {}
        Err(error) => tracing::warn!(container = id, error = said(&error), "a job's container cannot be removed"),
    }
}
