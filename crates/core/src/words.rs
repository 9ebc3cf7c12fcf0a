//! What the words of an expression tell before it is evaluated.
//!
//! minijinja gives no syntax tree, so these look at words and signs alone.

use crate::problem::Problem;

/// Whether the expression reads into `name` (`name.x`, `name["x"]`) before it asks whether there is any.
#[must_use]
pub fn reads_unguarded(expression: &str, name: &str) -> bool {
    let words = words(expression);
    for at in places(&words, &[name]) {
        match words.get(at + 1).copied() {
            Some("." | "[") => return true,
            Some("is") => return false,
            _ => {}
        }
    }
    false
}

/// Whether the expression reads `path` (`exit_code`, `sns.Subject`) with neither a default behind it nor a question
/// whether it is there.
#[must_use]
pub fn reads_bare(expression: &str, path: &str) -> bool {
    // Most expressions do not even have the word.
    if !path.rsplit('.').next().is_some_and(|last| expression.contains(last)) {
        return false;
    }
    let (words, wanted) = (words(expression), words(path));
    let has_default = |at: usize| matches!(words[at + wanted.len()..], ["|", "default" | "d", ..]);
    !asks_for(expression, path) && places(&words, &wanted).any(|at| !has_default(at))
}

/// Whether the expression asks if there is `path`.
#[must_use]
pub fn asks_for(expression: &str, path: &str) -> bool {
    let (words, wanted) = (words(expression), words(path));
    places(&words, &wanted).any(|at| words.get(at + wanted.len()) == Some(&"is"))
}

/// Where a name stands among the words, and not as the member of another.
fn places<'a>(words: &'a [&str], name: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
    (0..words.len()).filter(|at| words[*at..].starts_with(name) && (*at == 0 || words[at - 1] != "."))
}

/// What stands for anything in quotes among the words of an expression.
const TEXT: &str = "''";

/// The words and signs of an expression; what stands in quotes is one word, and always the same.
pub(crate) fn words(expression: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' | '\'' => {
                let mut escaped = false;
                let close = rest[1..].find(|character: char| {
                    let closes = character == first && !escaped;
                    escaped = character == '\\' && !escaped;
                    closes
                });
                close.map_or(rest.len(), |close| close + 2)
            }
            _ if first.is_alphanumeric() || first == '_' => {
                rest.find(|character: char| !(character.is_alphanumeric() || character == '_')).unwrap_or(rest.len())
            }
            _ => first.len_utf8(),
        };
        let (word, after) = rest.split_at(end);
        if ['"', '\''].contains(&first) {
            words.push(TEXT);
        } else if !first.is_whitespace() {
            words.push(word);
        }
        rest = after;
    }
    words
}

/// What minijinja takes and no template may do: a slice with a step, which it ends with a panic for an empty value, and
/// a string or a list times a number, which can fill the memory.
pub(crate) fn refused(expression: &str) -> Option<Problem> {
    let words = words(expression);
    let is_value = |word: &str| {
        word.ends_with(|last: char| last.is_alphanumeric() || last == '_' || last == ')')
            && !["and", "or", "not", "in", "is", "if", "else"].contains(&word)
    };
    // The open brackets: whether each one is an index, and how many colons stand in it.
    let mut open: Vec<(bool, usize)> = Vec::new();
    let mut indexed = false;
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| words[at]);
        let after_value = before.is_some_and(|before| is_value(before) || (before == "]" && indexed));
        let is_index = after_value || before == Some(TEXT);
        match *word {
            "[" | "(" | "{" => open.push((*word == "[" && is_index, 0)),
            "]" | ")" | "}" => indexed = open.pop().is_some_and(|(index, _)| index),
            ":" => {
                if let Some((true, colons)) = open.last_mut() {
                    *colons += 1;
                    if *colons == 2 {
                        return Some(Problem::new("", "holds a slice with a step, which templates do not have"));
                    }
                }
            }
            "*" if before != Some("*") && words.get(at + 1) != Some(&"*") => {
                let next = words.get(at + 1).is_some_and(|next| is_value(next) || ["(", "-"].contains(next));
                if !after_value || !next {
                    return Some(Problem::new("", "multiplies a text or a list, which templates do not do"));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{asks_for, reads_bare, reads_unguarded};

    #[test]
    fn a_name_that_may_be_missing_is_read_bare_or_with_care() {
        for good in [
            "exit_code | default(1)",
            "exit_code|d(1)",
            "exit_code if exit_code is defined else 1",
            "job.exit_code",
            "exit_codes",
        ] {
            assert!(!reads_bare(good, "exit_code"), "{good}");
        }
        for bad in ["exit_code", "exit_code | int", "1 + exit_code", "exit_code | default(1) + exit_code"] {
            assert!(reads_bare(bad, "exit_code"), "{bad}");
        }
        assert!(reads_bare("sns.Subject | lower", "sns.Subject") && !reads_bare("sns.SubjectX", "sns.Subject"));
    }

    #[test]
    fn a_read_is_guarded_by_a_question_before_it() {
        for good in [
            "message is defined and message.type == 'a'",
            "message is not defined or message['type'] == 'a'",
            "sns.message.x == 1",
            "sns.Subject == \"message.type\" or sns.Subject == 'it\\'s message.x'",
            "message",
        ] {
            assert!(!reads_unguarded(good, "message"), "{good}");
        }
        for bad in ["message.type == 'a'", "message [0]", "message.type == 'a' and message is defined", "(message.a)"] {
            assert!(reads_unguarded(bad, "message"), "{bad}");
        }
    }

    #[test]
    fn a_member_of_the_same_name_is_not_asked_for() {
        assert!(asks_for("exit_code is defined", "exit_code") && !asks_for("job.exit_code is defined", "exit_code"));
        assert!(reads_bare("exit_code if job.exit_code is defined else 1", "exit_code"));
    }
}
