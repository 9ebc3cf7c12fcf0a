//! The seal of a compiled trigger file: by it a function sees at its cold start that the file was checked.
//!
//! It is a hash over the file and over the sources of the checks. So what was changed by hand, or checked by other sources, has
//! no whole seal, and is checked again. It is no signature: whoever may write the file may also leave out a function's checks.

use crate::key::hash16;

/// The seal is the last member of the file's object.
const BEFORE: &str = ",\"checked\":\"";
const BEHIND: &str = "\"}\n";
const END: &str = "}\n";

/// Who checks: these very sources, by the hash that the build made of them.
pub(crate) const CHECKS: &str = env!("JOBWIRE_CHECKS");

/// The compiled form with the seal of who has checked it.
pub(crate) fn put(text: &str, checks: &str) -> String {
    let Some(members) = text.strip_suffix(END) else { return text.to_owned() };
    format!("{members}{BEFORE}{}{BEHIND}", of(members, checks))
}

/// Whether the text has the seal of these checks, and is as it was when it got it.
pub(crate) fn is_whole(text: &str, checks: &str) -> bool {
    let parts = text.strip_suffix(BEHIND).and_then(|text| text.rsplit_once(BEFORE));
    parts.is_some_and(|(members, seal)| seal == of(members, checks))
}

fn of(members: &str, checks: &str) -> String {
    hash16(&[checks, members])
}

#[cfg(test)]
mod tests {
    use super::{CHECKS, is_whole, put};

    #[test]
    fn a_seal_is_whole_until_any_byte_of_its_file_changes() {
        let text = "{\"version\":1,\"triggers\":[\",\\\"checked\\\":\\\"\"]}\n";
        let sealed = put(text, CHECKS);
        assert!(is_whole(&sealed, CHECKS) && !is_whole(text, CHECKS), "{sealed}");
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] ^= 1;
            assert!(!is_whole(std::str::from_utf8(&bytes).unwrap_or_default(), CHECKS), "byte {at}");
        }
        assert!(!is_whole(&sealed.replacen('{', "{ ", 1), CHECKS));
    }

    #[test]
    fn what_other_sources_have_checked_is_checked_again() {
        let text = "{\"version\":1,\"triggers\":[]}\n";
        assert!(is_whole(&put(text, "others"), "others"));
        assert!(!is_whole(&put(text, "others"), CHECKS));
        assert!(CHECKS.len() == 16 && CHECKS.bytes().all(|byte| byte.is_ascii_hexdigit()), "{CHECKS}");
    }
}
