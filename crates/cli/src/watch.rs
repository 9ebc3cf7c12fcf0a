//! Jobs, followed to their end: states, reasons, logs, and an exit code that says how they ended.

mod calls;
mod change;
mod children;
mod clusters;
mod containers;
mod exit;
mod find;
mod job;
mod link;
mod needs;
mod pace;
mod place;
mod plain;
mod pod;
mod reasons;
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

use crate::output;
use children::Failed;
use clusters::Clusters;
use find::Outlook;
pub(crate) use find::{Finder, Target, queues};
use job::Job;
pub(crate) use place::Place;
pub(crate) use plain::plain;
use reasons::Reasons;
pub(crate) use screen::Screen;
use tail::Tail;
pub(crate) use target::JobRef;
use told::Told;
use trouble::Trouble;

/// What a process ends with that Ctrl-C has ended, as shells say it.
const INTERRUPTED: u8 = 130;

/// Nodes beyond these are not shown one by one: a hundred are described by one call.
const MOST_NODES: i32 = 100;

/// A job that Batch does not know any more has been asked for so often.
const MOST_MISSES: u32 = 5;

/// To look for jobs takes longer than this in an account with many of them.
const PATIENCE: Duration = Duration::from_secs(2);

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
        misses: 0,
        reasons: Reasons::default(),
        clusters: Clusters::default(),
        told: Told::default(),
        failed_children: BTreeMap::new(),
    };
    let ended = tokio::select! {
        ended = watch.follow() => Some(ended),
        _ = tokio::signal::ctrl_c() => None,
    };
    watch.screen.clear();
    if let Some(ended) = ended {
        return ended;
    }
    let left = watch.order.len() - watch.whole_jobs().filter(|job| job.has_ended()).count();
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
    /// The ids of whole jobs.
    order: Vec<String>,
    /// How often in a row a job was not in Batch's answer.
    misses: u32,
    reasons: Reasons,
    clusters: Clusters,
    told: Told,
    /// The exit codes of arrays' failed children, by the array's id.
    failed_children: BTreeMap<String, i32>,
    tail: Tail,
}

impl Watch {
    /// Looks again and again, until nothing is left to be seen.
    async fn follow(&mut self) -> Result<u8> {
        let mut pace = self.place.pace();
        // Nothing is known before the first answer, so a fault is an error until then.
        self.order = self.find_first().await.map_err(Trouble::into_error)?;
        if self.order.is_empty() && self.place.local.is_none() {
            // A job that was submitted this very moment may not be known everywhere yet.
            tokio::time::sleep(pace.shortest()).await;
            self.order = self.find_first().await.map_err(Trouble::into_error)?;
        }
        if self.order.is_empty() {
            return self.found_nothing().await;
        }
        let mut is_at_fault = false;
        loop {
            let pause = match self.look().await {
                Ok(changed) => {
                    if std::mem::take(&mut is_at_fault) {
                        self.screen.say("AWS answers again");
                    }
                    match self.outlook() {
                        None => pace.pause(changed),
                        Some(Outlook::Over) => break,
                        Some(Outlook::Look) => pace.shortest(),
                        Some(Outlook::Wait(left)) => pace.pause(changed).min(left),
                    }
                }
                Err(Trouble::Passing(error)) => {
                    if !std::mem::replace(&mut is_at_fault, true) {
                        self.screen.say(&format!("{error:#}; watching goes on as soon as AWS answers"));
                    }
                    pace.longest()
                }
                Err(Trouble::Final(error)) => return Err(error.context("watching cannot go on, and the jobs do")),
            };
            tokio::time::sleep(pause).await;
        }
        let mut whole: Vec<Job> = self.whole_jobs().map(|job| self.with_code_of_parts(job)).collect();
        whole.sort_by_key(|job| job.created_at);
        let code = exit::code_of_watching(&whole);
        self.screen.result(&whole, code);
        Ok(code)
    }

    /// Looks for the jobs, and says so where that takes long.
    async fn find_first(&mut self) -> Result<Vec<String>, Trouble> {
        let find = self.finder.find(&self.place, true);
        tokio::pin!(find);
        let found = tokio::select! {
            found = &mut find => found,
            () = tokio::time::sleep(PATIENCE) => {
                self.screen.note("looking for the jobs …");
                find.await
            }
        };
        self.screen.no_note();
        found
    }

    async fn found_nothing(&mut self) -> Result<u8> {
        let asked = self.place.described().await;
        if let Some(nothing) = self.finder.nothing(&asked, self.place.local.is_some()) {
            return Err(anyhow!("{nothing}"));
        }
        output::say(&format!("nothing waits or runs there, in {asked}"));
        self.screen.result(&[], 0);
        Ok(0)
    }

    fn whole_jobs(&self) -> impl Iterator<Item = &Job> {
        self.order.iter().filter_map(|id| self.jobs.get(id))
    }

    fn have_ended(&self) -> bool {
        self.order.iter().all(|id| self.jobs.get(id).is_some_and(Job::has_ended))
    }

    /// What is to be expected once all jobs have ended; nothing while they have not.
    fn outlook(&mut self) -> Option<Outlook> {
        if !self.have_ended() || !self.tail.is_quiet() {
            self.screen.no_note();
            return None;
        }
        let outlook = self.finder.outlook();
        if let Outlook::Wait(left) = outlook {
            let seconds = left.as_secs().max(1);
            self.screen.note(&format!(
                "every job of the chain has ended; a next one is waited for ({seconds} s, see --settle)"
            ));
        }
        Some(outlook)
    }

    /// Looks at everything once; whether anything has changed.
    async fn look(&mut self) -> Result<bool, Trouble> {
        let is_due = self.have_ended() && self.finder.outlook() == Outlook::Look;
        let new: BTreeSet<String> = self.finder.find(&self.place, is_due).await?.into_iter().collect();
        for note in self.finder.notes.drain(..) {
            self.screen.say(&note);
        }
        let mut changed = !new.is_empty();
        self.order.extend(new.into_iter().filter(|id| !self.jobs.contains_key(id)));
        changed |= self.describe().await?;
        let whole = self.order.iter().filter_map(|id| self.jobs.get(id));
        self.reasons.explain(&self.place, &self.screen, whole).await;
        changed |= self.tail.look(&mut self.place, &self.screen).await;
        if changed {
            self.finder.note_move();
        }
        Ok(changed)
    }

    /// Asks for every job that has not ended, and for the nodes of those that run.
    async fn describe(&mut self) -> Result<bool, Trouble> {
        let has_ended = |id: &String| self.jobs.get(id).is_some_and(Job::has_ended);
        let open: Vec<String> = self.order.iter().filter(|id| !has_ended(id)).cloned().collect();
        let details = calls::describe(&self.place, &open).await?;
        let mut jobs: Vec<Job> = details.iter().filter_map(Job::of).collect();
        jobs.sort_by_key(|job| job.created_at);
        self.miss(&open, &jobs).await?;
        let nodes: Vec<String> = jobs.iter().filter(|job| job.has_started()).flat_map(node_ids).collect();
        let nodes = calls::describe(&self.place, &nodes).await?;
        let nodes: Vec<Job> = nodes.iter().filter_map(Job::of).collect();
        let mut changed = false;
        if jobs.iter().any(Job::has_ended) {
            // What a job wrote last stands before its end then.
            changed |= self.tail.look(&mut self.place, &self.screen).await;
        }
        self.screen.widen(jobs.iter().chain(&nodes));
        for node in nodes {
            changed |= self.take(node).await;
        }
        for job in jobs {
            // Asked for before the job is taken as ended: after a fault on the way both are asked for again.
            let failed = if job.array.is_some() && job.status == JobStatus::Failed {
                self.failed_children(&job).await?
            } else {
                None
            };
            let array = failed.is_some().then(|| job.clone());
            changed |= self.take(job).await;
            if let (Some(array), Some(failed)) = (array, failed) {
                self.show_children(&array, failed).await;
            }
        }
        Ok(changed)
    }

    /// Counts how often a job that was there is not; an error where that is no passing thing.
    async fn miss(&mut self, asked: &[String], answered: &[Job]) -> Result<(), Trouble> {
        let Some(missing) = asked.iter().find(|id| !answered.iter().any(|job| job.id == **id)) else {
            self.misses = 0;
            return Ok(());
        };
        self.misses += 1;
        if self.misses < MOST_MISSES {
            return Ok(());
        }
        let asked = self.place.described().await;
        Err(Trouble::Final(anyhow!("Batch does not know the job {missing} any more in {asked}")))
    }

    /// Takes what was seen of a job; whether there is news.
    async fn take(&mut self, mut job: Job) -> bool {
        self.clusters.complete(&self.place, &mut job).await;
        let before = self.jobs.get(&job.id);
        let is_news = change::is_news(before, &job);
        if is_news {
            self.screen.change(before, &job);
        }
        // Of a multi-node job the main node's log stands for all, but for those of nodes that fail.
        if job.node.is_none_or(|node| node.is_main || job.status == JobStatus::Failed) {
            if self.wish.logs {
                self.tail.follow(before, &job);
            }
            self.told.places(&self.place, &self.screen, &job);
        }
        self.jobs.insert(job.id.clone(), job);
        is_news
    }

    /// The failed children of an array; none where they may not be listed, which hides no outcome.
    async fn failed_children(&mut self, array: &Job) -> Result<Option<Failed>, Trouble> {
        match children::failed(&self.place, &array.id).await {
            Ok(failed) => {
                self.failed_children.extend(failed.code.map(|code| (array.id.clone(), code)));
                Ok(Some(failed))
            }
            Err(Trouble::Final(error)) => {
                self.screen.say(&format!("the failed children of {} are not shown: {error:#}", array.label));
                Ok(None)
            }
            Err(passing) => Err(passing),
        }
    }

    /// Shows the first failed children of an array, with the last lines of their logs.
    async fn show_children(&mut self, array: &Job, failed: Failed) {
        for child in &failed.shown {
            self.screen.change(None, child);
            if self.wish.logs {
                tail::last_lines(&mut self.place, &self.screen, child, self.wish.lines).await;
            }
            self.told.places(&self.place, &self.screen, child);
        }
        let all = array.array.as_ref().and_then(|children| children.counts.get(JobStatus::Failed.as_str()).copied());
        let left = all.unwrap_or_default().saturating_sub(u64::try_from(failed.shown.len()).unwrap_or_default());
        if left > 0 {
            self.screen.say(&format!(
                "{left} more children of {} failed: `aws batch list-jobs --array-job-id {} --job-status FAILED`",
                array.label, array.id
            ));
        }
    }

    /// A job with the exit code of its parts: an array has that of its first failed child, a multi-node job that of its
    /// main node.
    fn with_code_of_parts(&self, job: &Job) -> Job {
        let of_child = self.failed_children.get(&job.id).copied();
        let main = job.main_node.and_then(|index| self.jobs.get(&format!("{}#{index}", job.id)));
        let exit_code = job.exit_code.or(of_child).or(main.and_then(|main| main.exit_code));
        Job { exit_code, ..job.clone() }
    }
}

/// The ids of a multi-node job's nodes.
fn node_ids(job: &Job) -> Vec<String> {
    let count = job.needs.nodes.and_then(|count| i32::try_from(count).ok()).unwrap_or_default();
    (0..count.min(MOST_NODES)).map(|index| format!("{}#{index}", job.id)).collect()
}
