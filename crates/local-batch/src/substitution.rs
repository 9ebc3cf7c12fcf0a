//! `Ref::name` in a command, replaced by the parameter's value.

use std::collections::BTreeMap;

const MARK: &str = "Ref::";

/// Replaces each `Ref::name` in one argument. A name without a parameter stays as it is written, as on AWS. A value is
/// never looked through again, so a parameter cannot name another one.
pub(crate) fn substitute(argument: &str, parameters: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(argument.len());
    let mut rest = argument;
    while let Some(at) = rest.find(MARK) {
        out.push_str(&rest[..at]);
        rest = &rest[at + MARK.len()..];
        if let Some((name, value)) = longest(rest, parameters) {
            out.push_str(value);
            rest = &rest[name.len()..];
        } else {
            out.push_str(MARK);
        }
    }
    out + rest
}

/// The parameter whose name is the longest one to stand here as whole words: `Ref::key.json` is the parameter
/// `key.json` or else `key`, and never `ke`.
fn longest<'a>(text: &'a str, parameters: &'a BTreeMap<String, String>) -> Option<(&'a str, &'a str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.')).unwrap_or(text.len());
    let mut name = &text[..end];
    loop {
        if let Some(value) = parameters.get(name) {
            return Some((name, value));
        }
        name = &name[..name.rfind(['-', '.'])?];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_inside_an_argument_and_unknown_ones_stay() {
        let parameters: BTreeMap<_, _> =
            [("bucket", "b1"), ("key", "a b/c.jpg"), ("self", "Ref::bucket"), ("a-b", "ab")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        for (argument, expected) in [
            ("Ref::bucket", "b1"),
            ("s3://Ref::bucket/Ref::key", "s3://b1/a b/c.jpg"),
            ("Ref::key.bak", "a b/c.jpg.bak"),
            ("Ref::buckets", "Ref::buckets"),
            ("Ref::unknown and Ref::bucket", "Ref::unknown and b1"),
            ("Ref::self", "Ref::bucket"),
            ("Ref::a-b Ref::a", "ab Ref::a"),
            ("Ref::", "Ref::"),
            ("Ref::Ref::bucket", "Ref::b1"),
            ("ref::bucket", "ref::bucket"),
            ("é Ref::bucket é", "é b1 é"),
        ] {
            assert_eq!(substitute(argument, &parameters), expected, "{argument}");
        }
    }
}
