//! Section `fetch-and-run`: a script is fetched from S3 and started.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use jobwire_tests::binaries;

use crate::fetcher::{Fetcher, environment};
use crate::measure::{Rounds, Run, Timing, percentile, rounds};
use crate::peak;
use crate::program::linked_statically;
use crate::report::{Report, Table, megabytes, milliseconds, ratio, ratio_of_bytes};
use crate::store::{SCRIPT, Store};

/// The CLI takes its time, so there are few rounds, and of so few the slowest is told in place of a percentile.
const ROUNDS: Rounds = Rounds { warm_up: 2, measured: 15 };

/// How often ours and the floor run in a round.
const TIMES: usize = 4;

/// How often the memory of each is measured.
const PEAKS: usize = 5;

/// How much of the peer's time ours is to take at most.
const BUDGET_OF_TIME: f64 = 0.1;

/// How many bytes ours is to add to an image at most.
const BUDGET_OF_BYTES: u64 = 15_000_000;

/// Measures `jobwire-runner fetch-and-run`.
pub(crate) fn run() -> Result<Report> {
    let folder = tempfile::tempdir().context("there is no room for temporary files")?;
    let store = Store::start()?;
    let environment = environment(&store, folder.path());
    let script = folder.path().join("myjob.sh");
    fs::write(&script, SCRIPT).context("the script cannot be written")?;
    fs::set_permissions(&script, Permissions::from_mode(0o700)).context("the script cannot be made executable")?;

    let ours = Fetcher {
        name: "jobwire-runner fetch-and-run",
        path: linked_statically("jobwire-runner")?,
        arguments: vec!["fetch-and-run".into(), "myjob.sh".into()],
        environment: &environment,
    };
    let peer = Fetcher {
        name: "sh: aws s3 cp, chmod, exec",
        path: binaries::root().join("tests/bench/fetch_and_run.sh"),
        arguments: Vec::new(),
        environment: &environment,
    };
    let floor =
        Fetcher { name: "the script alone, the floor", path: script, arguments: Vec::new(), environment: &environment };
    let about = format!(
        "A shell script of {} bytes is fetched from an S3 endpoint on loopback over plain HTTP, and started. Both sides get\n\
         the same few variables, and sign their requests. The peer asks for the object's head first, as `aws s3 cp` does; it\n\
         checks nothing, and passes no signal on. `jobwire-runner` stays as the script's parent, and the peer's shell becomes\n\
         the script.\n\n\
         The peer's AWS CLI is version 1, from PyPI. What it adds to an image are its installed files and those of the packages\n\
         it needs; Python is not counted, nor is a shell. A package manager's aws-cli may have fewer files. Of ours it is the\n\
         one program, linked with its C library.",
        SCRIPT.len(),
    );
    Ok(Report { about, tables: vec![times(&ours, &peer, &floor)?, costs(&ours, &peer)?] })
}

/// From spawn to the first line.
fn times(ours: &Fetcher<'_>, peer: &Fetcher<'_>, floor: &Fetcher<'_>) -> Result<Table> {
    let caption = format!(
        "From spawn to the script's first line; in each of {} rounds, after {} that do not count, the peer runs once, and \
         the others {TIMES} times in turn",
        ROUNDS.measured, ROUNDS.warm_up
    );
    let mut fetchers = vec![peer];
    fetchers.extend([ours, floor].repeat(TIMES));
    let runs: Vec<Run<'_>> = fetchers.iter().map(|fetcher| Box::new(|| fetcher.run()) as Run<'_>).collect();
    let timings = rounds("fetch-and-run", ROUNDS, &runs)?;
    let of = |first: usize| timings.iter().skip(first).step_by(2).take(TIMES).flatten().copied().collect();
    let (of_peer, of_ours, of_floor): (_, Vec<Timing>, Vec<Timing>) = (&timings[0], of(1), of(2));
    let wall = |of: &[Timing], percent| percentile(of.iter().map(|timing| timing.wall), percent);
    let cpu = |of: &[Timing], percent| percentile(of.iter().map(|timing| timing.cpu), percent);
    let row = |fetcher: &Fetcher<'_>, timings: &[Timing], budget: String| {
        let median = wall(timings, 50);
        vec![
            fetcher.name.to_owned(),
            timings.len().to_string(),
            milliseconds(median),
            milliseconds(wall(timings, 100)),
            milliseconds(cpu(timings, 50)),
            ratio(median, wall(of_peer, 50)),
            ratio(median, wall(&of_floor, 50)),
            budget,
        ]
    };
    let kept = wall(&of_ours, 50) <= wall(of_peer, 50).mul_f64(BUDGET_OF_TIME);
    let budget = format!("{BUDGET_OF_TIME} of the peer, {}", word(kept));
    let rows =
        vec![row(ours, &of_ours, budget), row(peer, of_peer, String::new()), row(floor, &of_floor, String::new())];
    let header = ["", "runs", "p50", "max", "CPU p50", "to the peer", "to the floor", "budget of p50"];
    Ok(Table { caption, header: header.to_vec(), rows })
}

/// Memory and disk.
fn costs(ours: &Fetcher<'_>, peer: &Fetcher<'_>) -> Result<Table> {
    let fetchers = [ours, peer];
    let mut peaks = [0; 2];
    for round in 0..PEAKS {
        for step in 0..fetchers.len() {
            let index = (round + step) % fetchers.len();
            peaks[index] = peak::of(fetchers[index])?.max(peaks[index]);
        }
    }
    let size = fs::metadata(&ours.path).with_context(|| format!("{} cannot be read", ours.path.display()))?.len();
    let sizes = [size, installed("awscli")?];
    let budget = format!("{}, {}", megabytes(BUDGET_OF_BYTES), word(size <= BUDGET_OF_BYTES));
    let row = |index: usize, budget: String| {
        vec![
            fetchers[index].name.to_owned(),
            megabytes(peaks[index]),
            ratio_of_bytes(peaks[index], peaks[1]),
            megabytes(sizes[index]),
            ratio_of_bytes(sizes[index], sizes[1]),
            budget,
        ]
    };
    let rows = vec![row(0, budget), row(1, String::new())];
    let header = ["", "peak memory", "to the peer", "added to an image", "to the peer", "budget of what is added"];
    let caption = format!("Memory of the largest process at its peak, the most of {PEAKS} runs; and size on the disk");
    Ok(Table { caption, header: header.to_vec(), rows })
}

fn word(kept: bool) -> &'static str {
    if kept { "kept" } else { "missed" }
}

/// The bytes of a Python package's files and of those it needs.
fn installed(package: &str) -> Result<u64> {
    let mut command = Command::new(binaries::root().join(".jobwire/bench/bin/python"));
    command.arg(binaries::root().join("tests/bench/installed_size.py")).arg(package);
    let output = command.output().context("the Python of the benchmarks cannot be started")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().with_context(|| format!("`{}` is no number of bytes", text.trim()))
}
