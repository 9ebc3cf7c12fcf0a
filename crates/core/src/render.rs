//! From a trigger's fields and an occurrence's names to a job request.

use serde_json::{Map, Value};

use crate::arn::job_definition;
use crate::chain::{CHAIN_VARIABLE, DEPTH_VARIABLE, PARENT_VARIABLE};
use crate::job_name::job_name;
use crate::nearest::suggestion;
use crate::part::kind;
use crate::problem::{Problem, field, item};
use crate::request::JobRequest;
use crate::shape::{Allowed, Field, NOT_SENT, REQUEST, Shape, Templates};
use crate::template::{self, Evaluator};
use crate::trigger::Allow;
use crate::validate::validate;

/// The variables that carry the chain.
const OUR_VARIABLES: [&str; 3] = [CHAIN_VARIABLE, DEPTH_VARIABLE, PARENT_VARIABLE];

/// What the tags of ours begin with.
const OUR_TAGS: &str = "jobwire.";

/// Calls `found` for every string below `value`, with its path.
pub fn each_text(value: &Value, path: &str, found: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => found(path, text),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| each_text(value, &item(path, index), found));
        }
        Value::Object(fields) => fields.iter().for_each(|(name, value)| each_text(value, &field(path, name), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What is wrong with the fields of `submit`, before any event comes.
#[must_use]
pub fn check(fields: &Map<String, Value>, allow: Option<&Allow>) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk(
        &Value::Object(fields.clone()),
        &Shape::Struct(REQUEST),
        "submit",
        &mut problems,
        &mut |_, text, templates| {
            if !template::is_template(text) {
                return Ok(text.to_owned());
            }
            match templates {
                Templates::Never => Err(Problem::new("", "holds a template, and an event must not choose this field")
                    .help("write the value itself")),
                Templates::Within(_) if allow.is_none() => {
                    Err(Problem::new("", "holds a template, and this trigger has no `allow`")
                        .help("name what events may choose: `allow: { queues: […], definitions: […] }`"))
                }
                Templates::Within(_) | Templates::Allowed => template::check_text(text).map(|()| text.to_owned()),
            }
        },
    );
    if problems.is_empty() {
        problems = check_constants(fields);
    }
    if let Some(Value::Object(tags)) = fields.get("tags") {
        problems.extend(tags.keys().filter(|key| key.starts_with(OUR_TAGS)).map(|key| {
            Problem::new(
                field("submit.tags", key),
                format!("begins with `{OUR_TAGS}`, which jobwire keeps for its own tags"),
            )
        }));
    }
    problems
}

/// What is wrong with the strings that are no templates: it would be wrong with every event.
fn check_constants(fields: &Map<String, Value>) -> Vec<Problem> {
    // `1` is good in every field, so whatever is found is the fault of a constant.
    let built = build(&Value::Object(fields.clone()), "submit", &mut |_, text, _| {
        Ok(if template::is_template(text) { "1".to_owned() } else { text.to_owned() })
    });
    let mut request = match built {
        Ok(request) => request,
        Err(problems) => return problems,
    };
    request.job_name = job_name(&request.job_name, None);
    let mut problems = validate(&request);
    let overrides = request.container_overrides.unwrap_or_default();
    for (index, variable) in
        overrides.environment.iter().enumerate().filter(|(_, variable)| OUR_VARIABLES.contains(&variable.name.as_str()))
    {
        let path = format!("containerOverrides.environment[{index}].name");
        problems.push(Problem::new(path, format!("`{}` is set by jobwire itself", variable.name)));
    }
    problems.into_iter().map(|problem| Problem { path: field("submit", &problem.path), ..problem }).collect()
}

/// The job request of a trigger's fields, with every template filled in.
pub fn fill(fields: &Map<String, Value>, allow: Option<&Allow>, names: &Evaluator) -> Result<JobRequest, Vec<Problem>> {
    build(&Value::Object(fields.clone()), "submit", &mut |_, text, templates| {
        if !template::is_template(text) {
            return Ok(text.to_owned());
        }
        let text = names.text(text)?;
        within(&text, templates, allow).map(|()| text)
    })
}

/// The job request that an event itself is, as the trigger's `allow` permits it.
pub fn from_event(event: &Value, allow: &Allow) -> Result<JobRequest, Vec<Problem>> {
    let built =
        build(event, "", &mut |_, text, templates| within(text, templates, Some(allow)).map(|()| text.to_owned()));
    if event.get("tags").is_none() {
        return built;
    }
    let mut problems = built.err().unwrap_or_default();
    problems.push(Problem::new("tags", "is not taken from an event"));
    Err(problems)
}

fn build(value: &Value, path: &str, text: Text<'_>) -> Result<JobRequest, Vec<Problem>> {
    let mut problems = Vec::new();
    let filled = walk(value, &Shape::Struct(REQUEST), path, &mut problems, text);
    if !problems.is_empty() {
        return Err(problems);
    }
    serde_json::from_value(filled).map_err(|error| vec![Problem::new(path, format!("is no job request: {error}"))])
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

type Text<'a> = &'a mut dyn FnMut(&str, &str, Templates) -> Result<String, Problem>;

/// Walks `value` along its shape: every string goes through `text`, everything that does not fit becomes a problem.
fn walk(value: &Value, shape: &Shape, path: &str, problems: &mut Vec<Problem>, text: Text<'_>) -> Value {
    match (shape, value) {
        (Shape::Text(templates), Value::String(string)) => match text(path, string, *templates) {
            Ok(string) => return Value::String(string),
            Err(problem) => problems.push(Problem { path: path.to_owned(), ..problem }),
        },
        (Shape::Map, Value::Object(entries)) => {
            let entry = |(name, value): (&String, &Value)| {
                let path = field(path, name);
                if template::is_template(name) {
                    problems.push(Problem::new(path.clone(), "a name is no template"));
                }
                (name.clone(), walk(value, &Shape::Text(Templates::Allowed), &path, problems, text))
            };
            return Value::Object(entries.iter().map(entry).collect());
        }
        (Shape::List(inner), Value::Array(items)) => {
            let items =
                items.iter().enumerate().map(|(index, value)| walk(value, inner, &item(path, index), problems, text));
            return Value::Array(items.collect());
        }
        (Shape::Struct(known), Value::Object(entries)) => {
            return Value::Object(walk_fields(entries, known, path, problems, text));
        }
        (Shape::Text(_), Value::Number(_) | Value::Bool(_)) => problems.push(
            Problem::new(path, format!("is {}, and must be a string", kind(value)))
                .help("put it in quotes: Batch takes strings alone here"),
        ),
        (shape, _) => problems.push(Problem::new(path, format!("is {}, and must be {}", kind(value), wanted(shape)))),
    }
    Value::Null
}

fn walk_fields(
    entries: &Map<String, Value>,
    known: &[Field],
    path: &str,
    problems: &mut Vec<Problem>,
    text: Text<'_>,
) -> Map<String, Value> {
    let mut filled = Map::new();
    for (name, value) in entries {
        match known.iter().find(|field| field.name == name) {
            Some(inner) => {
                filled.insert(name.clone(), walk(value, &inner.shape, &field(path, name), problems, text));
            }
            None if std::ptr::eq(known, REQUEST) && NOT_SENT.contains(&name.as_str()) => {
                problems.push(not_sent(field(path, name), name));
            }
            None => problems.push(
                Problem::new(field(path, name), "is no field that belongs here")
                    .help(suggestion(name, known.iter().map(|field| field.name))),
            ),
        }
    }
    for missing in known.iter().filter(|field| field.required && !entries.contains_key(field.name)) {
        problems.push(Problem::new(field(path, missing.name), "is missing"));
    }
    filled
}

fn not_sent(path: String, name: &str) -> Problem {
    let problem = Problem::new(path, "is a field of SubmitJob that this version of jobwire does not send");
    // A job definition has these under the same meaning; the others are of one submission alone.
    if ["propagateTags", "retryStrategy", "schedulingPriorityOverride", "timeout"].contains(&name) {
        return problem.help("set it in the job definition");
    }
    problem
}

fn wanted(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text(_) => "a string",
        Shape::List(_) => "a list",
        Shape::Map | Shape::Struct(_) => "an object",
    }
}
