//! A server on a free port, a real SDK client for it, and whoever receives its events.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use aws_credential_types::Credentials;
use aws_sdk_batch::{
    Client, Config,
    config::{BehaviorVersion, Region},
    error::DisplayErrorContext,
    operation::submit_job::builders::SubmitJobFluentBuilder,
    types::{
        CeType, ComputeEnvironmentOrder, ComputeResource, ContainerOverrides, ContainerProperties, CrType,
        JobDefinitionType, JobDetail, JobStatus, KeyValuePair,
    },
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use axum::{Json, Router, extract::State, routing::post};
use jobwire_local_batch::{Error, Image, Options};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// Nothing here takes a tenth of this unless it hangs.
const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) type Events = Arc<Mutex<Vec<Value>>>;

pub(crate) struct Server {
    pub(crate) client: Client,
    pub(crate) url: String,
    pub(crate) events: Events,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<Result<(), Error>>>,
    dir: TempDir,
}

impl Server {
    /// A server with the queue `q` on four vCPUs and the definition `job`, whose image `sh` gives its command to a shell.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Options)) -> Self {
        let server = Self::start_empty(change).await;
        server.compute("ce", 4).await;
        server.queue("q", 1, "ce").await;
        server.define("job", "sh", &["true"]).await;
        server
    }

    /// A server without queues and definitions.
    pub(crate) async fn start_empty(change: impl FnOnce(&mut Options)) -> Self {
        let dir = TempDir::new().unwrap();
        let (events_url, events) = receive_events().await;
        let image = |entrypoint: &[&str]| Image { entrypoint: texts(entrypoint), dir: None };
        let mut options = Options {
            images: BTreeMap::from([("sh".to_owned(), image(&["/bin/sh", "-c"])), ("bare".to_owned(), image(&[]))]),
            events_url: Some(events_url),
            work_dir: dir.path().join("jobs"),
            ..Options::default()
        };
        change(&mut options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(jobwire_local_batch::run(listener, options, async {
            let _dropped = stopped.await;
        }));
        Self { client: client(&url), url, events, stop: Some(stop), running: Some(running), dir }
    }

    /// Ends the server as its user would, and answers how it ended.
    pub(crate) async fn stop(&mut self) -> Result<(), Error> {
        drop(self.stop.take());
        self.running.take().unwrap().await.unwrap()
    }

    /// Drops the server without asking it to end.
    pub(crate) async fn abort(&mut self) {
        let running = self.running.take().unwrap();
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
    }

    pub(crate) async fn compute(&self, name: &str, vcpus: i32) {
        let resources = ComputeResource::builder().r#type(CrType::Ec2).maxv_cpus(vcpus).subnets("subnet-1").build();
        let request = self.client.create_compute_environment().compute_environment_name(name).r#type(CeType::Managed);
        request.compute_resources(resources).send().await.unwrap();
    }

    pub(crate) async fn queue(&self, name: &str, priority: i32, compute: &str) {
        let order = ComputeEnvironmentOrder::builder().order(1).compute_environment(compute).build();
        let request = self.client.create_job_queue().job_queue_name(name).priority(priority);
        request.compute_environment_order(order).send().await.unwrap();
    }

    pub(crate) async fn define(&self, name: &str, image: &str, command: &[&str]) {
        let container = ContainerProperties::builder().image(image).set_command(Some(texts(command))).build();
        self.register(name, container).await;
    }

    pub(crate) async fn register(&self, name: &str, container: ContainerProperties) {
        let request = self.client.register_job_definition().job_definition_name(name);
        request.r#type(JobDefinitionType::Container).container_properties(container).send().await.unwrap();
    }

    /// A request that submits the definition `job` to the queue `q`.
    pub(crate) fn request(&self) -> SubmitJobFluentBuilder {
        self.client.submit_job().job_name("test").job_queue("q").job_definition("job")
    }

    /// Submits a shell script.
    pub(crate) async fn script(&self, script: &str) -> String {
        self.submit(self.request().container_overrides(shell(script).build())).await
    }

    pub(crate) async fn submit(&self, request: SubmitJobFluentBuilder) -> String {
        request.send().await.unwrap().job_id.unwrap()
    }

    /// What the server says to a request that it must refuse.
    pub(crate) async fn refusal(&self, request: SubmitJobFluentBuilder) -> String {
        let error = request.send().await.unwrap_err();
        assert!(error.as_service_error().unwrap().is_client_exception(), "{}", DisplayErrorContext(&error));
        error.as_service_error().unwrap().meta().message().unwrap().to_owned()
    }

    pub(crate) async fn describe(&self, id: &str) -> JobDetail {
        let answer = self.client.describe_jobs().jobs(id).send().await.unwrap();
        answer.jobs.unwrap().pop().unwrap()
    }

    /// Waits until a job has a status; a job that is over with another one fails the test at once.
    pub(crate) async fn wait_for(&self, id: &str, status: JobStatus) -> JobDetail {
        wait_until(&format!("{id} to be {status}"), async || {
            let job = self.describe(id).await;
            let now = job.status.clone().unwrap();
            let over = matches!(now, JobStatus::Succeeded | JobStatus::Failed);
            assert!(now == status || !over, "{id} is {now}: {:?}", job.status_reason);
            (now == status).then_some(job)
        })
        .await
    }

    /// Waits until a job is over, however it ended.
    pub(crate) async fn until_ended(&self, id: &str) -> JobDetail {
        wait_until(&format!("the end of {id}"), async || {
            let job = self.describe(id).await;
            matches!(job.status, Some(JobStatus::Succeeded | JobStatus::Failed)).then_some(job)
        })
        .await
    }

    /// Waits until a job that runs has written this.
    pub(crate) async fn until_log(&self, id: &str, text: &str) {
        let log = self.job_dir(id).join("log");
        wait_until(&format!("`{text}` of {id}"), async || {
            std::fs::read_to_string(&log).is_ok_and(|log| log.contains(text)).then_some(())
        })
        .await;
    }

    /// The events of a job up to the one with this status.
    pub(crate) async fn events_until(&self, id: &str, status: &str) -> Vec<Value> {
        wait_until(&format!("the event {status} of {id}"), async || {
            let events: Vec<_> = self.events.lock().unwrap().clone();
            let events: Vec<_> = events.into_iter().filter(|event| event["detail"]["jobId"] == id).collect();
            events.last().is_some_and(|event| event["detail"]["status"] == status).then_some(events)
        })
        .await
    }

    /// A job's own directory.
    pub(crate) fn job_dir(&self, id: &str) -> PathBuf {
        self.dir.path().join("jobs").join(id)
    }

    /// What a job wrote, once it is over.
    pub(crate) fn log(&self, id: &str) -> String {
        std::fs::read_to_string(self.job_dir(id).join("log")).unwrap()
    }

    /// Waits for a file of a job and answers its text.
    pub(crate) async fn file(&self, id: &str, name: &str) -> String {
        let path = self.job_dir(id).join(name);
        wait_until(&format!("{}", path.display()), async || {
            std::fs::read_to_string(&path).ok().filter(|text| text.ends_with('\n'))
        })
        .await
    }
}

/// Overrides that give a script to the shell.
pub(crate) fn shell(script: &str) -> aws_sdk_batch::types::builders::ContainerOverridesBuilder {
    ContainerOverrides::builder().command(script)
}

pub(crate) fn variable(name: &str, value: &str) -> KeyValuePair {
    KeyValuePair::builder().name(name).value(value).build()
}

pub(crate) fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// Polls until there is something, and fails the test after a time that only a fault takes.
pub(crate) async fn wait_until<T: Debug>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until a process is gone, or is dead and only not yet collected by the system's init.
pub(crate) async fn wait_for_death(pid: &str) {
    let pid = pid.trim();
    wait_until(&format!("the end of process {pid}"), async || (!alive(pid)).then_some(())).await;
}

pub(crate) fn alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    stat.is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

/// A request as no SDK would send it.
pub(crate) async fn post_raw(url: &str, path: &str, body: &str) -> (u16, Option<String>, Value) {
    send_raw(axum::http::Request::post(format!("{url}{path}")).body(body.to_owned().into()).unwrap()).await
}

pub(crate) async fn send_raw(request: axum::http::Request<axum::body::Body>) -> (u16, Option<String>, Value) {
    use hyper_util::{client::legacy::Client, rt::TokioExecutor};
    let client: Client<_, axum::body::Body> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.unwrap();
    let kind = answer.headers().get("x-amzn-errortype").map(|kind| kind.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    let bytes = axum::body::to_bytes(axum::body::Body::new(answer.into_body()), 1 << 20).await.unwrap();
    (status, kind, serde_json::from_slice(&bytes).unwrap())
}

fn client(url: &str) -> Client {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(url)
        .http_client(http)
        .build();
    Client::from_conf(config)
}

async fn receive_events() -> (String, Events) {
    async fn take(State(events): State<Events>, Json(event): Json<Value>) {
        events.lock().unwrap().push(event);
    }
    let events = Events::default();
    let router = Router::new().route("/events", post(take)).with_state(Arc::clone(&events));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, events)
}
