//! Text of the trigger file as a picture can show it: short lines without anything that cannot be seen.

use super::{Edge, EdgeKind, Graph, Node, NodeKind};

/// The longest line, in characters, and the most lines of one text.
const WIDTH: usize = 28;
const LINES: usize = 8;

/// What is written into a node.
pub(super) fn of_node(node: &Node) -> Vec<String> {
    let what = match node.kind {
        NodeKind::Topic => Some("topic"),
        NodeKind::Bucket => Some("bucket"),
        NodeKind::Schedule | NodeKind::JobState | NodeKind::Buffer | NodeKind::Trigger | NodeKind::Job => None,
    };
    let paused = (node.kind == NodeKind::Trigger && node.paused).then_some("(paused)");
    let mut lines: Vec<String> = what.map(str::to_owned).into_iter().collect();
    lines.extend(wrapped(&node.name));
    lines.extend(node.notes.iter().flat_map(|note| wrapped(note)));
    lines.extend(paused.map(str::to_owned));
    lines
}

/// What is written beside an arrow.
pub(super) fn of_edge(edge: &Edge) -> Vec<String> {
    let when = edge.when.iter().map(|when| format!("when {when}"));
    edge.notes.iter().cloned().chain(when).flat_map(|text| wrapped(&text)).collect()
}

/// The groups of a picture, by their titles: the functions with their triggers, and the queues with their jobs.
pub(super) fn groups(graph: &Graph) -> Vec<(Vec<String>, Vec<usize>)> {
    let mut groups: Vec<(Vec<String>, Vec<usize>)> = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let title = match (node.function, &node.queue) {
            (Some(function), _) => format!("function {function}"),
            (None, Some(queue)) => format!("queue {queue}"),
            (None, None) => continue,
        };
        let title = wrapped(&title);
        match groups.iter_mut().find(|(other, _)| *other == title) {
            Some((_, members)) => members.push(index),
            None => groups.push((title, vec![index])),
        }
    }
    groups
}

/// The places of an arrow's ends among the nodes.
pub(super) fn ends(graph: &Graph, edge: &Edge) -> Option<(usize, usize)> {
    let place = |id: &str| graph.nodes.iter().position(|node| node.id == id);
    Some((place(&edge.from)?, place(&edge.to)?))
}

/// Whether an arrow is drawn thick: the way from one job to the next trigger.
pub(super) fn is_chain(edge: &Edge) -> bool {
    edge.kind == EdgeKind::Chain
}

/// Lines of a text, broken where its words end, or else anywhere; what is too long ends with `…`.
fn wrapped(text: &str) -> Vec<String> {
    let visible: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .flat_map(|character| {
            let kept = matches!(character, '"' | '\'' | '\\');
            let escaped: Vec<char> = if kept { vec![character] } else { character.escape_debug().collect() };
            escaped
        })
        .collect();
    let mut lines: Vec<String> = Vec::new();
    for word in visible.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        if let Some(line) = lines.last_mut()
            && line.chars().count() + 1 + word.len() <= WIDTH
        {
            line.push(' ');
            line.extend(&word);
            continue;
        }
        while word.len() > WIDTH {
            lines.push(word.drain(..WIDTH).collect());
        }
        lines.push(word.into_iter().collect());
    }
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}
