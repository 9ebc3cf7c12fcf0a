//! Schedule expressions: what is taken is what EventBridge takes.

use jobwire_core::calendar::Cron;
use jobwire_core::schedule::check;
use jobwire_core::time::rfc3339;
use libfuzzer_sys::Corpus;
use time::PrimitiveDateTime;

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
            if text.starts_with("cron(") {
                due(text);
            }
        }
        Err(problem) => assert!(!problem.message.is_empty(), "a problem without words"),
    }
    Corpus::Keep
}

/// What is taken has a calendar, whose two directions agree.
fn due(text: &str) {
    let Some(cron) = Cron::read(text) else { panic!("no calendar: {text:?}") };
    let now = rfc3339("2026-11-21T12:00:00Z").map(|now| PrimitiveDateTime::new(now.date(), now.time()));
    let Some(next) = now.and_then(|now| cron.next_after(now)) else { return };
    assert!(cron.is_due(next), "{text:?} is next due at {next}, and is not due then");
    assert_eq!(cron.last_until(next), Some(next), "{text:?}");
}
