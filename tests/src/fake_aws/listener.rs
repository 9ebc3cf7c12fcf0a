//! Takes connections; each is served by a task that ends with this one.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::connection;
use super::shared::Shared;

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // There are too many open files, until one of the connections ends.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    continue;
                };
                let id = shared.change(|state| {
                    state.connections += 1;
                    state.connections
                });
                let shared = shared.clone();
                connections.spawn(async move {
                    // A client that goes away ends its connection, which is all that an error says here.
                    let _ = connection::serve(stream, id, &shared).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}
