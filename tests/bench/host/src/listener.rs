//! A listener on loopback whose threads each serve one connection after the other.

use std::io::Result;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use anyhow::Context as _;

/// How many connections are served at once; no handler opens more. The threads wait before the handler starts, so that
/// none of them is begun while time is taken.
const THREADS: usize = 6;

/// Listens until it is dropped. That waits for the connections' ends, so the handler must have ended before.
pub(crate) struct Listener {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    ended: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Listener {
    /// Starts on a free port; `serve` gets each connection.
    pub(crate) fn start(serve: impl Fn(TcpStream) -> Result<()> + Clone + Send + 'static) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
        let address = listener.local_addr().context("the port is not known")?;
        let listener = Arc::new(listener);
        let ended = Arc::new(AtomicBool::new(false));
        let threads = (0..THREADS).map(|_| {
            let (listener, ended, serve) = (listener.clone(), ended.clone(), serve.clone());
            std::thread::spawn(move || {
                while let Ok((stream, _)) = listener.accept() {
                    if ended.load(Ordering::Acquire) {
                        break;
                    }
                    // What a connection's end means is seen by what the course lacks then.
                    let _ = stream.set_nodelay(true).and_then(|()| serve(stream));
                }
            })
        });
        Ok(Self { address, threads: threads.collect(), ended })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        for _ in &self.threads {
            // A thread that waits for a connection is woken by one.
            let _woken = TcpStream::connect(self.address);
        }
        for thread in self.threads.drain(..) {
            // A thread that panicked has already said so.
            let _ended = thread.join();
        }
    }
}
