//! The floor of the endpoint itself: what an answer takes where a thread of the host asks for it.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::course::Course;
use crate::http::Stream;
use crate::order::{Probe, Probed};
use crate::run::{endpoint, nanoseconds};
use crate::tls::Authority;

const REQUEST: &[u8] = b"POST /v1/submitjob HTTP/1.1\r\nhost: batch\r\ncontent-length: 2\r\n\r\n{}";

/// Asks for jobs on one connection.
pub(crate) fn run(probe: &Probe, authority: &Authority) -> Result<Probed> {
    // A probe hands out no events, so nobody waits for their end.
    let (over, _nobody) = channel();
    let listener = endpoint(probe.tls, authority, &Arc::new(Course::new(Vec::new(), false, over)))?;
    let began = Instant::now();
    let socket = TcpStream::connect(listener.address).context("the endpoint cannot be reached")?;
    socket.set_nodelay(true)?;
    let mut stream: Box<dyn Stream> = if probe.tls { Box::new(authority.connect(socket)?) } else { Box::new(socket) };
    ask(&mut *stream)?;
    let first = nanoseconds(began.elapsed());
    let mut others = Vec::with_capacity(probe.requests);
    for _ in 0..probe.requests {
        let asked = Instant::now();
        ask(&mut *stream)?;
        others.push(nanoseconds(asked.elapsed()));
    }
    Ok(Probed { first, others })
}

fn ask(stream: &mut dyn Stream) -> Result<()> {
    stream.write_all(REQUEST)?;
    stream.flush()?;
    let mut answer = [0; 4096];
    let count = stream.read(&mut answer)?;
    // An answer is written at once, and fits into one packet on loopback.
    ensure!(answer[..count].ends_with(b"}"), "the endpoint gave half an answer");
    Ok(())
}
