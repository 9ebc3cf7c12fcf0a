//! Numbers that are digits and nothing else.

/// The number that these digits are. Rust's own reading takes a sign too, which neither cron nor Batch does.
pub(crate) fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn digits_alone_are_a_number() {
        assert_eq!((digits("0"), digits("042"), digits("4294967295")), (Some(0), Some(42), Some(u32::MAX)));
        for bad in ["", "+5", "-5", " 5", "5.0", "4294967296", "٥"] {
            assert_eq!(digits(bad), None, "{bad}");
        }
    }
}
