//! `DescribeJobs`: <https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html>.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{job_id::JobId, refusal::ClientException, service::Service};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DescribeJobs {
    /// Ids or ARNs.
    jobs: Vec<String>,
}

/// Answers the jobs that are known; others are left out, as on AWS.
pub(crate) fn answer(service: &Service, request: &DescribeJobs) -> Result<Value, ClientException> {
    if request.jobs.len() > 100 {
        let found = request.jobs.len();
        return Err(ClientException::new(format!("jobs: found {found} ids, allowed are at most 100 a request")));
    }
    let state = service.state();
    let found = request.jobs.iter().filter_map(|text| {
        let id: JobId = service.arns.name_of("job", text)?.parse().ok()?;
        Some(state.job(state.find(&id)?).describe())
    });
    Ok(json!({ "jobs": found.collect::<Vec<_>>() }))
}
