//! What is watched, as it is named on the command line.

use std::fmt;
use std::str::FromStr;

/// A job, as it is named on the command line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum JobRef {
    /// Its id, or that of a child (`id:3`) or a node (`id#0`), with the Region of the ARN that it stood in.
    Id { id: String, region: Option<String>, account: Option<String> },
    /// Its name, or how its name begins where a `*` stands behind.
    Name(String),
}

impl FromStr for JobRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("arn:") {
            return of_arn(text).ok_or_else(|| {
                "is an ARN, and not of a job (arn:aws:batch:REGION:ACCOUNT:job/ID): give the job's id, name or ARN"
                    .to_owned()
            });
        }
        if is_id(text) {
            return Ok(Self::Id { id: text.to_owned(), region: None, account: None });
        }
        let name = text.strip_suffix('*').unwrap_or(text);
        let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        let begins = name.starts_with(|first: char| first.is_ascii_alphanumeric());
        if begins && name.len() <= 128 && name.chars().all(fits) {
            return Ok(Self::Name(text.to_owned()));
        }
        Err("must be a job's id, ARN or name (128 letters, digits, hyphens and underscores at most; `*` behind a beginning)"
            .to_owned())
    }
}

impl fmt::Display for JobRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id { id, .. } => write!(f, "the id {id}"),
            Self::Name(name) => match name.strip_suffix('*') {
                Some(beginning) => write!(f, "a name that begins with {beginning}"),
                None => write!(f, "the name {name}"),
            },
        }
    }
}

fn of_arn(text: &str) -> Option<JobRef> {
    let mut parts = text.splitn(6, ':').skip(2);
    let (service, region, account) = (parts.next()?, parts.next()?, parts.next()?);
    let id = parts.next()?.strip_prefix("job/")?;
    let is_plain = |part: &str| part.chars().all(|character| character.is_ascii_alphanumeric() || character == '-');
    if service != "batch" || region.is_empty() || !is_plain(region) || !is_plain(account) || !is_id(id) {
        return None;
    }
    Some(JobRef::Id { id: id.to_owned(), region: Some(region.to_owned()), account: Some(account.to_owned()) })
}

/// Whether it is a UUID, with the index of a child or a node behind it or without.
fn is_id(text: &str) -> bool {
    let (uuid, index) = match text.split_once([':', '#']) {
        Some((uuid, index)) => (uuid, Some(index)),
        None => (text, None),
    };
    let groups: Vec<&str> = uuid.split('-').collect();
    let is_uuid = groups.len() == 5
        && groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && uuid.chars().all(|character| character == '-' || character.is_ascii_hexdigit());
    is_uuid && index.is_none_or(|index| !index.is_empty() && index.chars().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4cd9ba3b-0b0c-41a1-9cde-2ad2ab5a8a0f";

    fn id(id: String) -> JobRef {
        JobRef::Id { id, region: None, account: None }
    }

    #[test]
    fn a_job_is_named_by_id_arn_or_name() {
        assert_eq!(ID.parse().ok(), Some(id(ID.to_owned())));
        assert_eq!(format!("{ID}:12").parse().ok(), Some(id(format!("{ID}:12"))));
        assert_eq!(format!("{ID}#0").parse().ok(), Some(id(format!("{ID}#0"))));
        let arn = format!("arn:aws-cn:batch:cn-north-1:123456789012:job/{ID}:3");
        let (region, account) = (Some("cn-north-1".to_owned()), Some("123456789012".to_owned()));
        assert_eq!(arn.parse().ok(), Some(JobRef::Id { id: format!("{ID}:3"), region, account }));
        for name in ["check-feed", "check-feed*", "4cd9ba3b"] {
            assert_eq!(name.parse().ok(), Some(JobRef::Name(name.to_owned())));
        }
    }

    #[test]
    fn what_is_no_job_is_refused_before_anyone_is_asked() {
        let others =
            ["", "*", "-x", "a b", "a*b", "arn:aws:batch:us-east-1:1:job-queue/q", "arn:aws:s3:::b", "a\u{1b}"];
        for text in
            others.map(str::to_owned).into_iter().chain([format!("{ID}:"), format!("arn:aws:batch:a/b:1:job/{ID}")])
        {
            assert!(text.parse::<JobRef>().is_err(), "{text:?}");
        }
    }
}
