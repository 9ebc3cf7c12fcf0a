//! What the figures were measured on.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use jobwire_tests::binaries;
use time::OffsetDateTime;

/// A machine at a moment, with the versions of what is measured.
pub(crate) struct Machine {
    lines: Vec<String>,
}

impl Machine {
    /// Reads it from the system and from the programs.
    pub(crate) fn read() -> Result<Self> {
        let cpu = file("/proc/cpuinfo")?;
        let models = || cpu.lines().filter_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let model = models().next().map_or("CPU of unknown model", |(_, model)| model);
        let cores = std::thread::available_parallelism().context("the number of cores is not known")?;
        let kernel = file("/proc/sys/kernel/osrelease")?;
        let load = file("/proc/loadavg")?;
        let load = load.split(' ').take(1).collect::<String>();
        let python = said(Command::new(binaries::root().join(".jobwire/bench/bin/python")).arg("--version"))?;
        let packages = file(&binaries::root().join("tests/bench/requirements.txt").to_string_lossy())?;
        let packages: Vec<String> = packages.lines().map(|line| line.replace("==", " ")).collect();
        let lines = vec![
            format!("Machine: {model}, {cores} cores, Linux {}", kernel.trim()),
            format!("Date: {}; load average when it began: {load}", OffsetDateTime::now_utc().date()),
            format!(
                "Versions: jobwire {} (release build), {}; {python}, {}",
                // Every package of the workspace has the same.
                env!("CARGO_PKG_VERSION"),
                said(Command::new("rustc").arg("--version"))?,
                packages.join(", ")
            ),
        ];
        Ok(Self { lines })
    }

    /// It as a list.
    pub(crate) fn lines(&self) -> String {
        self.lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
    }
}

fn file(path: &str) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{path} cannot be read"))
}

/// What a program says about itself.
fn said(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{program} cannot be started"))?;
    ensure!(output.status.success(), "{program} does not say its version: {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
