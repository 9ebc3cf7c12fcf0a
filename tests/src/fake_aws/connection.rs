//! One connection: its requests in turn, each with what is to go wrong.

use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpStream;

use super::answer::Answer;
use super::fault::Fault;
use super::operation::Operation;
use super::refusal::Refusal;
use super::shared::Shared;
use super::state::Fate;
use super::wire::Wire;

/// Serves until one of the two sides closes.
pub(super) async fn serve(stream: TcpStream, id: usize, shared: &Shared) -> std::io::Result<()> {
    let mut wire = Wire::new(stream, id)?;
    while wire.next(shared).await? {
        let head = wire.head().await?;
        let goes_on = match head.operation {
            Ok(operation) => answer(&mut wire, head.length, operation, shared).await?,
            Err(service) => {
                wire.body(head.length).await?;
                wire.send(&Answer::unknown(service).bytes()).await?;
                true
            }
        };
        if !goes_on || head.last {
            break;
        }
    }
    Ok(())
}

/// Whether the connection goes on.
async fn answer(wire: &mut Wire, length: usize, operation: Operation, shared: &Shared) -> std::io::Result<bool> {
    let fate = shared.change(|state| state.fate(operation));
    if let Fate::Let(Fault::ClosedUnread) = fate {
        shared.change(|state| state.note(operation, None));
        return Ok(false);
    }
    // What is no JSON lacks every field.
    let body = Arc::new(serde_json::from_slice(&wire.body(length).await?).unwrap_or_default());
    let fault = match fate {
        Fate::Let(fault) => fault,
        Fate::Throttled => {
            shared.change(|state| {
                state.note(operation, Some(&body));
                state.throttled += 1;
            });
            return refuse(wire, operation, Refusal::throttled()).await;
        }
    };
    match fault {
        Fault::Status(status, error_type, message) => {
            shared.change(|state| state.note(operation, Some(&body)));
            return refuse(wire, operation, Refusal::new(status, error_type, message)).await;
        }
        Fault::Held(notify) => {
            // Waiting begins before anyone sees the request, so that no notice is lost.
            let notified = shared.change(|state| {
                state.note(operation, Some(&body));
                notify.notified_owned()
            });
            notified.await;
            let answer = shared.change(|state| state.apply(operation, &body));
            wire.send(&answer.bytes()).await?;
        }
        Fault::TakenThenHangs => {
            take(operation, &body, shared);
            wire.hang().await?;
            return Ok(false);
        }
        Fault::TakenThenCut => {
            let answer = take(operation, &body, shared);
            wire.send(&answer.cut()).await?;
            return Ok(false);
        }
        Fault::TakenThen500 => {
            take(operation, &body, shared);
            wire.send(&Answer::failure(operation.service()).bytes()).await?;
        }
        Fault::TakenThenClosed => {
            take(operation, &body, shared);
            return Ok(false);
        }
        // It was closed before its body was read.
        Fault::ClosedUnread => return Ok(false),
        Fault::None => {
            let answer = take(operation, &body, shared);
            wire.send(&answer.bytes()).await?;
        }
    }
    Ok(true)
}

async fn refuse(wire: &mut Wire, operation: Operation, refusal: Refusal) -> std::io::Result<bool> {
    wire.send(&Answer::new(operation.service(), Err(refusal)).bytes()).await?;
    Ok(true)
}

/// Notes a request and does what it asks for, in one step for whoever looks.
fn take(operation: Operation, body: &Arc<Value>, shared: &Shared) -> Answer {
    shared.change(|state| {
        state.note(operation, Some(body));
        state.apply(operation, body)
    })
}
