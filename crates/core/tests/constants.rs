//! What is wrong whatever event comes is found when the file is read.
#![cfg(feature = "yaml")]

use jobwire_core::trigger_file::read;

/// The paths of the problems of one trigger.
fn problems(trigger: &str) -> Vec<String> {
    let file = format!("version: 1\ntriggers:\n  t:\n{trigger}");
    match read(&file, None, &[]) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0.into_iter().map(|problem| problem.path.replace("triggers.t.", "")).collect(),
    }
}

fn submit(more: &str) -> Vec<String> {
    problems(&format!("    on: {{ topic: t }}\n    submit: {{ jobName: a, jobQueue: q, jobDefinition: d, {more} }}\n"))
}

#[test]
fn constants_that_batch_would_refuse_are_found_before_any_event_comes() {
    for (more, path) in [
        (
            "containerOverrides: { environment: [{ name: AWS_BATCH_X, value: a }] }",
            "submit.containerOverrides.environment[0].name",
        ),
        (
            "containerOverrides: { environment: [{ name: JOBWIRE_CHAIN_ID, value: a }] }",
            "submit.containerOverrides.environment[0].name",
        ),
        (
            "containerOverrides: { resourceRequirements: [{ type: VCPU, value: \"1.0\" }] }",
            "submit.containerOverrides.resourceRequirements[0].value",
        ),
        (
            "containerOverrides: { resourceRequirements: [{ type: DISK, value: \"1\" }] }",
            "submit.containerOverrides.resourceRequirements[0].type",
        ),
        ("containerOverrides: { command: [a, \"\"] }", "submit.containerOverrides.command[1]"),
        ("tags: { \"aws:x\": a }", "submit.tags.aws:x"),
        ("tags: { jobwire.chain: a }", "submit.tags.jobwire.chain"),
        ("parameters: { a: \"x\\0\" }", "submit.parameters.a"),
    ] {
        assert_eq!(submit(more), [path], "{more}");
    }
    assert_eq!(
        submit("containerOverrides: { resourceRequirements: [{ type: MEMORY, value: \"{{ event.x }}\" }] }"),
        Vec::<String>::new()
    );
}

#[test]
fn a_trigger_that_could_never_work_is_found() {
    let job = "submit: { jobName: a, jobQueue: q, jobDefinition: d }\n";
    assert_eq!(problems(&format!("    on: {{ job: {{ status: [] }} }}\n    {job}")), ["on.job.status"]);
    assert_eq!(problems(&format!("    on: {{ bucket: b, events: [] }}\n    {job}")), ["on.events"]);
    assert_eq!(problems(&format!("    on: {{ topic: a.fifo }}\n    {job}")), ["on.topic"]);
    assert_eq!(
        problems(&format!(
            "    on: {{ topic: t }}\n    emits: {{ topics: [ok, a.b], buckets: [ok/X/, No/x] }}\n    {job}"
        )),
        ["emits.topics", "emits.buckets"]
    );
    assert_eq!(
        problems(
            "    on: { schedule: rate(1 day), input: { jobName: a, jobQueue: other, jobDefinition: d } }\n    submit: from-event\n    allow: { queues: [q], definitions: [d] }\n"
        ),
        ["on.input.jobQueue"]
    );
    assert_eq!(
        problems(
            "    on: { topic: t }\n    platform: eks\n    submit: { jobName: a, jobQueue: q, jobDefinition: d, containerOverrides: { command: [a] } }\n"
        ),
        ["submit.containerOverrides"]
    );
}

#[test]
fn an_expression_that_is_too_deep_is_a_problem_and_no_crash() {
    let deep = ".a".repeat(100_000);
    assert_eq!(
        problems(&format!(
            "    on: {{ topic: t }}\n    when: message{deep}\n    submit: {{ jobName: a, jobQueue: q, jobDefinition: d }}\n"
        )),
        ["when"]
    );
}

#[test]
fn floats_come_back_from_the_compiled_form_as_they_were() {
    let file = "version: 1\ntriggers: { t: { on: { schedule: rate(1 day), input: { a: 3.6375195807079203e59 } }, submit: { jobName: a, jobQueue: q, jobDefinition: d } } }\n";
    let triggers = read(file, None, &[]).expect("the file is good");
    assert_eq!(jobwire_core::trigger::Triggers::from_json(&triggers.to_json()), Ok(triggers));
}

#[test]
fn one_run_shows_the_problems_of_every_part_of_a_trigger() {
    let found = problems("    on: { topik: t }\n    submit: { jobName: a, jobqueue: q, jobDefinition: d }\n");
    assert_eq!(found, ["on", "submit.jobQueue", "submit.jobqueue"]);
}
