//! `fetch-and-run`: a script from S3, run in place of a command that the image would have to hold.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::aws;
use crate::error::{Error, warn};
use crate::script::{self, Signals};

const USAGE: &str = "\
Usage:
  BATCH_FILE_TYPE=script BATCH_FILE_S3_URL=s3://BUCKET/KEY jobwire-runner fetch-and-run SCRIPT-NAME [ARGUMENT...]";

/// Where the script lies.
#[derive(Debug, PartialEq, Eq)]
struct Object {
    bucket: String,
    key: String,
}

/// Downloads the script that the environment names and runs it with all `args` but the first, which is its name.
pub(crate) async fn run(args: &[OsString]) -> Result<ExitCode, Error> {
    let object =
        object_to_run(|name| std::env::var_os(name)).map_err(|message| Error::Environment { message, usage: USAGE })?;
    // From here on a signal must not end the process before the temporary folder is gone.
    let mut signals = Signals::listen().context("cannot listen for signals")?;
    let folder = tempfile::Builder::new()
        .prefix("jobwire-runner-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .context("cannot make a temporary folder")?;
    let outcome = fetch_then_run(&object, folder.path(), args.get(1..).unwrap_or_default(), &mut signals).await;
    tidy(folder);
    Ok(outcome?)
}

async fn fetch_then_run(object: &Object, folder: &Path, args: &[OsString], signals: &mut Signals) -> Result<ExitCode> {
    let path = folder.join("script");
    tokio::select! {
        fetched = download(object, &path) => fetched
            .with_context(|| format!("cannot download s3://{}/{}", object.bucket, object.key))?,
        signal = signals.next() => return Ok(script::ended_by(signal)),
    }
    script::run(&path, args, signals).await.context("cannot run the script")
}

/// Reads the environment as far as it says what to run; the error is for the user.
fn object_to_run(variable: impl Fn(&str) -> Option<OsString>) -> Result<Object, String> {
    let text = |name: &str| variable(name).map(|value| value.to_string_lossy().into_owned()).unwrap_or_default();
    let url = variable("BATCH_FILE_S3_URL").unwrap_or_default();
    match text("BATCH_FILE_TYPE").as_str() {
        "script" => {}
        "" => return Err("BATCH_FILE_TYPE is not set; it says what lies at BATCH_FILE_S3_URL".to_owned()),
        "zip" => return Err("zip is not run by this version; use BATCH_FILE_TYPE=script".to_owned()),
        other => return Err(format!("BATCH_FILE_TYPE is `{other}`, and this version knows only `script`")),
    }
    if url.is_empty() {
        return Err("BATCH_FILE_S3_URL is not set; it names the script to download".to_owned());
    }
    url.to_str()
        .and_then(|url| url.strip_prefix("s3://")?.split_once('/'))
        .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
        .map(|(bucket, key)| Object { bucket: bucket.to_owned(), key: key.to_owned() })
        .ok_or_else(|| format!("BATCH_FILE_S3_URL is `{}`, and not s3://BUCKET/KEY", url.display()))
}

/// Streams the object into a new executable file that only this user may touch. The file is closed at the end, since
/// the kernel runs no file that is open for writing; and a download that breaks or whose checksum is wrong is an error,
/// so half a script is never run.
async fn download(object: &Object, path: &Path) -> Result<()> {
    let request = aws::s3().await.get_object().bucket(&object.bucket).key(&object.key);
    let mut body = request.send().await.map_err(aws::explain)?.body;
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o700).open(path)?;
    while let Some(chunk) = body.try_next().await? {
        file.write_all(&chunk)?;
    }
    Ok(())
}

/// Removes the folder, or leaves it to the user who asked for that. Neither changes the script's outcome.
fn tidy(folder: TempDir) {
    if std::env::var_os("KEEP_BATCH_FILE_CONTENTS").is_some_and(|value| !value.is_empty()) {
        warn(&format!("kept {}", folder.keep().display()));
    } else if let Err(error) = folder.close() {
        warn(&format!("cannot remove the temporary folder: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_url(url: &str) -> Result<Object, String> {
        object_to_run(|name| Some(if name == "BATCH_FILE_TYPE" { "script".into() } else { url.into() }))
    }

    #[test]
    fn a_key_is_everything_after_the_bucket_as_it_stands() {
        let key = "jobs/a b+c%20?d#é.sh";
        assert_eq!(
            with_url(&format!("s3://bucket/{key}")),
            Ok(Object { bucket: "bucket".to_owned(), key: key.to_owned() })
        );
    }

    #[test]
    fn an_address_without_scheme_bucket_or_key_is_refused() {
        for url in ["", "bucket/key", "https://bucket/key", "s3://", "s3://bucket", "s3://bucket/", "s3:///key"] {
            assert!(with_url(url).is_err(), "{url}");
        }
    }
}
