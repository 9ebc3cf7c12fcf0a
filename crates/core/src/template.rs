//! `when` and `{{ … }}`: minijinja expressions, strict and bounded.
//!
//! Only expressions are templates. Statements, includes and macros do not exist here, because a string is cut into text
//! and `{{ … }}` by us and minijinja sees the expressions alone; so text that happens to hold `{%` stays text.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use minijinja::value::ValueKind;
use minijinja::{Environment, ErrorKind, Expression, UndefinedBehavior, Value};

use crate::filters;
use crate::nearest::near;
use crate::problem::Problem;
use crate::words::{refused, words};

type Names = serde_json::Map<String, serde_json::Value>;

/// How many steps one expression may take: enough for any overview of a message, too little to spend a function's time.
const FUEL: u64 = 50_000;

/// What one expression may print at most; far more than any field of a job request holds.
pub(crate) const LONGEST_TEXT: usize = 256 * 1024;

/// What one expression may be at most: a longer chain of operators would be deeper than the stack.
const LONGEST_EXPRESSION: usize = 2000;

/// A piece of a string.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Piece<'a> {
    /// Text that stays as it is.
    Text(&'a str),
    /// What stands between `{{` and `}}`.
    Expression(&'a str),
}

/// Cuts a string into text and expressions.
///
/// `}}` ends an expression only outside its strings and brackets, so `{{ {"a": {"b": 1}} }}` is one expression.
pub fn split(text: &str) -> Result<Vec<Piece<'_>>, Problem> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        if start > 0 {
            pieces.push(Piece::Text(&rest[..start]));
        }
        let inner = &rest[start + 2..];
        let end = end_of_expression(inner).ok_or_else(|| {
            Problem::new("", "has `{{` without its `}}`").help("to write the two characters themselves: {{ \"{{\" }}")
        })?;
        pieces.push(Piece::Expression(&inner[..end]));
        rest = &inner[end + 2..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

fn end_of_expression(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => {
                characters.next();
            }
            (Some(open), _) if character == open => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '}') if depth == 0 && text[at..].starts_with("}}") => return Some(at),
            (None, '{' | '[' | '(') => depth += 1,
            (None, '}' | ']' | ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Whether `text` has any template in it, or what looks like a statement of one.
#[must_use]
pub fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// Whether `text` is one `{{ … }}` and nothing beside it.
#[must_use]
pub fn is_one_expression(text: &str) -> bool {
    matches!(split(text.trim()).as_deref(), Ok([Piece::Expression(_)]))
}

/// Evaluates expressions against the names of one occurrence.
///
/// An event may be large and a template mostly reads a few words of it. So a name's value is made minijinja's when the
/// first expression that could mean it is evaluated, and is kept for the next.
pub struct Evaluator<'a> {
    names: Vec<(&'a str, &'a serde_json::Value)>,
    made: RefCell<Vec<Option<Value>>>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for these names.
    #[must_use]
    pub fn new(names: &'a Names) -> Self {
        Self::of(names.iter().map(|(name, value)| (name.as_str(), value)).collect())
    }

    /// An evaluator for the names of both, of which the first go before the second, and for the event.
    pub(crate) fn over([first, second]: [&'a Names; 2], event: &'a serde_json::Value) -> Self {
        let mut names: Vec<(&str, &serde_json::Value)> = vec![("event", event)];
        for (name, value) in first.iter().chain(second) {
            if !names.iter().any(|(known, _)| known == name) {
                names.push((name, value));
            }
        }
        Self::of(names)
    }

    fn of(names: Vec<(&'a str, &'a serde_json::Value)>) -> Self {
        let made = RefCell::new(vec![None; names.len()]);
        Self { names, made }
    }

    /// The names that the expression could mean: all that stand somewhere in its text, be it as part of another word.
    fn context(&self, expression: &str) -> Value {
        let mut made = self.made.borrow_mut();
        let meant = self.names.iter().zip(made.iter_mut()).filter(|((name, _), _)| expression.contains(name));
        let meant: BTreeMap<String, Value> = meant
            .map(|((name, value), made)| {
                let value = made.get_or_insert_with(|| Value::from(minijinja::value::Serde(value)));
                ((*name).to_owned(), value.clone())
            })
            .collect();
        Value::from(meant)
    }

    /// Whether the condition holds.
    pub fn condition(&self, expression: &str) -> Result<bool, Problem> {
        let value = self.evaluate(expression)?;
        if value.is_undefined() {
            return Err(undefined(expression));
        }
        Ok(value.is_true())
    }

    /// The string with its expressions filled in.
    pub fn text(&self, template: &str) -> Result<String, Problem> {
        let mut text = String::with_capacity(template.len());
        for piece in split(template)? {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Expression(expression) => text.push_str(&printed(expression, &self.evaluate(expression)?)?),
            }
            if text.len() > LONGEST_TEXT {
                return Err(Problem::new(
                    "",
                    format!("gives more than {LONGEST_TEXT} bytes, the most that a template may give"),
                ));
            }
        }
        Ok(text)
    }

    fn evaluate(&self, expression: &str) -> Result<Value, Problem> {
        compiled(expression)?.eval(self.context(expression)).map_err(|error| {
            // Our own filters, and these kinds, name what stands in the file; the detail of others may hold data.
            if let Some(fault) = filters::fault(&error) {
                return Problem::new("", format!("`{}` fails: {fault}", expression.trim()));
            }
            let message = match error.kind() {
                ErrorKind::UndefinedError => return undefined(expression),
                ErrorKind::OutOfFuel => format!("`{}` takes more than {FUEL} steps", expression.trim()),
                kind => format!("`{}` fails: {kind}", expression.trim()),
            };
            Problem::new("", message)
        })
    }
}

/// Whether the expression can be compiled.
pub fn check_expression(expression: &str) -> Result<(), Problem> {
    if expression.trim().is_empty() {
        return Err(Problem::new("", "is empty").help("write an expression, such as `message is defined`"));
    }
    compiled(expression)?;
    unknown_word(expression).map_or(Ok(()), Err)
}

/// The filters and tests that people write most, for a slip in one of them.
const FILTERS: [&str; 24] = [
    "abs",
    "basename",
    "default",
    "dirname",
    "extension",
    "first",
    "hash",
    "int",
    "items",
    "job_name",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "replace",
    "round",
    "split",
    "stem",
    "strftime",
    "tojson",
    "trim",
    "upper",
];
const TESTS: [&str; 10] =
    ["defined", "endingwith", "in", "mapping", "none", "number", "sequence", "startingwith", "string", "undefined"];

/// The first filter or test of the expression that there is none of; minijinja finds it only when it is reached.
fn unknown_word(expression: &str) -> Option<Problem> {
    let mut state = ENVIRONMENT.empty_state();
    let words = words(expression);
    words.iter().enumerate().find_map(|(at, word)| {
        let before = |steps: usize| at.checked_sub(steps).map(|at| words[at]);
        let is_test = match (before(1)?, before(2)) {
            ("|", _) => false,
            ("is", behind) if behind != Some(".") && *word != "not" => true,
            ("not", Some("is")) if before(3) != Some(".") => true,
            _ => return None,
        };
        let (known, what) = if is_test {
            (state.perform_test(word, &[]).map(|_| ()), "test")
        } else {
            (state.apply_filter(word, &[]).map(|_| ()), "filter")
        };
        let unknown = matches!(known.err()?.kind(), ErrorKind::UnknownTest | ErrorKind::UnknownFilter);
        unknown.then(|| {
            let near = if is_test { near(word, TESTS) } else { near(word, FILTERS) };
            let elsewhere = || {
                format!(
                    "they are listed at https://docs.rs/minijinja/latest/minijinja/{what}s and in jobwire's reference"
                )
            };
            let help = near.map_or_else(elsewhere, |near| format!("did you mean `{near}`?"));
            Problem::new("", format!("`{word}` is no {what}")).help(help)
        })
    })
}

fn check_length(expression: &str) -> Result<(), Problem> {
    if expression.len() <= LONGEST_EXPRESSION {
        return Ok(());
    }
    Err(Problem::new(
        "",
        format!("is an expression of {} bytes, and {LONGEST_EXPRESSION} are allowed", expression.len()),
    ))
}

/// Whether every expression in the string can be compiled.
pub fn check_text(text: &str) -> Result<(), Problem> {
    split(text)?.into_iter().try_for_each(|piece| match piece {
        Piece::Text(text) if text.contains("{%") => {
            Err(Problem::new("", "holds `{%`, and there are no statements in templates")
                .help("write an expression, `{{ a if b else c }}`; the two characters themselves are {{ \"{%\" }}"))
        }
        Piece::Text(_) => Ok(()),
        Piece::Expression(expression) => check_expression(expression),
    })
}

/// The names that the expression reads from the occurrence, with their members (`object.key`), in order of the alphabet.
#[must_use]
pub fn names_read(expression: &str) -> Vec<String> {
    let Ok(compiled) = compiled(expression) else { return Vec::new() };
    let mut names: Vec<String> = compiled
        .undeclared_variables(true)
        .into_iter()
        .filter(|name| !FUNCTIONS.iter().any(|function| name.split('.').next() == Some(function)))
        .collect();
    names.sort();
    names
}

/// The names that every expression has: functions, which no occurrence offers.
static FUNCTIONS: LazyLock<Vec<String>> =
    LazyLock::new(|| ENVIRONMENT.globals().map(|(name, _)| name.to_owned()).collect());

/// Made once: its builtins are some hundred entries, and every expression of every record needs them.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(50);
    // It prints whatever names there are, and so the whole event.
    environment.remove_global("debug");
    filters::add(&mut environment);
    environment
});

/// The expression, ready to be evaluated.
///
/// It is kept, since it is checked first and evaluated for every event; all that a function ever sees are those of its
/// trigger file. The bound is for programs that read many files.
fn compiled(expression: &str) -> Result<Arc<Expression<'static, 'static>>, Problem> {
    static COMPILED: LazyLock<Mutex<HashMap<String, Arc<Expression<'static, 'static>>>>> =
        LazyLock::new(Mutex::default);
    const KEPT: usize = 4096;
    let expression = expression.trim();
    let mut kept = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(compiled) = kept.get(expression) {
        return Ok(compiled.clone());
    }
    check_length(expression)?;
    if let Some(problem) = refused(expression) {
        return Err(problem);
    }
    let compiled = ENVIRONMENT
        .compile_expression_owned(expression.to_owned())
        .map_err(|error| compile_problem(expression, &error))?;
    let compiled = Arc::new(compiled);
    if kept.len() < KEPT {
        kept.insert(expression.to_owned(), compiled.clone());
    }
    Ok(compiled)
}

fn compile_problem(expression: &str, error: &minijinja::Error) -> Problem {
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    let problem = Problem::new("", format!("`{}` is no expression{detail}", expression.trim()));
    if expression.contains("{{") {
        return problem.help("it is an expression already: write it without the braces");
    }
    for (wrong, right) in [("&&", "and"), ("||", "or"), (" = ", "==")] {
        if expression.contains(wrong) {
            return problem.help(format!("`{}` is written `{right}` here", wrong.trim()));
        }
    }
    problem
}

fn undefined(expression: &str) -> Problem {
    Problem::new("", format!("`{}` reads a name that this event does not have", expression.trim()))
        .help("guard it: `x is defined and …` in `when`, or `x | default(…)` in a template")
}

/// Our formatter: strings as they are; numbers, booleans, lists and objects as JSON; nothing else can be printed.
fn printed(expression: &str, value: &Value) -> Result<String, Problem> {
    if let Some(text) = value.as_str() {
        return Ok(text.to_owned());
    }
    match value.kind() {
        ValueKind::Undefined => Err(undefined(expression)),
        ValueKind::None => Err(Problem::new("", format!("`{}` is null, which has no text", expression.trim()))
            .help("use `| default(…, true)`, or a `when`")),
        ValueKind::Number | ValueKind::Bool | ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => {
            filters::json(value).ok_or_else(|| {
                Problem::new(
                    "",
                    format!(
                        "`{}` cannot be written as JSON, or gives more than {LONGEST_TEXT} bytes",
                        expression.trim()
                    ),
                )
            })
        }
        kind => Err(Problem::new("", format!("`{}` is {kind}, which has no text", expression.trim()))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Evaluator, Piece, check_expression, names_read, split};
    use serde_json::{Value, json};

    fn text(template: &str, names: &Value) -> Result<String, String> {
        let names = names.as_object().cloned().unwrap_or_default();
        Evaluator::new(&names).text(template).map_err(|problem| problem.to_string())
    }

    #[test]
    fn strings_are_cut_at_braces_that_are_braces() {
        assert_eq!(split("a{{ b }}c"), Ok(vec![Piece::Text("a"), Piece::Expression(" b "), Piece::Text("c")]));
        assert_eq!(split(r#"{{ {"a": {"b": "}}"}} }}"#), Ok(vec![Piece::Expression(r#" {"a": {"b": "}}"}} "#)]));
        assert!(split("a {{ b").is_err());
        assert_eq!(split("{% raw %}"), Ok(vec![Piece::Text("{% raw %}")]));
    }

    #[test]
    fn values_are_printed_as_json_and_strings_as_they_are() {
        let names =
            json!({"s": "a\n\"b\"", "n": 1_643_039_127_879_i64, "f": 1.5, "b": true, "o": {"z": 1, "a": [null]}});
        assert_eq!(
            text("{{ s }}|{{ n }}|{{ f }}|{{ b }}|{{ o }}", &names),
            Ok("a\n\"b\"|1643039127879|1.5|true|{\"z\":1,\"a\":[null]}".into())
        );
    }

    #[test]
    fn an_undefined_or_null_value_is_an_error_and_never_an_empty_string() {
        let names = json!({"message": {"a": null}});
        for template in ["{{ nothing }}", "{{ message.b }}", "{{ message.b.c }}", "{{ message.a }}"] {
            assert!(text(template, &names).is_err(), "{template}");
        }
    }

    #[test]
    fn what_would_end_the_process_is_refused_and_numbers_are_counted() {
        let names = json!({"e": "", "n": 0, "big": 100_000_000, "list": [1, 2, 3]});
        for template in [
            "{{ e[::-1] }}",
            "{{ ()[::-1] }}",
            "{{ 'abc'[1:2:3] }}",
            "{{ ('a') * big }}",
            "{{ 'a' * big }}",
            "{{ big * 'a' }}",
            "{{ [1] * big }}",
            "{{ big * [1] }}",
            "{{ range(0, 9223372036854775807, 1) | length }}",
            "{{ list | slice(99999999999) | length }}",
        ] {
            assert!(text(template, &names).is_err(), "{template}");
        }
        for (template, wanted) in [
            ("{{ 12 is divisibleby(n) }}", "false"),
            ("{{ 12 is divisibleby(4) }}", "true"),
            ("{{ range(0, -9223372036854775808, -4611686018427387904) | length }}", "2"),
            ("{{ range(3) }} {{ range(1, 3) }} {{ range(5, 0, -2) }}", "[0,1,2] [1,2] [5,3,1]"),
            ("{{ list[0] * 2 + n * 3 }} {{ (n + 2) * 4 }} {{ 2 ** 3 }} {{ list[1:] }} {{ n * -1 }}", "2 8 8 [2,3] 0"),
            ("{{ {'a': 1, 'b': [2]}.b[0] * 2 }}", "4"),
        ] {
            assert_eq!(text(template, &names).as_deref(), Ok(wanted), "{template}");
        }
    }

    #[test]
    fn an_expression_cannot_blow_a_request_up() {
        assert!(text("{{ 'x' * 300000 }}", &json!({})).is_err());
        assert!(text("{{ range(1000000000) | list | length }}", &json!({})).is_err());
    }

    #[test]
    fn data_of_the_event_is_never_part_of_a_message() {
        let message = text("{{ secret | int }}", &json!({"secret": "hunter2"})).err().unwrap_or_default();
        assert!(!message.contains("hunter2") && !message.is_empty(), "{message}");
    }

    #[test]
    fn filters_take_keys_and_moments_apart() {
        let names = json!({"key": "in/2026/a b.tar.gz", "time": "2026-11-21T06:05:04Z", "list": [1, "<a>"], "no": 1});
        for (template, wanted) in [
            ("{{ key | basename }}", "a b.tar.gz"),
            ("{{ key | dirname }}", "in/2026"),
            ("{{ key | stem }}", "a b.tar"),
            ("{{ key | extension }}", "gz"),
            ("{{ 'top' | dirname }}|{{ '..' | stem }}|{{ '.env' | extension }}|{{ 'a/b/' | basename }}", "|..||"),
            ("{{ list | tojson }}", r#"[1,"<a>"]"#),
            ("{{ time | strftime('%Y/%m/%d %H%M%S %j %%') }}", "2026/11/21 060504 325 %"),
            ("{{ 'abc' | hash }}", "ba7816bf8f01cfea"),
            ("{{ 'abc' | hash(8) }}", "ba7816bf"),
            ("{{ list | hash | default('x') if false else 'y' }}", "y"),
            ("{{ missing | default('none') }}", "none"),
        ] {
            assert_eq!(text(template, &names).as_deref(), Ok(wanted), "{template}");
        }
        for (template, wanted) in [
            ("{{ key | strftime('%Y') }}", "takes a moment"),
            ("{{ time | strftime('%Q') }}", "takes a format"),
            ("{{ key | hash(65) }}", "1 to 64 digits"),
            ("{{ missing | basename }}", "does not have"),
            ("{{ missing | tojson }}", "does not have"),
            ("{{ no | stem }}", "takes a string"),
        ] {
            let message = text(template, &names).err().unwrap_or_default();
            assert!(message.contains(wanted), "{template}: {message}");
        }
    }

    #[test]
    fn a_filter_or_test_that_there_is_none_of_is_found_before_any_event_comes() {
        for good in ["a | upper", "a is defined", "a is not defined", "job.is", "x.not.is", "a is startingwith 'b'"] {
            assert_eq!(check_expression(good), Ok(()), "{good}");
        }
        for bad in ["a | uper", "a is defind", "a is not defind", "(a | b)", "a|basename|bsename", "1 if a is b"] {
            assert!(check_expression(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_filter_makes_more_than_a_template_may_give() {
        let names = json!({"long": "a".repeat(20_000)});
        for template in [
            "{{ long | replace('a', long) | length }}",
            "{{ range(99999) | join(long) | length }}",
            "{{ long | indent(100000000) }}",
            "{{ '%1000000000d' | format(1) }}",
        ] {
            assert!(text(template, &names).is_err(), "{template}");
        }
        assert_eq!(
            text("{{ ['a', 1, true] | join('-') }} {{ 'aXb' | replace('X', '') }}", &names),
            Ok("a-1-true ab".into())
        );
    }

    #[test]
    fn names_that_nobody_offers_are_found_before_any_event_comes() {
        assert_eq!(
            names_read("mesage.type == 'x' and sns.Subject is defined and range(3)"),
            ["mesage.type", "sns.Subject"]
        );
    }
}
