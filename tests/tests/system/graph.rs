//! `jobwire graph`: everything of the trigger file is in the picture, and nothing in it can spoil the picture.

#[path = "graph/dot.rs"]
mod dot;
#[path = "graph/mermaid.rs"]
mod mermaid;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::{feed, jobwire, project};

/// What a reader found in a picture.
#[derive(Debug, Default, PartialEq)]
struct Picture {
    /// The nodes by their ids: the lines in them, and whether they are dashed.
    nodes: Vec<(String, Vec<String>, bool)>,
    /// Arrows: where from, where to, the lines beside them, and whether they are dashed.
    edges: Vec<(String, String, Vec<String>, bool)>,
    /// The groups: their titles and members.
    groups: Vec<(Vec<String>, Vec<String>)>,
}

impl Picture {
    /// The same, with the nodes in the order of their numbers, whichever group they stand in.
    fn sorted(mut self) -> Self {
        self.nodes.sort_by_key(|(id, _, _)| id.trim_start_matches('n').parse::<usize>().unwrap());
        self
    }
}

fn printed(file: &std::path::Path, arguments: &[&str]) -> String {
    let (code, printed, words) = jobwire(file, &[&["graph"], arguments].concat());
    assert_eq!((code, words.as_str()), (0, ""), "{printed}");
    printed
}

/// The edges of `--json`, with the text beside them.
fn edges(graph: &Value) -> Vec<(&str, &str, &str, bool)> {
    let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
    let edges = graph["edges"].as_array().unwrap().iter();
    edges
        .map(|edge| {
            assert!(!text(&edge["kind"]).is_empty());
            let beside = edge["when"].as_str().or(edge["notes"][0].as_str()).unwrap_or_default();
            let paused = edge["paused"].as_bool().unwrap();
            (edge["from"].as_str().unwrap(), edge["to"].as_str().unwrap(), beside, paused)
        })
        .collect()
}

#[test]
fn the_picture_of_the_feed_pipeline_is_the_one_that_people_have_looked_at() {
    insta::assert_snapshot!("feed_mermaid", printed(&feed(), &[]));
    insta::assert_snapshot!("feed_dot", printed(&feed(), &["--format", "dot"]));
}

#[test]
fn sources_ways_conditions_chains_and_pauses_are_all_in_the_picture() {
    let (folder, file) = project(
        r#"
version: 1
triggers:
  daily: { on: { schedule: cron(0 6 * * ? *), timezone: Europe/Berlin }, submit: { jobName: a, jobQueue: q, jobDefinition: "d:3" }, emits: { topics: [t, u], buckets: [b/done/] } }
  note: { on: { topic: t, buffer: sqs }, when: "message is defined", submit: &e { jobName: a, jobQueue: q, jobDefinition: e } }
  told: { on: { bucket: "arn:aws:s3:::old", via: { sns: "arn:aws:sns:us-east-1:123456789012:news" } }, submit: *e }
  object: { on: { bucket: b, prefix: done/, suffix: [.a, .b], events: [created, removed] }, submit: *e }
  below: { on: { bucket: b, prefix: done/x/ }, enabled: false, submit: *e }
  chosen: { on: { topic: t, buffer: sqs }, allow: { queues: [x, y], definitions: [f] }, submit: { jobName: a, jobQueue: "{{ message.q }}", jobDefinition: f } }
  paused: { on: { topic: p }, enabled: false, submit: *e }
  after: { on: { job: { queue: q, definition: d, status: [FAILED, SUCCEEDED] } }, submit: *e }
"#,
    );
    let graph: Value = serde_json::from_str(&printed(&file, &["--json"])).unwrap();
    let through = "through EventBridge";
    let expected = [
        ("schedule:daily", "trigger:daily", "", false),
        ("trigger:daily", "start:daily", "", false),
        ("topic:t", "buffer:topic:t", "", false),
        ("buffer:topic:t", "trigger:note", "", false),
        ("trigger:note", "start:note", "message is defined", false),
        ("bucket:arn:aws:s3:::old", "topic:arn:aws:sns:us-east-1:123456789012:news", "", false),
        ("topic:arn:aws:sns:us-east-1:123456789012:news", "trigger:told", "", false),
        ("trigger:told", "start:told", "", false),
        ("bucket:b", "trigger:object", "created, removed", false),
        ("trigger:object", "start:object", "", false),
        ("bucket:b", "trigger:below", "done/x/ …", true),
        ("trigger:below", "start:below", "", true),
        ("buffer:topic:t", "trigger:chosen", "", false),
        ("trigger:chosen", "start:chosen", "", false),
        ("topic:p", "trigger:paused", "", true),
        ("trigger:paused", "start:paused", "", true),
        ("job:q:d:FAILED,SUCCEEDED", "trigger:after", "", false),
        ("trigger:after", "start:after", "", false),
        ("start:daily", "topic:t", "", false),
        ("start:daily", "topic:u", "", false),
        ("start:daily", "bucket:b", "done/", false),
        ("start:daily", "job:q:d:FAILED,SUCCEEDED", "", false),
    ];
    assert_eq!(edges(&graph), expected);
    let node = |id: &str| {
        let nodes = graph["nodes"].as_array().unwrap();
        nodes.iter().find(|node| node["id"] == id).unwrap_or_else(|| panic!("no {id}: {graph}")).clone()
    };
    assert_eq!(node("schedule:daily")["notes"], json!(["Europe/Berlin", "EventBridge Scheduler"]));
    assert_eq!((&node("trigger:note")["function"], &node("start:daily")["name"]), (&json!("sns"), &json!("d:3")));
    assert_eq!((&node("start:chosen")["queue"], &node("start:chosen")["name"]), (&json!("x or y"), &json!("f")));
    assert_eq!((&node("topic:p")["paused"], &node("topic:t")["paused"]), (&json!(true), &json!(false)));
    assert_eq!(node("bucket:arn:aws:s3:::old")["notes"], json!(["existing"]));
    let object = graph["edges"].as_array().unwrap().iter().find(|edge| edge["to"] == "trigger:object").unwrap();
    // A paused trigger is not deployed, so that no filter overlaps with the other one's.
    assert_eq!(object["notes"], json!(["created, removed", "done/ … .a or .b"]));

    let overlapping = std::fs::read_to_string(&file).unwrap().replace("done/x/ }, enabled: false", "done/x/ }");
    std::fs::write(&file, overlapping).unwrap();
    let graph: Value = serde_json::from_str(&printed(&file, &["--json"])).unwrap();
    let below = graph["edges"].as_array().unwrap().iter().find(|edge| edge["to"] == "trigger:below").unwrap();
    assert_eq!(below["notes"], json!(["done/x/ …", through]));
    drop(folder);
}

#[test]
fn a_file_with_problems_is_not_drawn() {
    let (folder, file) = project("version: 1\ntriggers: { t: { on: { topic: t } } }\n");
    let (code, printed, words) = jobwire(&file, &["graph"]);
    assert!(code == 1 && printed.is_empty() && words.contains("triggers.t.submit"), "{printed}{words}");
    assert_eq!(jobwire(&file, &["graph", "--format", "svg"]).0, 2);
    assert_eq!(jobwire(&file, &["graph", "--format", "dot", "--json"]).0, 2);
    drop(folder);
}

/// Pieces that mean something to Mermaid, Markdown, HTML or Graphviz.
const HOSTILE: [&str; 52] = [
    "\"",
    "'",
    "\\",
    "\\N",
    "\\n",
    "\\\"",
    "]",
    ")",
    "}",
    "{{",
    "}}",
    "[/",
    "([",
    "|",
    "-->",
    "-.->",
    "==>",
    "%%",
    "%%{init: {}}%%",
    "end",
    "subgraph",
    "click",
    "default",
    "class",
    "style x:#a;",
    "classDef a:#1;",
    ":::x",
    "@{ shape: x }",
    ";",
    "#",
    "#35;",
    "#quot;",
    "&amp;",
    "&lt;",
    "<b>",
    "<br/>",
    "<script>",
    "`",
    "```",
    "**a**",
    "_b_",
    "1. a",
    "- c",
    "    code",
    "www.example.com",
    "http://x.y",
    "fa:fa-car",
    "$$x^2$$",
    "\n",
    "\r\n\t",
    "\u{202e}\u{200b}\u{2028}",
    "é💥ﬂ°°1¶ß",
];

fn hostile() -> impl Strategy<Value = String> {
    let piece =
        prop_oneof![3 => select(&HOSTILE[..]).prop_map(str::to_owned), 1 => any::<String>(), 1 => Just(" ".to_owned())];
    // YAML takes no text that is empty, and no character that nobody can see from a file.
    vec(piece, 1..8).prop_map(|pieces| format!("x{}", pieces.concat())).prop_filter("YAML takes it", |text| {
        text.chars().all(|character| !character.is_control() || "\n\r\t".contains(character))
            && !text.contains("${vars.")
    })
}

/// A trigger with hostile texts wherever any text may stand.
fn trigger() -> impl Strategy<Value = Value> {
    (hostile(), hostile(), any::<bool>(), 0..3_u8).prop_map(|(one, other, enabled, kind)| {
        let quoted = one.replace('\\', "\\\\").replace('"', "\\\"");
        let on = match kind {
            0 => json!({"bucket": "b", "prefix": one, "suffix": other}),
            1 => json!({"topic": "t"}),
            _ => json!({"job": {"queue": "q", "status": ["FAILED"]}}),
        };
        // The end of the chain is always in sight, or the file would have a cycle.
        let when = format!("chain.depth < 3 and event == \"{quoted}\"");
        json!({"on": on, "when": when, "enabled": enabled, "submit": {"jobName": "a", "jobQueue": "q", "jobDefinition": "d"},
            "emits": {"topics": ["t"], "buckets": [format!("b/{}", other.replace(':', ""))]}})
    })
}

/// A text as a picture shows it, without the spaces.
fn shown(text: &str) -> String {
    let visible = |character: char| {
        let kept = matches!(character, '"' | '\'' | '\\');
        if kept { character.to_string() } else { character.escape_debug().to_string() }
    };
    text.chars().filter(|character| !character.is_whitespace()).map(visible).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_in_the_file_both_pictures_are_well_formed_and_show_it(triggers in vec(trigger(), 1..5)) {
        let named: serde_json::Map<String, Value> =
            triggers.into_iter().enumerate().map(|(index, trigger)| (format!("end{index}"), trigger)).collect();
        let (folder, file) = project(&json!({"version": 1, "triggers": named}).to_string());
        let graph: Value = serde_json::from_str(&printed(&file, &["--json"])).unwrap();
        let text = printed(&file, &[]);
        prop_assert_eq!(&text, &printed(&file, &["--format", "mermaid"]), "the same file gives the same picture");
        let mermaid = mermaid::read(&text).sorted();
        let dot = dot::read(&printed(&file, &["--format", "dot"])).sorted();
        drop(folder);
        // Both languages say the same in different ways, so that neither has lost a character.
        prop_assert_eq!(&mermaid, &dot);
        prop_assert_eq!(mermaid.nodes.len(), graph["nodes"].as_array().unwrap().len());
        let edges = graph["edges"].as_array().unwrap();
        prop_assert_eq!(mermaid.edges.len(), edges.len());
        for ((_, _, lines, dashed), edge) in mermaid.edges.iter().zip(edges) {
            prop_assert_eq!(*dashed, edge["paused"].as_bool().unwrap());
            let said: String = edge["notes"].as_array().into_iter().flatten().map(|note| shown(note.as_str().unwrap())).collect();
            let when = edge["when"].as_str().map(|when| format!("when{}", shown(when))).unwrap_or_default();
            let (said, lines) = (format!("{said}{when}"), lines.concat().replace(' ', ""));
            // What is too long for a picture is cut.
            let is_cut = || lines.rfind('…').is_some_and(|end| said.starts_with(&lines[..end]));
            prop_assert!(lines == said || is_cut(), "{lines}\n{said}");
        }
    }
}

#[test]
fn the_readme_shows_the_feed_pipeline_as_it_is() {
    let readme = std::fs::read_to_string(jobwire_tests::binaries::root().join("README.md")).unwrap();
    let picture = format!("```mermaid\n{}```\n", printed(&feed(), &[]));
    assert!(readme.contains(&picture), "put this into README.md:\n{picture}");
}
