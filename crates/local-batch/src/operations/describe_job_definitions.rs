//! `DescribeJobDefinitions`: <https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobDefinitions.html>.

use serde::Deserialize;
use serde_json::Value;

use super::pages::page;
use crate::{definition::JobDefinition, refusal::ClientException, service::Service};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DescribeJobDefinitions {
    /// ARNs, or names with or without a revision; none means all.
    #[serde(default)]
    job_definitions: Vec<String>,
    max_results: Option<i64>,
    job_definition_name: Option<String>,
    /// All revisions are ACTIVE here, since none can be deregistered.
    status: Option<String>,
    next_token: Option<String>,
}

pub(crate) fn answer(service: &Service, request: &DescribeJobDefinitions) -> Result<Value, ClientException> {
    if !request.job_definitions.is_empty() && request.job_definition_name.is_some() {
        return Err(ClientException::new("jobDefinitions and jobDefinitionName: give only one of them"));
    }
    let asked = |one: &JobDefinition| {
        let by_name = request.job_definition_name.as_ref().is_none_or(|name| *name == one.name);
        let wanted = &request.job_definitions;
        let by_list = wanted.is_empty()
            || wanted
                .iter()
                .any(|text| *text == one.arn || *text == one.name || *text == format!("{}:{}", one.name, one.revision));
        by_name && by_list && request.status.as_ref().is_none_or(|status| status == "ACTIVE")
    };
    let state = service.state();
    // The newest revision of a name comes first, as on AWS.
    let revisions = state.definitions.values().flat_map(|revisions| revisions.iter().rev());
    let documents = revisions.filter(|one| asked(one)).map(JobDefinition::describe).collect();
    page("jobDefinitions", documents, request.max_results, request.next_token.as_deref())
}
