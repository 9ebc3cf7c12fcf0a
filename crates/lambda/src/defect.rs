//! Defects of Jobwire itself: what one of them ends is as small as can be.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt as _;

/// The code came upon something that it does not foresee; the log has its place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Defect;

/// Lets the log say where a defect is, and nothing of the data that it came upon.
pub(crate) fn log_places() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a defect of Jobwire itself: please report it with this place");
    }));
}

/// Runs what must not take the rest with it.
///
/// What is given only reads what others see, so nothing half done is left behind.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, Defect> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Defect)
}

/// The same for what waits.
pub(crate) async fn contained_future<T>(work: impl Future<Output = T>) -> Result<T, Defect> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|_| Defect)
}
