//! The look of a moment in an event.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The moment that `text` names as RFC 3339 writes it (`2026-11-21T06:00:00Z`); prose in its place names none.
#[must_use]
pub fn rfc3339(text: &str) -> Option<OffsetDateTime> {
    // The library takes any character between date and time.
    let separated = matches!(text.as_bytes().get(10), Some(b'T' | b't'));
    if separated { OffsetDateTime::parse(text, &Rfc3339).ok() } else { None }
}

/// Whether `text` is such a moment.
#[must_use]
pub fn is_rfc3339(text: &str) -> bool {
    rfc3339(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::is_rfc3339;

    #[test]
    fn moments_are_told_from_prose() {
        for good in ["2026-11-21T06:00:00Z", "1970-01-01T00:00:00.000Z", "2026-11-21t06:00:00+08:00"] {
            assert!(is_rfc3339(good), "{good}");
        }
        for bad in [
            "",
            "The time, in ISO-8601 format",
            "2026-13-21T06:00:00Z",
            "2026-11-21\\06:00:00Z",
            "2026-11-21 06:00:00Z",
            "2026-11-21T06:00:00",
            "2026-11-21T06:00:00.Z",
            "<aws.scheduler.scheduled-time>",
            "2026-11-21T06:00:00Zé",
        ] {
            assert!(!is_rfc3339(bad), "{bad}");
        }
    }
}
