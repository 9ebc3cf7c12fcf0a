//! The virtual environment that ministack and the jobs' Python run in, made on first use.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::steps::Step;

/// What a virtual environment is for, and what is installed into it, every package with its version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packages {
    name: &'static str,
    requirements: &'static str,
}

/// The local cloud, and the SDK of the jobs' scripts.
pub(crate) const MINISTACK: Packages = Packages { name: "ministack", requirements: include_str!("requirements.txt") };

/// Amazon Rekognition.
pub(crate) const MOTO: Packages = Packages { name: "moto", requirements: include_str!("requirements-rekognition.txt") };

/// The oldest Python that the packages take.
const OLDEST: (u32, u32) = (3, 10);

/// The `bin` folder of the virtual environment in `folder`, which is made or renewed where it is not as wanted.
pub(crate) fn environment(packages: Packages, folder: &Path, log: &Path) -> Result<PathBuf> {
    let Packages { name, requirements } = packages;
    let bin = folder.join("bin");
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
    }
    // Several local clouds may share the environment; the first one makes it while the others wait.
    let lock = folder.with_extension("lock");
    let lock = File::create(&lock).with_context(|| format!("{} cannot be written", lock.display()))?;
    lock.lock().context("the virtual environment cannot be locked")?;
    let marker = folder.join("jobwire-requirements.txt");
    if std::fs::read_to_string(&marker).is_ok_and(|installed| installed == requirements) && bin.join("python").exists()
    {
        return Ok(bin);
    }
    let python = python()?;
    let step = Step::begin(&format!("installing {name} into a virtual environment, once"));
    run(Command::new(&python).args(["-m", "venv", "--clear"]).arg(folder), log)
        .context("Python's venv module does not work: on Debian and Ubuntu install python3-venv")?;
    let wanted = folder.join("requirements.txt");
    std::fs::write(&wanted, requirements).with_context(|| format!("{} cannot be written", wanted.display()))?;
    run(
        Command::new(bin.join("python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r"])
            .arg(&wanted),
        log,
    )
    .context("the packages cannot be installed: is PyPI, or the mirror that pip is set to, within reach?")?;
    std::fs::write(&marker, requirements).with_context(|| format!("{} cannot be written", marker.display()))?;
    step.done();
    Ok(bin)
}

/// The Python to make the environment with: `JOBWIRE_PYTHON`, or else `python3`.
fn python() -> Result<PathBuf> {
    let python = std::env::var_os("JOBWIRE_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let (major, minor) = OLDEST;
    let wanted = format!("install Python {major}.{minor} or newer, or name one by JOBWIRE_PYTHON");
    let output = Command::new(&python)
        .args(["-c", "import sys; print(*sys.version_info[:2])"])
        .stderr(Stdio::null())
        .output()
        .with_context(|| format!("{} does not start: {wanted}", python.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().filter_map(|number| number.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(found_major), Some(found_minor)) if (found_major, found_minor) >= OLDEST => Ok(python),
        (Some(found_major), Some(found_minor)) => {
            bail!("{} is Python {found_major}.{found_minor}: {wanted}", python.display())
        }
        _ => bail!("{} does not say its version: {wanted}", python.display()),
    }
}

fn run(command: &mut Command, log: &Path) -> Result<()> {
    let output = File::options()
        .create(true)
        .append(true)
        .open(log)
        .with_context(|| format!("{} cannot be written", log.display()))?;
    let errors = output.try_clone().context("the log cannot be shared")?;
    let status = command.stdin(Stdio::null()).stdout(output).stderr(errors).status().context("it does not start")?;
    if !status.success() {
        bail!("it ended with {status}; its words are in {}", log.display());
    }
    Ok(())
}
