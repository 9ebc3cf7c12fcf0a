//! A Batch endpoint that answers as it is told, for faults that a real one does not produce on demand. It keeps every
//! request as it came over the wire.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What comes back for one request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reply {
    /// A job id.
    Job,
    /// A status with a body; what it means is the client's to see.
    Status(u16, &'static str),
    /// The request is taken and the connection ends without an answer.
    Lost,
}

/// Serves until it is dropped; without instructions it answers job ids.
#[derive(Debug)]
pub struct BatchStub {
    /// Where it listens.
    pub url: String,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared {
    replies: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<(usize, Value)>>,
}

impl BatchStub {
    /// Starts on a free port.
    pub async fn start(replies: impl IntoIterator<Item = Reply>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port is free")?;
        let url = format!("http://{}", listener.local_addr().context("the port is not known")?);
        let shared = Arc::new(Shared { replies: Mutex::new(replies.into_iter().collect()), ..Shared::default() });
        let server = tokio::spawn(serve(listener, shared.clone()));
        Ok(Self { url, shared, server })
    }

    /// The requests' bodies, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Value> {
        self.kept().iter().map(|(_, body)| body.clone()).collect()
    }

    /// The bodies' sizes, in bytes.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        self.kept().iter().map(|(size, _)| *size).collect()
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<(usize, Value)>> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for BatchStub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            // A client that goes away ends its connection, which is all that an error says here.
            let _ = connection(stream, &shared).await;
        });
    }
}

async fn connection(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let Some((size, body)) = request(&mut stream, &mut bytes).await? else { return Ok(()) };
        let name = body["jobName"].clone();
        shared.requests.lock().unwrap_or_else(PoisonError::into_inner).push((size, body));
        let reply = shared.replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or(Reply::Job);
        let (status, text) = match reply {
            Reply::Job => (200, json!({"jobName": name, "jobId": "11111111-2222-3333-4444-555555555555"}).to_string()),
            Reply::Status(status, text) => (status, text.to_owned()),
            Reply::Lost => return Ok(()),
        };
        let kind = if status == 400 { "x-amzn-errortype: ClientException\r\n" } else { "" };
        let answer = format!(
            "HTTP/1.1 {status} Answer\r\n{kind}content-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        );
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// One request's body and its size; nothing where the connection has ended.
async fn request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> std::io::Result<Option<(usize, Value)>> {
    loop {
        if let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let headers = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            let length =
                headers.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
            let end = head + 4 + length;
            if bytes.len() >= end {
                let body = serde_json::from_slice(&bytes[head + 4..end]).unwrap_or_default();
                bytes.drain(..end);
                return Ok(Some((length, body)));
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await? {
            0 => return Ok(None),
            count => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}
