//! Schedule expressions: what is taken is what EventBridge takes.

use jobwire_core::schedule::check;
use libfuzzer_sys::Corpus;

/// Characters of a schedule expression.
/// <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html>
const LONGEST: usize = 256;

/// Takes any text for a schedule expression.
#[must_use]
pub fn any(bytes: &[u8]) -> Corpus {
    let Ok(text) = str::from_utf8(bytes) else { return Corpus::Reject };
    match check(text) {
        Ok(()) => {
            let of_schedules = |byte: u8| byte.is_ascii_alphanumeric() || b"() *?/,-#:".contains(&byte);
            assert!(text.bytes().all(of_schedules), "a character that no schedule has: {text:?}");
            assert!(text.len() <= LONGEST, "{} characters", text.len());
        }
        Err(problem) => assert!(!problem.message.is_empty(), "a problem without words"),
    }
    Corpus::Keep
}
