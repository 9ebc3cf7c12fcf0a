//! A job as a container of Docker's: made, started, waited for, and removed.

use std::{collections::HashMap, io, time::Duration};

use bollard::{
    Docker,
    errors::Error,
    models::{ContainerCreateBody, ContainerState, HostConfig, ResourcesUlimits},
    query_parameters::{
        AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, KillContainerOptionsBuilder,
        WaitContainerOptionsBuilder,
    },
};
use futures_util::TryStreamExt;
use serde_json::Value;
use tokio::{
    io::AsyncRead,
    sync::watch,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::io::StreamReader;

use crate::{
    docker::{LOOK_AGAIN, SERVER_LABEL, has_image, pull, remove, said},
    environment::container_environment,
    job::Job,
    launch::never_started,
    options::Options,
    process::{StopOrder, ordered},
    service::Outcome,
};

const MIB: i64 = 1024 * 1024;

/// Microseconds in which a container may use its share of the processors.
const CPU_PERIOD: i64 = 100_000;

/// What becomes a job's `reason`, in Batch's words.
const OUT_OF_MEMORY: &str = "OutOfMemoryError: Container killed due to memory usage";

/// A running container.
#[derive(Debug)]
pub(crate) struct Container {
    docker: Docker,
    id: String,
}

/// What Docker is asked for; a job that could change this machine is refused.
pub(crate) fn create_body(job: &Job, options: &Options, url: &str) -> Result<ContainerCreateBody, Outcome> {
    let container = &job.container;
    let linux = container.linux_parameters.as_ref().unwrap_or(&Value::Null);
    let devices = linux["devices"].as_array().is_some_and(|devices| !devices.is_empty());
    for (asked, what) in [(container.privileged == Some(true), "privileged"), (devices, "linuxParameters.devices")] {
        if asked {
            let reason = format!(
                "CannotStartContainerError: {what} would give a job power over this machine, and is not run here: use a \
                 job definition without it"
            );
            return Err(never_started(reason, None));
        }
    }
    let environment = container_environment(job, options, url);
    let memory = container.memory().map(|mib| i64::from(mib) * MIB);
    let milli_vcpus = i64::try_from(container.milli_vcpus()).unwrap_or(i64::MAX / CPU_PERIOD);
    let fargate = job.platform_capabilities.iter().any(|platform| platform == "FARGATE");
    Ok(ContainerCreateBody {
        image: Some(container.image().to_owned()),
        cmd: container.command.clone().filter(|command| !command.is_empty()),
        env: Some(environment.into_iter().map(|(name, value)| format!("{name}={value}")).collect()),
        user: container.user.clone(),
        labels: Some(HashMap::from([("jobwire.job".to_owned(), job.id.to_string())])),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        host_config: Some(HostConfig {
            // The local cloud listens on loopback alone, and this is the only network that reaches it.
            network_mode: Some("host".to_owned()),
            memory,
            // As much swap as memory is none: the sum is what is given here.
            memory_swap: memory,
            // On EC2 a vCPU is a share that may be exceeded where nobody needs it; on Fargate it is a limit.
            cpu_shares: Some((milli_vcpus * 1024 / 1000).max(2)),
            cpu_period: fargate.then_some(CPU_PERIOD),
            cpu_quota: fargate.then_some(milli_vcpus * CPU_PERIOD / 1000),
            readonly_rootfs: container.readonly_root_filesystem,
            init: linux["initProcessEnabled"].as_bool(),
            shm_size: linux["sharedMemorySize"].as_i64().map(|mib| mib.saturating_mul(MIB)),
            tmpfs: tmpfs(&linux["tmpfs"]),
            ulimits: ulimits(container.ulimits.as_deref().unwrap_or_default()),
            // The network is this machine's own: nobody listens to what others send there, or takes its small ports.
            cap_drop: Some(["NET_RAW", "NET_BIND_SERVICE"].map(str::to_owned).into()),
            // Nothing that an image's program does gives it more than it began with.
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    })
}

fn tmpfs(mounts: &Value) -> Option<HashMap<String, String>> {
    let one = |mount: &Value| {
        let options = mount["mountOptions"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let size = mount["size"].as_u64().map(|mib| format!("size={mib}m"));
        let options: Vec<String> = size.into_iter().chain(options.map(str::to_owned)).collect();
        Some((mount["containerPath"].as_str()?.to_owned(), options.join(",")))
    };
    mounts.as_array().map(|mounts| mounts.iter().filter_map(one).collect())
}

fn ulimits(limits: &[Value]) -> Option<Vec<ResourcesUlimits>> {
    let one = |limit: &Value| ResourcesUlimits {
        name: limit["name"].as_str().map(str::to_owned),
        soft: limit["softLimit"].as_i64(),
        hard: limit["hardLimit"].as_i64(),
    };
    (!limits.is_empty()).then(|| limits.iter().map(one).collect())
}

impl Container {
    /// Pulls the image where it is not there, makes the container of this server, and starts it. Docker has
    /// a pipe for each of its two streams, so their lines come in no order.
    pub(crate) async fn start(
        docker: &Docker,
        mut body: ContainerCreateBody,
        name: &str,
        server: &str,
        stop: &mut watch::Receiver<Option<StopOrder>>,
    ) -> Result<(Self, Box<dyn AsyncRead + Send + Unpin>), Outcome> {
        let image = body.image.clone().unwrap_or_default();
        if !has_image(docker, &image).await {
            let pulled = tokio::select! {
                pulled = pull(docker, &image) => pulled,
                () = ordered(stop) => return Err(Outcome::default()),
            };
            pulled.map_err(|error| {
                never_started(format!("CannotPullContainerError: Error response from daemon: {error}"), None)
            })?;
        }
        body.labels.get_or_insert_default().insert(SERVER_LABEL.to_owned(), server.to_owned());
        let options = CreateContainerOptionsBuilder::new().name(&format!("jobwire-{name}")).build();
        let made = docker.create_container(Some(options), body).await;
        let made = made.map_err(|error| cannot("Create", &said(&error), None))?;
        let container = Self { docker: docker.clone(), id: made.id };
        match container.attach_and_start().await {
            Ok(output) => Ok((container, output)),
            Err(error) => {
                let inspected = docker.inspect_container(&container.id, None).await.ok();
                let code = inspected.and_then(|inspected| inspected.state?.exit_code);
                remove(docker, &container.id).await;
                let code = code.and_then(|code| i32::try_from(code).ok()).filter(|code| *code != 0);
                Err(cannot("Start", &said(&error), code))
            }
        }
    }

    async fn attach_and_start(&self) -> Result<Box<dyn AsyncRead + Send + Unpin>, bollard::errors::Error> {
        // Attached first, so that no line is missed.
        let options = AttachContainerOptionsBuilder::new().stdout(true).stderr(true).stream(true).build();
        let attached = self.docker.attach_container(&self.id, Some(options)).await?;
        self.docker.start_container(&self.id, None).await?;
        let chunks = attached.output.map_ok(bollard::container::LogOutput::into_bytes).map_err(io::Error::other);
        Ok(Box::new(StreamReader::new(chunks)))
    }

    /// Waits for the container to end, by itself or by order, removes it, and says how it ended.
    pub(crate) async fn wait(self, mut stop: watch::Receiver<Option<StopOrder>>) -> Outcome {
        let ended = tokio::select! {
            ended = self.ended() => ended,
            () = ordered(&mut stop) => self.end(stop).await,
        };
        remove(&self.docker, &self.id).await;
        let Some(state) = ended else {
            return never_started("somebody removed the job's container while it ran".to_owned(), None);
        };
        Outcome {
            exit_code: state.exit_code.and_then(|code| i32::try_from(code).ok()),
            reason: (state.oom_killed == Some(true)).then(|| OUT_OF_MEMORY.to_owned()),
            status_reason: Some("Essential container in task exited".to_owned()),
        }
    }

    /// How the container ended, once it runs no more; none where it is gone. A wait may break off before, so it is looked at.
    async fn ended(&self) -> Option<ContainerState> {
        loop {
            let options = WaitContainerOptionsBuilder::new().condition("not-running").build();
            let mut waiting = std::pin::pin!(self.docker.wait_container(&self.id, Some(options)));
            let _code = waiting.try_next().await;
            let state = match self.docker.inspect_container(&self.id, None).await {
                Err(Error::DockerResponseServerError { status_code: 404, .. }) => return None,
                // The engine is busy, or starts anew.
                Err(_) => None,
                Ok(inspected) => inspected.state.filter(|state| state.running == Some(false)),
            };
            if state.is_some() {
                return state;
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    async fn end(&self, mut stop: watch::Receiver<Option<StopOrder>>) -> Option<ContainerState> {
        self.signal("SIGTERM").await;
        let begin = Instant::now();
        loop {
            // The server's own end may shorten the grace.
            let grace = stop.borrow_and_update().as_ref().map_or(Duration::ZERO, |order| order.grace);
            tokio::select! {
                ended = self.ended() => return ended,
                () = sleep_until(begin + grace) => {
                    self.signal("SIGKILL").await;
                    return self.ended().await;
                }
                Ok(()) = stop.changed() => {}
            }
        }
    }

    async fn signal(&self, signal: &str) {
        // The only fault is that it has ended already, which is what was wanted.
        let _gone =
            self.docker.kill_container(&self.id, Some(KillContainerOptionsBuilder::new().signal(signal).build())).await;
    }
}

fn cannot(what: &str, error: &str, code: Option<i32>) -> Outcome {
    never_started(format!("Cannot{what}ContainerError: Error response from daemon: {error}"), code)
}
