//! `CreateComputeEnvironment`: <https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateComputeEnvironment.html>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    compute::ComputeEnvironment,
    definition::{check_name, check_tags},
    refusal::ClientException,
    request::strip_nulls,
    service::Service,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateComputeEnvironment {
    compute_environment_name: String,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    state: Enabled,
    #[serde(rename = "unmanagedvCpus")]
    unmanaged_vcpus: Option<u32>,
    compute_resources: Option<Value>,
    service_role: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    eks_configuration: Option<Value>,
    context: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Kind {
    Managed,
    Unmanaged,
}

/// Whether a resource takes jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Enabled {
    #[default]
    Enabled,
    Disabled,
}

/// Creates a compute environment, which is VALID at once. Of its resources only maxvCpus has an effect here; the others
/// are kept and described.
pub(crate) fn answer(service: &Service, request: CreateComputeEnvironment) -> Result<Value, ClientException> {
    let name = request.compute_environment_name;
    check_name("computeEnvironmentName", &name)?;
    check_tags(&request.tags)?;
    if request.eks_configuration.is_some() {
        return Err(ClientException::not_yet("EKS compute environments", "leave eksConfiguration out"));
    }
    let vcpus = match (request.kind, &request.compute_resources) {
        (Kind::Unmanaged, None) => request.unmanaged_vcpus.map_or(u64::from(u32::MAX), u64::from),
        (Kind::Unmanaged, Some(_)) => {
            return Err(ClientException::new("computeResources: is for MANAGED environments alone: leave it out"));
        }
        (Kind::Managed, None) => {
            return Err(ClientException::new("computeResources: is missing, and a MANAGED environment needs it"));
        }
        (Kind::Managed, Some(resources)) => resources["maxvCpus"].as_u64().ok_or_else(|| {
            ClientException::new("computeResources.maxvCpus: is missing or no whole number: give the most vCPUs")
        })?,
    };
    let arn = service.arns.compute_environment(&name);
    let uuid = Uuid::new_v4();
    let cluster = format!("{name}_Batch_{uuid}");
    let mut document = json!({
        "computeEnvironmentName": name,
        "computeEnvironmentArn": arn,
        "unmanagedvCpus": request.unmanaged_vcpus,
        "ecsClusterArn": service.arns.cluster(&cluster),
        "tags": request.tags,
        "type": request.kind,
        "state": request.state,
        "status": "VALID",
        "statusReason": "ComputeEnvironment Healthy",
        "computeResources": request.compute_resources,
        "serviceRole": request.service_role,
        "containerOrchestrationType": "ECS",
        "uuid": uuid.to_string(),
        "context": request.context,
    });
    strip_nulls(&mut document);
    let mut state = service.state();
    if state.compute_environments.contains_key(&name) {
        return Err(ClientException::new(format!(
            "computeEnvironmentName: `{name}` exists already: choose another name"
        )));
    }
    let environment = ComputeEnvironment {
        name: name.clone(),
        arn: arn.clone(),
        cluster,
        enabled: request.state == Enabled::Enabled,
        capacity: vcpus.saturating_mul(1000),
        document,
    };
    state.compute_environments.insert(name.clone(), environment);
    Ok(json!({ "computeEnvironmentName": name, "computeEnvironmentArn": arn }))
}
