//! A connection: direct, through a proxy's tunnel, or to a proxy that is itself asked for the request.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

/// What every way to a server ends in.
pub(crate) trait Transport: Read + Write + Connection + Send + Unpin {}

impl<T: Read + Write + Connection + Send + Unpin> Transport for T {}

/// A connection, whatever lies below it.
pub(crate) struct Stream {
    transport: Box<dyn Transport>,
    to_proxy: bool,
}

impl Stream {
    /// A connection to the server itself.
    pub(crate) fn new(transport: impl Transport + 'static) -> Self {
        Self { transport: Box::new(transport), to_proxy: false }
    }

    /// A connection to a proxy, which is told the whole address with each request.
    pub(crate) fn to_proxy(transport: impl Transport + 'static) -> Self {
        Self { transport: Box::new(transport), to_proxy: true }
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = self.transport.connected();
        if self.to_proxy { connected.proxy(true) } else { connected }
    }
}

impl Read for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.transport).poll_read(cx, buffer)
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.transport).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.transport).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.transport).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.transport).poll_shutdown(cx)
    }
}
