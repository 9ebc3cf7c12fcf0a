//! Overrides of a pod on Amazon EKS.

use std::collections::BTreeMap;

use super::container::{self, is_whole};
use super::findings::Findings;
use crate::digits::digits;
use crate::limits::{ANNOTATION_LENGTH, KUBERNETES_NAME_LENGTH, KUBERNETES_PREFIX_LENGTH, MEMORY_MIB};
use crate::problem::{field, item};
use crate::request::{EksContainerOverride, EksContainerResourceRequirements, EksMetadata, EksPropertiesOverride};

const GPU: &str = "nvidia.com/gpu";

pub(super) fn overrides(overrides: &EksPropertiesOverride, path: &str, findings: &mut Findings<'_>) {
    let Some(pod) = &overrides.pod_properties else { return };
    let path = field(path, "podProperties");
    containers(&pod.containers, &field(&path, "containers"), findings);
    containers(&pod.init_containers, &field(&path, "initContainers"), findings);
    if let Some(metadata) = &pod.metadata {
        self::metadata(metadata, &field(&path, "metadata"), findings);
    }
}

fn containers(containers: &[EksContainerOverride], path: &str, findings: &mut Findings<'_>) {
    container::number_of(containers.len(), path, findings);
    let mut names = BTreeMap::new();
    for (index, container) in containers.iter().enumerate() {
        let path = item(path, index);
        // The one container of a pod needs no name, neither in the definition nor here.
        if containers.len() > 1 || container.name.as_deref() == Some("") {
            container::name(container.name.as_deref(), index, &path, &mut names, findings);
        }
        if container.image.as_deref() == Some("") {
            findings.add(&field(&path, "image"), "is empty");
        }
        container::environment(
            container.env.iter().map(|variable| variable.name.as_str()),
            &field(&path, "env"),
            findings,
        );
        if let Some(resources) = &container.resources {
            self::resources(resources, &field(&path, "resources"), findings);
        }
    }
}

fn resources(resources: &EksContainerResourceRequirements, path: &str, findings: &mut Findings<'_>) {
    let sides = [("limits", &resources.limits), ("requests", &resources.requests)];
    for (side, quantities) in sides {
        for (name, quantity) in quantities {
            let path = field(&field(path, side), name);
            match name.as_str() {
                "cpu" if quarters(quantity).is_none() => {
                    findings.add(&path, "must be a multiple of 0.25 above 0, as a string such as \"0.5\"");
                }
                "memory" if mebibytes(quantity).is_none_or(|mib| mib < MEMORY_MIB) => {
                    findings
                        .add(&path, format!("must be a whole number of MiB with `Mi`, at least \"{MEMORY_MIB}Mi\""));
                }
                GPU if !is_whole(quantity) => findings.add(&path, "must be a whole number above 0, as a string"),
                "cpu" | "memory" | GPU => {}
                _ => findings.add(&path, format!("is no resource that Batch takes: cpu, memory, {GPU}")),
            }
        }
    }
    for name in ["cpu", "memory", GPU] {
        let (Some(limit), Some(request)) = (resources.limits.get(name), resources.requests.get(name)) else { continue };
        let path_of = |side: &str| field(&field(path, side), name);
        if findings.is_open(&path_of("requests")) {
            continue;
        }
        if name == "cpu" {
            if let (Some(limit), Some(request)) = (quarters(limit), quarters(request))
                && limit < request
            {
                findings.add(&path_of("limits"), "is less than `requests` asks for");
            }
        } else if limit != request {
            findings.add(&path_of("limits"), "must be what `requests` has");
        }
    }
}

/// How many quarters of a CPU `text` is.
fn quarters(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() {
        return None;
    }
    let quarters = match fraction.trim_end_matches('0') {
        "" => 0,
        "25" => 1,
        "5" => 2,
        "75" => 3,
        _ => return None,
    };
    digits(whole)?.checked_mul(4)?.checked_add(quarters).filter(|quarters| *quarters > 0)
}

fn mebibytes(text: &str) -> Option<u32> {
    text.strip_suffix("Mi").filter(|number| is_whole(number)).and_then(digits)
}

fn metadata(metadata: &EksMetadata, path: &str, findings: &mut Findings<'_>) {
    if let Some(namespace) = &metadata.namespace {
        let path = field(path, "namespace");
        if namespace == "default" || namespace.starts_with("kube") {
            findings.add(&path, "may be neither `default` nor one that begins with `kube`");
        }
        let body = namespace.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let ends = !namespace.starts_with('-') && !namespace.ends_with('-');
        if namespace.is_empty() || namespace.len() > KUBERNETES_NAME_LENGTH || !body || !ends {
            findings.add(
                &path,
                format!("must be 1 to {KUBERNETES_NAME_LENGTH} of a-z 0-9 -, a letter or digit first and last"),
            );
        }
    }
    for (kind, entries) in [("labels", &metadata.labels), ("annotations", &metadata.annotations)] {
        for (key, value) in entries {
            let path = field(&field(path, kind), key);
            if !is_key(key) {
                findings.add_with_help(
                    &path,
                    "has a key that Kubernetes does not take",
                    "1 to 63 of A-Z a-z 0-9 - _ . with a letter or digit first and last, and a DNS name with `/` before it at most",
                );
            }
            if kind == "labels" && !(value.is_empty() || is_name(value)) {
                findings.add_with_help(
                    &path,
                    "is no label's value",
                    "at most 63 of A-Z a-z 0-9 - _ . with a letter or digit first and last; annotations take any text",
                );
            }
            if kind == "annotations" && value.chars().count() > ANNOTATION_LENGTH {
                findings.add(
                    &path,
                    format!(
                        "is {} characters, and an annotation has at most {ANNOTATION_LENGTH}",
                        value.chars().count()
                    ),
                );
            }
        }
    }
}

/// Whether `key` is a label's or annotation's key: a name, and a DNS name with a slash before it at most.
fn is_key(key: &str) -> bool {
    match key.split_once('/') {
        None => is_name(key),
        Some((prefix, name)) => {
            let label = |label: &str| {
                is_name(label)
                    && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            };
            prefix.len() <= KUBERNETES_PREFIX_LENGTH && prefix.split('.').all(label) && is_name(name)
        }
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= KUBERNETES_NAME_LENGTH
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.ends_with(|last: char| last.is_ascii_alphanumeric())
}
