//! Docker, as far as the tests look at it.

use std::process::{Command, Stdio};

/// An image without any C library, which `tests/images/bases.sh` makes.
pub const BUSYBOX: &str = "jobwire-test/busybox";
/// One with glibc and bash.
pub const DEBIAN: &str = "jobwire-test/debian";

/// Whether there are these images, and with them Docker. Where a run must have them, it fails.
///
/// # Panics
/// `JOBWIRE_DOCKER` is `required`, and they are not there.
#[must_use]
#[expect(clippy::print_stderr, reason = "a skipped test is to be seen")]
pub fn are_there() -> bool {
    if [BUSYBOX, DEBIAN].iter().all(|image| docker(&["image", "inspect", image]).is_some()) {
        return true;
    }
    let required = std::env::var_os("JOBWIRE_DOCKER").is_some_and(|value| value == "required");
    assert!(!required, "the images of tests/images/bases.sh are not there");
    eprintln!("skipped: the images of tests/images/bases.sh are not there");
    false
}

/// The ids of a job's containers, running or not.
#[must_use]
pub fn of_job(job: &str) -> String {
    docker(&["ps", "--all", "--quiet", "--filter", &format!("label=jobwire.job={job}")]).unwrap_or_default()
}

/// What Docker's own program prints, where it succeeds.
#[must_use]
pub fn docker(arguments: &[&str]) -> Option<String> {
    let output = Command::new("docker").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
