//! One run of a handler: from its start until it asks for an event that does not come.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::course::Course;
use crate::listener::Listener;
use crate::order::{Handler, Outcome};
use crate::tls::{self, Authority};
use crate::{endpoint as services, peak, runtime_api};

/// How long a run may take in all.
const LONGEST: Duration = Duration::from_mins(2);

/// How often it is looked whether the handler still runs while it says nothing.
const LOOK: Duration = Duration::from_millis(250);

/// A handler's process, which ends with it.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the handler with its events.
pub(crate) fn run(handler: &Handler, authority: &Authority) -> Result<Outcome> {
    let (over, heard) = channel();
    let course = Arc::new(Course::new(events(&handler.events, handler.invocations)?, handler.signed, over));
    let api = {
        let course = course.clone();
        Listener::start(move |stream| runtime_api::serve(stream, &course))?
    };
    let aws = endpoint(handler.tls, authority, &course)?;
    let log = File::create(&handler.log).with_context(|| format!("{} cannot be written", handler.log.display()))?;
    let mut command = Command::new(&handler.program);
    command
        .args(&handler.arguments)
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
        .env("AWS_ENDPOINT_URL", format!("{}://{}", if handler.tls { "https" } else { "http" }, aws.address))
        .envs(&handler.variables)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);

    let used = used_by_children()?;
    let began = Instant::now();
    let child = command.spawn().with_context(|| format!("{} cannot be started", handler.program.display()))?;
    let mut process = Process(child);
    let ended = wait(&heard, &mut process);
    let peak = peak::of(&process.0.id().to_string());
    drop(process);
    let cpu = used_by_children()?.saturating_sub(used);
    // The handler is gone, so both wait for nothing.
    drop((api, aws));
    ended.with_context(|| last_words(&handler.log))?;

    let state = course.state();
    ensure!(
        state.answered == handler.invocations && state.asked.len() == state.sent.len() + 1,
        "{} answers came to {} events",
        state.answered,
        handler.invocations
    );
    Ok(Outcome {
        init: nanoseconds(state.asked[0] - began),
        invocations: state.sent.iter().zip(&state.asked[1..]).map(|(sent, next)| nanoseconds(*next - *sent)).collect(),
        cpu: nanoseconds(cpu),
        peak: peak?,
        jobs: state.jobs,
        items: state.items,
        request: state.request.clone(),
        answer: state.answer.clone(),
        printed: handler.log.metadata().map_or(0, |log| log.len()),
    })
}

/// The endpoint of Batch and DynamoDB, over TLS or not.
pub(crate) fn endpoint(tls: bool, authority: &Authority, course: &Arc<Course>) -> Result<Listener> {
    let course = course.clone();
    if tls {
        let config = authority.server();
        return Listener::start(move |stream| services::serve(&mut tls::accept(&config, stream)?, &course));
    }
    Listener::start(move |mut stream| services::serve(&mut stream, &course))
}

/// The first events of a file.
fn events(path: &Path, count: usize) -> Result<Vec<String>> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let events = BufReader::new(file).lines().take(count).collect::<Result<Vec<_>, _>>();
    let events = events.with_context(|| format!("{} cannot be read", path.display()))?;
    ensure!(events.len() == count, "{} has {} events, and {count} are wanted", path.display(), events.len());
    Ok(events)
}

/// Waits until the last event is answered, or something goes wrong.
fn wait(heard: &Receiver<Result<(), String>>, process: &mut Process) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < LONGEST {
        match heard.recv_timeout(LOOK) {
            Ok(outcome) => return outcome.map_err(anyhow::Error::msg),
            Err(RecvTimeoutError::Disconnected) => bail!("nobody serves the handler any more"),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(status) = process.0.try_wait()? {
            bail!("the handler ended with {status}");
        }
    }
    bail!("the handler was not ready within {} seconds", LONGEST.as_secs())
}

/// The end of what the handler printed.
fn last_words(log: &Path) -> String {
    let text = std::fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    format!("it printed: {}", lines[lines.len().saturating_sub(20)..].join("\n"))
}

/// What the ended handlers have used of the processors.
fn used_by_children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("the use of the processors cannot be read")?;
    Ok(duration(usage.user_time()) + duration(usage.system_time()))
}

fn duration(time: TimeVal) -> Duration {
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec()).unwrap_or_default());
    seconds + Duration::from_micros(u64::try_from(time.tv_usec()).unwrap_or_default())
}

/// A time as it is told.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
