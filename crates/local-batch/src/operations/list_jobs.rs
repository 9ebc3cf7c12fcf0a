//! `ListJobs`: <https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html>.

use serde::Deserialize;
use serde_json::{Value, json};

use super::pages::{bad_token, page_size};
use crate::{
    job::{Job, Status},
    refusal::ClientException,
    service::Service,
    submission::queue,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ListJobs {
    job_queue: Option<String>,
    array_job_id: Option<String>,
    multi_node_job_id: Option<String>,
    job_status: Option<Status>,
    max_results: Option<i64>,
    next_token: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    name: String,
    #[serde(default)]
    values: Vec<String>,
}

/// Answers a page of a queue's jobs, the newest first. A token names the last job of the page before, so that jobs
/// submitted in between move nothing.
pub(crate) fn answer(service: &Service, request: &ListJobs) -> Result<Value, ClientException> {
    if request.array_job_id.is_some() {
        return Err(ClientException::not_yet("array jobs", "leave arrayJobId out and give jobQueue"));
    }
    if request.multi_node_job_id.is_some() {
        return Err(ClientException::not_yet("multi-node jobs", "leave multiNodeJobId out and give jobQueue"));
    }
    let Some(name) = &request.job_queue else {
        return Err(ClientException::new("jobQueue: is missing: give the name or ARN of a job queue"));
    };
    let test = test(service, request)?;
    let size = page_size(request.max_results)?;
    let state = service.state();
    let queue = queue(&state, &service.arns, name)?.name.clone();
    let end = match &request.next_token {
        None => state.jobs().len(),
        Some(token) => token.parse().ok().filter(|end| *end <= state.jobs().len()).ok_or_else(|| bad_token(token))?,
    };
    let mut matching = state.jobs()[..end]
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, job)| job.queue == queue && test.takes(job))
        .peekable();
    let mut page = Vec::new();
    let mut last = end;
    while page.len() < size
        && let Some((index, job)) = matching.next()
    {
        page.push(job.summarize());
        last = index;
    }
    let mut answer = json!({ "jobSummaryList": page });
    if matching.peek().is_some() {
        answer["nextToken"] = json!(last.to_string());
    }
    Ok(answer)
}

enum Test {
    Status(Status),
    /// Names in lower case, with their `*`.
    Name(Vec<String>),
    /// ARNs, or names with their `*`.
    Definition(Vec<String>),
    Before(u64),
    After(u64),
}

impl Test {
    fn takes(&self, job: &Job) -> bool {
        match self {
            Self::Status(status) => job.status == *status,
            Self::Name(patterns) => {
                let name = job.name.to_lowercase();
                patterns.iter().any(|pattern| fits(pattern, &name))
            }
            Self::Definition(patterns) => patterns.iter().any(|pattern| {
                if pattern.starts_with("arn:") {
                    *pattern == job.definition_arn
                } else {
                    fits(pattern, &job.definition)
                }
            }),
            Self::Before(time) => job.created_at < *time,
            Self::After(time) => job.created_at > *time,
        }
    }
}

/// A filter takes the place of the status, which is RUNNING if nothing is said.
fn test(service: &Service, request: &ListJobs) -> Result<Test, ClientException> {
    let filter = match request.filters.as_slice() {
        [] => return Ok(Test::Status(request.job_status.unwrap_or(Status::Running))),
        [filter] => filter,
        more => {
            return Err(ClientException::new(format!("filters: found {}, allowed is one at a time", more.len())));
        }
    };
    if filter.values.is_empty() {
        return Err(ClientException::new("filters[0].values: is empty: give at least one value"));
    }
    match filter.name.as_str() {
        "JOB_NAME" => Ok(Test::Name(filter.values.iter().map(|value| value.to_lowercase()).collect())),
        "JOB_DEFINITION" => {
            if let Some(value) =
                filter.values.iter().find(|value| service.arns.name_of("job-definition", value).is_none())
            {
                return Err(ClientException::new(format!(
                    "filters[0].values: `{value}` is no ARN of a job definition of this account and Region"
                )));
            }
            Ok(Test::Definition(filter.values.clone()))
        }
        "BEFORE_CREATED_AT" => Ok(Test::Before(time(&filter.values)?)),
        "AFTER_CREATED_AT" => Ok(Test::After(time(&filter.values)?)),
        other => Err(ClientException::new(format!(
            "filters[0].name: found `{other}`, allowed are JOB_NAME, JOB_DEFINITION, BEFORE_CREATED_AT, AFTER_CREATED_AT"
        ))),
    }
}

fn time(values: &[String]) -> Result<u64, ClientException> {
    match values {
        [value] => value.parse().map_err(|_| {
            ClientException::new(format!("filters[0].values: found `{value}`, allowed is a number of milliseconds"))
        }),
        _ => Err(ClientException::new("filters[0].values: give one number of milliseconds since 1970")),
    }
}

/// Whether a name fits a pattern, whose `*` means anything and stands only at the end.
fn fits(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |prefix| name.starts_with(prefix))
}
