//! How often is looked: soon after a change, and less and less often while nothing changes.

use std::time::Duration;

/// The pauses between two looks.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    least: Duration,
    most: Duration,
    next: Duration,
}

impl Pace {
    /// Of an account, whose calls are limited and shared with everything else in it.
    pub(crate) fn of_account() -> Self {
        Self::between(Duration::from_secs(1), Duration::from_secs(10))
    }

    /// Of the local cloud, which this machine has to itself.
    pub(crate) fn of_local_cloud() -> Self {
        Self::between(Duration::from_millis(200), Duration::from_secs(1))
    }

    fn between(least: Duration, most: Duration) -> Self {
        Self { least, most, next: least }
    }

    /// The pause after a look that found something new, or nothing new.
    pub(crate) fn pause(&mut self, changed: bool) -> Duration {
        if changed {
            self.next = self.least;
        }
        let pause = self.next;
        self.next = (self.next * 3 / 2).min(self.most);
        pause
    }

    /// The pause after a look that failed: as long as after a long time without any change.
    pub(crate) fn longest(&self) -> Duration {
        self.most
    }

    /// The pause before a look that is to be the last.
    pub(crate) fn shortest(&self) -> Duration {
        self.least
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_one_to_ten_seconds_while_nothing_changes_and_begin_anew_with_a_change() {
        let mut pace = Pace::of_account();
        let pauses: Vec<Duration> = (0..9).map(|_| pace.pause(false)).collect();
        assert_eq!((pauses[0], pauses[8]), (Duration::from_secs(1), Duration::from_secs(10)));
        assert!(pauses.is_sorted());
        assert_eq!(pace.pause(true), Duration::from_secs(1));
        assert_eq!(pace.pause(false), Duration::from_millis(1500));
    }
}
