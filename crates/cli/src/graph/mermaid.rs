//! The picture as a flowchart of Mermaid, which GitHub draws.
//! <https://mermaid.js.org/syntax/flowchart.html>

use std::fmt::Write as _;

use super::text::{ends, groups, is_chain, of_edge, of_node};
use super::{Graph, NodeKind};

/// Writes the flowchart.
pub(crate) fn mermaid(graph: &Graph) -> String {
    let mut text = String::from("flowchart LR\n");
    let mut grouped = Vec::new();
    for (index, (title, members)) in groups(graph).into_iter().enumerate() {
        line(&mut text, 1, &format!("subgraph g{index}[\"{}\"]", label(&title)));
        for member in &members {
            line(&mut text, 2, &node(graph, *member));
        }
        line(&mut text, 1, "end");
        grouped.extend(members);
    }
    for index in (0..graph.nodes.len()).filter(|index| !grouped.contains(index)) {
        line(&mut text, 1, &node(graph, index));
    }
    for edge in &graph.edges {
        let Some((from, to)) = ends(graph, edge) else { continue };
        let arrow = match (edge.paused, is_chain(edge)) {
            (true, _) => "-.->",
            (false, true) => "==>",
            (false, false) => "-->",
        };
        let beside = of_edge(edge);
        let beside = if beside.is_empty() { String::new() } else { format!("|\"{}\"|", label(&beside)) };
        line(&mut text, 1, &format!("n{from} {arrow}{beside} n{to}"));
    }
    let paused: Vec<String> =
        (0..graph.nodes.len()).filter(|index| graph.nodes[*index].paused).map(|index| format!("n{index}")).collect();
    if !paused.is_empty() {
        line(&mut text, 1, "classDef paused stroke-dasharray: 5 5");
        line(&mut text, 1, &format!("class {} paused", paused.join(",")));
    }
    text
}

fn line(text: &mut String, depth: usize, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{:width$}{line}", "", width = depth * 2);
}

/// A node in the shape of its kind; its id is a number, so that no name is ever taken for a word of Mermaid's.
fn node(graph: &Graph, index: usize) -> String {
    let node = &graph.nodes[index];
    let (open, close) = match node.kind {
        NodeKind::Schedule => ("([", "])"),
        NodeKind::Topic => ("{{", "}}"),
        NodeKind::Bucket => ("[(", ")]"),
        NodeKind::JobState => ("[/", "/]"),
        NodeKind::Buffer => ("[[", "]]"),
        NodeKind::Trigger => ("[", "]"),
        NodeKind::Job => ("(", ")"),
    };
    format!("n{index}{open}\"{}\"{close}", label(&of_node(node)))
}

/// Text between quotation marks.
///
/// Mermaid reads a label as Markdown, as HTML and for its own words, so that all but letters, digits and a few signs that
/// mean nothing to any of them stand as the numbers of their characters.
fn label(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    lines.join("<br/>")
}

fn escaped(line: &str) -> String {
    let characters: Vec<char> = line.chars().collect();
    let mut text = String::new();
    for (at, character) in characters.iter().copied().enumerate() {
        let before = at.checked_sub(1).and_then(|at| characters.get(at)).copied().unwrap_or(' ');
        let after = characters.get(at + 1).copied().unwrap_or(' ');
        let is_plain = match character {
            // More than one would be no text but a block of code.
            ' ' => at > 0 && before != ' ',
            '(' | ',' | '/' | '?' => true,
            // Within a word it is neither the mark of a list nor of emphasis; behind `www` it would make a link.
            '-' | '_' | '.' => {
                before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric() && !"wW".contains(before)
            }
            _ => character.is_ascii_alphanumeric(),
        };
        if is_plain {
            text.push(character);
        } else {
            let _ = write!(text, "#{};", u32::from(character));
        }
    }
    text
}
