//! `jobwire local-batch`: the AWS Batch API on loopback, by itself.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use jobwire_local_batch::{LocalConfig, Options};

use crate::output;

/// The arguments of `local-batch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where to listen; loopback alone. Port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4570", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The local cloud that jobs talk to and that logs go to.
    #[arg(long, value_name = "URL")]
    aws_endpoint: Option<String>,
    /// A local service with an address of its own, such as rekognition=http://127.0.0.1:4580; may be repeated.
    #[arg(long = "service", value_name = "NAME=URL", value_parser = pair)]
    services: Vec<(String, String)>,
    /// Where each change of state is posted.
    #[arg(long, value_name = "URL")]
    events_url: Option<String>,
    /// What decides whether a caller may do something; without it all may do everything.
    #[arg(long, value_name = "URL")]
    authority_url: Option<String>,
    /// Append each call to this file: caller, action, resource, and whether it was allowed.
    #[arg(long, value_name = "PATH")]
    calls: Option<PathBuf>,
    /// What stands in for container images: jobwire.local.yaml.
    #[arg(long, value_name = "PATH")]
    images: Option<PathBuf>,
    /// What runs jobs: a container each, a process each, or whichever this machine has for the image.
    #[arg(long, value_enum, default_value_t = Executor::Auto)]
    executor: Executor,
    /// The socket of Docker's engine.
    #[arg(long, env = "DOCKER_HOST", default_value = "unix:///var/run/docker.sock", value_name = "URL")]
    docker_host: String,
    /// A CloudFormation file whose Batch resources exist from the start; may be repeated.
    #[arg(long, value_name = "PATH")]
    resources: Vec<PathBuf>,
    /// A parameter of that file.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    parameters: Vec<(String, String)>,
    /// An export of another stack that the file imports.
    #[arg(long = "export", value_name = "NAME=VALUE", value_parser = pair)]
    exports: Vec<(String, String)>,
    /// What `AWS::StackName` means in that file.
    #[arg(long, default_value = "batch", value_name = "NAME")]
    stack: String,
    /// The Region of ARNs and events.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Where jobs live.
    #[arg(long, default_value = ".jobwire/jobs", value_name = "DIR")]
    work_dir: PathBuf,
    /// A directory that comes first on the jobs' PATH; may be repeated.
    #[arg(long = "path", value_name = "DIR")]
    path: Vec<PathBuf>,
}

/// What runs jobs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Executor {
    /// Every job is a container.
    Docker,
    /// Every job is a process, as jobwire.local.yaml says.
    Process,
    /// A container where Docker is there and either has the image or jobwire.local.yaml has none; else a process.
    Auto,
}

impl Executor {
    /// The word for it on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Process => "process",
            Self::Auto => "auto",
        }
    }
}

/// `NAME=VALUE`; a value may hold further `=`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("must be NAME=VALUE".to_owned()),
    }
}

/// Serves until SIGTERM or Ctrl-C, then ends the jobs that still run.
pub(crate) fn run(arguments: Arguments) -> Result<ExitCode> {
    let images = match &arguments.images {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            LocalConfig::parse(&text, path.parent().unwrap_or(Path::new(".")))?.images
        }
        None => BTreeMap::new(),
    };
    // Docker's own program takes an empty variable for none.
    let docker_host = Some(arguments.docker_host).filter(|host| !host.is_empty());
    let docker_host = docker_host.unwrap_or_else(|| Options::default().docker_host);
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime does not start")?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(arguments.listen).await.with_context(|| {
            format!("{} cannot be listened on: is something else there? Name another by --listen", arguments.listen)
        })?;
        let options = Options {
            region: arguments.region,
            executor: match arguments.executor {
                Executor::Docker => jobwire_local_batch::Executor::Docker,
                Executor::Process => jobwire_local_batch::Executor::Process,
                Executor::Auto => jobwire_local_batch::Executor::Auto,
            },
            watchdog: watchdog(&docker_host)?,
            docker_host,
            images,
            path: arguments.path,
            aws_endpoint: arguments.aws_endpoint,
            services: arguments.services.into_iter().collect(),
            events_url: arguments.events_url,
            authority_url: arguments.authority_url,
            calls: arguments.calls,
            work_dir: arguments.work_dir,
            resources: arguments.resources,
            parameters: arguments.parameters.into_iter().collect(),
            stack_name: arguments.stack,
            exports: arguments.exports.into_iter().collect(),
            ..Options::default()
        };
        output::result(&format!("AWS_ENDPOINT_URL_BATCH=http://{}", listener.local_addr()?));
        // Its message holds its cause already, which the chain would print again.
        jobwire_local_batch::run(listener, options, crate::local::ended()).await.map_err(|error| anyhow!("{error}"))?;
        Ok(ExitCode::SUCCESS)
    })
}

/// This program, as the one that removes a server's containers.
fn watchdog(docker_host: &str) -> Result<Vec<OsString>> {
    let program = std::env::current_exe().context("this program's own path is not known")?;
    Ok([program.into(), "local-watchdog".into(), docker_host.into()].into())
}

/// The arguments of `local-watchdog`, which `local-batch` starts.
#[derive(Debug, clap::Args)]
pub(crate) struct WatchdogArguments {
    docker_host: String,
    server: String,
}

/// Waits for the end of the server that started this, and removes the containers that it left.
pub(crate) fn watch(arguments: &WatchdogArguments) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the asynchronous runtime does not start")?;
    let WatchdogArguments { docker_host, server } = arguments;
    // The server holds the other end, so this input ends when the server does, however that is. One that came to its own
    // end says so, and has left nothing.
    let said = std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).context("standard input cannot be read")?;
    if said > 0 {
        return Ok(ExitCode::SUCCESS);
    }
    runtime.block_on(jobwire_local_batch::remove_containers(docker_host, server));
    Ok(ExitCode::SUCCESS)
}
