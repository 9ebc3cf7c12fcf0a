//! One `SubmitJob` call: in its turn, and again where Batch surely did not take it.

use std::time::Duration;

use jobwire_core::request::JobRequest;
use tokio::time::{Instant, sleep, timeout_at};

use crate::batch::{Batch, SubmitError};
use crate::metrics::Meter;
use crate::pace::Pace;
use crate::window::Window;

/// The longest pause before the second call.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often a call is tried that never leaves: the endpoint is wrong, or the network is down.
const TRIES_TO_CONNECT: u32 = 4;

/// Sends the request, and answers the job's id.
///
/// While Batch is too busy it is sent again until the window is over, since there is no better place for a burst to
/// wait. What may have been taken is never sent again here.
pub(crate) async fn send<B: Batch>(
    batch: &B,
    pace: &Pace,
    meter: &Meter<'_>,
    request: &JobRequest,
    window: &Window,
) -> Result<String, SubmitError> {
    let mut tries = 0;
    let mut last = SubmitError::TooLate;
    loop {
        if pace.turn(window.send_until).await.is_err() || window.is_over() {
            return Err(last);
        }
        let answer = timeout_at(window.send_until, batch.submit(request)).await;
        let error = match answer {
            Ok(Ok(job_id)) => return Ok(job_id),
            Ok(Err(error)) => error,
            Err(_) => SubmitError::Lost("no answer came in the function's time".into()),
        };
        tries += 1;
        let again = match &error {
            SubmitError::Throttled(_) => {
                meter.throttled();
                true
            }
            SubmitError::NotSent(_) => tries < TRIES_TO_CONNECT,
            SubmitError::Refused(_) | SubmitError::Lost(_) | SubmitError::TooLate => false,
        };
        let pause = full_jitter(tries);
        if !again || Instant::now() + pause >= window.send_until {
            return Err(error);
        }
        last = error;
        sleep(pause).await;
    }
}

/// Anything between nothing and a bound that doubles with each try, so that callers who failed together do not come
/// back together. <https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>
fn full_jitter(tries: u32) -> Duration {
    let bound = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(LONGEST_PAUSE);
    bound.mul_f64(fastrand::f64())
}
