//! How fast a function submits, so that all functions together stay below what Batch takes from an account.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Lets calls go one by one, at even distances.
#[derive(Debug)]
pub struct Pace {
    gap: Duration,
    next: Mutex<Instant>,
}

/// Its turn would come only when the invocation's time is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TooLate;

impl Pace {
    /// At most `rate` calls a second; a rate that is no number above 0 lets none wait.
    #[must_use]
    pub fn of(rate: f64) -> Self {
        let gap = Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::ZERO);
        Self { gap, next: Mutex::new(Instant::now()) }
    }

    /// Waits for the next turn; it takes none where that would come after `until`.
    pub(crate) async fn turn(&self, until: Instant) -> Result<(), TooLate> {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = (*next).max(Instant::now());
            if turn >= until {
                return Err(TooLate);
            }
            *next = turn + self.gap;
            turn
        };
        // The timer counts whole milliseconds: who slept until now would wait for the next of them.
        if turn > Instant::now() {
            sleep_until(turn).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Pace, TooLate};
    use std::time::Duration;
    use tokio::time::Instant;

    /// Calls go at even distances, the first at once, and none is begun that its invocation could not end.
    #[tokio::test(start_paused = true)]
    async fn calls_go_at_the_rate_and_within_the_time() {
        let pace = Pace::of(4.0);
        let began = Instant::now();
        let until = began + Duration::from_secs(1);
        let mut turns = Vec::new();
        while pace.turn(until).await == Ok(()) {
            turns.push(began.elapsed().as_millis());
        }
        assert_eq!(turns, [0, 250, 500, 750]);
        assert_eq!(pace.turn(until).await, Err(TooLate));
        // A turn that nobody took is not lost, and turns are not saved up for a burst.
        tokio::time::advance(Duration::from_secs(5)).await;
        let until = Instant::now() + Duration::from_secs(1);
        assert_eq!(pace.turn(until).await, Ok(()));
        let second = Instant::now();
        assert_eq!(pace.turn(until).await, Ok(()));
        assert_eq!(second.elapsed().as_millis(), 250);
    }
}
