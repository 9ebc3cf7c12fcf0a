//! Which jobs are watched: they are looked for once, or again and again where new ones may come.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use anyhow::{Result, bail};
use aws_sdk_batch::types::{JobDetail, JobStatus, JobSummary};
use tokio::time::Instant;

use super::calls::{self, List};
use super::place::Place;
use super::target::JobRef;
use super::trouble::Trouble;

/// More jobs of a queue than these are not watched at once: each hundred of them is a call at every look.
const MOST: usize = 1_000;

/// A job is listed a moment after its submission, and the clocks of its times are not ours.
const SLACK: i64 = 60_000;

/// How often new jobs are looked for.
const EVERY: Duration = Duration::from_secs(5);
const LOCAL_EVERY: Duration = Duration::from_secs(1);

/// What is watched.
#[derive(Debug)]
pub(crate) enum Target {
    /// One job.
    Job(JobRef),
    /// The jobs of a chain.
    Chain { id: String, settle: Duration },
    /// What has not ended in the queues.
    Queues,
}

/// What is to be expected of jobs that are not known yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outlook {
    /// No further one.
    Over,
    /// Whether there are others is seen by looking once more.
    Look,
    /// Others may come for so long.
    Wait(Duration),
}

/// Looks for jobs.
#[derive(Debug)]
pub(crate) struct Finder {
    target: Target,
    queues: Vec<String>,
    /// Jobs that were looked at, and need not be again.
    known: HashSet<String>,
    /// When the newest job was made that each queue has listed, in milliseconds since 1970.
    newest: HashMap<String, i64>,
    looked: Option<Instant>,
    /// When something of the chain was last seen to happen.
    moved: Instant,
    is_full: bool,
    /// What is to be said of what was found.
    pub(crate) notes: Vec<String>,
}

impl Finder {
    /// Looks in these queues.
    pub(crate) fn new(target: Target, queues: Vec<String>) -> Self {
        let known = HashSet::new();
        Self {
            target,
            queues,
            known,
            newest: HashMap::new(),
            looked: None,
            moved: Instant::now(),
            is_full: false,
            notes: Vec::new(),
        }
    }

    /// What is said where there is nothing to watch; nothing where that is as good as it gets.
    pub(crate) fn nothing(&self, asked: &str, is_local: bool) -> Option<String> {
        let queues = match self.queues.len() {
            1 => format!("the queue {}", self.queues[0]),
            _ => format!("the queues {}", self.queues.join(", ")),
        };
        // The local cloud has neither accounts nor other Regions, and one command shows all that it has.
        let local = "`jobwire local status` shows its jobs";
        match &self.target {
            Target::Job(JobRef::Id { id, .. }) if is_local => {
                Some(format!("Batch knows no job {id} in {asked}: {local}"))
            }
            Target::Job(name) if is_local => Some(format!("no job with {name} is in {asked}: {local}")),
            Target::Chain { id, .. } if is_local => {
                Some(format!("no job of the chain {id} is in {queues}, in {asked}: {local}"))
            }
            Target::Job(JobRef::Id { id, account, .. }) => {
                let meant = account.as_ref().map(|account| format!(" (its ARN is of account {account})"));
                Some(format!(
                    "Batch knows no job {id} in {asked}{}: is it of another account or Region (AWS_PROFILE, AWS_REGION), or did it end more than a week ago?",
                    meant.unwrap_or_default()
                ))
            }
            Target::Job(name) => Some(format!(
                "no job with {name} is in {queues}, in {asked}: give its id, its queue by --queue, or another account or Region (AWS_PROFILE, AWS_REGION)"
            )),
            Target::Chain { id, .. } => Some(format!(
                "no job of the chain {id} is in {queues}, in {asked}: give the queues of its jobs by --queue, or another account or Region (AWS_PROFILE, AWS_REGION)"
            )),
            Target::Queues => None,
        }
    }

    /// The ids of jobs that were not found before; they are looked for now and then, or `now`.
    pub(crate) async fn find(&mut self, place: &Place, now: bool) -> Result<Vec<String>, Trouble> {
        let every = if place.local.is_some() { LOCAL_EVERY } else { EVERY };
        let began = Instant::now();
        let is_due = self.looked.is_none_or(|looked| looked.elapsed() >= every);
        let found = match &self.target {
            Target::Job(_) if self.looked.is_some() && !now => Vec::new(),
            _ if !now && !is_due => Vec::new(),
            Target::Job(job) => {
                let (found, note) = job_ids(place, job, &self.queues).await?;
                self.notes.extend(note);
                found
            }
            Target::Chain { id, .. } => {
                let id = id.clone();
                self.of_chain(place, &id).await?
            }
            Target::Queues => self.in_queues(place).await?,
        };
        if now || is_due {
            self.looked = Some(began);
        }
        Ok(found)
    }

    /// Notes that something happened, after which a chain may go on.
    pub(crate) fn note_move(&mut self) {
        self.moved = Instant::now();
    }

    /// What is to be expected where all jobs that are known have ended.
    pub(crate) fn outlook(&self) -> Outlook {
        let settle = match &self.target {
            Target::Job(_) => return Outlook::Over,
            Target::Queues => Duration::ZERO,
            Target::Chain { settle, .. } => *settle,
        };
        // A job may have come until the very last look, so that look is to be after the time.
        let until = self.moved + settle;
        match until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            Some(left) => Outlook::Wait(left),
            None if self.looked.is_some_and(|looked| looked >= until) => Outlook::Over,
            None => Outlook::Look,
        }
    }

    async fn in_queues(&mut self, place: &Place) -> Result<Vec<String>, Trouble> {
        let mut found = HashSet::new();
        // In the order in which a job goes through them, so that none that goes on between two calls is missed.
        let states =
            [JobStatus::Submitted, JobStatus::Pending, JobStatus::Runnable, JobStatus::Starting, JobStatus::Running];
        for queue in &self.queues {
            for state in &states {
                let mut token = None;
                loop {
                    let (page, next) = calls::list(place, List::InState { queue, state }, token).await?;
                    for id in page.iter().filter_map(JobSummary::job_id).map(str::to_owned) {
                        if self.known.contains(&id) || found.contains(&id) {
                            continue;
                        }
                        if self.known.len() + found.len() < MOST {
                            found.insert(id);
                        } else if !std::mem::replace(&mut self.is_full, true) {
                            let note = format!("there are more than {MOST} jobs; the first {MOST} of them are watched");
                            self.notes.push(note);
                        }
                    }
                    match next {
                        Some(next) if !self.is_full => token = Some(next),
                        _ => break,
                    }
                }
            }
        }
        // Only now, since after a fault on the way the same jobs are to be found again.
        self.known.extend(found.iter().cloned());
        Ok(found.into_iter().collect())
    }

    /// Reads each queue from its newest job backwards, a page of each in turn, until what comes is older than the
    /// chain's first job or than what was read before. `ListJobs` cannot filter by tags.
    async fn of_chain(&mut self, place: &Place, chain: &str) -> Result<Vec<String>, Trouble> {
        let mut found = Vec::new();
        let mut beginning: Option<i64> = None;
        let mut open: Vec<(String, Option<String>)> = self.queues.iter().map(|queue| (queue.clone(), None)).collect();
        let mut newest = self.newest.clone();
        let mut seen = HashSet::new();
        while !open.is_empty() {
            for (queue, token) in std::mem::take(&mut open) {
                let (page, next) = calls::list(place, List::Named { queue: &queue, name: "*" }, token).await?;
                let times: Vec<i64> = page.iter().filter_map(JobSummary::created_at).collect();
                if let Some(time) = times.iter().max() {
                    let known = newest.entry(queue.clone()).or_insert(*time);
                    *known = (*known).max(*time);
                }
                let ids = page.iter().filter_map(JobSummary::job_id);
                let new: Vec<String> = ids.filter(|id| !self.known.contains(*id)).map(str::to_owned).collect();
                for job in calls::describe(place, &new).await? {
                    let tag = |name: &str| job.tags().and_then(|tags| tags.get(name)).map(String::as_str);
                    if tag("jobwire.chain") == Some(chain) {
                        found.extend(job.job_id().map(str::to_owned));
                        if tag("jobwire.depth") == Some("1") {
                            beginning = beginning.min(job.created_at()).or(job.created_at());
                        }
                    }
                }
                seen.extend(new);
                let until = self.newest.get(&queue).copied().max(beginning).map(|time| time - SLACK);
                let is_done = until.is_some_and(|until| times.iter().any(|time| *time < until));
                if let Some(next) = next.filter(|_| !is_done) {
                    open.push((queue, Some(next)));
                }
            }
        }
        // Only what was read whole counts as read: after a fault in between the same is read again.
        self.newest = newest;
        self.known.extend(seen);
        Ok(found)
    }
}

/// The job's id, and what is to be said of it.
async fn job_ids(place: &Place, job: &JobRef, queues: &[String]) -> Result<(Vec<String>, Option<String>), Trouble> {
    let name = match job {
        JobRef::Id { id, .. } => {
            let known = calls::describe(place, std::slice::from_ref(id)).await?;
            return Ok((known.iter().filter_map(JobDetail::job_id).map(str::to_owned).collect(), None));
        }
        JobRef::Name(name) => name,
    };
    let mut found: Vec<JobSummary> = Vec::new();
    for queue in queues {
        let (page, _) = calls::list(place, List::Named { queue, name }, None).await?;
        // Batch ignores case here, and names do not.
        let fits = |job: &JobSummary| match (name.strip_suffix('*'), job.job_name()) {
            (_, None) => false,
            (Some(beginning), Some(name)) => name.starts_with(beginning),
            (None, Some(own)) => own == name,
        };
        found.extend(page.into_iter().filter(fits));
    }
    let note = format!("{} jobs have {job}; the newest of them is watched", found.len());
    let note = (found.len() > 1).then_some(note);
    let newest = found.iter().max_by_key(|job| job.created_at());
    Ok((newest.and_then(JobSummary::job_id).map(str::to_owned).into_iter().collect(), note))
}

/// The queues that jobs are looked for in, where the user names none: those of the trigger file, or all that there are.
pub(crate) async fn queues(place: &Place, of_file: Option<Vec<String>>) -> Result<Vec<String>> {
    let queues = match of_file.filter(|queues| !queues.is_empty()) {
        Some(queues) => queues,
        None => calls::queues(place).await.map_err(Trouble::into_error)?,
    };
    if queues.is_empty() {
        let asked = place.described().await;
        bail!("there is no job queue in {asked}");
    }
    Ok(queues)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain that settles in a minute, in which something happened so many seconds ago and which was listed so many
    /// seconds ago.
    fn outlook(moved: u64, looked: u64) -> Outlook {
        let target = Target::Chain { id: "c".to_owned(), settle: Duration::from_mins(1) };
        let now = Instant::now();
        let mut finder = Finder::new(target, Vec::new());
        finder.moved = now.checked_sub(Duration::from_secs(moved)).unwrap_or(now);
        finder.looked = now.checked_sub(Duration::from_secs(looked));
        finder.outlook()
    }

    #[test]
    fn a_chain_is_over_when_a_look_after_the_settle_time_has_shown_no_further_job() {
        assert!(matches!(outlook(10, 1), Outlook::Wait(left) if left <= Duration::from_secs(50)));
        assert_eq!(outlook(70, 20), Outlook::Look, "a job may have come since that look");
        assert_eq!(outlook(70, 5), Outlook::Over);
    }

    #[test]
    fn one_job_is_over_when_it_has_ended() {
        let finder = Finder::new(Target::Job(JobRef::Name("feed".to_owned())), Vec::new());
        assert_eq!(finder.outlook(), Outlook::Over);
    }
}
