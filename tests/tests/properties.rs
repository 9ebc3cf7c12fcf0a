//! What holds for every event and every trigger file, whatever stands in them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "golden/event_files.rs"]
mod event_files;

use std::sync::LazyLock;

use event_files::{EventFile, SOURCES, all, planned, trigger_text, triggers};
use jobwire_core::plan::Plan;
use jobwire_core::platform::Platform;
use jobwire_core::request::JobRequest;
use jobwire_core::source::Source;
use jobwire_core::trigger::Triggers;
use jobwire_core::trigger_file;
use jobwire_core::validate::validate;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

static TRIGGERS: LazyLock<Triggers> = LazyLock::new(triggers);
static TRIGGER_TEXT: LazyLock<String> = LazyLock::new(trigger_text);
static FILES: LazyLock<Vec<EventFile>> = LazyLock::new(all);

/// Records that lead to a job when they come alone, with their source.
static GOOD_RECORDS: LazyLock<Vec<(Source, Value)>> = LazyLock::new(|| {
    let records = FILES.iter().flat_map(|file| records(file).iter().map(|record| (file.source, record.clone())));
    let good = |(source, record): &(Source, Value)| {
        let plan = planned(&TRIGGERS, source, &json!({"Records": [record]}));
        !plan.requests.is_empty() && plan.rejects.is_empty()
    };
    records.filter(good).collect()
});

fn records(file: &EventFile) -> &[Value] {
    file.event["Records"].as_array().map_or(&[], Vec::as_slice)
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Names and values that readers look for, so that made-up events get past their first questions.
const WORDS: [&str; 40] = [
    "Records",
    "Sns",
    "Message",
    "MessageId",
    "MessageAttributes",
    "TopicArn",
    "Timestamp",
    "Type",
    "Notification",
    "EventSource",
    "aws:sns",
    "body",
    "messageId",
    "eventSource",
    "aws:s3",
    "aws:sqs",
    "eventName",
    "eventTime",
    "ObjectCreated:Put",
    "s3",
    "bucket",
    "object",
    "name",
    "key",
    "size",
    "source",
    "aws.s3",
    "aws.batch",
    "aws.events",
    "detail-type",
    "Scheduled Event",
    "Batch Job State Change",
    "Object Created",
    "detail",
    "time",
    "2026-11-21T06:00:00Z",
    "jobwire",
    "event",
    "requestPayload",
    "requestContext",
];

/// Text that would do harm if anything took it for more than text.
const HOSTILE: [&str; 16] = [
    "{{ 7*7 }}",
    "{{",
    "}}",
    "{% raw %}",
    "{# no #}",
    "${vars.queue}",
    "$${vars.queue}",
    "Ref::x",
    "$(reboot)",
    "`reboot`",
    "'; reboot; '",
    "\"], \"jobQueue\": \"other",
    "a b",
    "\r\n",
    "\u{feff}",
    "%00",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        select(&WORDS[..]).prop_map(str::to_owned),
        select(&HOSTILE[..]).prop_map(str::to_owned),
        (any::<String>(), select(&HOSTILE[..]), any::<String>()).prop_map(|(a, b, c)| format!("{a}{b}{c}")),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Few digits: of many, serde_json rounds the last one when it reads them.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(text(), inner.clone(), 0..8).prop_map(Value::from_iter),
            // Envelopes hold their events as text.
            inner.prop_map(|inner| Value::from(inner.to_string())),
        ]
    })
}

/// A change of one value of an event, wherever it stands.
#[derive(Clone, Debug)]
enum Change {
    Drop,
    Replace(Value),
}

fn change() -> impl Strategy<Value = (Index, Change)> {
    (any::<Index>(), prop_oneof![Just(Change::Drop), json().prop_map(Change::Replace)])
}

/// The event that a string holds, as envelopes hold theirs.
fn inside(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}

/// How many values there are in `value`, itself and those within strings among them.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        Value::String(text) => inside(text).map_or(0, |inner| count(&inner)),
        _ => 0,
    }
}

/// `value` with the change made at its `at`th value; nothing where it was dropped itself.
fn changed(value: &Value, at: &mut Option<usize>, change: &Change) -> Option<Value> {
    match at {
        Some(0) => {
            *at = None;
            return match change {
                Change::Drop => None,
                Change::Replace(value) => Some(value.clone()),
            };
        }
        Some(left) => *left -= 1,
        None => {}
    }
    Some(match value {
        Value::Array(items) => items.iter().filter_map(|item| changed(item, at, change)).collect(),
        Value::Object(members) => members
            .iter()
            .filter_map(|(name, member)| Some((name.clone(), changed(member, at, change)?)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::String(text) => match inside(text) {
            Some(inner) => changed(&inner, at, change).map_or_else(String::new, |inner| inner.to_string()).into(),
            None => value.clone(),
        },
        _ => value.clone(),
    })
}

fn with_changes(value: &Value, changes: &[(Index, Change)]) -> Value {
    changes.iter().fold(value.clone(), |value, (index, change)| {
        changed(&value, &mut Some(index.index(count(&value))), change).unwrap_or_default()
    })
}

/// Plans the event, which `what` names, for every source; whatever is planned may be sent.
fn plans_valid_requests_alone(triggers: &Triggers, event: &Value, what: &str) {
    for source in &SOURCES {
        for planned in planned(triggers, source, event).requests {
            assert_eq!(validate(&planned.request, Platform::Container), [], "{what}, trigger {}", planned.trigger);
        }
    }
}

/// What became of one record.
fn of_record(plan: &Plan, index: usize) -> (Vec<(&str, &JobRequest)>, usize) {
    let requests = plan.requests.iter().filter(|planned| planned.record.index == index);
    let rejects = plan.rejects.iter().filter(|reject| reject.record.index == index);
    (requests.map(|planned| (planned.trigger.as_str(), &planned.request)).collect(), rejects.count())
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn any_json_is_read_by_every_source_without_a_panic_and_leads_to_valid_requests_alone(event in json()) {
        plans_valid_requests_alone(&TRIGGERS, &event, "any JSON");
    }

    #[test]
    fn a_real_event_with_anything_changed_in_it_leads_to_valid_requests_alone(
        file in any::<Index>(),
        changes in vec(change(), 1..4),
    ) {
        let file = file.get(&FILES);
        plans_valid_requests_alone(&TRIGGERS, &with_changes(&file.event, &changes), &file.name);
    }

    #[test]
    fn whatever_a_record_is_like_the_good_ones_beside_it_lead_to_the_same_requests(
        (first, last, middle) in any::<(Index, Index, Index)>(),
        changes in vec(change(), 1..4),
    ) {
        let (source, first) = first.get(&GOOD_RECORDS);
        let same_source: Vec<&Value> =
            GOOD_RECORDS.iter().filter(|(other, _)| other.name == source.name).map(|(_, record)| record).collect();
        let middles: Vec<Value> =
            FILES.iter().filter(|file| file.source.name == source.name).flat_map(|file| records(file).to_vec()).collect();
        let last = *last.get(&same_source);
        let middle = with_changes(middle.get(&middles), &changes);
        let together = planned(&TRIGGERS, source, &json!({"Records": [first, middle, last]}));
        for (index, record) in [(0, first), (2, last)] {
            let alone = planned(&TRIGGERS, source, &json!({"Records": [record]}));
            prop_assert_eq!(of_record(&together, index), of_record(&alone, 0));
        }
    }
}

/// A trigger that puts what a message says wherever templates may stand.
static ECHO: LazyLock<Triggers> = LazyLock::new(|| {
    let text = r#"
version: 1
vars: { queue: feeds }
triggers:
  echo:
    on: { topic: feed }
    submit:
      jobName: "echo {{ message.x }}"
      jobQueue: "${vars.queue}"
      jobDefinition: consumer
      parameters: { p: "{{ message.x }}" }
      containerOverrides:
        command: ["a", "{{ message.x }}", "b"]
        environment: [{ name: X, value: "<{{ message.x }}>" }, { name: OTHER, value: kept }]
"#;
    trigger_file::read(text, None, &SOURCES).unwrap_or_else(|problems| panic!("{problems}"))
});

fn echo(x: &Value) -> Plan {
    let event = json!({"Records": [{"EventSource": "aws:sns", "Sns": {
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:feed",
        "MessageId": "d8f0c1de-6a0e-4c55-a3f1-0a3f3e3f5b11",
        "Timestamp": "2026-11-21T06:00:00Z",
        "Message": json!({"x": x}).to_string(),
    }}]});
    planned(&ECHO, &jobwire_sns::SOURCE, &event)
}

/// Checks that `x` stands in the request as `shown`, and that everything else is as the trigger says.
fn stands_as_it_is(plan: &Plan, shown: &str) {
    assert_eq!((plan.requests.len(), plan.rejects.len()), (1, 0));
    let request = &plan.requests[0].request;
    assert_eq!((request.job_queue.as_str(), request.job_definition.as_str()), ("feeds", "consumer"));
    assert_eq!(request.parameters, [("p".to_owned(), shown.to_owned())].into());
    let overrides = request.container_overrides.as_ref().unwrap();
    assert_eq!(overrides.command.as_deref().unwrap(), ["a", shown, "b"]);
    let variables: Vec<(&str, &str)> =
        overrides.environment.iter().map(|variable| (variable.name.as_str(), variable.value.as_str())).collect();
    assert_eq!(variables[..2], [("X", format!("<{shown}>").as_str()), ("OTHER", "kept")]);
    let ours: Vec<&str> = variables[2..].iter().map(|(name, _)| *name).collect();
    assert_eq!(ours, ["JOBWIRE_CHAIN_ID", "JOBWIRE_CHAIN_DEPTH"]);
    assert!(request.tags.keys().all(|tag| tag.starts_with("jobwire.")), "{:?}", request.tags.keys());
}

#[test]
fn text_that_looks_like_a_template_a_variable_or_a_parameter_stays_that_text() {
    for hostile in HOSTILE {
        stands_as_it_is(&echo(&json!(hostile)), hostile);
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn no_text_of_an_event_changes_the_number_of_arguments_the_queue_or_the_definition(x in text()) {
        let plan = echo(&json!(x));
        if plan.requests.is_empty() {
            // Batch takes no empty argument, and no system can pass a null character in one.
            prop_assert!(x.is_empty() || x.contains('\0'), "rejected: {:?}", plan.rejects);
        } else {
            stands_as_it_is(&plan, &x);
        }
    }

    #[test]
    fn a_value_that_is_no_text_is_one_argument_too_and_null_is_rejected(x in json()) {
        prop_assume!(!x.is_string());
        let plan = echo(&x);
        if x.is_null() {
            prop_assert_eq!((plan.requests.len(), plan.rejects.len()), (0, 1));
        } else if let [planned] = &plan.requests[..] {
            let shown = planned.request.parameters["p"].clone();
            stands_as_it_is(&plan, &shown);
        } else {
            prop_assert_eq!(plan.rejects.len(), 1);
        }
    }

    #[test]
    fn an_object_key_of_any_text_stays_as_it_is_and_makes_a_valid_job_name(key in text()) {
        let event = json!({"source": "aws.s3", "detail-type": "Object Created", "time": "2026-11-21T06:00:00Z", "detail": {
            "bucket": {"name": "uploads"}, "object": {"key": format!("incoming/{key}.xml"), "sequencer": "0A"},
        }});
        let plan = planned(&TRIGGERS, &jobwire_s3::SOURCE, &event);
        prop_assert_eq!(plan.requests.len(), 1);
        prop_assert_eq!(&plan.requests[0].request.parameters["key"], &format!("incoming/{key}.xml"));
        prop_assert_eq!(validate(&plan.requests[0].request, Platform::Container), []);
    }
}

/// Every field of SubmitJob, with templates wherever they may stand.
static EVERY_FIELD: LazyLock<Triggers> = LazyLock::new(|| {
    let text = include_str!("system/every_field.yaml");
    trigger_file::read(text, None, &SOURCES).unwrap_or_else(|problems| panic!("every_field.yaml:\n{problems}"))
});

/// A message that every trigger of the file makes a job of.
fn good_work() -> Value {
    json!({
        "name": "a", "queue": "work", "team": "t", "parts": 4, "cpus": 1, "minutes": 1, "attempts": 2,
        "before": "1d828f65-7a4d-42e8-996d-3b900ed59dc4",
    })
}

fn of_work(message: &Value) -> Plan {
    let arn = "arn:aws:sns:us-east-1:123456789012:work";
    let record = json!({"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": format!("{arn}:1"), "Sns": {
        "Type": "Notification", "MessageId": "28dcb39b-12da-5518-a56c-8f5ad5a0a1b2", "TopicArn": arn, "Message": message.to_string(),
        "Timestamp": "2026-11-21T06:00:00.000Z", "SignatureVersion": "1", "Signature": "EXAMPLE", "SigningCertUrl": "EXAMPLE",
        "UnsubscribeUrl": "EXAMPLE", "MessageAttributes": {}}});
    planned(&EVERY_FIELD, &jobwire_sns::SOURCE, &json!({"Records": [record]}))
}

/// The request without what an event may say: what is left is the file's alone, with the length of every list.
fn of_the_file(request: &JobRequest) -> Value {
    const FIXED: [&str; 7] = ["jobQueue", "jobDefinition", "image", "namespace", "type", "action", "name"];
    fn blank(value: &mut Value, name: &str) {
        match value {
            Value::Object(entries) => entries.iter_mut().for_each(|(name, value)| blank(value, name)),
            Value::Array(items) => items.iter_mut().for_each(|value| blank(value, "")),
            _ if FIXED.contains(&name) => {}
            _ => *value = Value::Null,
        }
    }
    let mut value = serde_json::to_value(request).unwrap();
    blank(&mut value, "");
    value
}

proptest! {
    #![proptest_config(cases(200))]

    /// Whatever a message says in whichever field, the jobs that it starts keep every limit, and it changes neither the
    /// queue, the definition, an image, a namespace, a variable's name nor the number of anything.
    #[test]
    fn no_event_breaks_a_limit_or_changes_what_the_file_alone_says(
        changes in btree_map(select(vec!["name", "queue", "team", "parts", "cpus", "minutes", "attempts", "before"]),
            prop_oneof![json(), text().prop_map(Value::from), (-3_i64..70_000).prop_map(Value::from)], 0..4),
    ) {
        static UNCHANGED: LazyLock<Vec<(String, Value)>> = LazyLock::new(|| {
            let plan = of_work(&good_work());
            assert!(plan.rejects.is_empty(), "{:?}", plan.rejects);
            plan.requests.iter().map(|planned| (planned.trigger.clone(), of_the_file(&planned.request))).collect()
        });
        let mut message = good_work();
        message.as_object_mut().unwrap().extend(changes.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let plan = of_work(&message);
        prop_assert_eq!(plan.requests.len() + plan.rejects.len(), UNCHANGED.len());
        for planned in &plan.requests {
            let trigger = EVERY_FIELD.triggers.iter().find(|trigger| trigger.name == planned.trigger).unwrap();
            prop_assert_eq!(validate(&planned.request, trigger.platform), []);
            let unchanged = &UNCHANGED.iter().find(|(name, _)| *name == planned.trigger).unwrap().1;
            prop_assert_eq!(&of_the_file(&planned.request), unchanged);
        }
    }
}

/// Reads a trigger file. One that is taken comes back from its compiled form as it went in, and plans every event.
fn taken_or_refused(text: &str, file: &EventFile) {
    match trigger_file::read(text, None, &SOURCES) {
        Ok(triggers) => {
            assert_eq!(Triggers::from_json(&triggers.to_json()).as_ref(), Ok(&triggers));
            plans_valid_requests_alone(&triggers, &file.event, &file.name);
        }
        Err(problems) => assert!(!problems.0.is_empty()),
    }
}

/// A change of a trigger file, as keyboards make them.
#[derive(Clone, Debug)]
enum Slip {
    Without(Index),
    Twice(Index),
    Moved(Index, Index),
    Character(Index, char),
    Words(Index, String),
    CutOff(Index),
}

fn slip() -> impl Strategy<Value = Slip> {
    let character = prop_oneof![select(&b"{}[]:,#&*!|>'\"%@`- \t\n~?"[..]).prop_map(char::from), any::<char>()];
    prop_oneof![
        any::<Index>().prop_map(Slip::Without),
        any::<Index>().prop_map(Slip::Twice),
        any::<(Index, Index)>().prop_map(|(from, to)| Slip::Moved(from, to)),
        (any::<Index>(), character).prop_map(|(at, character)| Slip::Character(at, character)),
        (any::<Index>(), text()).prop_map(|(at, words)| Slip::Words(at, words)),
        any::<Index>().prop_map(Slip::CutOff),
    ]
}

fn with_slip(text: &str, slip: &Slip) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let mut characters: Vec<char> = text.chars().collect();
    match slip {
        Slip::Without(at) => {
            lines.remove(at.index(lines.len()));
        }
        Slip::Twice(at) => {
            let at = at.index(lines.len());
            lines.insert(at, lines[at]);
        }
        Slip::Moved(from, to) => {
            let line = lines.remove(from.index(lines.len()));
            lines.insert(to.index(lines.len() + 1), line);
        }
        Slip::Character(at, character) => {
            let at = at.index(characters.len() + 1);
            if at < characters.len() {
                characters[at] = *character;
            } else {
                characters.push(*character);
            }
            return characters.into_iter().collect();
        }
        Slip::Words(at, words) => {
            let at = at.index(characters.len() + 1);
            characters.splice(at..at, words.chars());
            return characters.into_iter().collect();
        }
        Slip::CutOff(at) => return characters.into_iter().take(at.index(text.len())).collect(),
    }
    lines.join("\n")
}

#[test]
fn the_compiled_form_of_the_events_trigger_file_gives_it_back() {
    assert_eq!(Triggers::from_json(&TRIGGERS.to_json()).as_ref(), Ok(&*TRIGGERS));
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_text_as_trigger_file_is_taken_or_refused_without_a_panic(text in prop_oneof![any::<String>(), text()]) {
        taken_or_refused(&text, &FILES[0]);
    }

    #[test]
    fn any_tree_as_trigger_file_is_taken_or_refused_without_a_panic(tree in json()) {
        taken_or_refused(&tree.to_string(), &FILES[0]);
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_trigger_file_with_slips_is_taken_or_refused_without_a_panic(
        slips in vec(slip(), 1..3),
        file in any::<Index>(),
    ) {
        let text = slips.iter().fold(TRIGGER_TEXT.clone(), |text, slip| with_slip(&text, slip));
        taken_or_refused(&text, file.get(&FILES));
    }

    #[test]
    fn the_compiled_form_gives_back_any_condition_and_any_text_of_a_trigger(
        when in prop_oneof![Just("trigger == 't'".to_owned()), text()],
        input in btree_map(text(), json(), 0..4),
        value in text(),
    ) {
        let tree = json!({"version": 1, "triggers": {"t": {
            "on": {"schedule": "rate(1 day)", "input": input},
            "when": when,
            "submit": {"jobName": "t", "jobQueue": "q", "jobDefinition": "d", "parameters": {"p": value}},
        }}});
        taken_or_refused(&tree.to_string(), &FILES[0]);
    }
}
