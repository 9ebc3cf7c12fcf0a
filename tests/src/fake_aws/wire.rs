//! HTTP/1.1 as the SDKs speak it, by hand, since it has to break off anywhere. Bodies come with their length.

use std::io::{Error, ErrorKind, Result};
use std::os::fd::AsFd as _;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::operation::{Operation, Service};
use super::shared::Shared;

#[derive(Debug)]
pub(super) struct Wire {
    id: usize,
    stream: TcpStream,
    /// The same socket, to be closed by others.
    socket: Arc<std::net::TcpStream>,
    /// What is received and not yet used.
    bytes: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Head {
    /// What is asked for, or whose unknown operation.
    pub(super) operation: std::result::Result<Operation, Service>,
    /// The body's.
    pub(super) length: usize,
    /// Whether the client wants to close after the answer.
    pub(super) last: bool,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, id: usize) -> Result<Self> {
        stream.set_nodelay(true)?;
        let socket = Arc::new(stream.as_fd().try_clone_to_owned()?.into());
        Ok(Self { id, stream, socket, bytes: Vec::new() })
    }

    /// Waits for a request to begin; whether one does.
    pub(super) async fn next(&mut self, shared: &Shared) -> Result<bool> {
        if !self.bytes.is_empty() {
            return Ok(true);
        }
        shared.idle.enter(self.id, self.socket.clone());
        shared.tell();
        let more = self.receive().await;
        // A request that comes while the connection is closed is not looked at.
        Ok(shared.idle.leave(self.id) && more?)
    }

    pub(super) async fn head(&mut self) -> Result<Head> {
        loop {
            if let Some(end) = self.bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = Head::read(&String::from_utf8_lossy(&self.bytes[..end]));
                self.bytes.drain(..end + 4);
                return head;
            }
            self.more().await?;
        }
    }

    pub(super) async fn body(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.bytes.len() < length {
            self.more().await?;
        }
        let rest = self.bytes.split_off(length);
        Ok(std::mem::replace(&mut self.bytes, rest))
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Says nothing until the client closes.
    pub(super) async fn hang(&mut self) -> Result<()> {
        while self.receive().await? {}
        Ok(())
    }

    async fn more(&mut self) -> Result<()> {
        if self.receive().await? { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }

    /// Whether anything came before the end.
    async fn receive(&mut self) -> Result<bool> {
        Ok(self.stream.read_buf(&mut self.bytes).await? > 0)
    }
}

impl Head {
    fn read(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut head = Self { operation: Err(Service::Batch), length: 0, last: false };
        if method == "POST" {
            head.operation = Operation::at_path(path).ok_or(Service::Batch);
        }
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => head.length = value.parse().map_err(Error::other)?,
                "transfer-encoding" => return Err(Error::other("a body comes with its length here")),
                "connection" => head.last = value.eq_ignore_ascii_case("close"),
                "x-amz-target" => head.operation = Operation::of_target(value).ok_or(Service::DynamoDb),
                _ => {}
            }
        }
        Ok(head)
    }
}
