//! The filters that templates have beside minijinja's own.
//!
//! A key is taken apart as text at its `/` and `.`, and nothing is cleaned: `..`, `//` and spaces are legal in it.

use std::fmt::Write as _;

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Value};
use sha2::{Digest as _, Sha256};
use time::format_description::parse_strftime_borrowed;

use crate::job_name::job_name;
use crate::template::LONGEST_TEXT;
use crate::time::rfc3339;

/// Adds the filters.
pub(crate) fn add(environment: &mut Environment<'_>) {
    let mut of_text = |name: &'static str, convert: fn(&str) -> String| {
        environment.add_filter(name, move |value: &Value| text(value).map(convert));
    };
    of_text("basename", |key| basename(key).to_owned());
    of_text("dirname", |key| key.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned());
    of_text("stem", |key| stem_and_extension(key).0.to_owned());
    of_text("extension", |key| stem_and_extension(key).1.to_owned());
    of_text("job_name", |text| job_name(text, None));
    // These can make much of little, so they are bounded, and what is of no use in a job request is not there.
    environment.add_filter("replace", replace);
    environment.add_filter("join", join);
    for unbounded in ["indent", "pprint", "format", "batch", "slice", "sum"] {
        environment.remove_filter(unbounded);
    }
    environment.add_function("range", range);
    // minijinja's own divides by whatever the event says.
    environment.add_test("divisibleby", |value: i64, divisor: i64| value.checked_rem(divisor) == Some(0));
    environment.add_filter("tojson", to_json);
    environment.add_filter("strftime", strftime);
    environment.add_filter("hash", hash);
}

/// What is wrong with the use of a filter, in words that hold no value of an event.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0}")]
struct Fault(&'static str);

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Error::new(ErrorKind::InvalidOperation, fault.0).with_source(fault)
    }
}

/// The fault that one of these filters found.
pub(crate) fn fault(error: &Error) -> Option<&'static str> {
    std::error::Error::source(error)?.downcast_ref::<Fault>().map(|fault| fault.0)
}

fn text(value: &Value) -> Result<&str, Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    value.as_str().ok_or_else(|| Fault("this filter takes a string").into())
}

fn basename(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}

/// The name without what stands behind its last dot, and that; a dot at the beginning begins no extension.
fn stem_and_extension(key: &str) -> (&str, &str) {
    let name = basename(key);
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.trim_start_matches('.').is_empty() => (stem, extension),
        _ => (name, ""),
    }
}

/// Numbers that `range` gives.
const LONGEST_RANGE: usize = 10_000;

const TOO_LONG: Fault = Fault("this filter would give more than a template may");

fn replace(value: &Value, from: &Value, to: &Value) -> Result<String, Error> {
    let (value, from, to) = (text(value)?, text(from)?, text(to)?);
    let added = value.matches(from).count().saturating_mul(to.len());
    if value.len().saturating_add(added) > LONGEST_TEXT {
        return Err(TOO_LONG.into());
    }
    Ok(value.replace(from, to))
}

/// Strings as they are and everything else as JSON, as where a template is printed.
fn join(values: &Value, between: Option<&str>) -> Result<String, Error> {
    if values.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    let mut joined = String::new();
    for (index, value) in values.try_iter()?.enumerate() {
        if index > 0 {
            joined.push_str(between.unwrap_or_default());
        }
        match value.as_str() {
            Some(text) => joined.push_str(text),
            None => joined.push_str(&to_json(&value)?),
        }
        if joined.len() > LONGEST_TEXT {
            return Err(TOO_LONG.into());
        }
    }
    Ok(joined)
}

/// The whole numbers from a first one to before a last one, in steps; minijinja's own runs over the ends of what a number
/// holds.
fn range(first: i64, last: Option<i64>, step: Option<i64>) -> Result<Vec<i64>, Error> {
    let (mut at, last) = last.map_or((0, first), |last| (first, last));
    let step = step.unwrap_or(1);
    let mut numbers = Vec::new();
    while step != 0 && (if step > 0 { at < last } else { at > last }) {
        if numbers.len() >= LONGEST_RANGE {
            return Err(Fault("`range` gives 10000 numbers at most").into());
        }
        numbers.push(at);
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    Ok(numbers)
}

/// JSON without line breaks, as programs take it; minijinja's own is for pages and writes `<` as `\u003c`.
fn to_json(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        _ => json(value).ok_or_else(|| Fault("this value cannot be written as JSON, or is too long").into()),
    }
}

/// The value as JSON, where it is no longer than a template may give.
pub(crate) fn json(value: &Value) -> Option<String> {
    let mut bounded = Bounded(Vec::new());
    serde_json::to_writer(&mut bounded, value).ok()?;
    String::from_utf8(bounded.0).ok()
}

/// Takes no more bytes than a template may give.
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST_TEXT {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn strftime(moment: &Value, format: &str) -> Result<String, Error> {
    let moment = rfc3339(text(moment)?).ok_or(Fault("`strftime` takes a moment such as 2026-11-21T06:00:00Z"))?;
    let format = parse_strftime_borrowed(format)
        .map_err(|_| Fault("`strftime` takes a format such as \"%Y-%m-%d\", in letters of strftime(3)"))?;
    moment.format(&format).map_err(|_| Fault("`strftime` cannot write this moment in this format").into())
}

/// The first hexadecimal digits of the text's SHA-256.
fn hash(value: &Value, digits: Option<usize>) -> Result<String, Error> {
    let digits = digits.unwrap_or(16);
    if !(1..=64).contains(&digits) {
        return Err(Fault("`hash` gives 1 to 64 digits").into());
    }
    let mut hash = String::with_capacity(64);
    for byte in Sha256::digest(text(value)?.as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    hash.truncate(digits);
    Ok(hash)
}
