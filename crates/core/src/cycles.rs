//! Which triggers lead to which, and their cycles: a job whose own output would start it again, for ever.

use std::collections::VecDeque;

use crate::arn::{is_arn, job_definition, last_component};
use crate::on::{BucketEvent, Each, JobOn, On};
use crate::platform::Platform;
use crate::problem::Problem;
use crate::template::is_template;
use crate::trigger::{Allow, Submit, Trigger, Triggers, emitted_bucket};

/// The cycles that no `when` could end, each told at the trigger of it that stands first in the file.
///
/// Triggers that lie on one cycle after another give one problem, the shortest cycle through the first of them: when it
/// is mended the next one shows.
pub(crate) fn endless(triggers: &Triggers) -> Vec<Problem> {
    let endless: Vec<&Trigger> =
        triggers.triggers.iter().filter(|trigger| trigger.enabled && trigger.when.is_none()).collect();
    let next: Vec<Vec<usize>> = endless
        .iter()
        .map(|from| (0..endless.len()).filter(|to| leads(from, endless[*to]).is_some()).collect())
        .collect();
    // What cannot come back to itself is passed by from the beginning.
    let mut told = acyclic(&next);
    let mut problems = Vec::new();
    for start in 0..endless.len() {
        if told[start] {
            continue;
        }
        if let Some(cycle) = shortest_cycle(&next, &told, start) {
            for member in &cycle {
                told[*member] = true;
            }
            problems.push(problem(&cycle.iter().map(|index| endless[*index]).collect::<Vec<_>>()));
        }
    }
    problems
}

/// Which triggers cannot lie on a cycle: those that nothing leads to, again and again until none is left.
fn acyclic(next: &[Vec<usize>]) -> Vec<bool> {
    let mut into = vec![0_usize; next.len()];
    next.iter().flatten().for_each(|to| into[*to] += 1);
    let mut free: Vec<usize> = (0..next.len()).filter(|index| into[*index] == 0).collect();
    let mut acyclic = vec![false; next.len()];
    while let Some(index) = free.pop() {
        acyclic[index] = true;
        for &to in &next[index] {
            into[to] -= 1;
            if into[to] == 0 {
                free.push(to);
            }
        }
    }
    acyclic
}

/// The shortest way from a trigger back to itself, as indexes that begin with its own; `next` says which triggers each
/// one leads to, and those in `without` are passed by.
fn shortest_cycle(next: &[Vec<usize>], without: &[bool], start: usize) -> Option<Vec<usize>> {
    let mut before: Vec<Option<usize>> = vec![None; next.len()];
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for &to in next[at].iter().filter(|to| !without[**to]) {
            if to == start {
                let mut cycle = vec![at];
                while let Some(earlier) = cycle.last().filter(|last| **last != start).and_then(|last| before[*last]) {
                    cycle.push(earlier);
                }
                cycle.reverse();
                return Some(cycle);
            }
            if before[to].is_none() {
                before[to] = Some(at);
                queue.push_back(to);
            }
        }
    }
    None
}

fn problem(cycle: &[&Trigger]) -> Problem {
    let first = cycle[0];
    let next = cycle.get(1).copied().unwrap_or(first);
    let way = leads(first, next).unwrap_or(Way::Job);
    let message = if cycle.len() == 1 {
        format!("{} starts this trigger again, for ever: it has no `when`", way.name())
    } else {
        const SHOWN: usize = 12;
        let mut names: Vec<&str> = cycle.iter().map(|trigger| trigger.name.as_str()).take(SHOWN).collect();
        names.extend((cycle.len() > SHOWN).then_some("…"));
        names.push(&first.name);
        format!("triggers start each other for ever, and none has a `when`: {}", names.join(" → "))
    };
    let help = match way {
        Way::Topic | Way::Job => "end it by a `when`, such as `chain.depth < 5`",
        Way::Bucket => {
            "let it write below a prefix of its own and say so, `emits: { buckets: [NAME/done/] }`, or end it by a `when`"
        }
    };
    first.located(Problem::new(way.path(), message).help(help))
}

/// How one trigger's job leads to another trigger.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// By a message that the job publishes.
    Topic,
    /// By an object that the job writes.
    Bucket,
    /// By the job's own change of state.
    Job,
}

impl Way {
    fn path(self) -> &'static str {
        match self {
            Self::Topic => "emits.topics",
            Self::Bucket => "emits.buckets",
            Self::Job => "submit",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Topic => "the job's own message",
            Self::Bucket => "the job's own object",
            Self::Job => "the job's own change of state",
        }
    }
}

/// Whether what the jobs of `from` do may start a job of `to`, and how. Neither looks at `when`.
#[must_use]
pub fn leads(from: &Trigger, to: &Trigger) -> Option<Way> {
    match &to.on {
        On::Schedule(_) => None,
        On::Topic(on) => from.emits.topics.contains(&on.topic).then_some(Way::Topic),
        On::Bucket(on) => {
            let starts = |emitted: &String| {
                let (bucket, written) = emitted_bucket(emitted);
                let meet = |wanted: &String| written.starts_with(wanted.as_str()) || wanted.starts_with(written);
                bucket == on.bucket && (on.prefix.is_empty() || on.prefix.iter().any(meet))
            };
            (on.events.contains(&BucketEvent::Created) && from.emits.buckets.iter().any(starts)).then_some(Way::Bucket)
        }
        On::Job(on) => changes(from, on).then_some(Way::Job),
    }
}

/// Whether the jobs of `from` may be among those that `on` asks for.
fn changes(from: &Trigger, on: &JobOn) -> bool {
    let field_of = |name: &str| match &from.submit {
        Submit::Fields(fields) => fields.get(name).and_then(|value| value.as_str()).map(str::to_owned),
        Submit::FromEvent => None,
    };
    let has = |name: &str| matches!(&from.submit, Submit::Fields(fields) if fields.contains_key(name));
    let allowed =
        |list: fn(&Allow) -> &Vec<String>| from.allow.as_ref().map(|allow| list(allow).clone()).unwrap_or_default();
    let candidates = |name: &str, list: fn(&Allow) -> &Vec<String>| match field_of(name) {
        Some(text) if !is_template(&text) => vec![text],
        _ => allowed(list),
    };
    let right_part = match on.each {
        Each::Whole => true,
        Each::Child => has("arrayProperties"),
        Each::Node => has("nodeOverrides") || from.platform == Platform::Multinode,
    };
    right_part
        && !on.status.is_empty()
        && on
            .queue
            .as_ref()
            .is_none_or(|wanted| candidates("jobQueue", |allow| &allow.queues).iter().any(|queue| same(wanted, queue)))
        && on.definition.as_ref().is_none_or(|wanted| {
            candidates("jobDefinition", |allow| &allow.definitions).iter().any(|one| same_definition(wanted, one))
        })
}

fn same(left: &str, right: &str) -> bool {
    if is_arn(left) && is_arn(right) { left == right } else { last_component(left) == last_component(right) }
}

fn same_definition(left: &str, right: &str) -> bool {
    let ((left_name, left_revision), (right_name, right_revision)) = (job_definition(left), job_definition(right));
    left_name == right_name && (left_revision.is_none() || right_revision.is_none() || left_revision == right_revision)
}
