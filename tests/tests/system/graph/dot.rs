//! A strict reader of Graphviz's language, as far as the pictures use it.
//! <https://graphviz.org/doc/info/lang.html>

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use super::Picture;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A name or a number.
    Word(String),
    /// A text in quotation marks: its lines.
    Text(Vec<String>),
    Arrow,
    Sign(char),
}

type Tokens = Peekable<std::vec::IntoIter<Token>>;

/// Reads a digraph.
pub(super) fn read(text: &str) -> Picture {
    let mut tokens = tokens(text).into_iter().peekable();
    for expected in ["digraph", "jobwire"] {
        assert_eq!(tokens.next(), Some(Token::Word(expected.to_owned())));
    }
    let mut picture = Picture::default();
    block(&mut tokens, &mut picture, None);
    assert_eq!(tokens.next(), None);
    picture
}

/// Statements between braces; `group` is the number of the group that they are in.
fn block(tokens: &mut Tokens, picture: &mut Picture, group: Option<usize>) {
    assert_eq!(tokens.next(), Some(Token::Sign('{')));
    loop {
        match tokens.next() {
            Some(Token::Sign('}')) => return,
            Some(Token::Word(word)) => match word.as_str() {
                "graph" | "node" | "edge" => {
                    let options = options(tokens);
                    if let (Some(group), Some(label)) = (group, options.get("label")) {
                        picture.groups[group].0.clone_from(label);
                    }
                }
                "subgraph" => {
                    assert!(group.is_none(), "one group at a time");
                    let name = Token::Word(format!("cluster_{}", picture.groups.len()));
                    assert_eq!(tokens.next(), Some(name));
                    picture.groups.push((Vec::new(), Vec::new()));
                    let own = picture.groups.len() - 1;
                    block(tokens, picture, Some(own));
                }
                _ => statement(word, tokens, picture, group),
            },
            other => panic!("no statement: {other:?}"),
        }
    }
}

/// A node or an arrow.
fn statement(id: String, tokens: &mut Tokens, picture: &mut Picture, group: Option<usize>) {
    let to = if tokens.next_if_eq(&Token::Arrow).is_some() {
        let Some(Token::Word(to)) = tokens.next() else { panic!("an arrow to nothing") };
        Some(to)
    } else {
        None
    };
    let mut options = options(tokens);
    let dashed = options.get("style").is_some_and(|style| style.concat().split(',').any(|style| style == "dashed"));
    let label = options.remove("label").unwrap_or_default();
    if let Some(to) = to {
        picture.edges.push((id, to, label, dashed));
        return;
    }
    if let Some(group) = group {
        picture.groups[group].1.push(id.clone());
    }
    picture.nodes.push((id, label, dashed));
}

fn options(tokens: &mut Tokens) -> BTreeMap<String, Vec<String>> {
    let mut options = BTreeMap::new();
    if tokens.next_if_eq(&Token::Sign('[')).is_none() {
        return options;
    }
    loop {
        let Some(Token::Word(name)) = tokens.next() else { panic!("no option") };
        assert_eq!(tokens.next(), Some(Token::Sign('=')));
        let value = match tokens.next() {
            Some(Token::Word(word)) => vec![word],
            Some(Token::Text(lines)) => lines,
            other => panic!("no value: {other:?}"),
        };
        options.insert(name, value);
        match tokens.next() {
            Some(Token::Sign(',')) => {}
            Some(Token::Sign(']')) => return options,
            other => panic!("no end of the options: {other:?}"),
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        match first {
            '"' => tokens.push(Token::Text(quoted(&mut rest))),
            '-' => {
                assert_eq!(rest.next(), Some('>'));
                tokens.push(Token::Arrow);
            }
            '{' | '}' | '[' | ']' | '=' | ',' => tokens.push(Token::Sign(first)),
            ' ' | '\n' => {}
            _ => {
                let is_part = |character: &char| character.is_ascii_alphanumeric() || "._".contains(*character);
                assert!(is_part(&first), "{first:?} stands by itself");
                let mut word = String::from(first);
                while let Some(next) = rest.next_if(is_part) {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    tokens
}

/// A text up to its end. Of Graphviz's escapes there are three, and of HTML's one.
fn quoted(rest: &mut Peekable<Chars<'_>>) -> Vec<String> {
    let mut lines = vec![String::new()];
    loop {
        let line = lines.last_mut().unwrap();
        match rest.next().expect("a text has an end") {
            '"' => return lines,
            '\\' => match rest.next() {
                Some('n') => lines.push(String::new()),
                Some(character @ ('"' | '\\')) => line.push(character),
                other => panic!("an escape of Graphviz: {other:?}"),
            },
            '&' => {
                assert_eq!(rest.take(4).collect::<String>(), "amp;");
                line.push('&');
            }
            character => {
                assert!(character != '\n', "a line that is not ended");
                line.push(character);
            }
        }
    }
}
