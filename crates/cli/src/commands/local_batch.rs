//! `jobwire local-batch`: the AWS Batch API on loopback, by itself.

use std::collections::BTreeMap;
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
    /// Where each change of state is posted.
    #[arg(long, value_name = "URL")]
    events_url: Option<String>,
    /// What stands in for container images: jobwire.local.yaml.
    #[arg(long, value_name = "PATH")]
    images: Option<PathBuf>,
    /// A CloudFormation file whose Batch resources exist from the start.
    #[arg(long, value_name = "PATH")]
    resources: Option<PathBuf>,
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
            images,
            path: arguments.path,
            aws_endpoint: arguments.aws_endpoint,
            events_url: arguments.events_url,
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
