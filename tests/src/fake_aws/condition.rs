//! Condition expressions, as far as a ledger needs them: `attribute_not_exists(X)`, `attribute_exists(X)` and `X = :v`,
//! joined by `AND`. Every other one is refused, since taking it for true would hide a double start.

use std::collections::BTreeSet;

use serde_json::Value;

use super::attribute;
use super::refusal::Refusal;
use super::reserved::is_reserved;

/// Whether a request's condition holds for the item that is there. Without a condition it does.
pub(super) fn holds(body: &Value, item: Option<&Value>) -> Result<bool, Refusal> {
    let mut words = Words { body, used: BTreeSet::new() };
    let tests = match &body["ConditionExpression"] {
        Value::Null => Vec::new(),
        Value::String(text) => read(text, &mut words)?,
        _ => return Err(Refusal::validation("Invalid ConditionExpression: it is no text")),
    };
    words.refuse_unused()?;
    let mut all = true;
    for test in tests {
        all &= test.holds(item)?;
    }
    Ok(all)
}

#[derive(Debug)]
enum Test<'a> {
    Exists(&'a str),
    Absent(&'a str),
    Equal(&'a str, &'a Value),
}

impl Test<'_> {
    fn holds(&self, item: Option<&Value>) -> Result<bool, Refusal> {
        let attribute = |name: &str| item.and_then(|item| item.get(name));
        match self {
            Self::Exists(name) => Ok(attribute(name).is_some()),
            Self::Absent(name) => Ok(attribute(name).is_none()),
            Self::Equal(name, value) => attribute(name).map_or(Ok(false), |attribute| {
                attribute::equal(attribute, value)
                    .ok_or_else(|| Refusal::validation("the fake does not compare lists, maps and sets"))
            }),
        }
    }
}

fn read<'a>(text: &'a str, words: &mut Words<'a>) -> Result<Vec<Test<'a>>, Refusal> {
    let tokens = tokens(text)?;
    tokens
        .split(|token| token.eq_ignore_ascii_case("AND"))
        .map(|test| match test {
            ["attribute_exists", "(", name, ")"] => Ok(Test::Exists(words.name(name)?)),
            ["attribute_not_exists", "(", name, ")"] => Ok(Test::Absent(words.name(name)?)),
            [name, "=", value] => Ok(Test::Equal(words.name(name)?, words.value(value)?)),
            _ => Err(unknown(text)),
        })
        .collect()
}

fn tokens(text: &str) -> Result<Vec<&str>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' | '=' => 1,
            _ => rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len()),
        };
        if length == 0 {
            return Err(unknown(text));
        }
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '#' | ':')
}

/// What the words of an expression stand for.
#[derive(Debug)]
struct Words<'a> {
    body: &'a Value,
    used: BTreeSet<&'a str>,
}

impl<'a> Words<'a> {
    fn name(&mut self, word: &'a str) -> Result<&'a str, Refusal> {
        if word.starts_with('#') {
            self.used.insert(word);
            let undefined =
                "Invalid ConditionExpression: An expression attribute name used in the document path is not defined";
            return self.body[NAMES][word]
                .as_str()
                .ok_or_else(|| Refusal::validation(format!("{undefined}; attribute name: {word}")));
        }
        if !word.starts_with(|first: char| first.is_ascii_alphabetic()) || word.contains(['#', ':']) {
            return Err(unknown(word));
        }
        if is_reserved(word) {
            let reserved = "Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword";
            return Err(Refusal::validation(format!("{reserved}: {word}")));
        }
        Ok(word)
    }

    fn value(&mut self, word: &'a str) -> Result<&'a Value, Refusal> {
        if !word.starts_with(':') {
            return Err(unknown(word));
        }
        self.used.insert(word);
        let undefined = "Invalid ConditionExpression: An expression attribute value used in expression is not defined";
        let value = self.body[VALUES].get(word);
        let value = value.ok_or_else(|| Refusal::validation(format!("{undefined}; attribute value: {word}")))?;
        attribute::check(value)?;
        if attribute::equal(value, value).is_none() {
            return Err(Refusal::validation("the fake does not compare lists, maps and sets"));
        }
        Ok(value)
    }

    /// DynamoDB takes none that no expression has.
    fn refuse_unused(&self) -> Result<(), Refusal> {
        for member in [NAMES, VALUES] {
            let words = self.body[member].as_object().into_iter().flatten();
            if let Some(word) = words.map(|(word, _)| word).find(|word| !self.used.contains(word.as_str())) {
                return Err(Refusal::validation(format!(
                    "Value provided in {member} unused in expressions: keys: {{{word}}}"
                )));
            }
        }
        Ok(())
    }
}

const NAMES: &str = "ExpressionAttributeNames";
const VALUES: &str = "ExpressionAttributeValues";

fn unknown(text: &str) -> Refusal {
    Refusal::validation(format!("Invalid ConditionExpression: the fake cannot evaluate `{text}`"))
}
