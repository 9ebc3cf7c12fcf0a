//! A program that fetches the script and runs it, measured from spawn to the script's first line.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use jobwire_tests::binaries;

use crate::measure::Timing;
use crate::program::used_by_children;
use crate::store::{MARK, OBJECT, Store};

/// The variables that every fetcher gets, and no others.
pub(crate) type Environment = Vec<(&'static str, OsString)>;

/// A program with its arguments.
pub(crate) struct Fetcher<'a> {
    /// What tables call it.
    pub(crate) name: &'a str,
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// Its variables.
    pub(crate) environment: &'a Environment,
}

/// What a job of AWS Batch would see, as far as both sides need it: `store` is its S3, `folder` has room for its files.
pub(crate) fn environment(store: &Store, folder: &Path) -> Environment {
    // The CLI lies in the environment that `make bench` makes, as a package of Python.
    let mut path = binaries::root().join(".jobwire/bench/bin").into_os_string();
    path.push(":/usr/bin:/bin");
    vec![
        ("PATH", path),
        ("HOME", folder.into()),
        ("TMPDIR", folder.into()),
        ("AWS_ENDPOINT_URL", store.url.clone().into()),
        ("AWS_REGION", "eu-central-1".into()),
        // The CLI of version 1 knows no other name of it.
        ("AWS_DEFAULT_REGION", "eu-central-1".into()),
        ("AWS_ACCESS_KEY_ID", "test".into()),
        ("AWS_SECRET_ACCESS_KEY", "test".into()),
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ("BATCH_FILE_TYPE", "script".into()),
        ("BATCH_FILE_S3_URL", OBJECT.into()),
    ]
}

impl Fetcher<'_> {
    /// Runs it once. The wall clock stops at the script's first line, the processors' use is that of all its processes.
    pub(crate) fn run(&self) -> Result<Timing> {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let used = used_by_children()?;
        let began = Instant::now();
        let mut child =
            command.spawn().with_context(|| format!("{}: {} cannot be started", self.name, self.path.display()))?;
        let mut output = BufReader::new(child.stdout.take().context("there is no standard output")?);
        let mut line = String::new();
        let read = output.read_line(&mut line);
        let wall = began.elapsed();
        let ended = child.wait_with_output()?;
        let cpu = used_by_children()?.saturating_sub(used);
        read.context("standard output cannot be read")?;
        ensure!(
            ended.status.success() && line == MARK,
            "{} ended with {} after the line `{}`: {}",
            self.name,
            ended.status,
            line.trim(),
            String::from_utf8_lossy(&ended.stderr).trim()
        );
        Ok(Timing { wall, cpu })
    }
}
