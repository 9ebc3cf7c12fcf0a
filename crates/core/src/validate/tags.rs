//! Tags of a job.

use std::collections::BTreeMap;

use super::findings::Findings;
use crate::limits::{TAG_KEY_LENGTH, TAG_VALUE_LENGTH, TAGS};
use crate::problem::field;

pub(super) fn tags(tags: &BTreeMap<String, String>, findings: &mut Findings<'_>) {
    if tags.len() > TAGS {
        findings.add("tags", format!("are {} with jobwire's own, and a job may have {TAGS}", tags.len()));
    }
    for (key, value) in tags {
        let path = field("tags", key);
        let length = key.chars().count();
        if key.is_empty() || length > TAG_KEY_LENGTH {
            findings.add(&path, format!("is a key of {length} characters, and a tag's key has 1 to {TAG_KEY_LENGTH}"));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            findings.add(&path, "is a key that begins with `aws:`, which AWS keeps for itself");
        }
        if value.to_ascii_lowercase().starts_with("aws:") {
            findings.add(&path, "begins with `aws:`, which AWS keeps for itself");
        }
        let length = value.chars().count();
        if length > TAG_VALUE_LENGTH {
            findings.add(&path, format!("is {length} characters, and a tag's value has at most {TAG_VALUE_LENGTH}"));
        }
        if !key.chars().chain(value.chars()).all(is_tag_character) {
            findings.add_with_help(
                &path,
                "holds a character that tags do not take",
                "letters, digits, spaces and + - = . _ : / @",
            );
        }
    }
}

/// The characters that every AWS service takes in tags.
#[must_use]
pub fn is_tag_character(character: char) -> bool {
    character.is_alphanumeric() || character == ' ' || "+-=._:/@".contains(character)
}
