//! A strict reader of Mermaid's flowcharts: a line that it does not know is an error, and so is a sign in a label that
//! Mermaid might take for more than text.
//! <https://mermaid.js.org/syntax/flowchart.html>

use super::Picture;

/// Reads a flowchart.
pub(super) fn read(text: &str) -> Picture {
    let mut picture = Picture::default();
    let mut lines = text.lines().map(str::trim_start);
    assert_eq!(lines.next(), Some("flowchart LR"));
    let mut open = false;
    for line in lines {
        if let Some(rest) = line.strip_prefix("subgraph ") {
            let (id, rest) = id(rest, 'g');
            assert!(!open, "one group at a time");
            assert_eq!(id, format!("g{}", picture.groups.len()));
            picture.groups.push((label(rest, "[", "]"), Vec::new()));
            open = true;
        } else if line == "end" {
            assert!(std::mem::take(&mut open), "an end without its beginning");
        } else if line == "classDef paused stroke-dasharray: 5 5" {
        } else if let Some(rest) = line.strip_prefix("class ") {
            for paused in rest.strip_suffix(" paused").unwrap().split(',') {
                picture.nodes.iter_mut().find(|(id, _, _)| id == paused).unwrap().2 = true;
            }
        } else {
            let (from, rest) = id(line, 'n');
            if let Some(arrow) = rest.strip_prefix(' ') {
                picture.edges.push(edge(from, arrow));
                continue;
            }
            if open {
                picture.groups.last_mut().unwrap().1.push(from.clone());
            }
            picture.nodes.push((from, node(rest), false));
        }
    }
    assert!(!open, "a group without its end");
    picture
}

/// `n12` and what stands behind it.
fn id(text: &str, letter: char) -> (String, &str) {
    let digits = text.strip_prefix(letter).unwrap_or_else(|| panic!("no id: {text}"));
    let end = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    assert!(end > 0, "no id: {text}");
    (format!("{letter}{}", &digits[..end]), &digits[end..])
}

fn node(shape: &str) -> Vec<String> {
    const SHAPES: [(&str, &str); 7] =
        [("([", "])"), ("{{", "}}"), ("[(", ")]"), ("[/", "/]"), ("[[", "]]"), ("[", "]"), ("(", ")")];
    let fits = |(open, close): &&(&str, &str)| {
        shape.starts_with(&format!("{open}\"")) && shape.ends_with(&format!("\"{close}"))
    };
    let (open, close) = SHAPES.iter().find(fits).unwrap_or_else(|| panic!("no shape: {shape}"));
    label(shape, open, close)
}

fn edge(from: String, arrow: &str) -> (String, String, Vec<String>, bool) {
    let (dashed, rest) = [("-->", false), ("==>", false), ("-.->", true)]
        .into_iter()
        .find_map(|(sign, dashed)| Some((dashed, arrow.strip_prefix(sign)?)))
        .unwrap_or_else(|| panic!("no arrow: {arrow}"));
    let (beside, to) = match rest.strip_prefix('|') {
        Some(rest) => {
            let (inner, to) = rest.rsplit_once("| ").unwrap();
            (label(inner, "", ""), to)
        }
        None => (Vec::new(), rest.strip_prefix(' ').unwrap()),
    };
    let (to, rest) = id(to, 'n');
    assert_eq!(rest, "");
    (from, to, beside, dashed)
}

/// The lines between quotation marks.
fn label(text: &str, open: &str, close: &str) -> Vec<String> {
    let inner = text.strip_prefix(open).and_then(|text| text.strip_suffix(close)).unwrap();
    let inner = inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap();
    inner.split("<br/>").map(line).collect()
}

fn line(text: &str) -> String {
    let mut line = String::new();
    let mut rest = text;
    // At the beginning of a line these make lists and titles of Markdown, and blocks of code.
    assert!(!text.starts_with([' ', '-', '_', '.']) && !text.contains("  "), "{text}");
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        if first == '#' {
            let (number, after) = rest.split_once(';').unwrap();
            assert!(number.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
            line.push(char::from_u32(number.parse().unwrap()).unwrap());
            rest = after;
        } else {
            assert!(first.is_ascii_alphanumeric() || " (,/?-_.".contains(first), "{first:?} in {text}");
            line.push(first);
        }
    }
    line
}
