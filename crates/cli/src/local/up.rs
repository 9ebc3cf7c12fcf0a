//! `jobwire local up`

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::File;
use std::hash::BuildHasher as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};

use super::batch_files::BatchFiles;
use super::deploy::{self, CODE_BUCKET, Change, Deployed};
use super::doubts::Resources;
use super::process::{self, Started, end_jobs};
use super::state::State;
use super::steps::Step;
use super::{REGION, built, doubts, pasted, python};

use crate::commands::local_batch::Executor;
use crate::project::Project;
use crate::synth::{self, Place};
use crate::{aws, output};

/// The program that starts ministack as our local AWS.
const LAUNCHER: &str = include_str!("launcher.py");

/// How long a part may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The arguments of `local up`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The port of everything but Batch; 0 takes a free one.
    #[arg(long, default_value_t = 4566)]
    port: u16,
    /// The port of Batch; 0 takes a free one.
    #[arg(long, default_value_t = 4570)]
    batch_port: u16,
    /// The queues, compute environments and job definitions: `batch.yaml` beside the trigger file, unless said otherwise;
    /// may be repeated.
    #[arg(long = "batch-file", value_name = "PATH")]
    batch_files: Vec<PathBuf>,
    /// What runs jobs: a container each, a process each, or whichever this machine has for the image.
    #[arg(long, value_enum, default_value_t = Executor::Auto)]
    executor: Executor,
    /// A parameter of these files; may be repeated.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = crate::commands::pair)]
    parameters: Vec<(String, String)>,
    /// A further service of the local cloud; may be repeated.
    #[arg(long, value_enum, value_name = "SERVICE")]
    with: Vec<Service>,
    /// The name of the functions' stack: jobwire- and the folder's name, unless said otherwise.
    #[arg(long, value_name = "NAME", value_parser = stack_form)]
    stack: Option<String>,
    /// Where the built functions and jobwire-runner lie: beside this program, unless said otherwise.
    #[arg(long, value_name = "DIR")]
    functions: Option<PathBuf>,
    /// The virtual environment of ministack, made on first use: `venv` in the state folder, unless said otherwise.
    #[arg(long, value_name = "DIR")]
    venv: Option<PathBuf>,
}

/// Services that start only when they are asked for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, clap::ValueEnum)]
enum Service {
    /// Amazon Rekognition, played by moto: every image has the same labels.
    Rekognition,
}

/// Starts everything, or leaves nothing running.
pub(crate) async fn run(project: &Project, folder: &Path, arguments: &Arguments) -> Result<ExitCode> {
    let stack = arguments.stack.clone().unwrap_or_else(|| stack_name(project));
    let batch = BatchFiles::read(project.folder(), &arguments.batch_files, &arguments.parameters, &stack)?;
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    // Nothing in the folder belongs into a repository, wherever the project keeps its ignore file.
    std::fs::write(folder.join(".gitignore"), "*\n")
        .with_context(|| format!("{} cannot be written to", folder.display()))?;
    // The calls of an earlier cloud.
    for calls in ["calls.jsonl", "batch-calls.jsonl"] {
        let _ = std::fs::remove_file(folder.join(calls));
    }
    let lock = File::create(folder.join("up.lock")).context("the state folder cannot be locked")?;
    if lock.try_lock().is_err() {
        bail!("another `jobwire local up` is at work in {}", folder.display());
    }
    if let Some(state) = State::read(folder)? {
        if state.processes.iter().any(Started::is_alive) {
            bail!("a local cloud is up here already, at {}: end it by `jobwire local down` first", state.endpoint);
        }
        stop_all(&state.processes);
        end_jobs(&state.batch_endpoint);
        State::remove(folder)?;
    }
    let mut parts = Parts { started: Vec::new() };
    let outcome = tokio::select! {
        outcome = start(project, folder, arguments, (&stack, &batch), &mut parts.started) => outcome,
        () = super::ended() => Err(anyhow!("interrupted")),
    };
    match outcome {
        Ok((state, resources)) => {
            // They go on when this command has ended.
            parts.started.clear();
            output::result(&ready(project, folder, &state, &resources));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            drop(parts);
            State::remove(folder)?;
            Err(error)
        }
    }
}

/// What has been started until now, and is ended where the rest does not start.
struct Parts {
    started: Vec<(Started, Child)>,
}

impl Drop for Parts {
    fn drop(&mut self) {
        let started: Vec<Started> = self.started.drain(..).map(|(started, _)| started).collect();
        stop_all(&started);
    }
}

impl State {
    /// Keeps what has been started until now, so that `down` finds it however this command ends.
    fn remember(&mut self, parts: &[(Started, Child)], folder: &Path) -> Result<()> {
        self.processes = parts.iter().map(|(started, _)| started.clone()).collect();
        self.write(folder)
    }
}

/// Ends all of them, the last one first.
pub(crate) fn stop_all(started: &[Started]) {
    for part in started.iter().rev() {
        if let Err(error) = part.stop(Duration::from_secs(10)) {
            output::error(&error.context(format!("{} goes on", part.name)));
        }
    }
}

async fn start(
    project: &Project,
    folder: &Path,
    arguments: &Arguments,
    (stack, batch): (&str, &BatchFiles),
    parts: &mut Vec<(Started, Child)>,
) -> Result<(State, Resources)> {
    let program = std::env::current_exe().context("this program's own path is not known")?;
    let functions = built::functions(arguments.functions.as_deref(), &program, &project.triggers)?;
    let (port, batch_port) = (free_port(arguments.port, "--port")?, free_port(arguments.batch_port, "--batch-port")?);
    let (endpoint, batch_endpoint) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{batch_port}"));
    let place = Place::Local { batch_endpoint: batch_endpoint.clone(), code_bucket: CODE_BUCKET.to_owned() };
    let written = synth::write(&project.triggers, &place, true, &functions, &folder.join("out"))?;
    let venv = arguments.venv.clone().unwrap_or_else(|| folder.join("venv"));
    let venv = std::path::absolute(&venv).with_context(|| format!("{} is no path", venv.display()))?;
    let venv_bin = python::environment(python::MINISTACK, &venv, &folder.join("pip.log"))?;

    let step = Step::begin("starting ministack");
    let mut state = State {
        endpoint: endpoint.clone(),
        batch_endpoint: batch_endpoint.clone(),
        services: BTreeMap::new(),
        stack: stack.to_owned(),
        outputs: BTreeMap::new(),
        functions: functions.clone(),
        triggers: State::hash_of(&project.triggers),
        processes: Vec::new(),
    };
    parts.push(ministack(folder, &venv_bin, port, &endpoint)?);
    state.remember(parts, folder)?;
    let cloud = deploy::cloud(&endpoint);
    until_answered("ministack", parts, async || cloud.s3().list_buckets().send().await.is_ok()).await?;
    step.done();

    let step = Step::begin("deploying the functions");
    let deployed = deploy::deploy(&cloud, stack, &written, Change::Create).await?;
    step.done();

    for (number, (_, text)) in (1..).zip(&batch.files) {
        // What is wrong in it is said by local-batch, which reads all of it.
        if let Ok(Some(stores)) = jobwire_local_batch::resources::stores(text) {
            let step = Step::begin("making what the jobs read and write");
            deploy::deploy_stores(&cloud, &format!("{stack}-batch-{number}"), &stores, &batch.parameters).await?;
            step.done();
        }
    }
    if arguments.with.contains(&Service::Rekognition) {
        let bin = python::environment(python::MOTO, &venv.with_extension("rekognition"), &folder.join("pip.log"))?;
        let step = Step::begin("starting Rekognition");
        let port = free_port(0, "--with rekognition")?;
        parts.push(rekognition(folder, &bin, port)?);
        let address = (Ipv4Addr::LOCALHOST, port);
        state.services.insert("rekognition".to_owned(), format!("http://127.0.0.1:{port}"));
        state.remember(parts, folder)?;
        until_answered("rekognition", parts, async || tokio::net::TcpStream::connect(address).await.is_ok()).await?;
        step.done();
    }

    let step = Step::begin("starting local-batch");
    let command = local_batch(
        &program,
        project,
        folder,
        arguments,
        &Wiring {
            endpoint: &endpoint,
            batch_port,
            functions: &functions,
            venv_bin: &venv_bin,
            stack,
            services: &state.services,
            batch,
            deployed: &deployed,
        },
    )?;
    parts.push(process::start("local-batch", command, &folder.join("local-batch.log"))?);
    state.outputs.clone_from(&deployed.outputs);
    state.remember(parts, folder)?;
    let client = aws::LocalCloud::at(&batch_endpoint, REGION).batch();
    until_answered("local-batch", parts, async || client.describe_job_queues().send().await.is_ok()).await?;
    step.done();
    let resources = doubts::resources(&client).await?;
    for doubt in doubts::of(&resources, project, &functions, arguments.executor)? {
        output::say(&format!("warning: {doubt}"));
    }
    Ok((state, resources))
}

/// A stack's name, as CloudFormation takes it.
fn stack_form(text: &str) -> Result<String, String> {
    let fits = text.len() <= 128
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits {
        return Ok(text.to_owned());
    }
    Err("must be a letter, and 127 letters, digits and hyphens behind it at most".to_owned())
}

fn stack_name(project: &Project) -> String {
    let folder = std::path::absolute(project.folder()).unwrap_or_default();
    let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String =
        name.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '-' }).collect();
    format!("jobwire-{}", name.trim_matches('-')).trim_end_matches('-').chars().take(30).collect()
}

/// The port, if nothing listens on it; for 0 a free one.
///
/// A free one is taken from below the range that systems give to outgoing connections (32768 and up on Linux): between
/// this look and the part's own start another connection might get a port of that range.
fn free_port(port: u16, option: &str) -> Result<u16> {
    const FREE: std::ops::Range<u16> = 20_000..32_000;
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    if port != 0 {
        is_free(port).with_context(|| {
            format!("port {port} of this machine is taken: end what listens there, or choose another by {option} (0 takes a free one)")
        })?;
        return Ok(port);
    }
    let start = RandomState::new().hash_one(option);
    let candidates =
        (0..u64::from(FREE.end - FREE.start)).map(|step| start.wrapping_add(step) % u64::from(FREE.end - FREE.start));
    let mut ports = candidates.filter_map(|offset| u16::try_from(offset).ok()).map(|offset| FREE.start + offset);
    ports.find(|port| is_free(*port).is_ok()).with_context(|| {
        format!("none of the ports {} to {} is free: choose one by {option}", FREE.start, FREE.end - 1)
    })
}

fn ministack(folder: &Path, venv_bin: &Path, port: u16, endpoint: &str) -> Result<(Started, Child)> {
    let launcher = folder.join("launcher.py");
    std::fs::write(&launcher, LAUNCHER).with_context(|| format!("{} cannot be written", launcher.display()))?;
    let temporary = folder.join("tmp");
    std::fs::create_dir_all(&temporary).with_context(|| format!("{} cannot be made", temporary.display()))?;
    let mut command = Command::new(venv_bin.join("python"));
    // Its whole environment reaches the functions, so it gets a clean one.
    command
        .arg(&launcher)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", &temporary)
        .env("LANG", "C.UTF-8")
        .env("TMPDIR", &temporary)
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("IOT_MTLS_ENABLED", "0")
        // Functions get their roles, and what a role does not allow is refused.
        .env("AUTH", "true")
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("LAMBDA_ASYNC_RETRY_BASE_SECONDS", "1");
    process::start("ministack", command, &folder.join("ministack.log"))
}

/// moto's server, which keeps nothing and needs nothing of this process's environment.
fn rekognition(folder: &Path, bin: &Path, port: u16) -> Result<(Started, Child)> {
    let mut command = Command::new(bin.join("python"));
    command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p"]).arg(port.to_string()).current_dir(folder);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", folder.join("tmp"));
    process::start("rekognition", command, &folder.join("rekognition.log"))
}

/// What local-batch is connected with.
struct Wiring<'a> {
    endpoint: &'a str,
    batch_port: u16,
    functions: &'a Path,
    venv_bin: &'a Path,
    stack: &'a str,
    services: &'a BTreeMap<String, String>,
    batch: &'a BatchFiles,
    deployed: &'a Deployed,
}

fn local_batch(
    program: &Path,
    project: &Project,
    folder: &Path,
    arguments: &Arguments,
    wiring: &Wiring<'_>,
) -> Result<Command> {
    let mut command = Command::new(program);
    let option = |name: &str, value: &std::ffi::OsStr| {
        let mut text = OsString::from(format!("--{name}="));
        text.push(value);
        text
    };
    let path = |path: PathBuf| std::path::absolute(path).context("a path cannot be made absolute");
    command
        .arg("local-batch")
        .arg(format!("--listen=127.0.0.1:{}", wiring.batch_port))
        .arg(format!("--aws-endpoint={}", wiring.endpoint))
        .arg(format!("--events-url={}/_jobwire/events", wiring.endpoint))
        .arg(format!("--authority-url={}/_jobwire/authorize", wiring.endpoint))
        .arg(option("calls", folder.join("batch-calls.jsonl").as_os_str()))
        .arg(format!("--region={REGION}"))
        .arg(format!("--stack={}-batch", wiring.stack))
        .arg(format!("--executor={}", arguments.executor.name()))
        .arg(option("work-dir", folder.join("jobs").as_os_str()))
        .arg(option("path", path(wiring.functions.to_owned())?.as_os_str()))
        .arg(option("path", wiring.venv_bin.as_os_str()));
    let beside = |name: &str| project.folder().join(name);
    let images = beside("jobwire.local.yaml");
    if images.exists() {
        command.arg(option("images", path(images)?.as_os_str()));
    }
    for (resources, _) in &wiring.batch.files {
        command.arg(option("resources", path(resources.clone())?.as_os_str()));
    }
    command.args(wiring.services.iter().map(|(name, url)| format!("--service={name}={url}")));
    command.args(wiring.batch.parameters.iter().map(|(name, value)| format!("--parameter={name}={value}")));
    command.args(wiring.deployed.exports.iter().map(|(name, value)| format!("--export={name}={value}")));
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8");
    if let Some(host) = std::env::var_os("DOCKER_HOST") {
        command.env("DOCKER_HOST", host);
    }
    Ok(command)
}

/// Waits until the part that was started last answers; where it ends instead, its last words are the error.
async fn until_answered(name: &str, parts: &mut [(Started, Child)], answers: impl AsyncFn() -> bool) -> Result<()> {
    let Some((started, child)) = parts.last_mut() else { return Ok(()) };
    let began = Instant::now();
    let mut pause = tokio::time::interval(Duration::from_millis(50));
    loop {
        pause.tick().await;
        if let Some(status) = child.try_wait().context("the process cannot be waited for")? {
            bail!("{name} does not start ({status}); its last words:\n{}", started.last_words());
        }
        if tokio::time::timeout(Duration::from_secs(2), answers()).await.unwrap_or_default() {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            bail!("{name} gave no answer for {} s; its last words:\n{}", PATIENCE.as_secs(), started.last_words());
        }
    }
}

/// Lines to paste.
fn ready(project: &Project, folder: &Path, state: &State, resources: &Resources) -> String {
    let jobwire = pasted::jobwire(&project.file, project.stage.as_deref());
    let state_folder = pasted::state_option(&project.file, folder);
    let first_commands: Vec<String> = pasted::first(project)
        .into_iter()
        .flatten()
        .map(|arguments| format!("  {jobwire} {arguments}{state_folder}"))
        .collect();
    let first = |names: &BTreeSet<String>, else_say: &str| names.first().map_or(else_say, String::as_str).to_owned();
    let (queue, definition) = (first(&resources.queues, "QUEUE"), first(&resources.definitions, "DEFINITION"));
    let rejects = state.outputs.get(synth::REJECTS_QUEUE_OUTPUT).map_or("QUEUE", String::as_str);
    let (endpoint, batch) = (&state.endpoint, &state.batch_endpoint);
    let services = state.services.iter().fold(String::new(), |services, (name, url)| {
        services + " AWS_ENDPOINT_URL_" + &name.to_uppercase() + "=" + url
    });
    [
        "The local cloud is up.".to_owned(),
        String::new(),
        first_commands.join("\n"),
        String::new(),
        format!("  {jobwire} local{state_folder} status"),
        format!("  {jobwire} local{state_folder} send EVENT.json --wait"),
        format!("  {jobwire} local{state_folder} deploy"),
        format!("  {jobwire} local{state_folder} down"),
        String::new(),
        format!("  export AWS_ENDPOINT_URL={endpoint} AWS_ENDPOINT_URL_BATCH={batch}{services}"),
        format!("  export AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"),
        String::new(),
        format!("  aws batch submit-job --endpoint-url {batch} --region {REGION} --job-name try --job-queue {queue} --job-definition {definition}"),
        format!("  aws sqs receive-message --endpoint-url {endpoint} --region {REGION} --queue-url {rejects}"),
    ]
    .join("\n")
}
