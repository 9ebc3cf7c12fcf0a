//! The seal of a compiled trigger file: by it a function sees at its cold start that the file was checked.
//!
//! It is a hash over the file and the version of the check. So what was changed by hand, or checked by another version, has no
//! whole seal, and is checked again. It is no signature: whoever may write the file may also leave out a function's checks.

use crate::key::hash16;

/// The seal is the last member of the file's object.
const BEFORE: &str = ",\"checked\":\"";
const BEHIND: &str = "\"}\n";
const END: &str = "}\n";

/// The compiled form with its seal.
pub(crate) fn put(text: &str) -> String {
    let Some(members) = text.strip_suffix(END) else { return text.to_owned() };
    format!("{members}{BEFORE}{}{BEHIND}", of(members))
}

/// Whether the text has a seal, and is as it was when it got it.
pub(crate) fn is_whole(text: &str) -> bool {
    let parts = text.strip_suffix(BEHIND).and_then(|text| text.rsplit_once(BEFORE));
    parts.is_some_and(|(members, seal)| seal == of(members))
}

fn of(members: &str) -> String {
    hash16(&[env!("CARGO_PKG_VERSION"), members])
}

#[cfg(test)]
mod tests {
    use super::{is_whole, put};

    #[test]
    fn a_seal_is_whole_until_any_byte_of_its_file_changes() {
        let text = "{\"version\":1,\"triggers\":[\",\\\"checked\\\":\\\"\"]}\n";
        let sealed = put(text);
        assert!(is_whole(&sealed) && !is_whole(text), "{sealed}");
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] ^= 1;
            assert!(!is_whole(std::str::from_utf8(&bytes).unwrap_or_default()), "byte {at}");
        }
        assert!(!is_whole(&sealed.replacen('{', "{ ", 1)));
    }
}
