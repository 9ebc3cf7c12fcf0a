//! The look of a moment in an event.

/// Whether `text` is a moment as RFC 3339 writes it (`2026-11-21T06:00:00Z`), so that prose in its place is refused.
#[must_use]
pub fn is_rfc3339(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = |range: std::ops::Range<usize>, pattern: &[u8]| {
        bytes.get(range).is_some_and(|part| {
            part.iter().zip(pattern).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                other => byte.eq_ignore_ascii_case(other),
            })
        })
    };
    if !shape(0..19, b"0000-00-00T00:00:00") {
        return false;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<u32>().unwrap_or(u32::MAX);
    let in_range = (1..=12).contains(&number(5..7))
        && (1..=31).contains(&number(8..10))
        && number(11..13) <= 23
        && number(14..16) <= 59
        && number(17..19) <= 60;
    let mut rest = &bytes[19..];
    if let [b'.', fraction @ ..] = rest {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return false;
        }
        rest = &fraction[digits..];
    }
    in_range
        && (rest.eq_ignore_ascii_case(b"Z")
            || matches!(rest, [b'+' | b'-', h1, h2, b':', m1, m2] if [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit())))
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
            "2026-11-21T06:00:00",
            "2026-11-21T06:00:00.Z",
            "<aws.scheduler.scheduled-time>",
            "2026-11-21T06:00:00Zé",
        ] {
            assert!(!is_rfc3339(bad), "{bad}");
        }
    }
}
