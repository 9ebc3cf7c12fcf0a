//! The one conversion from a job request to the SDK's types.
//!
//! Every struct is taken apart field by field, so that a field which is added to a request and forgotten here does not
//! compile.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_batch::operation::submit_job::builders::SubmitJobFluentBuilder;
use aws_sdk_batch::types;
use jobwire_core::request;

/// The SDK's call for a job request.
pub(crate) fn sdk_request(client: &aws_sdk_batch::Client, request: &request::JobRequest) -> SubmitJobFluentBuilder {
    let request::JobRequest {
        job_name,
        job_queue,
        job_definition,
        share_identifier,
        scheduling_priority_override,
        array_properties,
        depends_on,
        parameters,
        container_overrides,
        node_overrides,
        ecs_properties_override,
        eks_properties_override,
        consumable_resource_properties_override,
        retry_strategy,
        timeout,
        propagate_tags,
        tags,
    } = request;
    client
        .submit_job()
        .job_name(job_name)
        .job_queue(job_queue)
        .job_definition(job_definition)
        .set_share_identifier(share_identifier.clone())
        .set_scheduling_priority_override(*scheduling_priority_override)
        .set_array_properties(array_properties.as_ref().map(array))
        .set_depends_on(list(depends_on, dependency))
        .set_parameters(map(parameters))
        .set_container_overrides(container_overrides.as_ref().map(container))
        .set_node_overrides(node_overrides.as_ref().map(nodes))
        .set_ecs_properties_override(ecs_properties_override.as_ref().map(ecs))
        .set_eks_properties_override(eks_properties_override.as_ref().map(eks))
        .set_consumable_resource_properties_override(consumable_resource_properties_override.as_ref().map(consumable))
        .set_retry_strategy(retry_strategy.as_ref().map(retry))
        .set_timeout(timeout.as_ref().map(timeout_of))
        .set_propagate_tags(*propagate_tags)
        .set_tags(map(tags))
}

fn map(map: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!map.is_empty()).then(|| map.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn list<A, B>(list: &[A], convert: impl Fn(&A) -> B) -> Option<Vec<B>> {
    (!list.is_empty()).then(|| list.iter().map(convert).collect())
}

fn array(array: &request::ArrayProperties) -> types::ArrayProperties {
    let request::ArrayProperties { size } = array;
    types::ArrayProperties::builder().set_size(*size).build()
}

fn dependency(dependency: &request::JobDependency) -> types::JobDependency {
    let request::JobDependency { job_id, kind } = dependency;
    types::JobDependency::builder()
        .set_job_id(job_id.clone())
        .set_type(kind.as_deref().map(types::ArrayJobDependency::from))
        .build()
}

fn container(overrides: &request::ContainerOverrides) -> types::ContainerOverrides {
    let request::ContainerOverrides { vcpus, memory, command, instance_type, environment, resource_requirements } =
        overrides;
    #[expect(deprecated, reason = "AWS still takes vcpus and memory, and a trigger file may hold them")]
    types::ContainerOverrides::builder()
        .set_vcpus(*vcpus)
        .set_memory(*memory)
        .set_command(command.clone())
        .set_instance_type(instance_type.clone())
        .set_environment(list(environment, variable))
        .set_resource_requirements(list(resource_requirements, requirement))
        .build()
}

fn variable(variable: &request::KeyValuePair) -> types::KeyValuePair {
    let request::KeyValuePair { name, value } = variable;
    types::KeyValuePair::builder().name(name).value(value).build()
}

fn requirement(requirement: &request::ResourceRequirement) -> types::ResourceRequirement {
    let request::ResourceRequirement { kind, value } = requirement;
    types::ResourceRequirement::builder().r#type(types::ResourceType::from(kind.as_str())).value(value).build()
}

fn nodes(overrides: &request::NodeOverrides) -> types::NodeOverrides {
    let request::NodeOverrides { num_nodes, node_property_overrides } = overrides;
    types::NodeOverrides::builder()
        .set_num_nodes(*num_nodes)
        .set_node_property_overrides(list(node_property_overrides, node))
        .build()
}

fn node(node: &request::NodePropertyOverride) -> types::NodePropertyOverride {
    let request::NodePropertyOverride {
        target_nodes,
        container_overrides,
        ecs_properties_override,
        eks_properties_override,
        instance_types,
        consumable_resource_properties_override,
    } = node;
    types::NodePropertyOverride::builder()
        .target_nodes(target_nodes)
        .set_container_overrides(container_overrides.as_ref().map(container))
        .set_ecs_properties_override(ecs_properties_override.as_ref().map(ecs))
        .set_eks_properties_override(eks_properties_override.as_ref().map(eks))
        .set_instance_types(list(instance_types, String::clone))
        .set_consumable_resource_properties_override(consumable_resource_properties_override.as_ref().map(consumable))
        .build()
}

fn ecs(overrides: &request::EcsPropertiesOverride) -> types::EcsPropertiesOverride {
    let request::EcsPropertiesOverride { task_properties } = overrides;
    types::EcsPropertiesOverride::builder().set_task_properties(list(task_properties, task)).build()
}

fn task(task: &request::TaskPropertiesOverride) -> types::TaskPropertiesOverride {
    let request::TaskPropertiesOverride { containers } = task;
    types::TaskPropertiesOverride::builder().set_containers(list(containers, task_container)).build()
}

fn task_container(container: &request::TaskContainerOverrides) -> types::TaskContainerOverrides {
    let request::TaskContainerOverrides { name, command, environment, resource_requirements } = container;
    types::TaskContainerOverrides::builder()
        .set_name(name.clone())
        .set_command(command.clone())
        .set_environment(list(environment, variable))
        .set_resource_requirements(list(resource_requirements, requirement))
        .build()
}

fn eks(overrides: &request::EksPropertiesOverride) -> types::EksPropertiesOverride {
    let request::EksPropertiesOverride { pod_properties } = overrides;
    types::EksPropertiesOverride::builder().set_pod_properties(pod_properties.as_ref().map(pod)).build()
}

fn pod(pod: &request::EksPodPropertiesOverride) -> types::EksPodPropertiesOverride {
    let request::EksPodPropertiesOverride { containers, init_containers, metadata } = pod;
    types::EksPodPropertiesOverride::builder()
        .set_containers(list(containers, pod_container))
        .set_init_containers(list(init_containers, pod_container))
        .set_metadata(metadata.as_ref().map(pod_metadata))
        .build()
}

fn pod_container(container: &request::EksContainerOverride) -> types::EksContainerOverride {
    let request::EksContainerOverride { name, image, command, args, env, resources } = container;
    types::EksContainerOverride::builder()
        .set_name(name.clone())
        .set_image(image.clone())
        .set_command(command.clone())
        .set_args(args.clone())
        .set_env(list(env, pod_variable))
        .set_resources(resources.as_ref().map(pod_resources))
        .build()
}

fn pod_variable(variable: &request::EksContainerEnvironmentVariable) -> types::EksContainerEnvironmentVariable {
    let request::EksContainerEnvironmentVariable { name, value } = variable;
    types::EksContainerEnvironmentVariable::builder().name(name).set_value(value.clone()).build()
}

fn pod_resources(resources: &request::EksContainerResourceRequirements) -> types::EksContainerResourceRequirements {
    let request::EksContainerResourceRequirements { limits, requests } = resources;
    types::EksContainerResourceRequirements::builder().set_limits(map(limits)).set_requests(map(requests)).build()
}

fn pod_metadata(metadata: &request::EksMetadata) -> types::EksMetadata {
    let request::EksMetadata { labels, annotations, namespace } = metadata;
    types::EksMetadata::builder()
        .set_labels(map(labels))
        .set_annotations(map(annotations))
        .set_namespace(namespace.clone())
        .build()
}

fn consumable(resources: &request::ConsumableResourceProperties) -> types::ConsumableResourceProperties {
    let request::ConsumableResourceProperties { consumable_resource_list } = resources;
    types::ConsumableResourceProperties::builder()
        .set_consumable_resource_list(list(consumable_resource_list, consumable_resource))
        .build()
}

fn consumable_resource(requirement: &request::ConsumableResourceRequirement) -> types::ConsumableResourceRequirement {
    let request::ConsumableResourceRequirement { consumable_resource, quantity } = requirement;
    types::ConsumableResourceRequirement::builder()
        .set_consumable_resource(consumable_resource.clone())
        .set_quantity(*quantity)
        .build()
}

fn retry(strategy: &request::RetryStrategy) -> types::RetryStrategy {
    let request::RetryStrategy { attempts, evaluate_on_exit } = strategy;
    types::RetryStrategy::builder()
        .set_attempts(*attempts)
        .set_evaluate_on_exit(list(evaluate_on_exit, exit_condition))
        .build()
}

fn exit_condition(condition: &request::EvaluateOnExit) -> types::EvaluateOnExit {
    let request::EvaluateOnExit { on_status_reason, on_reason, on_exit_code, action } = condition;
    types::EvaluateOnExit::builder()
        .set_on_status_reason(on_status_reason.clone())
        .set_on_reason(on_reason.clone())
        .set_on_exit_code(on_exit_code.clone())
        .action(types::RetryAction::from(action.as_str()))
        .build()
}

fn timeout_of(timeout: &request::JobTimeout) -> types::JobTimeout {
    let request::JobTimeout { attempt_duration_seconds } = timeout;
    types::JobTimeout::builder().set_attempt_duration_seconds(*attempt_duration_seconds).build()
}
