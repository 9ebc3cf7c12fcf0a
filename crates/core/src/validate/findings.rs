//! The problems found so far, and what cannot be judged yet.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::problem::Problem;

/// The problems of one request. They tell how a value is wrong and never the value, which may be an event's.
pub(super) struct Findings<'a> {
    problems: Vec<Problem>,
    open: &'a BTreeSet<String>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(open: &'a BTreeSet<String>) -> Self {
        Self { problems: Vec::new(), open }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Adds a problem, unless its field's value is not known yet.
    pub(super) fn add(&mut self, path: &str, message: impl Into<String>) {
        if !self.is_open(path) {
            self.problems.push(Problem::new(path, message));
        }
    }

    /// The same with what to do next.
    pub(super) fn add_with_help(&mut self, path: &str, message: impl Into<String>, help: &str) {
        if !self.is_open(path) {
            self.problems.push(Problem::new(path, message).help(help));
        }
    }

    /// Adds a problem that holds whatever the values will be that are not known yet.
    pub(super) fn add_whatever(&mut self, path: &str, message: impl Into<String>, help: &str) {
        self.problems.push(Problem::new(path, message).help(help));
    }

    pub(super) fn in_range(&mut self, path: &str, value: i32, range: &RangeInclusive<i32>) {
        if value < *range.start() {
            self.add(path, format!("is less than {}, and must be {0} to {}", range.start(), range.end()));
        } else if value > *range.end() {
            self.add(path, format!("is more than {1}, and must be {} to {}", range.start(), range.end()));
        }
    }

    /// Whether the value at `path` is not known yet: a template stands in it or around it.
    pub(super) fn is_open(&self, path: &str) -> bool {
        if self.open.is_empty() {
            return false;
        }
        let mut path = path;
        loop {
            if self.open.contains(path) {
                return true;
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return false,
            }
        }
    }
}
