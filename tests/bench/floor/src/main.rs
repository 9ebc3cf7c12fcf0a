//! The floor over plain HTTP.

use std::io::Result;
use std::net::TcpStream;

use jobwire_bench_floor::{authority, serve};

fn main() -> Result<()> {
    serve(|endpoint| {
        let stream = TcpStream::connect(authority(endpoint))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    })
}
