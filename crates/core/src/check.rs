//! What is wrong with the fields of `submit` before any event comes.

use serde_json::{Map, Value};

use crate::carry::{TAGS, VARIABLES, carry};
use crate::chain::Chain;
use crate::job_name::job_name;
use crate::platform::{BLOCKS, Platform};
use crate::problem::{Problem, each_text, field};
use crate::shape::{REQUEST, Templates};
use crate::template;
use crate::trigger::Allow;
use crate::validate::validate_known;
use crate::walk::walk;

/// What is wrong with the fields of `submit`, with paths that begin with it.
pub(crate) fn fields(fields: &Map<String, Value>, allow: Option<&Allow>, platform: Platform) -> Vec<Problem> {
    let walked = walk(fields, REQUEST, &mut |_, text, templates| {
        if !template::is_template(text) {
            return Ok(Some(text.to_owned()));
        }
        match templates {
            Templates::Never => Err(Problem::new("", "holds a template, and an event must not choose this field")
                .help("write the value itself")),
            Templates::Within(_) if allow.is_none() => {
                Err(Problem::new("", "holds a template, and this trigger has no `allow`")
                    .help("name what events may choose: `allow: { queues: […], definitions: […] }`"))
            }
            Templates::Within(_) | Templates::Allowed => template::check_text(text).map(|()| None),
        }
    });
    let (mut problems, mut request) = (walked.problems, walked.request);
    for (name, value) in fields.iter().filter(|(name, _)| BLOCKS.contains(&name.as_str())) {
        each_text(value, name, &mut |path, text| {
            if VARIABLES.contains(&text) && path.ends_with("].name") {
                problems.push(Problem::new(path, format!("`{text}` is set by jobwire itself")));
            }
        });
    }
    for key in request.tags.keys().filter(|key| key.starts_with(TAGS)) {
        problems.push(Problem::new(
            field("tags", key),
            format!("begins with `{TAGS}`, which jobwire keeps for its own tags"),
        ));
    }
    if problems.is_empty() {
        // What a job will carry counts towards the limits, so a chain of the usual size is put in.
        let chain = Chain { id: "0".repeat(16), depth: 1, parent: Some("0".repeat(36)) };
        carry(&mut request, platform, "trigger", Some(&chain));
    }
    if request.job_name.is_empty() {
        problems.push(Problem::new("jobName", "is empty"));
    }
    request.job_name = job_name(&request.job_name, Some(&"0".repeat(16)));
    problems.extend(validate_known(&request, platform, &walked.open));
    problems.into_iter().map(|problem| Problem { path: field("submit", &problem.path), ..problem }).collect()
}
