//! Where a queue's jobs are found by their names, which Batch compares without their case.

use std::collections::{BTreeMap, HashMap};

/// Jobs by their numbers, which grow with their age.
#[derive(Debug, Default)]
pub(super) struct JobIndex(HashMap<String, Queue>);

#[derive(Debug, Default)]
struct Queue {
    all: Vec<usize>,
    /// By their names in lower case.
    names: BTreeMap<String, Vec<usize>>,
}

impl JobIndex {
    pub(super) fn add(&mut self, queue: &str, name: &str, number: usize) {
        let queue = self.0.entry(queue.to_owned()).or_default();
        queue.all.push(number);
        queue.names.entry(name.to_lowercase()).or_default().push(number);
    }

    /// A queue's jobs, the newest first.
    pub(super) fn all(&self, queue: &str) -> Vec<usize> {
        self.0.get(queue).into_iter().flat_map(|queue| queue.all.iter().rev()).copied().collect()
    }

    /// A queue's jobs of these names, the newest first. A `*` at a name's end stands for anything.
    pub(super) fn named<'a>(&self, queue: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<usize> {
        let Some(queue) = self.0.get(queue) else { return Vec::new() };
        let mut numbers: Vec<usize> = Vec::new();
        for name in names {
            let name = name.to_lowercase();
            if let Some(start) = name.strip_suffix('*') {
                let from = queue.names.range(start.to_owned()..);
                numbers.extend(from.take_while(|(name, _)| name.starts_with(start)).flat_map(|(_, numbers)| numbers));
            } else {
                numbers.extend(queue.names.get(&name).into_iter().flatten());
            }
        }
        numbers.sort_unstable_by(|one, other| other.cmp(one));
        numbers.dedup();
        numbers
    }
}
