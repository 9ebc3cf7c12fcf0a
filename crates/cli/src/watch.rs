//! Jobs, followed to their end: states, reasons, logs, and an exit code that says how they ended.

mod calls;
mod change;
mod exit;
mod find;
mod job;
mod link;
mod needs;
mod pace;
mod place;
mod plain;
mod pod;
mod screen;
mod stream;
mod stuck;
mod tail;
mod target;
mod told;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Result, anyhow};
use aws_sdk_batch::types::JobStatus;
use tokio::time::Instant;

use crate::output;
pub(crate) use find::{Finder, Target, queues};
use job::Job;
pub(crate) use place::Place;
pub(crate) use screen::Screen;
use stuck::Surroundings;
use tail::Tail;
pub(crate) use target::JobRef;
use told::Told;
use trouble::Trouble;

/// What a process ends with that Ctrl-C has ended, as shells say it.
const INTERRUPTED: u8 = 130;

/// Nodes and children beyond these are counted and not shown one by one.
const MOST_NODES: i32 = 100;
const MOST_CHILDREN: usize = 3;

/// How often it is looked why a job does not start.
const REASONS_EVERY: Duration = Duration::from_secs(30);

/// A job that Batch does not know any more has been asked for so often.
const MOST_MISSES: u32 = 5;

/// How the jobs are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// Whether their logs are shown.
    pub(crate) logs: bool,
    /// How many lines are shown of what was written before.
    pub(crate) lines: i32,
}

/// Follows the jobs until they have ended; the answer is the process's exit code.
pub(crate) async fn run(place: Place, finder: Finder, screen: Screen, wish: Wish) -> Result<u8> {
    let mut watch = Watch {
        tail: Tail::new(wish.lines),
        place,
        finder,
        screen,
        wish,
        jobs: BTreeMap::new(),
        order: Vec::new(),
        missed: 0,
        reasons: Reasons::default(),
        told: Told::default(),
        failed_children: BTreeMap::new(),
    };
    let ended = tokio::select! {
        ended = watch.to_the_end() => Some(ended),
        _ = tokio::signal::ctrl_c() => None,
    };
    watch.screen.clear();
    if let Some(ended) = ended {
        return ended;
    }
    let left = watch.whole_jobs().filter(|job| !job.has_ended()).count();
    output::say(&match left {
        0 => "watching has ended".to_owned(),
        1 => "watching has ended; the job goes on: `aws batch terminate-job` ends it".to_owned(),
        _ => format!("watching has ended; {left} jobs go on: `aws batch terminate-job` ends one"),
    });
    Ok(INTERRUPTED)
}

/// Everything that is known while it is watched.
#[derive(Debug)]
struct Watch {
    place: Place,
    finder: Finder,
    screen: Screen,
    wish: Wish,
    /// The jobs by their ids, and the nodes of multi-node ones.
    jobs: BTreeMap<String, Job>,
    /// The ids of whole jobs, in the order in which they were found.
    order: Vec<String>,
    /// How often in a row a job was not in Batch's answer.
    missed: u32,
    reasons: Reasons,
    told: Told,
    /// The exit codes of arrays' failed children, by the array's id.
    failed_children: BTreeMap<String, Option<i32>>,
    tail: Tail,
}

/// What is known of why jobs do not start.
#[derive(Debug, Default)]
struct Reasons {
    /// When it was looked last.
    looked: Option<Instant>,
    /// Since when each job is seen to be RUNNABLE.
    since: BTreeMap<String, Instant>,
    /// What was told, by the job's id.
    told: BTreeSet<(String, String)>,
    /// Whether it was said that it cannot be looked.
    refused: bool,
}

impl Watch {
    async fn to_the_end(&mut self) -> Result<u8> {
        let mut pace = self.place.pace();
        // Nothing is known before the first answer, so a fault is an error until then.
        let mut found = self.finder.find(&self.place, true).await.map_err(Trouble::into_error)?;
        if found.is_empty() && self.place.local.is_none() {
            // A job that was submitted this very moment may not be known everywhere yet.
            tokio::time::sleep(pace.shortest()).await;
            found = self.finder.find(&self.place, true).await.map_err(Trouble::into_error)?;
        }
        if found.is_empty() {
            let asked = self.place.described().await;
            if let Some(nothing) = self.finder.nothing(&asked) {
                return Err(anyhow!("{nothing}"));
            }
            output::say(&format!("nothing waits or runs there, in {asked}"));
            self.screen.result(&[], 0);
            return Ok(0);
        }
        self.order = found;
        let mut is_at_fault = false;
        loop {
            let pause = match self.look().await {
                Ok(changed) => {
                    if std::mem::take(&mut is_at_fault) {
                        self.screen.say("AWS answers again");
                    }
                    match self.is_over() {
                        Some(left) if left.is_zero() => break,
                        Some(left) => pace.pause(changed).min(left),
                        None => pace.pause(changed),
                    }
                }
                Err(Trouble::Passing(error)) => {
                    if !std::mem::replace(&mut is_at_fault, true) {
                        self.screen.say(&format!("{error:#}; watching goes on as soon as AWS answers"));
                    }
                    pace.longest()
                }
                Err(Trouble::Final(error)) => {
                    return Err(error.context("watching cannot go on, and the jobs do"));
                }
            };
            tokio::time::sleep(pause).await;
        }
        let whole: Vec<&Job> = self.order.iter().filter_map(|id| self.jobs.get(id)).collect();
        let code =
            exit::code_of_watching(whole.iter().map(|job| self.with_code_of_parts(job)).collect::<Vec<_>>().iter());
        self.screen.result(&whole, code);
        Ok(code)
    }

    fn whole_jobs(&self) -> impl Iterator<Item = &Job> {
        self.order.iter().filter_map(|id| self.jobs.get(id))
    }

    /// For how long something is still waited for once all jobs have ended; nothing while they have not.
    fn is_over(&mut self) -> Option<Duration> {
        let have_ended = self.order.iter().all(|id| self.jobs.get(id).is_some_and(Job::has_ended));
        if !have_ended || !(self.tail.is_quiet() || !self.wish.logs) {
            self.screen.no_note();
            return None;
        }
        let Some(left) = self.finder.settles_in() else { return Some(Duration::ZERO) };
        if left.is_zero() {
            // The next look is to show whether others have come.
            return None;
        }
        self.screen.note(&format!(
            "every job of the chain has ended; a next one is waited for ({} s, see --settle)",
            left.as_secs().max(1)
        ));
        Some(left)
    }

    /// Looks at everything once; whether anything has changed.
    async fn look(&mut self) -> Result<bool, Trouble> {
        let all_ended = self.order.iter().all(|id| self.jobs.get(id).is_some_and(Job::has_ended));
        let is_due = all_ended && self.finder.settles_in().is_some_and(|left| left.is_zero());
        let new = self.finder.find(&self.place, is_due).await?;
        let mut changed = !new.is_empty();
        self.order.extend(new.into_iter().filter(|id| !self.jobs.contains_key(id)).collect::<BTreeSet<_>>());
        changed |= self.describe().await?;
        self.explain().await;
        if self.wish.logs {
            changed |= self.tail.look(&mut self.place, &self.screen).await;
        }
        if changed {
            self.finder.note_move();
        }
        Ok(changed)
    }

    /// Asks for every job that has not ended, and for the nodes of those that run.
    async fn describe(&mut self) -> Result<bool, Trouble> {
        let open: Vec<String> =
            self.order.iter().filter(|id| !self.jobs.get(*id).is_some_and(Job::has_ended)).cloned().collect();
        let details = calls::describe(&self.place, &open).await?;
        let jobs: Vec<Job> = details.iter().filter_map(Job::of).collect();
        if let Some(missing) = open.iter().find(|id| !jobs.iter().any(|job| job.id == **id)) {
            self.missed += 1;
            if self.missed >= MOST_MISSES {
                let asked = self.place.described().await;
                return Err(Trouble::Final(anyhow!("Batch does not know the job {missing} any more in {asked}")));
            }
        } else {
            self.missed = 0;
        }
        let mut changed = false;
        let nodes: Vec<String> = jobs.iter().filter(|job| job.has_started()).flat_map(node_ids).collect();
        for node in calls::describe(&self.place, &nodes).await?.iter().filter_map(Job::of) {
            changed |= self.take(node);
        }
        for job in jobs {
            let has_failed = job.array.is_some() && job.status == JobStatus::Failed;
            let array = job.clone();
            changed |= self.take(job);
            if has_failed {
                self.show_failed_children(&array).await?;
            }
        }
        Ok(changed)
    }

    /// Takes what was seen of a job; whether there is news.
    fn take(&mut self, job: Job) -> bool {
        let before = self.jobs.get(&job.id);
        let is_news = change::is_news(before, &job);
        let seen_to_start = before.is_some_and(|before| !before.has_started());
        if is_news {
            self.screen.change(before, &job);
        }
        // Of a multi-node job the main node's log stands for all.
        if job.node.is_none_or(|node| node.is_main || job.status == JobStatus::Failed) {
            if self.wish.logs {
                self.tail.follow(&job, seen_to_start);
            }
            self.told.places(&self.place, &self.screen, &job);
        }
        self.jobs.insert(job.id.clone(), job);
        is_news
    }

    /// Says of jobs that do not start why, as far as it can be seen; each reason once.
    async fn explain(&mut self) {
        let waiting: Vec<Job> = self
            .whole_jobs()
            .filter(|job| matches!(job.status, JobStatus::Pending | JobStatus::Runnable))
            .cloned()
            .collect();
        for job in &waiting {
            if let Some(reason) = stuck::dependencies(job) {
                self.tell(job, &reason);
            }
        }
        let runnable: Vec<&Job> = waiting.iter().filter(|job| is_runnable(job)).collect();
        self.reasons.since.retain(|id, _| runnable.iter().any(|job| job.id == *id));
        let mut is_due = self.reasons.looked.is_none_or(|looked| looked.elapsed() >= REASONS_EVERY);
        for job in &runnable {
            // A job that has come to RUNNABLE just now, or a new reason of Batch's own, is looked at at once.
            is_due |= self.reasons.since.insert(job.id.clone(), self.since(job)).is_none();
            is_due |= job.reason.as_ref().is_some_and(|reason| {
                !self.reasons.told.iter().any(|(id, told)| *id == job.id && told.starts_with(reason.as_str()))
            });
        }
        if runnable.is_empty() || !is_due || self.reasons.refused {
            return;
        }
        self.reasons.looked = Some(Instant::now());
        let mut known: BTreeMap<String, Surroundings> = BTreeMap::new();
        for job in runnable {
            if !known.contains_key(&job.queue) {
                match calls::surroundings(&self.place, &job.queue).await {
                    Ok(around) => drop(known.insert(job.queue.clone(), around)),
                    // It is asked again later; that Batch does not answer is told by whoever asks for the jobs.
                    Err(Trouble::Passing(_)) => return,
                    Err(Trouble::Final(error)) => {
                        self.reasons.refused = true;
                        self.screen.say(&format!("why jobs do not start cannot be looked up: {error:#}"));
                        drop(known.insert(job.queue.clone(), Surroundings::default()));
                    }
                }
            }
            let waited = self.reasons.since.get(&job.id).map(Instant::elapsed).unwrap_or_default();
            for reason in known.get(&job.queue).map(|around| stuck::reasons(job, around, waited)).unwrap_or_default() {
                self.tell(job, &reason);
            }
        }
    }

    fn since(&self, job: &Job) -> Instant {
        self.reasons.since.get(&job.id).copied().unwrap_or_else(Instant::now)
    }

    fn tell(&mut self, job: &Job, reason: &str) {
        if self.reasons.told.insert((job.id.clone(), reason.to_owned())) {
            self.screen.reason(job, reason);
        }
    }

    /// The first failed children of an array, with the last lines of their logs.
    async fn show_failed_children(&mut self, array: &Job) -> Result<(), Trouble> {
        let (mut failed, _) = calls::list(&self.place, calls::List::FailedChildren { array: &array.id }, None).await?;
        failed.sort_by_key(|child| child.array_properties().and_then(|array| array.index()));
        let code = failed.iter().find_map(|child| child.container().and_then(|container| container.exit_code()));
        self.failed_children.insert(array.id.clone(), code);
        let shown = failed.iter().take(MOST_CHILDREN).filter_map(|child| child.job_id().map(str::to_owned));
        let shown: Vec<String> = shown.collect();
        let mut children: Vec<Job> = calls::describe(&self.place, &shown).await?.iter().filter_map(Job::of).collect();
        children.sort_by_key(|child| shown.iter().position(|id| *id == child.id));
        for child in &children {
            self.screen.change(None, child);
            if self.wish.logs {
                tail::last_lines(&mut self.place, &self.screen, child, self.wish.lines).await;
            }
            self.told.places(&self.place, &self.screen, child);
        }
        if let Some(code) = children.iter().find_map(|child| child.exit_code).filter(|_| code.is_none()) {
            self.failed_children.insert(array.id.clone(), Some(code));
        }
        let left = array.array.as_ref().and_then(|children| children.counts.get("FAILED").copied()).unwrap_or_default();
        let left = left.saturating_sub(u64::try_from(children.len()).unwrap_or_default());
        if left > 0 {
            self.screen.say(&format!(
                "{left} more children of {} failed: `aws batch list-jobs --array-job-id {} --job-status FAILED`",
                array.label, array.id
            ));
        }
        Ok(())
    }

    /// A job with the exit code of its parts: an array has that of its first failed child, a multi-node job that of its
    /// main node.
    fn with_code_of_parts(&self, job: &Job) -> Job {
        let of_child = self.failed_children.get(&job.id).copied().flatten();
        let main = job.main_node.and_then(|index| self.jobs.get(&format!("{}#{index}", job.id)));
        let exit_code = job.exit_code.or(of_child).or(main.and_then(|main| main.exit_code));
        Job { exit_code, ..job.clone() }
    }
}

/// Whether it waits for a machine; an array does so with its children.
fn is_runnable(job: &Job) -> bool {
    let children = job.array.as_ref().is_some_and(|children| children.counts.contains_key("RUNNABLE"));
    let active = job.array.as_ref().is_some_and(|children| {
        ["STARTING", "RUNNING", "SUCCEEDED", "FAILED"].iter().any(|state| children.counts.contains_key(*state))
    });
    (job.status == JobStatus::Runnable && job.array.is_none()) || (children && !active)
}

/// The ids of a multi-node job's nodes.
fn node_ids(job: &Job) -> Vec<String> {
    let count = job.needs.nodes.and_then(|count| i32::try_from(count).ok()).unwrap_or_default();
    (0..count.min(MOST_NODES)).map(|index| format!("{}#{index}", job.id)).collect()
}
