//! From S3 to a file, in pieces, with its size and its checksum held against what was asked.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Result, anyhow, bail, ensure};
use aws_sdk_s3::error::ProvideErrorMetadata;
use sha2::{Digest, Sha256};

use crate::aws;
use crate::limits::Limits;
use crate::source::Object;

/// Writes the object into a new file that only this user may touch or execute. The file is closed at the end, since the
/// kernel runs no file that is open for writing; and a download that breaks, or whose checksum is wrong, is an error, so
/// half a script is never run.
pub(crate) async fn download(object: &Object, limits: Limits, path: &Path) -> Result<()> {
    let request = aws::s3().await?.get_object().bucket(&object.bucket).key(&object.key);
    let request = request.set_version_id(object.version_id.clone());
    let answer = request.send().await.map_err(|error| {
        let advice = error.code().and_then(advice).unwrap_or_default();
        anyhow!("{:#}{advice}", aws::explain(error))
    })?;
    let too_large = || format!("the object has more than {} MiB; BATCH_FILE_MAX_MIB sets the limit", limits.mib());
    let declared = answer.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or_default();
    ensure!(declared <= limits.bytes, too_large());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o700).open(path)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut body = answer.body;
    while let Some(chunk) = body.try_next().await? {
        bytes += u64::try_from(chunk.len())?;
        ensure!(bytes <= limits.bytes, too_large());
        hash.update(&chunk);
        file.write_all(&chunk)?;
    }
    match object.sha256 {
        Some(wanted) if wanted[..] != hash.finalize()[..] => {
            bail!("the object's SHA-256 is not BATCH_FILE_SHA256: it is another version, or was changed")
        }
        _ => Ok(()),
    }
}

/// What to do about a fault that has one cause.
fn advice(code: &str) -> Option<&'static str> {
    match code {
        "AccessDenied" => Some(
            "; the job's role needs s3:GetObject on it (s3:GetObjectVersion where a version is named), and without \
             s3:ListBucket S3 says the same of a missing object",
        ),
        "PermanentRedirect" => Some("; the bucket is in another Region: set AWS_REGION to it"),
        _ => None,
    }
}
