//! SNS message attributes: the user's own, and those that carry a chain from job to job.

use std::ffi::OsString;
use std::str::FromStr;

use anyhow::{Result, anyhow};

/// The data type of every attribute that is sent.
pub(crate) const DATA_TYPE: &str = "String";

/// Each attribute of the chain, and the variable that gives its value. The job that a message starts counts its own
/// depth from the depth of the job that published it, so the depth is passed on as it is.
const CHAIN: [(&str, &str); 3] = [
    ("jobwire.chain", "JOBWIRE_CHAIN_ID"),
    ("jobwire.depth", "JOBWIRE_CHAIN_DEPTH"),
    ("jobwire.parent", "AWS_BATCH_JOB_ID"),
];

/// One message attribute of type String, as SNS takes it:
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    name: String,
    value: String,
}

impl Attribute {
    /// Letters, digits, `_`, `-` and `.`, at most 256 of them.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Any text but the empty one.
    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    /// The bytes that SNS counts towards the size of the message.
    pub(crate) fn size(&self) -> usize {
        self.name.len() + DATA_TYPE.len() + self.value.len()
    }
}

/// Why SNS would refuse an attribute, or we do. No retry helps.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AttributeError {
    /// There is no `=`.
    #[error("expected NAME=VALUE")]
    Shape,
    /// The name breaks the rules of SNS.
    #[error(
        "a name has 1 to 256 letters, digits, `_`, `-` and `.`, no `.` at an end or beside another, and no AWS. or \
         Amazon. in front"
    )]
    Name,
    /// The value is empty, which SNS refuses.
    #[error("the value is empty")]
    EmptyValue,
    /// The name is one that carries the chain; a wrong value would break the limit on a chain's depth.
    #[error("this name is set from the job's environment")]
    Reserved,
}

impl FromStr for Attribute {
    type Err = AttributeError;

    fn from_str(text: &str) -> Result<Self, AttributeError> {
        let (name, value) = text.split_once('=').ok_or(AttributeError::Shape)?;
        if !is_name(name) {
            return Err(AttributeError::Name);
        }
        if CHAIN.iter().any(|(reserved, _)| *reserved == name) {
            return Err(AttributeError::Reserved);
        }
        if value.is_empty() {
            return Err(AttributeError::EmptyValue);
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

fn is_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.len() <= 256
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-.".contains(&c))
        && name.split('.').all(|part| !part.is_empty())
        && !lower.starts_with("aws.")
        && !lower.starts_with("amazon.")
}

/// The chain's attributes, of the variables that are set and not empty; a job outside any chain has none.
pub(crate) fn of_chain(variable: impl Fn(&str) -> Option<OsString>) -> Result<Vec<Attribute>> {
    let set = CHAIN.iter().filter_map(|&(name, key)| variable(key).filter(|v| !v.is_empty()).map(|v| (name, key, v)));
    set.map(|(name, key, value)| {
        let value = value.into_string().map_err(|_| anyhow!("the environment variable {key} is not UTF-8"))?;
        Ok(Attribute { name: name.to_owned(), value })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_further_equals_signs() {
        let attribute: Result<Attribute, _> = "query=a=b".parse();
        assert_eq!(attribute.as_ref().map(Attribute::value), Ok("a=b"));
    }

    #[test]
    fn what_sns_or_the_chain_would_break_on_is_refused() {
        for (text, error) in [
            ("kind", AttributeError::Shape),
            ("=feed", AttributeError::Name),
            ("a b=feed", AttributeError::Name),
            (".a=feed", AttributeError::Name),
            ("a..b=feed", AttributeError::Name),
            ("AWS.SNS=feed", AttributeError::Name),
            ("kind=", AttributeError::EmptyValue),
            ("jobwire.chain=feed", AttributeError::Reserved),
            ("jobwire.depth=0", AttributeError::Reserved),
            ("jobwire.parent=feed", AttributeError::Reserved),
        ] {
            assert_eq!(text.parse::<Attribute>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_name_is_as_long_as_sns_allows() {
        assert!(is_name(&"n".repeat(256)) && !is_name(&"n".repeat(257)));
    }
}
