//! The reference page's examples of templates give what the page says.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use jobwire_core::template::Evaluator;
use serde_json::json;

/// The cells of a table's row, without the marks of code.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim_matches('|').replace("\\|", "\u{0}");
    row.split('|').map(|cell| cell.trim().trim_matches('`').replace('\u{0}', "|")).collect()
}

#[test]
fn every_example_of_a_filter_gives_what_the_page_says() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/README.md")).expect("the page");
    let names = json!({
        "object": {"key": "incoming/2026/a b.tar.gz", "size": 42},
        "time": "2026-11-21T06:05:00Z",
    });
    let evaluator = Evaluator::new(names.as_object().expect("an object"));
    let rows: Vec<Vec<String>> = page
        .lines()
        .skip_while(|line| !line.starts_with("| filter | what it gives | example | gives |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(cells)
        .collect();
    let mut wrong = Vec::new();
    for row in &rows {
        let [_, _, example, gives] = &row[..] else { panic!("no row of four cells: {row:?}") };
        let found = evaluator.text(example).unwrap_or_else(|problem| problem.to_string());
        if found != *gives {
            wrong.push(format!("{example} gives {found}, and the page says {gives}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    for filter in ["basename", "dirname", "stem", "extension", "job_name", "strftime", "hash", "tojson", "default"] {
        assert!(rows.iter().any(|row| row[0].starts_with(filter)), "the page has no row of {filter}");
    }
}
