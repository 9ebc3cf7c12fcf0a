//! What the environment says is to be fetched.

use std::ffi::OsString;

use crate::limits::Limits;

/// How the script comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileType {
    /// The object is the script itself.
    Script,
    /// The object is an archive, and the command names a file in it.
    Archive(Format),
}

/// The archives that can be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Zip,
    TarGz,
}

/// The object that the script comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
    /// What SHA-256 must make of the object's bytes.
    pub(crate) sha256: Option<[u8; 32]>,
}

/// All of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) file_type: FileType,
    pub(crate) object: Object,
    pub(crate) limits: Limits,
}

impl Source {
    /// Reads the variables; the error is for the user. A variable without text counts as one that is not set.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let text = |name: &str| match variable(name).filter(|value| !value.is_empty()) {
            None => Ok(None),
            Some(value) => value.into_string().map(Some).map_err(|_| format!("{name} is no UTF-8 text")),
        };
        let file_type = match text("BATCH_FILE_TYPE")?.as_deref() {
            Some("script") => FileType::Script,
            Some("zip") => FileType::Archive(Format::Zip),
            Some("tar.gz" | "tgz") => FileType::Archive(Format::TarGz),
            Some(other) => {
                return Err(format!("BATCH_FILE_TYPE is `{other}`, and must be `script`, `zip`, `tar.gz` or `tgz`"));
            }
            None => {
                return Err(
                    "BATCH_FILE_TYPE is not set; it says what lies at BATCH_FILE_S3_URL: script, zip or tar.gz"
                        .to_owned(),
                );
            }
        };
        let Some(url) = text("BATCH_FILE_S3_URL")? else {
            return Err("BATCH_FILE_S3_URL is not set; it names what to download, as s3://BUCKET/KEY".to_owned());
        };
        let (bucket, key) = bucket_and_key(&url)?;
        let sha256 = match text("BATCH_FILE_SHA256")? {
            None => None,
            Some(digits) => Some(sha256(&digits).ok_or("BATCH_FILE_SHA256 is not 64 hexadecimal digits")?),
        };
        let object = Object { bucket, key, version_id: text("BATCH_FILE_S3_VERSION_ID")?, sha256 };
        Ok(Self { file_type, object, limits: Limits::read(text)? })
    }
}

/// A key is everything after the bucket as it stands: nothing in it is decoded or cleaned.
fn bucket_and_key(url: &str) -> Result<(String, String), String> {
    let fault = |what: &str| format!("BATCH_FILE_S3_URL is `{url}`, and {what}: it must be s3://BUCKET/KEY");
    let Some(rest) = url.strip_prefix("s3://") else { return Err(fault("does not begin with s3://")) };
    match rest.split_once('/') {
        Some(("", _)) => Err(fault("names no bucket")),
        None | Some((_, "")) => Err(fault("names no key")),
        Some((_, key)) if key.ends_with('/') => Err(fault("ends with `/`, as folders do and no file does")),
        Some((bucket, key)) => Ok((bucket.to_owned(), key.to_owned())),
    }
}

/// The 32 bytes that 64 hexadecimal digits stand for.
fn sha256(digits: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = digits
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    bytes.try_into().ok().filter(|_| digits.len() == 64)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Source, String> {
        let given = |name: &str| variables.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).into());
        Source::read(|name| {
            given(name).or(match name {
                "BATCH_FILE_TYPE" => Some("script".into()),
                "BATCH_FILE_S3_URL" => Some("s3://bucket/key".into()),
                _ => None,
            })
        })
    }

    #[test]
    fn a_key_is_everything_after_the_bucket_as_it_stands() {
        let key = "jobs//a b+c%20?d#é.sh ";
        let source = with(&[("BATCH_FILE_S3_URL", &format!("s3://bucket/{key}"))]).unwrap();
        assert_eq!((source.object.bucket.as_str(), source.object.key.as_str()), ("bucket", key));
    }

    #[test]
    fn an_address_without_scheme_bucket_or_key_is_refused_with_what_is_wrong() {
        for (url, words) in [
            ("", "is not set"),
            ("bucket/key", "does not begin with s3://"),
            ("https://bucket/key", "does not begin with s3://"),
            ("s3://", "names no key"),
            ("s3://bucket", "names no key"),
            ("s3://bucket/", "names no key"),
            ("s3:///key", "names no bucket"),
            ("s3://bucket/jobs/", "ends with `/`"),
        ] {
            let error = with(&[("BATCH_FILE_S3_URL", url)]).unwrap_err();
            assert!(error.contains(words), "{url}: {error}");
        }
    }

    #[test]
    fn every_type_and_no_other_is_known() {
        for (name, file_type) in [
            ("script", FileType::Script),
            ("zip", FileType::Archive(Format::Zip)),
            ("tar.gz", FileType::Archive(Format::TarGz)),
            ("tgz", FileType::Archive(Format::TarGz)),
        ] {
            assert_eq!(with(&[("BATCH_FILE_TYPE", name)]).unwrap().file_type, file_type);
        }
        for name in ["", "Script", "tar", "rar"] {
            assert!(with(&[("BATCH_FILE_TYPE", name)]).is_err(), "{name}");
        }
    }

    #[test]
    fn a_checksum_is_64_hexadecimal_digits_of_either_case() {
        let mut bytes = [0; 32];
        (bytes[0], bytes[31]) = (0xAB, 0x0F);
        let digits = format!("aB{}0f", "00".repeat(30));
        assert_eq!(with(&[("BATCH_FILE_SHA256", &digits)]).unwrap().object.sha256, Some(bytes));
        for wrong in
            [&digits[1..], &format!("{digits}00"), &format!("+{}", &digits[1..]), &format!("é{}", &digits[2..])]
        {
            assert!(with(&[("BATCH_FILE_SHA256", wrong)]).is_err(), "{wrong}");
        }
    }
}
