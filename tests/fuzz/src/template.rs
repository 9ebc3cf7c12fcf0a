//! Templates and conditions: any text is filled in or refused, within bounds, and no message tells what an event holds.

use std::sync::LazyLock;

use jobwire_core::problem::Problem;
use jobwire_core::template::{Evaluator, Piece, check_text, is_one_expression, split};
use jobwire_core::words::{reads_bare, reads_unguarded};
use libfuzzer_sys::Corpus;
use serde_json::{Map, Value, json};

/// What a template may give at most, as the module of templates documents it.
const LONGEST_TEXT: usize = 256 * 1024;

/// A value that no message may repeat.
const SECRET: &str = "correct horse battery staple";

/// Names of all kinds, as the sources offer them.
static NAMES: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let names = json!({
        "message": {"type": "lovelive", "gzipped": true, "parts": 3, "share": 0.25, "none": null, "list": [1, "a", [null]]},
        "sns": {"Message": "{\"type\":\"lovelive\"}", "Subject": "feed", "MessageAttributes": {}},
        "bucket": "uploads",
        "object": {"key": "incoming/2026/a b.tar.gz", "size": 48213},
        "job": {"jobId": "8478cc38-aafe-4839-b859-b4656c8ce4d6", "attempts": []},
        "exit_code": 137,
        "time": "2026-11-21T06:05:04.123Z",
        "secret": SECRET,
        "secrets": {"a": SECRET, "b": [SECRET]},
    });
    names.as_object().cloned().unwrap_or_default()
});

/// Takes any text for a template and for a condition.
#[must_use]
pub fn any(bytes: &[u8]) -> Corpus {
    let Ok(text) = str::from_utf8(bytes) else { return Corpus::Reject };
    let pieces = split(text);
    let alone = matches!(pieces.as_deref(), Ok([Piece::Expression(_)]));
    assert!(!alone || is_one_expression(text), "one expression is one expression");
    if let Ok(pieces) = &pieces {
        assert_eq!(put_together(pieces), text, "the pieces of a text");
    }
    if let Err(problem) = check_text(text) {
        keeps_the_secret(text, &problem);
    }
    let evaluator = Evaluator::new(&NAMES);
    match evaluator.text(text) {
        Ok(filled) => assert!(filled.len() <= LONGEST_TEXT, "a text of {} bytes", filled.len()),
        Err(problem) => keeps_the_secret(text, &problem),
    }
    if let Err(problem) = evaluator.condition(text) {
        keeps_the_secret(text, &problem);
    }
    for name in ["message", "sns"] {
        let _ = (reads_unguarded(text, name), reads_bare(text, name));
    }
    Corpus::Keep
}

fn put_together(pieces: &[Piece<'_>]) -> String {
    let put = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => (*text).to_owned(),
        Piece::Expression(expression) => format!("{{{{{expression}}}}}"),
    };
    pieces.iter().map(put).collect()
}

/// Checks that a message repeats the secret only where the template itself holds it.
fn keeps_the_secret(template: &str, problem: &Problem) {
    assert!(template.contains(SECRET) || !problem.to_string().contains(SECRET), "a message tells a value: {problem}");
}
