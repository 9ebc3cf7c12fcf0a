//! Answers that come in pages.

use serde_json::{Value, json};

use crate::refusal::ClientException;

const LARGEST: usize = 100;

/// Puts the page that was asked for into an answer under `member`. The token is the number of items before the page,
/// counted from the end that never changes.
pub(super) fn page(
    member: &str,
    items: Vec<Value>,
    max_results: Option<i64>,
    next_token: Option<&str>,
) -> Result<Value, ClientException> {
    let size = page_size(max_results)?;
    let start = match next_token {
        None => 0,
        Some(token) => token.parse().ok().filter(|start| *start <= items.len()).ok_or_else(|| bad_token(token))?,
    };
    let rest = items.len() - start;
    let page: Vec<_> = items.into_iter().skip(start).take(size).collect();
    let mut answer = json!({ member: page });
    if rest > size {
        answer["nextToken"] = json!((start + size).to_string());
    }
    Ok(answer)
}

pub(super) fn page_size(max_results: Option<i64>) -> Result<usize, ClientException> {
    match max_results {
        None => Ok(LARGEST),
        Some(asked) => usize::try_from(asked).ok().filter(|size| (1..=LARGEST).contains(size)).ok_or_else(|| {
            ClientException::new(format!("maxResults: found {asked}, allowed is a number from 1 to {LARGEST}"))
        }),
    }
}

pub(super) fn bad_token(token: &str) -> ClientException {
    ClientException::new(format!("nextToken: found `{token}`: give the nextToken of the answer before, unchanged"))
}
