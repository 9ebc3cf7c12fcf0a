//! When a failed attempt is tried again.

use super::findings::Findings;
use crate::limits::{ATTEMPTS, EXIT_CONDITIONS, PATTERN_LENGTH};
use crate::problem::{field, item};
use crate::request::RetryStrategy;

pub(super) fn strategy(strategy: &RetryStrategy, findings: &mut Findings<'_>) {
    const CONDITIONS: &str = "retryStrategy.evaluateOnExit";
    match strategy.attempts {
        Some(attempts) => findings.in_range("retryStrategy.attempts", attempts, &ATTEMPTS),
        None => findings.add("retryStrategy.attempts", "is missing, and Batch takes no retry strategy without it"),
    }
    let count = strategy.evaluate_on_exit.len();
    if count > EXIT_CONDITIONS {
        findings.add(CONDITIONS, format!("has {count} conditions, and Batch takes {EXIT_CONDITIONS}"));
    }
    for (index, condition) in strategy.evaluate_on_exit.iter().enumerate() {
        let path = item(CONDITIONS, index);
        if !["RETRY", "EXIT"].contains(&condition.action.as_str()) {
            findings.add(&field(&path, "action"), "must be one of RETRY, EXIT");
        }
        for (name, pattern) in [("onStatusReason", &condition.on_status_reason), ("onReason", &condition.on_reason)] {
            let of_reason = |character: char| {
                character.is_ascii_alphanumeric() || character.is_ascii_whitespace() || ".:".contains(character)
            };
            check(pattern.as_deref(), &field(&path, name), of_reason, "letters, digits, spaces, `.` and `:`", findings);
        }
        let digit = |character: char| character.is_ascii_digit();
        check(condition.on_exit_code.as_deref(), &field(&path, "onExitCode"), digit, "digits", findings);
    }
}

fn check(
    pattern: Option<&str>,
    path: &str,
    takes: impl Fn(char) -> bool,
    characters: &str,
    findings: &mut Findings<'_>,
) {
    let Some(pattern) = pattern else { return };
    let length = pattern.chars().count();
    if pattern.is_empty() || length > PATTERN_LENGTH {
        findings.add(path, format!("is {length} characters, and a pattern has 1 to {PATTERN_LENGTH}"));
    }
    let stem = pattern.strip_suffix('*').unwrap_or(pattern);
    if stem.contains('*') {
        findings.add(path, "has a `*` that is not at its end");
    } else if !stem.chars().all(takes) {
        findings.add(path, format!("holds what a pattern here does not take: {characters}, and one `*` at the end"));
    }
}
