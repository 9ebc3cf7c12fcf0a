//! An S3 endpoint on loopback that holds one object: the script that is fetched.

use std::net::Ipv4Addr;
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::http::header::{ACCEPT_RANGES, AUTHORIZATION, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// What names the object.
pub(crate) const OBJECT: &str = "s3://bucket/myjob.sh";

/// The object. Its first line of output tells that it was fetched and started.
pub(crate) const SCRIPT: &str = "#!/bin/sh\necho started\n";

/// What the script prints.
pub(crate) const MARK: &str = "started\n";

/// Serves on a thread of its own until it is dropped.
pub(crate) struct Store {
    /// Where it listens.
    pub(crate) url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Store {
    /// Starts on a free port.
    pub(crate) fn start() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).context("no port is free")?;
        let url = format!("http://{}", listener.local_addr().context("the port is not known")?);
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || runtime.block_on(serve(listener, stopped)));
        Ok(Self { url, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has already said so.
            let _ended = thread.join();
        }
    }
}

/// Serves until the sender of `stopped` is gone, and then leaves open connections to their end with the runtime.
async fn serve(listener: TcpListener, stopped: oneshot::Receiver<()>) {
    let router = Router::new().route("/bucket/myjob.sh", get(object));
    tokio::select! {
        served = axum::serve(listener, router) => {
            if let Err(error) = served {
                crate::say(&format!("The S3 endpoint stopped: {error}"));
            }
        }
        _ = stopped => {}
    }
}

/// `GetObject`, and with the answer's head alone `HeadObject`, which `aws s3 cp` asks for first. A request must be
/// signed, so that none of those compared is spared the work; whether the signature is right is not looked at.
async fn object(headers: HeaderMap) -> Response {
    let signed = headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"AWS4-HMAC-SHA256 "));
    if !signed {
        return StatusCode::FORBIDDEN.into_response();
    }
    // The length is added with the body, and clients take the ETag as it comes.
    let head = [
        (CONTENT_TYPE, "binary/octet-stream"),
        (ETAG, "\"00000000000000000000000000000001\""),
        (LAST_MODIFIED, "Thu, 01 Jan 2026 00:00:00 GMT"),
        (ACCEPT_RANGES, "bytes"),
    ];
    (head, SCRIPT).into_response()
}
