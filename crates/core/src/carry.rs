//! What every job carries: its trigger's name and its chain, in tags and in variables.

use crate::chain::{CHAIN, CHAIN_VARIABLE, Chain, DEPTH, DEPTH_VARIABLE, PARENT, PARENT_VARIABLE, TRIGGER};
use crate::platform::Platform;
use crate::request::{
    ContainerOverrides, EcsPropertiesOverride, EksContainerEnvironmentVariable, EksPropertiesOverride, JobRequest,
    KeyValuePair,
};

/// The variables that carry the chain.
pub(crate) const VARIABLES: [&str; 3] = [CHAIN_VARIABLE, DEPTH_VARIABLE, PARENT_VARIABLE];

/// What the tags of ours begin with.
pub(crate) const TAGS: &str = "jobwire.";

/// Puts the trigger's name and the chain into the tags, and the chain into the variables of the containers.
///
/// An override of an ECS task's or a pod's container goes by the container's name, and one of nodes by exactly the
/// range that the definition has. Where the trigger file writes none of them there is nothing to put the variables
/// into, and the chain travels in the tags alone.
pub(crate) fn carry(request: &mut JobRequest, platform: Platform, trigger: &str, chain: Option<&Chain>) {
    request.tags.insert(TRIGGER.into(), trigger.to_owned());
    let Some(chain) = chain else { return };
    let mut carried = vec![(CHAIN, CHAIN_VARIABLE, chain.id.clone()), (DEPTH, DEPTH_VARIABLE, chain.depth.to_string())];
    carried.extend(chain.parent.iter().map(|parent| (PARENT, PARENT_VARIABLE, parent.clone())));
    for (tag, variable, value) in carried {
        // A tag takes no `#`, so a node's id goes into it with a dot; the variable has it as it is.
        request.tags.insert(tag.into(), value.replace('#', "."));
        set(request, platform, variable, &value);
    }
}

fn set(request: &mut JobRequest, platform: Platform, name: &str, value: &str) {
    match platform.of(request) {
        Platform::Container | Platform::Ec2 | Platform::Fargate => {
            in_container(request.container_overrides.get_or_insert_default(), name, value);
        }
        Platform::Ecs => request.ecs_properties_override.iter_mut().for_each(|task| in_task(task, name, value)),
        Platform::Eks => request.eks_properties_override.iter_mut().for_each(|pod| in_pod(pod, name, value)),
        Platform::Multinode => {
            for node in request.node_overrides.iter_mut().flat_map(|nodes| &mut nodes.node_property_overrides) {
                match (&mut node.ecs_properties_override, &mut node.eks_properties_override) {
                    (Some(task), _) => in_task(task, name, value),
                    (None, Some(pod)) => in_pod(pod, name, value),
                    (None, None) => in_container(node.container_overrides.get_or_insert_default(), name, value),
                }
            }
        }
    }
}

fn in_container(overrides: &mut ContainerOverrides, name: &str, value: &str) {
    overrides.environment.push(variable(name, value));
}

fn in_task(overrides: &mut EcsPropertiesOverride, name: &str, value: &str) {
    for container in overrides.task_properties.iter_mut().flat_map(|task| &mut task.containers) {
        container.environment.push(variable(name, value));
    }
}

fn in_pod(overrides: &mut EksPropertiesOverride, name: &str, value: &str) {
    for container in overrides.pod_properties.iter_mut().flat_map(|pod| &mut pod.containers) {
        container.env.push(EksContainerEnvironmentVariable { name: name.into(), value: Some(value.into()) });
    }
}

fn variable(name: &str, value: &str) -> KeyValuePair {
    KeyValuePair { name: name.into(), value: value.into() }
}

#[cfg(test)]
mod tests {
    use super::carry;
    use crate::chain::Chain;
    use crate::platform::Platform;
    use serde_json::{Value, json};

    fn carried(platform: Platform, fields: &Value) -> Value {
        let mut wire = json!({"jobName": "a", "jobQueue": "q", "jobDefinition": "d"});
        let (Some(wire), Some(fields)) = (wire.as_object_mut(), fields.as_object()) else { panic!("objects") };
        wire.extend(fields.clone());
        let mut request = serde_json::from_value(Value::Object(wire.clone())).expect("a job request");
        let chain = Chain { id: "0123456789abcdef".into(), depth: 2, parent: Some("p#0".into()) };
        carry(&mut request, platform, "t", Some(&chain));
        let mut value = serde_json::to_value(request).expect("JSON");
        assert_eq!(
            value["tags"],
            json!({"jobwire.trigger": "t", "jobwire.chain": "0123456789abcdef", "jobwire.depth": "2", "jobwire.parent": "p.0"})
        );
        for known in ["jobName", "jobQueue", "jobDefinition", "tags"] {
            value.as_object_mut().and_then(|value| value.remove(known));
        }
        value
    }

    /// The chain's variables are in every container that an override can name, whatever the job runs on.
    #[test]
    fn the_chain_is_in_the_block_that_fits() {
        let variables = json!([
            {"name": "JOBWIRE_CHAIN_ID", "value": "0123456789abcdef"},
            {"name": "JOBWIRE_CHAIN_DEPTH", "value": "2"},
            {"name": "JOBWIRE_CHAIN_PARENT", "value": "p#0"},
        ]);
        let container = json!({"containerOverrides": {"environment": variables}});
        assert_eq!(carried(Platform::Container, &json!({})), container);
        assert_eq!(carried(Platform::Fargate, &json!({})), container);
        let nodes = |block: Value| json!({"nodeOverrides": {"nodePropertyOverrides": [block]}});
        assert_eq!(
            carried(Platform::Multinode, &nodes(json!({"targetNodes": "0:"}))),
            nodes(json!({"targetNodes": "0:", "containerOverrides": {"environment": variables}}))
        );
        let task = json!({"taskProperties": [{"containers": [{"name": "a"}, {"name": "b"}]}]});
        let in_task = json!({"taskProperties": [{"containers": [{"name": "a", "environment": variables}, {"name": "b", "environment": variables}]}]});
        let pod = json!({"podProperties": {"containers": [{"name": "a", "args": ["x"]}]}});
        let in_pod = json!({"podProperties": {"containers": [{"name": "a", "args": ["x"], "env": variables}]}});
        // The block says what the job runs on where `platform` does not.
        for (name, block, filled) in
            [("ecsPropertiesOverride", &task, &in_task), ("eksPropertiesOverride", &pod, &in_pod)]
        {
            assert_eq!(carried(Platform::Container, &json!({ name: block })), json!({ name: filled }), "{name}");
            let of_nodes = |block: &Value| nodes(json!({"targetNodes": "0:1", name: block}));
            assert_eq!(carried(Platform::Container, &of_nodes(block)), of_nodes(filled), "{name} of nodes");
        }
        // No container is named and no range, so there is nothing that an override could go to.
        for platform in [Platform::Ecs, Platform::Eks, Platform::Multinode] {
            assert_eq!(carried(platform, &json!({})), json!({}));
        }
    }
}
