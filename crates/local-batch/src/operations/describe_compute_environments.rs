//! `DescribeComputeEnvironments`:
//! <https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeComputeEnvironments.html>.

use serde::Deserialize;
use serde_json::Value;

use super::pages::page;
use crate::{refusal::ClientException, service::Service};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DescribeComputeEnvironments {
    /// Names or ARNs; none means all.
    #[serde(default)]
    compute_environments: Vec<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(crate) fn answer(service: &Service, request: &DescribeComputeEnvironments) -> Result<Value, ClientException> {
    let wanted = &request.compute_environments;
    let state = service.state();
    let found = state
        .compute_environments
        .values()
        .filter(|one| wanted.is_empty() || wanted.iter().any(|text| *text == one.arn || *text == one.name));
    let documents = found.map(|one| one.document.clone()).collect();
    page("computeEnvironments", documents, request.max_results, request.next_token.as_deref())
}
