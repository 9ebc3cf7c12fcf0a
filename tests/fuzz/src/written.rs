//! A request beside the fields that a trigger file writes for it: only the value of a template may differ.

use jobwire_core::problem::{field, item};
use jobwire_core::template::is_template;
use jobwire_core::trigger::Allow;
use serde_json::{Map, Value};

/// The lists of variables, as ECS and as EKS name them.
const VARIABLES: [&str; 2] = ["environment", "env"];

/// Checks that the event chose nothing but the text in the places of templates: every queue, definition, image and name is
/// the file's, and every list is as long as it is there.
///
/// Left out are the job's name, which is made valid, and what Jobwire adds: its own tags and variables.
pub(crate) fn stands_as_written(written: &Map<String, Value>, allow: &Allow, sent: &Value) {
    for (name, written) in written {
        let sent = &sent[name];
        match name.as_str() {
            "jobName" => {}
            "jobQueue" if is_template(text(written)) => {
                assert!(allow.queues.iter().any(|queue| queue == text(sent)), "a queue that is not allowed");
            }
            "jobDefinition" if is_template(text(written)) => {
                assert!(is_allowed(&allow.definitions, text(sent)), "a definition that is not allowed");
            }
            _ => same(written, sent, name),
        }
    }
    let added = sent.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    for name in added.filter(|name| !written.contains_key(*name)) {
        assert!(["tags", "containerOverrides"].contains(&name), "{name} is sent, and the file does not write it");
    }
}

/// Whether one of `definitions` is this one, or every revision of it.
pub(crate) fn is_allowed(definitions: &[String], sent: &str) -> bool {
    let name = sent.rsplit_once(':').filter(|(_, revision)| revision.bytes().all(|byte| byte.is_ascii_digit()));
    definitions.iter().any(|one| one == sent || name.is_some_and(|(name, _)| one == name))
}

fn same(written: &Value, sent: &Value, path: &str) {
    match (written, sent) {
        (Value::Object(written), Value::Object(sent)) => {
            for (name, written) in written {
                let path = field(path, name);
                same(written, sent.get(name).unwrap_or_else(|| panic!("{path} is written, and not sent")), &path);
            }
            for name in sent.keys().filter(|name| !written.contains_key(*name)) {
                let ours = VARIABLES.contains(&name.as_str()) || name.starts_with("jobwire.");
                assert!(ours, "{} is sent, and the file does not write it", field(path, name));
            }
        }
        (Value::Array(written), Value::Array(sent)) => {
            // The variables of the chain stand behind those of the file.
            let ours = sent.iter().skip(written.len());
            let chain = ours.filter(|entry| text(&entry["name"]).starts_with("JOBWIRE_CHAIN_")).count();
            assert_eq!(written.len() + chain, sent.len(), "the length of {path}");
            let variables = path.rsplit('.').next().is_some_and(|name| VARIABLES.contains(&name));
            assert!(chain == 0 || variables, "the length of {path}");
            for (index, (written, sent)) in written.iter().zip(sent).enumerate() {
                same(written, sent, &item(path, index));
            }
        }
        (Value::String(template), Value::String(_) | Value::Number(_)) if is_template(template) => {}
        _ => assert_eq!(written, sent, "{path}"),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
