//! Job names that Batch takes, made from any text.

use crate::key::hash16;
use crate::limits::JOB_NAME_LENGTH;

/// A valid job name for `text`, ended by `suffix` where there is one.
///
/// A text that has to be changed (a character that Batch refuses, too many of them, nothing at all) gets eight digits of
/// its own hash, so that two texts never give one name. The suffix is the occurrence's and trigger's hash, by which a
/// job can be found again.
#[must_use]
pub fn job_name(text: &str, suffix: Option<&str>) -> String {
    let tail = suffix.map(|suffix| format!("-{suffix}")).unwrap_or_default();
    let room = JOB_NAME_LENGTH - tail.len();
    if is_valid(text) && text.len() <= room && !looks_shortened(text) {
        return format!("{text}{tail}");
    }
    let hash = &hash16(&[text])[..8];
    let mut name: String = text
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() || character == '_' { character } else { '-' })
        .skip_while(|character| !character.is_ascii_alphanumeric())
        .take(room - hash.len() - 1)
        .collect();
    if name.is_empty() {
        name.push_str("job");
    }
    format!("{name}-{hash}{tail}")
}

/// Whether Batch takes `text` as a job name.
#[must_use]
pub fn is_valid(text: &str) -> bool {
    text.len() <= JOB_NAME_LENGTH
        && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Whether the text ends as changed names do, so that it might be taken for one.
fn looks_shortened(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(_, end)| {
        end.len() == 8 && end.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::{is_valid, job_name};
    use proptest::prelude::*;

    #[test]
    fn a_good_name_stays_and_a_bad_one_stays_readable() {
        assert_eq!(job_name("consume-lovelive", Some("0123456789abcdef")), "consume-lovelive-0123456789abcdef");
        assert_eq!(job_name("check-feed", None), "check-feed");
        assert!(job_name("label-incoming/a b+c.xml", None).starts_with("label-incoming-a-b-c-xml-"));
        assert!(is_valid(&job_name("", None)) && is_valid(&job_name("猫", Some("0123456789abcdef"))));
    }

    proptest! {
        /// Whatever the text, the name is one that Batch takes.
        #[test]
        fn every_name_is_valid(text in any::<String>(), suffixed in any::<bool>()) {
            prop_assert!(is_valid(&job_name(&text, suffixed.then_some("0123456789abcdef"))));
        }

        /// Two texts never give one name.
        #[test]
        fn names_are_as_different_as_texts(left in "[a-c/. -]{0,130}", right in "[a-c/. -]{0,130}") {
            prop_assume!(left != right);
            prop_assert_ne!(job_name(&left, None), job_name(&right, None));
        }
    }
}
