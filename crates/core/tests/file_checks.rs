//! What is wrong with triggers as they stand to each other, and what is doubtful.
#![cfg(feature = "yaml")]

use jobwire_core::on::Kind;
use jobwire_core::source::{Members, Reading, Source};
use jobwire_core::trigger_file::{Checked, check};

const fn source(
    kind: Kind,
    names: &'static [&'static str],
    members: &'static [Members],
    optional: &'static [&'static str],
) -> Source {
    let read = |_: &_| Reading { occurrences: Vec::new(), unreadable: Vec::new() };
    Source { name: "", kind, names, members, optional, read }
}

/// The names that triggers may read, without the readers that give them.
const SOURCES: [Source; 3] = [
    source(
        Kind::Topic,
        &["sns", "message"],
        &[Members { of: "sns", known: &["Message", "Subject"], closed: false }],
        &["sns.Subject"],
    ),
    source(
        Kind::Bucket,
        &["bucket", "object"],
        &[Members { of: "object", known: &["key", "size"], closed: true }],
        &[],
    ),
    source(Kind::Job, &["job", "exit_code"], &[], &["exit_code"]),
];

/// The errors and the warnings of a file with these triggers, as `path: message`.
fn found(triggers: &str) -> (Vec<String>, Vec<String>) {
    let Checked { triggers, errors } = check(&format!("version: 1\ntriggers:\n{triggers}"), None, &SOURCES);
    let warnings = jobwire_core::warnings::warnings(&triggers, &SOURCES);
    let texts = |problems: Vec<jobwire_core::problem::Problem>| {
        problems.into_iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
    };
    (texts(errors), texts(warnings))
}

fn errors(triggers: &str) -> Vec<String> {
    found(triggers).0
}

fn warnings(triggers: &str) -> Vec<String> {
    let (errors, warnings) = found(triggers);
    assert_eq!(errors, Vec::<String>::new());
    warnings
}

const JOB: &str = "submit: { jobName: a, jobQueue: q, jobDefinition: d }";

#[test]
fn a_job_whose_own_output_starts_it_again_is_found() {
    let bucket = |on: &str, emits: &str, more: &str| {
        errors(&format!("  t: {{ on: {{ bucket: inbox{on} }}, {JOB}, emits: {{ buckets: [{emits}] }}{more} }}\n"))
    };
    let again =
        ["triggers.t.emits.buckets: the job's own object starts this trigger again, for ever: it has no `when`"];
    assert_eq!(bucket("", "inbox", ""), again);
    assert_eq!(bucket(", prefix: in/", "inbox", ""), again);
    assert_eq!(bucket(", prefix: in/", "inbox/in/done/", ""), again);
    assert_eq!(bucket(", prefix: [a/, in/x/]", "inbox/in/", ""), again);
    for (on, emits, more) in [
        (", prefix: in/", "inbox/done/", ""),
        ("", "outbox", ""),
        (", events: removed", "inbox", ""),
        ("", "inbox", ", when: object.size > 1"),
        ("", "inbox", ", enabled: false"),
    ] {
        assert_eq!(bucket(on, emits, more), Vec::<String>::new(), "{on} {emits} {more}");
    }
    let arn = "  t: { on: { bucket: \"arn:aws:s3:::uploads\" }, SUBMIT, emits: { buckets: [\"arn:aws:s3:::uploads/in/\"] } }\n";
    assert_eq!(errors(&arn.replace("SUBMIT", JOB)), again);
}

#[test]
fn a_cycle_without_a_condition_is_found_and_told_once() {
    let file = |when: &str| {
        format!(
            "  a: {{ on: {{ topic: one }}, {JOB}, emits: {{ topics: [two] }} }}\n  b: {{ on: {{ topic: two }}, {JOB}, emits: {{ buckets: [three] }}{when} }}\n  c: {{ on: {{ bucket: three }}, {JOB}, emits: {{ topics: [one] }} }}\n  d: {{ on: {{ topic: one }}, {JOB} }}\n"
        )
    };
    assert_eq!(
        errors(&file("")),
        ["triggers.a.emits.topics: triggers start each other for ever, and none has a `when`: a → b → c → a"]
    );
    assert_eq!(errors(&file(", when: chain.depth < 5")), Vec::<String>::new());
}

#[test]
fn a_job_that_waits_for_jobs_like_itself_is_found() {
    let job = |queue: &str, on: &str, more: &str| {
        let file = format!(
            "  t: {{ on: {{ job: {{ status: FAILED{on} }} }}, submit: {{ jobName: a, jobQueue: \"{queue}\", jobDefinition: \"d:3\" }}{more} }}\n"
        );
        !errors(&file).is_empty()
    };
    for (queue, on, more) in [
        ("q", "", ""),
        ("q", ", queue: q, definition: d", ""),
        ("q", ", queue: \"arn:aws:batch:eu-west-1:1:job-queue/q\"", ""),
        ("{{ job.jobQueue }}", ", queue: q", ", allow: { queues: [q], definitions: [d] }"),
    ] {
        assert!(job(queue, on, more), "{queue} {on}");
    }
    for (queue, on, more) in [
        ("q", ", queue: other", ""),
        ("q", ", definition: \"d:2\"", ""),
        ("q", ", each: child", ""),
        ("q", "", ", when: chain.depth < 3"),
        ("{{ job.jobQueue }}", ", queue: q", ", allow: { queues: [r], definitions: [d] }"),
    ] {
        assert!(!job(queue, on, more), "{queue} {on}");
    }
}

#[test]
fn what_is_doubtful_is_a_warning_and_no_error() {
    let of = |more: &str, submit: &str| {
        warnings(&format!(
            "  t: {{ on: {{ topic: t }}{more}, submit: {{ jobName: a, jobQueue: q, jobDefinition: d{submit} }} }}\n"
        ))
    };
    for (more, submit, path) in [
        (", when: message.type == 'x'", "", "when"),
        ("", ", shareIdentifier: a", "submit.shareIdentifier"),
        ("", ", containerOverrides: { vcpus: 1 }", "submit.containerOverrides.vcpus"),
        (
            "",
            ", containerOverrides: { environment: [{ name: A, value: Ref::x }] }",
            "submit.containerOverrides.environment[0].value",
        ),
        (
            "",
            ", eksPropertiesOverride: { podProperties: { containers: [{ env: [{ name: A, value: Ref::x }] }] } }",
            "submit.eksPropertiesOverride.podProperties.containers[0].env[0].value",
        ),
        (", platform: ecs", "", "platform"),
        ("", ", parameters: { a: \"{{ sns.Subject }}\" }", "submit.parameters.a"),
        ("", ", parameters: { a: \"{{ sns.Mesage }}\" }", "submit.parameters.a"),
        (", platform: multinode", "", "platform"),
    ] {
        let found = of(more, submit);
        assert!(matches!(&found[..], [one] if one.starts_with(&format!("triggers.t.{path}: "))), "{path}: {found:?}");
    }
    for (more, submit) in [
        (", when: message is defined and message.type == 'x'", ""),
        ("", ", shareIdentifier: a, schedulingPriorityOverride: 1"),
        ("", ", containerOverrides: { command: [Ref::x] }"),
        ("", ", parameters: { a: \"{{ sns.Subject | default('x') }} {{ sns.SigningCertUrl }}\" }"),
        (", when: sns.Subject is defined", ", parameters: { a: \"{{ sns.Subject }}\" }"),
        (", platform: ecs", ", ecsPropertiesOverride: {}"),
        (", platform: eks", ", eksPropertiesOverride: { podProperties: { containers: [{ name: main }] } }"),
    ] {
        assert_eq!(of(more, submit), Vec::<String>::new(), "{more} {submit}");
    }
}

#[test]
fn what_can_match_nothing_is_found() {
    for (on, path) in [
        ("{ topic: \"arn:aws:sqs:us-east-1:123456789012:x\" }", "on.topic"),
        ("{ topic: \"arn:aws:sns:us-east-1:123456789012:x.fifo\" }", "on.topic"),
        ("{ bucket: \"arn:aws:s3:::uploads/in/*\" }", "on.bucket"),
        ("{ job: { status: FAILED, queue: \"q*\" } }", "on.job.queue"),
        ("{ job: { status: FAILED, definition: \"d:*\" } }", "on.job.definition"),
    ] {
        let found = errors(&format!("  t: {{ on: {on}, when: chain.depth < 3, {JOB} }}\n"));
        assert!(matches!(&found[..], [one] if one.starts_with(&format!("triggers.t.{path}: "))), "{on}: {found:?}");
    }
    let allow = "allow: { queues: [\"q*\"], definitions: [\"d:*\"] }";
    assert_eq!(errors(&format!("  t: {{ on: {{ topic: t }}, {JOB}, {allow} }}\n")).len(), 2);
    assert_eq!(warnings(&format!("  t: {{ on: {{ bucket: b, suffix: \"*.xml\", prefix: /in }}, {JOB} }}\n")).len(), 2);
    let from_event =
        "  t: { on: { schedule: rate(1 day) }, submit: from-event, allow: { queues: [q], definitions: [d] } }\n";
    assert_eq!(warnings(from_event).len(), 1);
}

#[test]
fn a_member_that_there_is_none_of_is_found() {
    let of = |expression: &str| {
        errors(&format!(
            "  t: {{ on: {{ bucket: b }}, submit: {{ jobName: a, jobQueue: q, jobDefinition: d, parameters: {{ a: \"{{{{ {expression} }}}}\" }} }} }}\n"
        ))
    };
    assert_eq!(of("object.Key"), ["triggers.t.submit.parameters.a: `object` has no `Key`"]);
    assert_eq!(of("chain.root"), ["triggers.t.submit.parameters.a: `chain` has no `root`"]);
    assert_eq!(of("object.key ~ chain.id ~ event.Records[0].x"), Vec::<String>::new());
}

/// What is wrong with a mapping is told where its name stands, and what is wrong with a value where the value stands.
#[test]
fn a_problem_is_told_where_it_is() {
    let file = "version: 1\ntriggers:\n  t:\n    on: { topic: t }\n    submit:\n      jobName: a\n      jobQueue: q\n      jobDefinition: d\n      containerOverride:\n        command: [a]\n      timeout:\n        attemptDurationSeconds: 1\n";
    let at: Vec<_> =
        check(file, None, &SOURCES).errors.iter().map(|problem| problem.at.map(|at| (at.line, at.column))).collect();
    assert_eq!(at, [Some((9, 7)), Some((12, 33))]);
}

/// A problem in one place hides none in another, whatever their kinds are.
#[test]
fn every_problem_in_one_run() {
    let found = errors(
        "  t:\n    on: { topic: t }\n    submit:\n      jobName: \"{{ trigger | nofilter }}\"\n      jobQueue: \"{{ message.queue }}\"\n      arrayProperties: { size: 1 }\n      dependsOn: yes please\n      timeout: { attemptDurationSeconds: \"{{ 1 }}{{ 2 }}\" }\n      retryStrategy: { attempts: 1.5 }\n      propagateTags: maybe\n      colour: red\n",
    );
    let paths: Vec<&str> = found.iter().filter_map(|line| line.split_once(": ").map(|(path, _)| path)).collect();
    let wanted = [
        "jobDefinition",
        "jobName",
        "jobQueue",
        "arrayProperties.size",
        "dependsOn",
        "timeout.attemptDurationSeconds",
        "retryStrategy.attempts",
        "propagateTags",
        "colour",
    ];
    assert_eq!(paths, wanted.map(|path| format!("triggers.t.submit.{path}")));
}

/// A template stands for what only an event can tell, so nothing is said of it; what stands beside it is judged.
#[test]
fn templates_are_left_open_and_constants_beside_them_are_not() {
    let submit = |more: &str| {
        errors(&format!(
            "  t:\n    on: {{ topic: t }}\n    submit: {{ jobName: a, jobQueue: q, jobDefinition: d, {more} }}\n"
        ))
        .len()
    };
    for good in [
        "arrayProperties: { size: '{{ event.n }}' }",
        "dependsOn: [{ jobId: '{{ event.id }}' }]",
        "containerOverrides: { resourceRequirements: [{ type: VCPU, value: '0.25' }, { type: MEMORY, value: '{{ event.m }}' }] }",
        "containerOverrides: { resourceRequirements: [{ type: VCPU, value: '{{ event.v }}' }, { type: MEMORY, value: '700' }] }",
        "eksPropertiesOverride: { podProperties: { containers: [{ resources: { limits: { cpu: '{{ event.c }}', memory: '{{ event.m }}' }, requests: { cpu: '2', memory: 8Mi } } }] } }",
        "eksPropertiesOverride: { podProperties: { containers: [{ resources: { limits: { cpu: '0.5' }, requests: { cpu: '{{ event.c }}' } } }] } }",
        "nodeOverrides: { numNodes: '{{ event.n }}', nodePropertyOverrides: [{ targetNodes: '4:' }] }",
        "retryStrategy: { attempts: '{{ event.n }}', evaluateOnExit: [{ onExitCode: '{{ event.c }}*', action: RETRY }] }",
    ] {
        assert_eq!(submit(good), 0, "{good}");
    }
    for bad in [
        "arrayProperties: { size: '{{ event.n }}0' }",
        "containerOverrides: { resourceRequirements: [{ type: VCPU, value: '{{ event.v }}' }, { type: MEMORY, value: '3' }] }",
        "eksPropertiesOverride: { podProperties: { metadata: { namespace: '{{ event.n }}' } } }",
        "eksPropertiesOverride: { podProperties: { containers: [{ image: '{{ event.i }}' }] } }",
        "containerOverrides: { environment: [{ name: '{{ event.n }}', value: a }] }",
        "retryStrategy: { attempts: 1, evaluateOnExit: [{ onExitCode: '1', action: '{{ event.a }}' }] }",
    ] {
        assert_eq!(submit(bad), 1, "{bad}");
    }
}

/// `vars` are text; where a number or a boolean is wanted its text stands for it.
#[test]
fn vars_may_be_numbers() {
    let file = "version: 1\nvars: { n: 3, yes: \"true\" }\ntriggers: { t: { on: { topic: t }, submit: { jobName: a, jobQueue: q, jobDefinition: d, arrayProperties: { size: \"${vars.n}\" }, propagateTags: \"${vars.yes}\" } } }\n";
    assert_eq!(check(file, None, &[]).errors, []);
    assert_eq!(check(&file.replace("n: 3", "n: 1"), None, &[]).errors.len(), 1);
    assert_eq!(check(&file.replace("n: 3", "n: many"), None, &[]).errors.len(), 1);
    assert_eq!(check(&file.replace("yes: \"true\"", "yes: true"), None, &[]).errors, []);
    // How such a number was written is lost, so it would be another text.
    assert_eq!(
        check(&file.replace("n: 3", "n: 1.10"), None, &[]).errors.first().map(|problem| problem.path.as_str()),
        Some("vars.n")
    );
    let paused = file.replace("t: { on:", "t: { enabled: \"${vars.yes}\", on:");
    assert_eq!(check(&paused, None, &[]).errors, []);
}
