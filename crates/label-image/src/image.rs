//! The image that the job is about.

use std::fmt::{self, Display, Formatter};

use sha2::{Digest, Sha256};

/// What S3 calls the version of an object that has none.
const NO_VERSION: &str = "null";

/// An object in S3, shown as `s3://BUCKET/KEY`.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) bucket: String,
    pub(crate) key: String,
    version: Option<String>,
}

impl Image {
    /// A job passes a version always, since its command is fixed: `null` or nothing where the object has none.
    pub(crate) fn new(bucket: String, key: String, version: Option<String>) -> Self {
        let version = version.filter(|version| !version.is_empty() && version != NO_VERSION);
        Self { bucket, key, version }
    }

    pub(crate) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The key of the image's row: 32 hexadecimal digits that follow from the object alone, because events arrive twice
    /// and jobs are tried again. The parts come from a command line, which carries no NUL, so no two objects join alike.
    pub(crate) fn id(&self) -> String {
        let parts = [&self.bucket, &self.key, self.version().unwrap_or(NO_VERSION)].join("\0");
        let digest = Sha256::digest(parts);
        let half = digest.iter().take(16).fold(0, |number: u128, byte| number << 8 | u128::from(*byte));
        format!("{half:032x}")
    }

    /// `BUCKET/KEY`.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.bucket, self.key)
    }
}

impl Display for Image {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(bucket: &str, key: &str, version: Option<&str>) -> String {
        Image::new(bucket.to_owned(), key.to_owned(), version.map(str::to_owned)).id()
    }

    #[test]
    fn the_id_is_the_hash_that_sha256sum_makes() {
        // printf 'bucket\0key.jpg\0null' | sha256sum | cut -c-32
        assert_eq!(id("bucket", "key.jpg", None), "5722c22ec251734d2e22bb62002a48c4");
        // printf 'bucket\0key.jpg\0v1' | sha256sum | cut -c-32
        assert_eq!(id("bucket", "key.jpg", Some("v1")), "edd7e0ccf9ba50ae02ebadf128d2fd6a");
    }

    #[test]
    fn the_word_null_and_an_empty_text_are_no_version() {
        assert_eq!(id("bucket", "key.jpg", Some("null")), id("bucket", "key.jpg", None));
        assert_eq!(id("bucket", "key.jpg", Some("")), id("bucket", "key.jpg", None));
    }
}
