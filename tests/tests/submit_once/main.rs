//! One occurrence, one job: whatever is lost, cut off, delivered again or ended on the way.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the figures are what a long run is made for")]

mod canary;
mod crash;
mod faults;
mod flood;

/// Whether `make soak` asks for the long form of these tests.
fn soak() -> bool {
    std::env::var_os("JOBWIRE_SOAK").is_some()
}
