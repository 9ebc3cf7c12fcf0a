//! Every field of `SubmitJob`: known, sent as it is shown, and judged as others judge it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jobwire_core::platform::Platform;
use jobwire_core::request::JobRequest;
use jobwire_core::shape::{Field, REQUEST, Shape};
use jobwire_core::validate::validate;
use jobwire_tests::batch_stub::BatchStub;
use jobwire_tests::binaries;
use jobwire_tests::checkers::{Moto, printed, python};
use jobwire_tests::lambda::Lambda;
use serde_json::{Map, Value, json};

use crate::functions::{compiled, message_of};
use crate::{feed, jobwire, project};

const EVERY_FIELD: &str = include_str!("every_field.yaml");

/// What the message of the test says, with characters that take more room in JSON than in memory.
fn work() -> String {
    json!({
        "name": "a \"b\"\n\u{1}é猫/c", "queue": "work", "team": "t1", "parts": 4, "cpus": 2, "minutes": 5,
        "before": "1d828f65-7a4d-42e8-996d-3b900ed59dc4",
    })
    .to_string()
}

fn rendered(file: &std::path::Path, event: &Value) -> Vec<String> {
    let path = file.with_file_name("event.json");
    std::fs::write(&path, event.to_string()).unwrap();
    let (code, printed, words) = jobwire(file, &["render", "--request-only", path.to_str().unwrap()]);
    assert_eq!((code, words.as_str()), (0, ""));
    printed.lines().map(str::to_owned).collect()
}

/// Adds the paths of all leaves; a list's items share one path, and so do a map's entries.
fn leaves(value: &Value, shape: &Shape, path: &str, found: &mut BTreeSet<String>) {
    match (shape, value) {
        (Shape::List(inner), Value::Array(items)) => {
            for item in items {
                leaves(item, inner, &format!("{path}[]"), found);
            }
        }
        (Shape::Struct(fields), Value::Object(entries)) => {
            for (name, value) in entries {
                let field = fields.iter().find(|field| field.name == name).unwrap_or_else(|| panic!("{path}.{name}"));
                leaves(value, &field.shape, &format!("{path}.{name}"), found);
            }
        }
        _ => drop(found.insert(path.to_owned())),
    }
}

/// The paths of all leaves that the table of fields has.
fn every_leaf(fields: &[Field], path: &str, found: &mut BTreeSet<String>) {
    for field in fields {
        let mut path = format!("{path}.{}", field.name);
        let mut shape = field.shape;
        while let Shape::List(inner) = shape {
            path.push_str("[]");
            shape = *inner;
        }
        match shape {
            Shape::Struct(fields) => every_leaf(fields, &path, found),
            _ => drop(found.insert(path)),
        }
    }
}

/// What `render` prints is what the SDK sends, byte for byte in length, and the file has every field that there is.
#[tokio::test]
async fn every_field_goes_over_the_wire_as_it_is_shown() {
    let (_folder, file) = project(EVERY_FIELD);
    let stub = BatchStub::start([]).await.unwrap();
    let variables = [("AWS_ENDPOINT_URL_BATCH", stub.url.as_str())];
    let mut lambda = Lambda::start("jobwire-sns", &compiled(&file), &variables).await.unwrap();
    let event = message_of("work", &work());
    let (outcome, answer) = lambda.invoke(event.clone()).await.unwrap();
    assert_eq!(outcome, "response", "{answer}");
    let shown = rendered(&file, &event);
    let requests: Vec<Value> = shown.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(stub.requests(), requests);
    assert_eq!(stub.sizes(), shown.iter().map(String::len).collect::<Vec<_>>(), "sizes are counted on the wire form");
    let (mut sent, mut known) = (BTreeSet::new(), BTreeSet::new());
    for request in &requests {
        leaves(request, &Shape::Struct(REQUEST), "", &mut sent);
    }
    every_leaf(REQUEST, "", &mut known);
    // An instance type is for nodes, and refused anywhere else.
    known.remove(".containerOverrides.instanceType");
    assert_eq!(known.difference(&sent).collect::<Vec<_>>(), Vec::<&String>::new(), "fields that the test leaves out");
}

/// A field, a word or a type that AWS adds, changes or takes away is noticed here: the model is AWS's own.
#[test]
fn the_fields_are_those_of_the_service_model() {
    let model: Value = serde_json::from_str(&printed(python("model.py").unwrap()).unwrap()).unwrap();
    compare(&Shape::Struct(REQUEST), &model, "SubmitJob");
}

fn compare(shape: &Shape, model: &Value, path: &str) {
    match shape {
        Shape::Struct(fields) => {
            let members = model["fields"].as_object().unwrap_or_else(|| panic!("{path} is no structure: {model}"));
            let ours: BTreeSet<&str> = fields.iter().map(|field| field.name).collect();
            let theirs: BTreeSet<&str> = members.keys().map(String::as_str).collect();
            assert_eq!(ours, theirs, "{path}");
            for field in *fields {
                let member = &members[field.name];
                let path = format!("{path}.{}", field.name);
                // What the model asks for, we ask for; a variable's value and its name we ask for although it does not.
                let asked = member["required"] == true;
                assert!(field.required >= asked, "{path} is required");
                compare(&field.shape, member, &path);
            }
        }
        Shape::List(inner) => compare(inner, &model["list"], &format!("{path}[]")),
        Shape::Map => assert_eq!(model["map"]["type"], "string", "{path}"),
        Shape::Text(_) => assert_eq!((&model["type"], &model["enum"]), (&json!("string"), &json!([])), "{path}"),
        Shape::Word(words) => {
            let mut words = words.to_vec();
            words.sort_unstable();
            assert_eq!(model["enum"], json!(words), "{path}");
        }
        Shape::Integer(bits) => {
            assert_eq!(model["type"], if *bits == 64 { "long" } else { "integer" }, "{path}");
        }
        Shape::Boolean => assert_eq!(model["type"], "boolean", "{path}"),
    }
}

/// moto's Batch takes every request that we call valid: of every field, and of every event of the project's own.
#[tokio::test]
async fn a_second_implementation_accepts_what_we_call_valid() {
    let triggers = binaries::root().join("events/jobwire.yaml");
    let events = std::fs::read_dir(binaries::root().join("events")).unwrap().map(|entry| entry.unwrap().path());
    let events = events.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let requests: Vec<Value> = events
        .flat_map(|path| {
            jobwire(&triggers, &["render", "--request-only", path.to_str().unwrap()])
                .1
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect();
    assert!(requests.len() > 20, "{}", requests.len());
    let named = |field: &str| requests.iter().filter_map(|request| request[field].as_str()).collect::<BTreeSet<_>>();
    let queues: Vec<&str> = named("jobQueue").into_iter().chain(["work", "on-eks"]).collect();
    let definitions: Vec<&str> =
        named("jobDefinition").into_iter().chain(["work:1", "tasks", "pods", "nodes"]).collect();
    let moto = Moto::start(&queues, &definitions).unwrap();
    for request in &requests {
        let (status, answer) = moto.submit(request).await.unwrap();
        assert_eq!(status, 200, "{request}: {answer}");
    }
    let (_folder, file) = project(EVERY_FIELD);
    let variables = [("AWS_ENDPOINT_URL_BATCH", moto.url.as_str())];
    let mut lambda = Lambda::start("jobwire-sns", &compiled(&file), &variables).await.unwrap();
    let (outcome, answer) = lambda.invoke(message_of("work", &work())).await.unwrap();
    assert_eq!((outcome.as_str(), answer["submitted"].as_array().map(Vec::len)), ("response", Some(5)), "{answer}");
}

/// What moto refuses for its form, we refuse; what it refuses because it is not there, only the account knows.
#[tokio::test]
async fn what_a_second_implementation_refuses_is_refused_here() {
    let moto = Moto::start(&["work"], &["work"]).unwrap();
    let good = json!({"jobName": "a", "jobQueue": "work", "jobDefinition": "work"});
    assert_eq!(moto.submit(&good).await.unwrap().0, 200);
    let many: Map<String, Value> = (0..51).map(|n| (n.to_string(), json!(""))).collect();
    for fields in [
        json!({"tags": {"k".repeat(129): "v"}}),
        json!({"tags": {"k": "v".repeat(257)}}),
        json!({"tags": {"aws:k": "v"}}),
        json!({"tags": {"k": "a#b"}}),
        json!({"tags": many}),
        json!({"tags": {"k": null}}),
        json!({"jobQueue": ""}),
        json!({"jobQueue": null}),
        json!({"jobDefinition": ""}),
        json!({"jobDefinition": null}),
        json!({"jobDefinition": "work:latest"}),
        json!({"arrayProperties": {"size": null}}),
        json!({"arrayProperties": {"size": "3"}}),
        json!({"parameters": "a"}),
    ] {
        let mut body = good.clone();
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let (status, answer) = moto.submit(&body).await.unwrap();
        assert!(status >= 400, "moto takes {fields}: {answer}");
        let refused = match serde_json::from_value::<JobRequest>(body) {
            Ok(request) => !validate(&request, Platform::Container).is_empty(),
            Err(_) => true,
        };
        assert!(refused, "{fields}: moto says {answer}");
    }
    let unknown = json!({"jobName": "a", "jobQueue": "no-such-queue", "jobDefinition": "work"});
    assert_eq!(moto.submit(&unknown).await.unwrap().0, 400);
}

/// The trigger files that `check` takes fit the schema, and what an editor can see to be wrong fits neither.
#[test]
fn the_schema_and_check_agree() {
    let (folder, every_field) = project(EVERY_FIELD);
    let (code, text, _) = jobwire(&every_field, &["schema"]);
    assert_eq!(code, 0);
    let schema = folder.path().join("schema.json");
    std::fs::write(&schema, text).unwrap();
    let (_everything, everything) = project(crate::synth::EVERYTHING);
    let good = [every_field, everything, feed(), binaries::root().join("events/jobwire.yaml")];
    let job = "submit: { jobName: a, jobQueue: q, jobDefinition: d }";
    let trigger = |body: &str| format!("version: 1\ntriggers:\n  t:\n{body}\n");
    let submit = |more: &str| {
        trigger(&format!("    on: {{ topic: t }}\n    submit: {{ jobName: a, jobQueue: q, jobDefinition: d, {more} }}"))
    };
    let bad: Vec<PathBuf> = [
        "version: 2\ntriggers: { t: { on: { topic: t }, submit: from-event } }\n".to_owned(),
        "version: 1\n".to_owned(),
        "version: 1\ntriggers: {}\n".to_owned(),
        trigger(&format!("    on: {{ topik: t }}\n    {job}")),
        trigger(&format!("    on: {{ topic: t, bucket: b }}\n    {job}")),
        trigger(&format!("    on: {{ job: {{ queue: q }} }}\n    {job}")),
        trigger(&format!("    on: {{ job: {{ status: [DONE] }} }}\n    {job}")),
        trigger(&format!("    on: {{ bucket: b, events: [made] }}\n    {job}")),
        trigger(&format!("    on: {{ topic: t }}\n    platform: fog\n    {job}")),
        trigger(&format!("    on: {{ topic: t }}\n    enabled: perhaps\n    {job}")),
        trigger("    on: { topic: t }\n    submit: { jobName: a, jobQueue: q }"),
        submit("jobqueue: q"),
        submit("arrayProperties: { size: many }"),
        submit("arrayProperties: { size: [2] }"),
        submit("propagateTags: sometimes"),
        submit("retryStrategy: { attempts: 1, evaluateOnExit: [{ onReason: x, action: STOP }] }"),
        submit("containerOverrides: { environment: [{ name: A, value: 15 }] }"),
        submit("containerOverrides: { environment: [{ name: \"{{ event.a }}\", value: x }] }"),
        submit("tags: [a]"),
    ]
    .iter()
    .enumerate()
    .map(|(index, text)| {
        let path = folder.path().join(format!("bad-{index}.yaml"));
        std::fs::write(&path, text).unwrap();
        assert_eq!(jobwire(&path, &["check"]).0, 1, "{text}");
        path
    })
    .collect();
    let mut command = python("schema.py").unwrap();
    command.arg(&schema).args(&good).args(&bad);
    let refused = printed(command).unwrap();
    let names: Vec<&str> = bad.iter().map(|path| path.to_str().unwrap()).collect();
    assert_eq!(refused.lines().collect::<Vec<_>>(), names);
}
