//! Text that others wrote, such as job names, reasons and log lines, made fit for a terminal.

use std::fmt::Write as _;

/// Characters that change how what stands around them is shown.
fn is_hidden_command(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text without escape sequences; a control character that is left becomes the picture of itself, so that it is
/// seen and does nothing.
pub(crate) fn plain(text: &str) -> String {
    let text = console::strip_ansi_codes(text.trim_end_matches(['\r', '\n']));
    text.chars().map(shown).collect()
}

fn shown(character: char) -> char {
    match character {
        '\t' => '\t',
        // Unicode has a picture for each of these, in their order.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' => '\u{fffd}',
        other if is_hidden_command(other) => '\u{fffd}',
        other => other,
    }
}

/// JSON in one line that holds its strings unchanged, and no character that a terminal obeys.
pub(crate) fn json_line(value: &serde_json::Value) -> String {
    let mut line = String::new();
    for character in value.to_string().chars() {
        // serde_json escapes what lies below the blank; these can stand within strings alone.
        if matches!(character, '\u{7f}'..='\u{9f}') || is_hidden_command(character) {
            // To write into a string never fails.
            let _ = write!(line, "\\u{:04x}", u32::from(character));
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn escape_sequences_are_dropped_and_control_characters_are_pictures() {
        for (text, wanted) in [
            ("\u{1b}[31mred\u{1b}[0m\r\n", "red"),
            ("\u{1b}]0;a new title\u{7}text", "text"),
            ("\u{1b}", "␛"),
            ("a\u{1b}\u{1b}[2Jb", "a␛b"),
            ("10 %\r20 %", "10 %␍20 %"),
            ("tab\there\u{8}\u{7f}\u{9b}2J\u{85}", "tab\there␈␡�"),
            ("\u{202e}txt.exe", "�txt.exe"),
            ("naïve 日本語", "naïve 日本語"),
        ] {
            assert_eq!(plain(text), wanted);
        }
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_left_of_any_character() {
        for character in (0..0x3000).filter_map(char::from_u32).filter(|character| *character != '\t') {
            let text = plain(&format!("a{character}b"));
            assert!(!text.chars().any(|shown| shown.is_control() || is_hidden_command(shown)), "{character:?}");
        }
    }

    #[test]
    fn json_keeps_the_text_and_holds_no_raw_control_character() {
        let text = "\u{1b}[31m \u{9b}2J \u{202e} \u{7f}\n";
        let line = json_line(&json!({ "line": text }));
        assert!(!line.chars().any(|shown| shown.is_control() || is_hidden_command(shown)), "{line}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).ok(), Some(json!({ "line": text })));
    }
}
