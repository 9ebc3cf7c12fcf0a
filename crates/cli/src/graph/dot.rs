//! The picture in Graphviz's language.
//! <https://graphviz.org/doc/info/lang.html>

use std::fmt::Write as _;

use super::text::{ends, groups, is_chain, of_edge, of_node};
use super::{Graph, NodeKind};

/// Writes the digraph.
pub(crate) fn dot(graph: &Graph) -> String {
    let mut text = String::from(
        "digraph jobwire {\n  \
           graph [rankdir=LR, fontname=\"Helvetica\", fontsize=11, nodesep=0.35, ranksep=0.6]\n  \
           node [fontname=\"Helvetica\", fontsize=11, shape=box, style=filled, fillcolor=white]\n  \
           edge [fontname=\"Helvetica\", fontsize=10]\n",
    );
    let mut grouped = Vec::new();
    for (index, (title, members)) in groups(graph).into_iter().enumerate() {
        line(&mut text, 1, &format!("subgraph cluster_{index} {{"));
        line(
            &mut text,
            2,
            &format!("graph [label={}, style=\"rounded,filled\", color=gray70, fillcolor=gray97]", quoted(&title)),
        );
        for member in &members {
            line(&mut text, 2, &node(graph, *member));
        }
        line(&mut text, 1, "}");
        grouped.extend(members);
    }
    for index in (0..graph.nodes.len()).filter(|index| !grouped.contains(index)) {
        line(&mut text, 1, &node(graph, index));
    }
    for edge in &graph.edges {
        let Some((from, to)) = ends(graph, edge) else { continue };
        let mut options = Vec::new();
        let beside = of_edge(edge);
        if !beside.is_empty() {
            options.push(format!("label={}", quoted(&beside)));
        }
        match (edge.paused, is_chain(edge)) {
            (true, _) => options.push("style=dashed".to_owned()),
            (false, true) => options.push("style=bold".to_owned()),
            (false, false) => {}
        }
        let options = if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
        line(&mut text, 1, &format!("n{from} -> n{to}{options}"));
    }
    text.push_str("}\n");
    text
}

fn line(text: &mut String, depth: usize, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{:width$}{line}", "", width = depth * 2);
}

fn node(graph: &Graph, index: usize) -> String {
    let node = &graph.nodes[index];
    let shape = match node.kind {
        NodeKind::Schedule => "oval",
        NodeKind::Topic => "hexagon",
        NodeKind::Bucket => "cylinder",
        NodeKind::JobState => "note",
        NodeKind::Buffer => "cds",
        NodeKind::Trigger | NodeKind::Job => "box",
    };
    let mut styles = vec!["filled"];
    styles.extend((node.kind == NodeKind::Job).then_some("rounded"));
    styles.extend(node.paused.then_some("dashed"));
    format!("n{index} [label={}, shape={shape}, style=\"{}\"]", quoted(&of_node(node)), styles.join(","))
}

/// Text between quotation marks. A backslash would begin one of Graphviz's own signs, and `&` one of HTML's.
fn quoted(lines: &[String]) -> String {
    let escaped = |line: &String| line.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;");
    format!("\"{}\"", lines.iter().map(escaped).collect::<Vec<_>>().join("\\n"))
}
