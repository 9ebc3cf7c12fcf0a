//! AWS Batch and DynamoDB on loopback, with a state and a script: for whole-system tests of "one occurrence starts one
//! job". It does what the services do, until a test tells it to fail, and keeps every request.
//!
//! A request meets the rate first, then the next scripted fault of its operation, then chaos: a throttled request uses
//! up no fault, and a scripted [`Fault::None`] keeps chaos off.

mod answer;
mod attribute;
mod batch;
mod bucket;
mod chaos;
mod condition;
mod connection;
mod fault;
mod idle;
mod job_index;
mod listener;
mod operation;
mod refusal;
mod reserved;
mod shared;
mod state;
mod tables;
mod wire;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use batch::Job;
pub use chaos::Chaos;
pub use fault::Fault;
pub use operation::Operation;

use shared::Shared;

/// Serves until it is dropped, which ends its connections too.
#[derive(Debug)]
pub struct FakeAws {
    /// Where both services listen.
    pub url: String,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

impl FakeAws {
    /// Starts on a free port, without jobs, items and faults.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port is free")?;
        let url = format!("http://{}", listener.local_addr().context("the port is not known")?);
        let shared = Arc::new(Shared::default());
        let server = tokio::spawn(listener::serve(listener, shared.clone()));
        Ok(Self { url, shared, server })
    }

    /// Faults of the next requests of an operation, in order, after those that it has already.
    pub fn script(&self, operation: Operation, faults: impl IntoIterator<Item = Fault>) {
        self.shared.change(|state| state.script(operation, faults));
    }

    /// Faults at random where none is scripted; nothing ends them.
    pub fn set_chaos(&self, chaos: Option<Chaos>) {
        self.shared.change(|state| state.set_chaos(chaos));
    }

    /// How many jobs can be submitted per second, and at once; nothing takes any number.
    pub fn set_rate(&self, rate: Option<(f64, f64)>) {
        self.shared.change(|state| state.set_rate(rate));
    }

    /// How many jobs a page of `ListJobs` has at the most.
    pub fn set_page_size(&self, size: usize) {
        self.shared.change(|state| state.batch.page_size = size.max(1));
    }

    /// How old a job is when `ListJobs` shows it for the first time. It holds for the jobs that are there already, so
    /// that `Duration::MAX` hides jobs until it is taken back.
    pub fn set_visibility_delay(&self, delay: Duration) {
        self.shared.change(|state| state.batch.visibility_delay = delay);
    }

    /// How many connections wait for their next request. A connection does so a moment after its client has the answer.
    #[must_use]
    pub fn idle_connections(&self) -> usize {
        self.shared.idle.count()
    }

    /// Closes every connection that waits for its next request, as a load balancer does.
    pub fn close_idle_connections(&self) {
        self.shared.idle.close();
        self.shared.tell();
    }

    /// The jobs, the oldest first.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        self.shared.read(|state| state.batch.jobs().cloned().collect())
    }

    /// The jobs that are not terminated, the oldest first.
    #[must_use]
    pub fn live_jobs(&self) -> Vec<Job> {
        self.shared.read(|state| state.batch.jobs().filter(|job| job.terminated.is_none()).cloned().collect())
    }

    /// How many jobs there are; it copies none.
    #[must_use]
    pub fn job_count(&self) -> usize {
        self.shared.read(|state| state.batch.jobs().len())
    }

    /// How many jobs are not terminated; it copies none.
    #[must_use]
    pub fn live_job_count(&self) -> usize {
        self.shared.read(|state| state.batch.live())
    }

    /// How many requests of an operation have come, with those that failed.
    #[must_use]
    pub fn count(&self, operation: Operation) -> usize {
        self.shared.read(|state| state.seen(operation).count)
    }

    /// The bodies of an operation's requests, in order, without those that were closed unread.
    #[must_use]
    pub fn requests(&self, operation: Operation) -> Vec<Value> {
        self.shared.read(|state| state.seen(operation).bodies.iter().map(|body| Value::clone(body)).collect())
    }

    /// How many jobs came faster than the rate.
    #[must_use]
    pub fn throttled(&self) -> usize {
        self.shared.read(|state| state.throttled)
    }

    /// The items of every table by their id, in plain JSON.
    #[must_use]
    pub fn items(&self) -> BTreeMap<String, Value> {
        self.shared.read(|state| {
            state.tables.items().map(|(id, item)| (id.to_owned(), attribute::plain_members(item))).collect()
        })
    }

    /// How many connections were accepted until now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.read(|state| state.connections)
    }

    /// Changes whenever anything does: a connection, a request, a job, an item, a setting.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// Waits until the condition holds; after two minutes it fails with `what`.
    ///
    /// It looks after every change, so a condition over many jobs had better count them than list them.
    pub async fn until(&self, what: &str, f: impl Fn(&FakeAws) -> bool) -> Result<()> {
        let mut changed = self.changed();
        let holds = async {
            while !f(self) {
                changed.changed().await.context("the fake has ended")?;
            }
            Ok(())
        };
        tokio::time::timeout(Duration::from_mins(2), holds)
            .await
            .with_context(|| format!("{what}: did not come for two minutes"))?
    }
}

impl Drop for FakeAws {
    fn drop(&mut self) {
        self.server.abort();
        self.shared.idle.close();
    }
}
