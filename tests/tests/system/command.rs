//! `jobwire check` and `jobwire render` as people meet them.

use crate::{feed, jobwire, project};

#[test]
fn every_problem_is_shown_with_its_line_a_caret_and_help() {
    let (_folder, file) = project(
        "version: 1
triggers:
  feed:
    on: { schedule: \"0 6 * * *\" }
    submit: { jobName: a, jobqueue: q, jobDefinition: \"{{ event.d }}\" }
  consume:
    on: { topic: t }
    when: mesage.type == \"x\"
    submit: { jobName: a, jobQueue: q, jobDefinition: d, parameters: { n: 15 } }
",
    );
    let (code, printed, words) = jobwire(&file, &["check"]);
    assert_eq!((code, printed.as_str()), (1, ""));
    for wanted in [
        "triggers.feed.on.schedule: is no schedule expression",
        "help: AWS's form of this is `cron(0 6 * * ? *)`",
        "triggers.feed.submit.jobqueue: is no field that belongs here",
        "help: did you mean `jobQueue`?",
        "triggers.feed.submit.jobDefinition: holds a template, and this trigger has no `allow`",
        "jobwire.yaml:8:11",
        "8 |     when: mesage.type == \"x\"\n  |           ^",
        "help: did you mean `message`?",
        "triggers.consume.submit.parameters.n: is a number, and must be a string",
        "6 problems in",
    ] {
        assert!(words.contains(wanted), "{wanted}\n---\n{words}");
    }
    assert!(!words.contains('\u{1b}'), "no colour outside a terminal");
}

#[test]
fn the_example_has_no_problems() {
    let (code, printed, words) = jobwire(&feed(), &["check"]);
    assert_eq!((code, printed.as_str()), (0, ""));
    assert!(words.ends_with(" triggers, no problems\n"), "{words}");
}

#[test]
fn a_warning_is_shown_and_stops_nothing() {
    let (folder, file) = project(
        "version: 1
triggers:
  consume:
    on: { topic: t }
    when: message.type == \"x\"
    submit: { jobName: a, jobQueue: q, jobDefinition: d }
",
    );
    let (code, printed, words) = jobwire(&file, &["check"]);
    assert_eq!((code, printed.as_str()), (0, ""));
    assert!(words.starts_with("warning: triggers.consume.when: reads into `message`"), "{words}");
    assert!(words.contains("5 |     when: message.type == \"x\"\n  |           ^"), "{words}");
    assert!(words.ends_with("1 trigger, 1 warning\n"), "{words}");
    let (code, printed, words) = jobwire(&file, &["check", "--json"]);
    assert_eq!((code, words.as_str()), (0, ""));
    let found: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        (&found[0]["severity"], &found[0]["line"], &found[0]["column"]),
        (&"warning".into(), &5.into(), &11.into())
    );
    std::fs::write(&file, "version: 1\ntriggers: { t: { on: { topic: t }, submit: { jobName: a, jobQueue: q } } }\n")
        .unwrap();
    let (code, printed, words) = jobwire(&file, &["check", "--json"]);
    drop(folder);
    assert_eq!((code, words.as_str()), (1, ""));
    let found: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        (&found[0]["severity"], &found[0]["path"]),
        (&"error".into(), &"triggers.t.submit.jobDefinition".into())
    );
}

#[test]
fn unreadable_input_is_told_apart_and_never_a_panic() {
    let (folder, file) = project(
        "version: 1\ntriggers:\n  t:\n    on: { topic: t }\n    submit: { jobName: a, jobQueue: q, jobDefinition: d }\n",
    );
    let render = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let (code, printed, words) = jobwire(&file, &["render", path.to_str().unwrap()]);
        assert!(!words.contains("panicked"), "{words}");
        (code, printed, words)
    };
    for (name, bytes, wanted) in [
        ("empty.json", &b""[..], "is empty"),
        ("half.json", b"{\"Records\": [", "half.json:1:"),
        ("latin.json", b"{\"a\": \"\xe9\"}", "is no UTF-8"),
        ("other.json", b"{\"source\": \"aws.ec2\"}", "no source reads this event"),
        ("number.json", b"42", "is a number"),
    ] {
        let (code, printed, words) = render(name, bytes);
        assert_eq!((code, printed.as_str()), (1, ""), "{name}: {words}");
        assert!(words.contains(wanted), "{name}: {words}");
    }
    let words = jobwire(&folder.path().join("none.yaml"), &["check"]).2;
    assert!(words.contains("none.yaml cannot be read: No such file") && !words.contains("--file"), "{words}");
    let words = jobwire(folder.path(), &["check"]).2;
    assert!(words.contains("is a folder: name the jobwire.yaml in it"), "{words}");
    let latin = folder.path().join("latin.yaml");
    std::fs::write(&latin, b"version: 1\n# caf\xe9\n").unwrap();
    assert!(jobwire(&latin, &["check"]).2.contains("latin.yaml:2: holds bytes that are no UTF-8"));
    std::fs::write(&latin, b"").unwrap();
    assert!(jobwire(&latin, &["check"]).2.contains("the file is empty"));
    assert_eq!(jobwire(&file, &["chekc"]).0, 2, "wrong use");
    let job = "on: { topic: t }, submit: { jobName: a, jobQueue: q, jobDefinition: d }";
    std::fs::write(&latin, format!("version: 1\ntriggers:\n  t: {{ {job} }}\n  t: {{ {job} }}\n")).unwrap();
    let words = jobwire(&latin, &["check"]).2;
    assert!(words.contains("duplicate mapping key: t") && !words.contains("Policy"), "{words}");
    std::fs::write(&latin, "version: 1\ntriggers:\n  t: { on: { topic: t }, submit: { jobName: \"{% if x %}a{% endif %}\", jobQueue: q, jobDefinition: d } }\n").unwrap();
    assert!(jobwire(&latin, &["check"]).2.contains("there are no statements"));
}

#[test]
fn a_stage_overlays_the_vars() {
    let text = "
version: 1
vars: { queue: feeds, size: \"1\" }
stages: { prod: { vars: { queue: feeds-prod } } }
triggers:
  t:
    on: { topic: t }
    submit: { jobName: a, jobQueue: \"${vars.queue}\", jobDefinition: d, parameters: { size: \"${vars.size}\", text: \"$${vars.size}\" } }
";
    let (folder, file) = project(text);
    let event = folder.path().join("event.json");
    let record = "{\"EventSource\": \"aws:sns\", \"Sns\": {\"TopicArn\": \"arn:aws:sns:us-east-1:1:t\", \"MessageId\": \"m\", \"Timestamp\": \"2026-11-21T06:00:00Z\", \"Message\": \"\"}}";
    std::fs::write(&event, format!("{{\"Records\": [{record}]}}")).unwrap();
    let request = |stage: &[&str]| {
        let (code, printed, words) =
            jobwire(&file, &[&["render", "--request-only", event.to_str().unwrap()], stage].concat());
        assert_eq!(code, 0, "{words}");
        serde_json::from_str::<serde_json::Value>(&printed).unwrap()
    };
    assert_eq!(request(&[])["jobQueue"], "feeds");
    let prod = request(&["--stage", "prod"]);
    assert_eq!(
        (&prod["jobQueue"], &prod["parameters"]["size"], &prod["parameters"]["text"]),
        (&"feeds-prod".into(), &"1".into(), &"${vars.size}".into())
    );
    assert!(jobwire(&file, &["--stage", "prodd", "check"]).2.contains("did you mean `prod`?"));
}

#[test]
fn a_fault_of_submit_hides_no_fault_of_the_rest_and_is_told_once() {
    let (_folder, file) = project(
        "version: 1
triggers:
  typo:
    on: { schedule: \"cron(0 0 31 2 ? *)\" }
    sumbit: { jobName: a, jobQueue: q, jobDefinition: d }
  word:
    on: { schedule: \"0 6 * * *\" }
    when: mesage.type == 1
    submit: from-evnt
  none: { on: { topic: t } }
",
    );
    let (code, printed, words) = jobwire(&file, &["check", "--json"]);
    assert_eq!((code, words.as_str()), (1, ""));
    let found: Vec<serde_json::Value> = serde_json::from_str(&printed).unwrap();
    let mut paths: Vec<&str> = found.iter().filter_map(|problem| problem["path"].as_str()).collect();
    paths.sort_unstable();
    assert_eq!(
        paths,
        [
            "triggers.none.submit",
            "triggers.typo.on.schedule",
            "triggers.typo.sumbit",
            "triggers.word.on.schedule",
            "triggers.word.submit",
            "triggers.word.when",
        ]
    );
}

#[test]
fn wrong_use_is_told_with_the_form_that_is_wanted() {
    let (_folder, file) = project(
        "version: 1\ntriggers:\n  t: { on: { topic: t }, submit: { jobName: a, jobQueue: q, jobDefinition: d } }\n",
    );
    for (arguments, wanted) in [
        (&["check", "jobwire.yaml"][..], "--file jobwire.yaml"),
        (&["check", "--region", "nonsense"], "must be a Region's name, such as eu-west-1"),
        (&["check", "--account", "abc"], "must be an account's number of 12 digits"),
        (&["render", "--source", "foo", "-"], "[possible values: scheduled, sns, s3, job-state]"),
    ] {
        let (code, printed, words) = jobwire(&file, arguments);
        assert_eq!((code, printed.as_str()), (2, ""), "{arguments:?}: {words}");
        assert!(words.contains(wanted), "{arguments:?}: {words}");
    }
    for region in ["eu-west-1", "us-gov-east-1", "us-isob-east-1", "eusc-de-east-1"] {
        assert_eq!(jobwire(&file, &["check", "--region", region, "--account", "000000000000"]).0, 0, "{region}");
    }
    let (code, _, words) = jobwire(&file, &["check", "--stage", "prod"]);
    assert!(code == 1 && words.contains("the file has no stages, and `--stage prod` names one"), "{words}");
}
