//! The peer of `check` and `render`: `tests/bench/peer.py`, in a virtual environment of its own.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, ensure};
use jobwire_tests::binaries;

use crate::program::{Expectation, Program};

/// What tables call it.
pub(crate) const NAME: &str = "Python: PyYAML, Jinja2";

/// The peer with these arguments.
pub(crate) fn program<'a>(arguments: &[&str], files: &[&Path], expectation: Expectation<'a>) -> Result<Program<'a>> {
    let python = binaries::root().join(".jobwire/bench/bin/python");
    ensure!(python.is_file(), "the peer's virtual environment is not there: `make bench` makes it");
    let script = binaries::root().join("tests/bench/peer.py");
    let arguments: Vec<OsString> = std::iter::once(script.into_os_string())
        .chain(arguments.iter().map(OsString::from))
        .chain(files.iter().map(|file| file.as_os_str().to_owned()))
        .collect();
    Ok(Program { name: NAME, path: python, arguments, expectation })
}
