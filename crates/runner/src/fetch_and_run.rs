//! `fetch-and-run`: a script from S3, run in place of a command that the image would have to hold.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::archive::{Unpacked, unpack};
use crate::download::download;
use crate::error::{Error, warn};
use crate::limits::Limits;
use crate::script::{self, Script, Signals, ended_by};
use crate::source::{FileType, Format, Source};

/// The names by which this program is `fetch-and-run` without being told so.
pub(crate) const NAMES: [&str; 2] = ["fetch_and_run.sh", "fetch-and-run"];

/// Downloads what the environment names and runs it. Of a script all `args` but the first are its arguments, and the first
/// is its name; of an archive the first names the file in it to run.
pub(crate) async fn run(args: &[OsString]) -> Result<ExitCode, Error> {
    let source = Source::read(|name| std::env::var_os(name)).map_err(Error::Environment)?;
    let member = match (source.file_type, args.first()) {
        (FileType::Script, _) => None,
        (FileType::Archive(_), None) => {
            return Err(Error::Environment("no argument names the file of the archive that is to be run".to_owned()));
        }
        (FileType::Archive(format), Some(name)) => Some((format, Path::new(name))),
    };
    // From here on a signal must not end the process before the temporary folder is gone.
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    let folder = tempfile::Builder::new()
        .prefix("jobwire-runner-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .with_context(|| format!("cannot make a temporary folder in {}", std::env::temp_dir().display()))?;
    let args = args.get(1..).unwrap_or_default();
    let outcome = match fetch(&source, member, folder.path(), &mut signals).await {
        Ok(Fetched::Script(script)) => script::run(&script, args, &mut signals).await.context("cannot run the script"),
        Ok(Fetched::Ended(code)) => Ok(code),
        Err(error) => Err(error),
    };
    tidy(folder);
    Ok(outcome?)
}

/// What comes of fetching.
enum Fetched {
    Script(Script),
    /// A signal came first.
    Ended(ExitCode),
}

async fn fetch(
    source: &Source,
    member: Option<(Format, &Path)>,
    folder: &Path,
    signals: &mut Signals,
) -> Result<Fetched> {
    let object = &source.object;
    let path = folder.join("script");
    tokio::select! {
        fetched = download(object, source.limits, &path) => fetched
            .with_context(|| format!("cannot download s3://{}/{}", object.bucket, object.key))?,
        signal = signals.next_end() => return Ok(Fetched::Ended(ended_by(signal))),
    }
    let Some((format, name)) = member else { return Ok(Fetched::Script(Script { path, dir: None })) };
    let unpacked = unpack_unless_ended(format, &path, &folder.join("contents"), source.limits, signals).await;
    let unpacked = unpacked.with_context(|| format!("cannot unpack s3://{}/{}", object.bucket, object.key))?;
    let unpacked = match unpacked {
        Ok(unpacked) => unpacked,
        Err(code) => return Ok(Fetched::Ended(code)),
    };
    // Its room may be needed.
    fs::remove_file(&path)?;
    let path = unpacked.member(name)?;
    let mode = fs::metadata(&path)?.permissions().mode();
    fs::set_permissions(&path, Permissions::from_mode(mode | 0o100))?;
    Ok(Fetched::Script(Script { path, dir: Some(unpacked.folder().to_owned()) }))
}

/// Unpacks on a thread of its own, so that a signal is heard meanwhile; then the exit code is the error.
async fn unpack_unless_ended(
    format: Format,
    archive: &Path,
    folder: &Path,
    limits: Limits,
    signals: &mut Signals,
) -> Result<Result<Unpacked, ExitCode>> {
    let stop = Arc::new(AtomicBool::new(false));
    let (archive, folder, stopped) = (archive.to_owned(), folder.to_owned(), Arc::clone(&stop));
    let mut unpacking = tokio::task::spawn_blocking(move || unpack(format, &archive, &folder, limits, &stopped));
    tokio::select! {
        unpacked = &mut unpacking => Ok(Ok(unpacked.context("the thread that unpacks has ended")??)),
        signal = signals.next_end() => {
            stop.store(true, Ordering::Relaxed);
            // Nothing may be written any more when the folder is removed.
            let _stopped = unpacking.await;
            Ok(Err(ended_by(signal)))
        }
    }
}

/// Removes the folder, or leaves it to the user who asked for that. Neither changes the script's outcome.
fn tidy(folder: TempDir) {
    if std::env::var_os("KEEP_BATCH_FILE_CONTENTS").is_some_and(|value| !value.is_empty()) {
        warn(&format!("kept {}", folder.keep().display()));
    } else if let Err(error) = folder.close() {
        warn(&format!("cannot remove the temporary folder: {error}"));
    }
}
