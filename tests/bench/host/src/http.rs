//! HTTP/1.1 as handlers speak it, by blocking reads and one write for each answer.

use std::io::{Error, ErrorKind, Read, Result, Write};

/// What connections are read and written by: a socket, or TLS over one.
pub(crate) trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// A connection, and what was received on it and not yet used.
pub(crate) struct Connection<'a> {
    stream: &'a mut dyn Stream,
    bytes: Vec<u8>,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    /// Its head, without the empty line.
    head: String,
    /// Its body.
    pub(crate) body: String,
}

impl<'a> Connection<'a> {
    pub(crate) fn new(stream: &'a mut dyn Stream) -> Self {
        Self { stream, bytes: Vec::with_capacity(16 * 1024) }
    }

    /// The next request; nothing where the other side has ended.
    pub(crate) fn request(&mut self) -> Result<Option<Request>> {
        let mut looked = 0;
        let end = loop {
            if let Some(at) = self.bytes[looked..].windows(4).position(|window| window == b"\r\n\r\n") {
                break looked + at;
            }
            looked = self.bytes.len().saturating_sub(3);
            if !self.receive()? {
                return Ok(None);
            }
        };
        let head = String::from_utf8(self.bytes[..end].to_vec()).map_err(Error::other)?;
        let mut request = Request { head, body: String::new() };
        if request.header("transfer-encoding").is_some() {
            return Err(Error::other("a body comes with its length here"));
        }
        let length: usize = request.header("content-length").map_or(Ok(0), str::parse).map_err(Error::other)?;
        while self.bytes.len() < end + 4 + length {
            if !self.receive()? {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        request.body = String::from_utf8(self.bytes[end + 4..end + 4 + length].to_vec()).map_err(Error::other)?;
        self.bytes.drain(..end + 4 + length);
        Ok(Some(request))
    }

    /// Sends these bytes at once.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    /// Whether anything came before the end. A process that is ended may leave a connection broken, which is an end too.
    fn receive(&mut self) -> Result<bool> {
        let mut chunk = [0; 16 * 1024];
        loop {
            return match self.stream.read(&mut chunk) {
                Ok(count) => {
                    self.bytes.extend_from_slice(&chunk[..count]);
                    Ok(count > 0)
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => {
                    Ok(false)
                }
                Err(error) => Err(error),
            };
        }
    }
}

impl Request {
    /// Its method and path.
    pub(crate) fn target(&self) -> (&str, &str) {
        let mut words = self.head.lines().next().unwrap_or_default().split(' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// An answer in JSON, as it goes over the wire; `headers` end with a line's end each.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
