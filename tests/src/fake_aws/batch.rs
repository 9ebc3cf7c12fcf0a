//! AWS Batch, as far as it takes, lists and ends jobs. Nothing runs them, and any queue and definition exists.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::job_index::JobIndex;
use super::refusal::Refusal;

/// A job that was submitted.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id, which no other job has.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its queue's name, also where the request has an ARN.
    pub queue: String,
    /// When it was submitted, in milliseconds since 1970.
    pub created_at: u64,
    /// Why it was terminated, if it was.
    pub terminated: Option<String>,
    /// The request's whole body.
    pub request: Arc<Value>,
}

#[derive(Debug)]
pub(super) struct Batch {
    /// The oldest first; a job's number is its place.
    jobs: Vec<Kept>,
    numbers: HashMap<String, usize>,
    index: JobIndex,
    terminated: usize,
    pub(super) page_size: usize,
    pub(super) visibility_delay: Duration,
}

#[derive(Debug)]
struct Kept {
    job: Job,
    since: Instant,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            jobs: Vec::new(),
            numbers: HashMap::new(),
            index: JobIndex::default(),
            terminated: 0,
            page_size: 100,
            visibility_delay: Duration::ZERO,
        }
    }
}

impl Batch {
    pub(super) fn jobs(&self) -> impl ExactSizeIterator<Item = &Job> {
        self.jobs.iter().map(|kept| &kept.job)
    }

    /// How many are not terminated.
    pub(super) fn live(&self) -> usize {
        self.jobs.len() - self.terminated
    }

    /// <https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html>
    pub(super) fn submit(&mut self, body: &Arc<Value>) -> Result<Value, Refusal> {
        let name = text(body, "jobName")?;
        let queue = queue_name(text(body, "jobQueue")?);
        text(body, "jobDefinition")?;
        let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        if name.len() > 128
            || !name.starts_with(|first: char| first.is_ascii_alphanumeric())
            || !name.chars().all(letters)
        {
            return Err(Refusal::client("jobName: is no valid name of a job"));
        }
        let number = self.jobs.len();
        let id = format!("00000000-0000-4000-8000-{:012x}", number + 1);
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let job = Job {
            id: id.clone(),
            name: name.to_owned(),
            queue: queue.to_owned(),
            created_at: since_1970.as_millis().try_into().unwrap_or(u64::MAX),
            terminated: None,
            request: body.clone(),
        };
        let answer = json!({
            "jobArn": format!("arn:aws:batch:us-east-1:123456789012:job/{id}"),
            "jobName": name,
            "jobId": id,
        });
        self.index.add(queue, name, number);
        self.numbers.insert(id, number);
        self.jobs.push(Kept { job, since: Instant::now() });
        Ok(answer)
    }

    /// <https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html>
    ///
    /// A token names the last job of the page before, so that jobs submitted in between move nothing.
    pub(super) fn list(&self, body: &Value) -> Result<Value, Refusal> {
        for member in ["arrayJobId", "multiNodeJobId"] {
            if !body[member].is_null() {
                return Err(Refusal::client(format!("{member}: the fake does not know it")));
            }
        }
        let queue = queue_name(text(body, "jobQueue")?);
        let size = match &body["maxResults"] {
            Value::Null => self.page_size,
            most => {
                let most = most.as_u64().filter(|most| (1..=100).contains(most));
                let most = most.ok_or_else(|| Refusal::client("maxResults: is no number from 1 to 100"))?;
                usize::try_from(most).unwrap_or(usize::MAX).min(self.page_size)
            }
        };
        let before = match &body["nextToken"] {
            Value::Null => usize::MAX,
            token => {
                let number = token.as_str().and_then(|token| token.strip_prefix("before-")?.parse().ok());
                number.ok_or_else(|| Refusal::client("nextToken: is none of this operation"))?
            }
        };
        let (numbers, status) = match body["filters"].as_array().map_or(&[][..], Vec::as_slice) {
            [] => (self.index.all(queue), Some(body["jobStatus"].as_str().unwrap_or("RUNNING"))),
            [filter] => (self.index.named(queue, names(filter)?), None),
            _ => return Err(Refusal::client("filters: there can be one at a time")),
        };
        let mut shown = numbers
            .into_iter()
            .filter(|number| *number < before)
            .filter_map(|number| Some((number, self.jobs.get(number)?)))
            .filter(|(_, kept)| kept.since.elapsed() >= self.visibility_delay)
            .filter(|(_, kept)| status.is_none_or(|status| status == kept.job.status()))
            .peekable();
        let mut last = 0;
        let page: Vec<Value> = shown
            .by_ref()
            .take(size)
            .map(|(number, Kept { job, .. })| {
                last = number;
                json!({"jobId": job.id, "jobName": job.name, "createdAt": job.created_at, "status": job.status()})
            })
            .collect();
        let mut answer = json!({"jobSummaryList": page});
        if shown.peek().is_some() {
            answer["nextToken"] = json!(format!("before-{last}"));
        }
        Ok(answer)
    }

    /// <https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateJob.html>
    ///
    /// It takes any id, as Batch does; the first reason stays.
    pub(super) fn terminate(&mut self, body: &Value) -> Result<Value, Refusal> {
        let (id, reason) = (text(body, "jobId")?, text(body, "reason")?);
        let kept = self.numbers.get(id).and_then(|number| self.jobs.get_mut(*number));
        if let Some(Kept { job, .. }) = kept
            && job.terminated.is_none()
        {
            job.terminated = Some(reason.to_owned());
            self.terminated += 1;
        }
        Ok(json!({}))
    }
}

impl Job {
    /// Its status: it waits for room, or is terminated.
    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.terminated.is_some() { "FAILED" } else { "RUNNABLE" }
    }
}

/// The values of a filter by names.
fn names(filter: &Value) -> Result<Vec<&str>, Refusal> {
    if filter["name"] != "JOB_NAME" {
        return Err(Refusal::client("filters: the fake knows JOB_NAME only"));
    }
    let values = filter["values"].as_array().filter(|values| !values.is_empty());
    let names = values.and_then(|values| values.iter().map(Value::as_str).collect());
    names.ok_or_else(|| Refusal::client("filters: JOB_NAME has no values"))
}

/// A member that cannot be left out.
fn text<'a>(body: &'a Value, member: &str) -> Result<&'a str, Refusal> {
    let text = body[member].as_str().filter(|text| !text.is_empty());
    text.ok_or_else(|| Refusal::client(format!("{member}: is missing")))
}

/// The name in an ARN, or the name itself.
fn queue_name(text: &str) -> &str {
    text.split_once(":job-queue/").map_or(text, |(_, name)| name)
}
