//! What may be meant and often is not: told by `jobwire check`, and no reason to refuse a file.

use serde_json::Value;

use crate::platform::Platform;
use crate::problem::{Problem, each_text, field};
use crate::template::reads_unguarded;
use crate::trigger::{Submit, Trigger, Triggers};

/// The warnings of every trigger, in the order of the file.
#[must_use]
pub(crate) fn warnings(triggers: &Triggers) -> Vec<Problem> {
    let mut found: Vec<Problem> = triggers.triggers.iter().flat_map(of_trigger).collect();
    found.sort_by_key(|problem| problem.at);
    found
}

fn of_trigger(trigger: &Trigger) -> Vec<Problem> {
    let mut found = Vec::new();
    if let Some(when) = &trigger.when
        && reads_unguarded(when, "message")
    {
        found.push(Problem::new("when", "reads into `message`, which is there only where the message is JSON").help(
            "begin with `message is defined and …`; a `when` that fails puts the message into the rejects queue",
        ));
    }
    if let Submit::Fields(fields) = &trigger.submit {
        let submit = Value::Object(fields.clone());
        let mut warn = |path: &str, message: &str, help: &str| {
            found.push(Problem::new(field("submit", path), message).help(help));
        };
        if fields.contains_key("shareIdentifier") && !fields.contains_key("schedulingPriorityOverride") {
            warn(
                "shareIdentifier",
                "goes with a scheduling priority, and there is no `schedulingPriorityOverride`",
                "Batch refuses the job unless its definition has `schedulingPriority`",
            );
        }
        for deprecated in ["vcpus", "memory"] {
            if submit["containerOverrides"].get(deprecated).is_some() {
                warn(
                    &format!("containerOverrides.{deprecated}"),
                    "is deprecated by AWS, and does not override the definition's `resourceRequirements`",
                    "use `resourceRequirements`",
                );
            }
        }
        each_text(&submit, "", &mut |path, text| {
            let in_environment = path.contains("environment[") || path.contains(".env[");
            if in_environment && text.contains("Ref::") {
                warn(
                    path,
                    "holds `Ref::`, and Batch fills that in the command alone",
                    "write the value itself, or a template",
                );
            }
        });
        let block = trigger.platform.block();
        let override_of_one = match trigger.platform {
            Platform::Container | Platform::Fargate => None,
            Platform::Ecs => Some("taskProperties: [{ containers: [{ name: NAME }] }]"),
            Platform::Eks => Some("podProperties: { containers: [{ name: NAME }] }"),
            Platform::Multinode => Some("nodePropertyOverrides: [{ targetNodes: RANGE }]"),
        };
        if let Some(one) = override_of_one
            && !fields.contains_key(block)
        {
            found.push(
                Problem::new(
                    "platform",
                    "nothing is overridden, so the chain goes into the job's tags and not into variables",
                )
                .help(format!("name what the variables shall go to, as the definition has it: `{block}: {{ {one} }}`")),
            );
        }
    }
    found.into_iter().map(|problem| trigger.located(problem)).collect()
}
