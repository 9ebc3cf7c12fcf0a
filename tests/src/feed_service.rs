//! The two services around the feed pipeline, on loopback: the server of the feed, and the one that takes its entries.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;

/// A feed of two entries.
pub const FEED: &str = "<jobs><job><title><![CDATA[Idol manager]]></title><city>Numazu</city><note><![CDATA[]]></note></job><job><title>Stage hand</title></job></jobs>";

/// Serves until it is dropped.
#[derive(Debug)]
pub struct FeedService {
    /// Where it listens.
    pub url: String,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    feed: Mutex<String>,
    taken: Mutex<Vec<(String, Value)>>,
}

impl FeedService {
    /// Starts on a free port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port is free")?;
        let url = format!("http://{}", listener.local_addr().context("the port is not known")?);
        let shared = Arc::new(Shared { feed: Mutex::new(FEED.to_owned()), taken: Mutex::default() });
        let router = Router::new().route("/feed.xml", get(feed)).fallback(post(take)).with_state(shared.clone());
        let server = tokio::spawn(async move {
            // It ends with the process or by being aborted; an error of a connection is that client's.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, shared, server })
    }

    /// Changes the feed.
    pub fn publish(&self, feed: &str) {
        feed.clone_into(&mut self.shared.feed.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The bodies that were posted to `path`.
    #[must_use]
    pub fn taken(&self, path: &str) -> Vec<Value> {
        let taken = self.shared.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.iter().filter(|(posted, _)| posted == path).map(|(_, body)| body.clone()).collect()
    }
}

impl Drop for FeedService {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn feed(State(shared): State<Arc<Shared>>) -> String {
    shared.feed.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

async fn take(State(shared): State<Arc<Shared>>, uri: Uri, body: axum::Json<Value>) {
    shared.taken.lock().unwrap_or_else(PoisonError::into_inner).push((uri.path().to_owned(), body.0));
}
