//! From a trigger's fields and an occurrence's names to a job request.

use serde_json::{Map, Value};

use crate::arn::job_definition;
use crate::part::kind;
use crate::problem::Problem;
use crate::request::JobRequest;
use crate::shape::{Allowed, FROM_EVENT, REQUEST, Templates};
use crate::template::{self, Evaluator};
use crate::trigger::Allow;
use crate::walk::{Walked, walk};

/// The job request of a trigger's fields, with every template filled in.
pub fn fill(fields: &Map<String, Value>, allow: Option<&Allow>, names: &Evaluator) -> Result<JobRequest, Vec<Problem>> {
    done(walk(fields, REQUEST, &mut |_, text, templates| {
        if !template::is_template(text) {
            return Ok(Some(text.to_owned()));
        }
        let text = names.text(text)?;
        within(&text, templates, allow).map(|()| Some(text))
    }))
}

/// The job request that an event itself is, as the trigger's `allow` permits it.
pub fn from_event(event: &Value, allow: &Allow) -> Result<JobRequest, Vec<Problem>> {
    let Value::Object(event) = event else {
        return Err(vec![Problem::new("", format!("is {}, and must be a job request", kind(event)))]);
    };
    done(walk(event, FROM_EVENT, &mut |_, text, templates| {
        within(text, templates, Some(allow)).map(|()| Some(text.to_owned()))
    }))
}

fn done(walked: Walked) -> Result<JobRequest, Vec<Problem>> {
    if walked.problems.is_empty() { Ok(walked.request) } else { Err(walked.problems) }
}

fn within(text: &str, templates: Templates, allow: Option<&Allow>) -> Result<(), Problem> {
    let Templates::Within(list) = templates else { return Ok(()) };
    let allowed = allow.is_some_and(|allow| match list {
        Allowed::Queues => allow.queues.iter().any(|queue| queue == text),
        Allowed::Definitions => allow.definitions.iter().any(|definition| {
            definition == text
                || (job_definition(definition).1.is_none()
                    && job_definition(text)
                        .1
                        .is_some_and(|revision| text.strip_suffix(revision) == Some(&format!("{definition}:"))))
        }),
    });
    if allowed { Ok(()) } else { Err(Problem::new("", "is not among what the trigger's `allow` names")) }
}
