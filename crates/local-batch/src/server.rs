//! The server: its socket, its jobs, its start and its end.

use std::{collections::HashMap, fs, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{
        HeaderMap, HeaderValue, Method, Response, Uri,
        header::{CONTENT_TYPE, ORIGIN},
    },
};
use bollard::Docker;
use tokio::{
    io::AsyncWriteExt,
    net::TcpListener,
    process::{ChildStdin, Command},
    sync::{mpsc, oneshot},
    task::{JoinError, JoinSet},
    time::timeout,
};

use crate::{
    authorization::{Authority, authorize},
    docker,
    error::Error,
    events::{Announcer, Backoff, HttpSink, deliver},
    execution::execute,
    launch::never_started,
    operations,
    options::{Executor, Options},
    placement::place,
    refusal::ClientException,
    resources,
    service::Service,
};

/// Far beyond what any operation takes, so that each refuses too large a request in its own words.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// How long running jobs may take to end once the server goes down.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);
/// How long the server's end waits for open connections, and for events that are not delivered yet.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Serves the API on a loopback listener and runs the jobs until `shutdown` resolves. Then every running job's process
/// group is ended (SIGTERM, and SIGKILL after two seconds) and reaped before this returns.
///
/// Dropping the future instead kills the process groups at once.
///
/// # Errors
/// The listener is not on loopback, the options cannot be used, or the resources file cannot be read or is refused:
/// nothing was started then. [`Error::Serve`] can also come later.
pub async fn run(listener: TcpListener, options: Options, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
    let address = listener.local_addr().map_err(Error::Serve)?;
    if !address.ip().is_loopback() {
        return Err(Error::NotLoopback(address));
    }
    let options = prepared(options)?;
    let (announcer, mut delivering) = announcer(&options)?;
    let docker = docker_of(&options).await?;
    let authority = match &options.authority_url {
        None => None,
        Some(url) => Some(Authority::new(url).ok_or_else(|| Error::AuthorityUrl(url.clone()))?),
    };
    let service = Arc::new(Service::new(options, format!("http://{address}"), docker, announcer, authority));
    create_resources(&service)?;
    let watchdog = watchdog(&service)?;

    let (close, closed) = oneshot::channel::<()>();
    let router =
        Router::new().fallback(answer).layer(DefaultBodyLimit::max(LARGEST_BODY)).with_state(Arc::clone(&service));
    let serving = axum::serve(listener, router).with_graceful_shutdown(async {
        let _dropped = closed.await;
    });
    let mut serving = std::pin::pin!(serving.into_future());
    let mut jobs = JoinSet::new();
    let served = {
        let conducting = std::pin::pin!(conduct(&service, &mut jobs));
        tokio::select! {
            served = &mut serving => Some(served),
            never = conducting => match never {},
            () = shutdown => None,
        }
    };

    service.close(SHUTDOWN_GRACE);
    // Jobs are ended while the API still answers, so that a job that is ending can still call it.
    let ending = async { while jobs.join_next().await.is_some() {} };
    let served = match served {
        Some(served) => {
            ending.await;
            served
        }
        None => {
            tokio::select! {
                () = ending => {
                    drop(close);
                    timeout(LAST_WORDS, serving).await.unwrap_or(Ok(()))
                }
                served = &mut serving => served,
            }
        }
    };
    while jobs.join_next().await.is_some() {}
    if let Some(docker) = &service.docker {
        // Every job has removed its own; this is for one whose task did not come to its end.
        if let Err(error) = docker::remove_all(docker, &service.id).await {
            tracing::warn!(%error, "Docker does not say whether containers are left");
        }
    }
    service.state().end_announcements();
    let delivered = async { while delivering.join_next().await.is_some() {} };
    if timeout(LAST_WORDS, delivered).await.is_err() {
        tracing::error!("events were lost: their receiver did not take them before the end");
    }
    if let Some(mut watchdog) = watchdog {
        // A word before its input ends tells it that nothing is left to do; one that is gone needs no word.
        let _gone = watchdog.write_all(b"done\n").await;
    }
    served.map_err(Error::Serve)
}

/// The engine, where jobs may need it.
async fn docker_of(options: &Options) -> Result<Option<Docker>, Error> {
    match options.executor {
        Executor::Process => Ok(None),
        Executor::Docker => docker::connect(options).await.map(Some).map_err(Error::Docker),
        Executor::Auto => Ok(match docker::connect(options).await {
            Ok(docker) => Some(docker),
            Err(error) => {
                tracing::info!(error, "jobs are run as processes");
                None
            }
        }),
    }
}

/// Starts the program that removes the containers should this one be killed; it sees that by the end of its input.
fn watchdog(service: &Service) -> Result<Option<ChildStdin>, Error> {
    let (Some(_), Some((program, arguments))) = (&service.docker, service.options.watchdog.split_first()) else {
        return Ok(None);
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(&service.id).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Whoever kills this server's process group is not to kill it too.
    let child = command.process_group(0).spawn().map_err(Error::Watchdog)?;
    Ok(child.stdin)
}

/// Starts jobs as they can be placed; it goes on until it is dropped.
async fn conduct(service: &Arc<Service>, jobs: &mut JoinSet<()>) -> std::convert::Infallible {
    let mut running = HashMap::new();
    loop {
        for index in place(service) {
            running.insert(jobs.spawn(execute(Arc::clone(service), index)).id(), index);
        }
        tokio::select! {
            () = service.woken() => {}
            Some(ended) = jobs.join_next_with_id() => {
                let id = ended.as_ref().map_or_else(JoinError::id, |(id, ())| *id);
                let index = running.remove(&id);
                if let (Err(error), Some(index)) = (ended, index) {
                    tracing::error!(%error, "a defect of local-batch itself: please report it");
                    let reason = "local-batch met a defect of its own while it ran this job: see its log";
                    service.finish(index, never_started(reason.to_owned(), None));
                }
            }
        }
    }
}

/// The options with absolute paths, since jobs have other working directories.
fn prepared(mut options: Options) -> Result<Options, Error> {
    let fault = |path: &std::path::Path| {
        let path = path.to_owned();
        move |source| Error::WorkDir { path, source }
    };
    let work_dir = std::path::absolute(&options.work_dir).map_err(fault(&options.work_dir))?;
    fs::create_dir_all(&work_dir).map_err(fault(&work_dir))?;
    options.work_dir = work_dir;
    for dir in options.path.iter_mut().chain(options.images.values_mut().filter_map(|image| image.dir.as_mut())) {
        *dir = std::path::absolute(&*dir).map_err(fault(dir))?;
    }
    Ok(options)
}

/// What makes events, and the task that delivers them; without an address there is none.
fn announcer(options: &Options) -> Result<(Announcer, JoinSet<()>), Error> {
    let mut delivering = JoinSet::new();
    let sender = match &options.events_url {
        None => None,
        Some(url) => {
            let sink = HttpSink::new(url).ok_or_else(|| Error::EventsUrl(url.clone()))?;
            let (sender, receiver) = mpsc::unbounded_channel();
            delivering.spawn(deliver(receiver, sink, Backoff::default()));
            Some(sender)
        }
    };
    Ok((Announcer::new(&options.region, &options.account, sender), delivering))
}

fn create_resources(service: &Service) -> Result<(), Error> {
    let options = &service.options;
    for (number, path) in (1..).zip(&options.resources) {
        let mut stack_name = options.stack_name.clone();
        if options.resources.len() > 1 {
            // What has no name of its own gets one of its stack's.
            stack_name = format!("{stack_name}-{number}");
        }
        create_resources_of(service, path.clone(), stack_name)?;
    }
    Ok(())
}

fn create_resources_of(service: &Service, path: PathBuf, stack_name: String) -> Result<(), Error> {
    let text = fs::read_to_string(&path).map_err(|source| Error::ReadResources { path: path.clone(), source })?;
    let context = resources::Context {
        region: service.options.region.clone(),
        account: service.options.account.clone(),
        stack_name,
        parameters: service.options.parameters.clone(),
        exports: service.options.exports.clone(),
    };
    let found = resources::load(&text, &context).map_err(|source| Error::Resources { path: path.clone(), source })?;
    for resource in found {
        let body = resource.request.to_string();
        if let Err(refused) = operations::answer(service, resource.kind.operation(), body.as_bytes()) {
            let message = refused.to_string();
            return Err(Error::Refused { path, resource: resource.logical_id, message });
        }
    }
    Ok(())
}

async fn answer(
    State(service): State<Arc<Service>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let path = uri.path();
    if headers.contains_key(ORIGIN) {
        // Every browser says where a POST comes from, and no SDK does. A page that someone reads on this machine must
        // not be able to run programs on it.
        tracing::warn!(path, "a request from a web page was refused");
        return ClientException::new("requests from web pages are refused: leave the Origin header out")
            .into_response();
    }
    let answered = match path.strip_prefix("/v1/") {
        Some(operation) if method == Method::POST => {
            if let Err(denied) = authorize(&service, operation, &headers, &body).await {
                tracing::info!(path, "a request was denied");
                return denied.into_response();
            }
            operations::answer(&service, operation, &body)
        }
        _ => Err(ClientException::not_yet(
            &format!("the operation `{method} {path}`"),
            "its operations are POST /v1/submitjob and the like",
        )),
    };
    match answered {
        Ok(document) => {
            let mut response = Response::new(Body::from(document.to_string()));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(refused) => {
            tracing::info!(path, "a request was refused");
            refused.into_response()
        }
    }
}
