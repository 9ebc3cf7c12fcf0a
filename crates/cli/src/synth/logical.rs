//! Logical ids of resources: letters and digits, made from the names of the trigger file.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

/// The ids that are taken.
pub(super) struct Ids {
    taken: BTreeSet<String>,
}

impl Ids {
    pub(super) fn new(taken: impl Iterator<Item = String>) -> Self {
        Self { taken: taken.collect() }
    }

    /// `check-feed`, `Rule` → `CheckFeedRule`.
    ///
    /// Names that differ in punctuation alone would give one id; that is refused, because a number behind it would
    /// change with the order of the file and so replace resources.
    pub(super) fn take(&mut self, name: &str, kind: &str) -> Result<String> {
        let id = format!("{}{kind}", camel(name));
        if !self.taken.insert(id.clone()) {
            bail!("`{name}` gives the logical id {id}, which something else has already: rename one of the two");
        }
        Ok(id)
    }
}

/// The name's words, each with a capital.
pub(super) fn camel(name: &str) -> String {
    name.split(|character: char| !character.is_ascii_alphanumeric())
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
        })
        .collect()
}
