//! The compiled trigger file: who was checked is not checked again, and who was changed is.

use jobwire_core::trigger::Triggers;

const FILE: &str = r#"{"version": 1, "triggers": [{"name": "t", "enabled": true, "on": {"schedule": {"schedule": "rate(5 minutes)"}},
    "submit": {"fields": {"jobName": "a-{{ trigger }}", "jobQueue": "q", "jobDefinition": "d"}}, "positions": {}}]}"#;

#[test]
fn a_sealed_file_that_was_changed_by_hand_is_checked_again() {
    let triggers = Triggers::from_json(FILE).expect("it is good, and has no seal");
    let sealed = triggers.to_json();
    assert!(sealed.contains(",\"checked\":\""), "{sealed}");
    assert_eq!(Triggers::from_json(&sealed), Ok(triggers));
    for (good, bad, path) in [
        ("rate(5 minutes)", "hourly", "triggers.t.on.schedule"),
        ("{{ trigger }}", "{{ trigger", "triggers.t.submit.jobName"),
        ("\"jobQueue\":\"q\"", "\"jobQueue\":\"\"", "triggers.t.submit.jobQueue"),
    ] {
        let changed = sealed.replacen(good, bad, 1);
        assert_ne!(changed, sealed, "{good}");
        let problems = Triggers::from_json(&changed).expect_err(bad);
        assert_eq!(problems.0.first().map(|problem| problem.path.as_str()), Some(path), "{problems}");
    }
}

#[test]
fn what_has_problems_gets_no_seal() {
    let mut triggers = Triggers::from_json(FILE).expect("it is good");
    triggers.triggers[0].when = Some("((".to_owned());
    let text = triggers.to_json();
    assert!(!text.contains("\"checked\""), "{text}");
    assert!(Triggers::from_json(&text).is_err());
}
