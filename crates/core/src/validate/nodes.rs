//! Overrides of a multi-node parallel job.

use std::collections::BTreeSet;

use super::container::{self, Place};
use super::findings::Findings;
use super::{consumable, eks};
use crate::digits::digits;
use crate::limits::NODES;
use crate::problem::{field, item};
use crate::request::NodeOverrides;

pub(super) fn overrides(overrides: &NodeOverrides, findings: &mut Findings<'_>) {
    const PATH: &str = "nodeOverrides";
    let nodes = overrides.num_nodes;
    if let Some(nodes) = nodes {
        findings.in_range(&field(PATH, "numNodes"), nodes, &NODES);
    }
    let list = field(PATH, "nodePropertyOverrides");
    let mut namespaces = BTreeSet::new();
    for (index, node) in overrides.node_property_overrides.iter().enumerate() {
        let path = item(&list, index);
        let target = field(&path, "targetNodes");
        match range(&node.target_nodes) {
            None => findings.add_with_help(
                &target,
                "must be a range of node indexes",
                "0:3 is the first four nodes, 4: all from the fifth, :3 those up to the fourth, 0 the first alone",
            ),
            Some((low, high)) if high.is_some_and(|high| high < low) => {
                findings.add(&target, "ends before it begins");
            }
            Some((low, high)) => {
                let end = i64::from(high.unwrap_or(low));
                if let Some(nodes) = nodes
                    && end >= i64::from(nodes)
                    && !findings.is_open(&field(PATH, "numNodes"))
                {
                    findings.add(&target, "goes beyond the last node, by what `numNodes` says");
                }
            }
        }
        let blocks = [
            ("containerOverrides", node.container_overrides.is_some()),
            ("ecsPropertiesOverride", node.ecs_properties_override.is_some()),
            ("eksPropertiesOverride", node.eks_properties_override.is_some()),
        ];
        let written: Vec<&str> = blocks.iter().filter(|(_, written)| *written).map(|(name, _)| *name).collect();
        for block in written.iter().skip(1) {
            findings.add(&field(&path, block), format!("stands beside `{}`, and a node is of one kind", written[0]));
        }
        if let Some(overrides) = &node.container_overrides {
            container::overrides(overrides, &field(&path, "containerOverrides"), Place::Node, findings);
        }
        if let Some(overrides) = &node.ecs_properties_override {
            container::ecs(overrides, &field(&path, "ecsPropertiesOverride"), findings);
        }
        if let Some(overrides) = &node.eks_properties_override {
            let path = field(&path, "eksPropertiesOverride");
            eks::overrides(overrides, &path, findings);
            let metadata = overrides.pod_properties.as_ref().and_then(|pod| pod.metadata.as_ref());
            if let Some(namespace) = metadata.and_then(|metadata| metadata.namespace.as_deref()) {
                namespaces.insert(namespace);
                if namespaces.len() > 1 {
                    let path = field(&path, "podProperties.metadata.namespace");
                    findings.add(&path, "differs from that of other nodes, and all nodes of a job are in one");
                }
            }
        }
        if let Some(resources) = &node.consumable_resource_properties_override {
            consumable(resources, &field(&path, "consumableResourcePropertiesOverride"), findings);
        }
        for (index, kind) in node.instance_types.iter().enumerate() {
            if kind.is_empty() {
                findings.add(&item(&field(&path, "instanceTypes"), index), "is empty");
            }
        }
    }
}

/// The first and the last index of `0:3`, `4:`, `:3`, `:` or `2`; no last one where the range is open.
fn range(text: &str) -> Option<(u32, Option<u32>)> {
    match text.split_once(':') {
        None => digits(text).map(|only| (only, Some(only))),
        Some((low, high)) => {
            let low = if low.is_empty() { 0 } else { digits(low)? };
            let high = if high.is_empty() { None } else { Some(digits(high)?) };
            Some((low, high))
        }
    }
}
