//! `jobwire local up` where something is in its way: a sentence that says what to do, and nothing left running.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use jobwire_tests::binaries;

use crate::project;

const TRIGGERS: &str = "
version: 1
triggers:
  t: { on: { topic: t }, submit: { jobName: a, jobQueue: q, jobDefinition: d } }
";

/// Runs `up` and expects it to say `wanted` and to leave nothing.
fn refused(wanted: &[&str], arguments: &[&str], prepare: impl Fn(&Path, &mut Command)) {
    let (folder, file) = project(TRIGGERS);
    let state = folder.path().join("state");
    let mut command = binaries::command("jobwire").unwrap();
    command.arg("--file").arg(&file).args(["local", "--state"]).arg(&state).arg("up").args(arguments);
    prepare(folder.path(), &mut command);
    let output = command.output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{words}");
    for wanted in wanted {
        assert!(words.contains(wanted), "{wanted}\n---\n{words}");
    }
    assert!(!words.contains("panicked") && !words.contains("RUST_BACKTRACE"), "{words}");
    assert!(!state.join("local.json").exists());
    let left = Command::new("pgrep").arg("-f").arg(state.to_str().unwrap()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout), "", "nothing is left running");
}

const FREE: [&str; 4] = ["--port", "0", "--batch-port", "0"];

fn script(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_port_that_is_taken() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    refused(&[&format!("port {port}"), "is taken", "--port"], &["--port", &port, "--batch-port", "0"], |_, _| {});
    refused(&[&format!("port {port}"), "is taken", "--batch-port"], &["--port", "0", "--batch-port", &port], |_, _| {});
}

#[test]
fn a_python_that_is_missing_or_too_old() {
    refused(&["does not start", "install Python 3.10 or newer"], &FREE, |_, command| {
        command.env("JOBWIRE_PYTHON", "/nowhere/python3");
    });
    refused(&["is Python 3.8", "install Python 3.10 or newer"], &FREE, |folder, command| {
        let old = folder.join("python3");
        script(&old, "#!/bin/sh\necho 3 8\n");
        command.env("JOBWIRE_PYTHON", old);
    });
}

#[test]
fn a_ministack_that_does_not_start() {
    refused(&["ministack does not start", "no room left"], &FREE, |folder, command| {
        let bin = folder.join("venv/bin");
        std::fs::create_dir_all(&bin).unwrap();
        script(&bin.join("python"), "#!/bin/sh\necho no room left >&2\nexit 3\n");
        let wanted = std::fs::read_to_string(binaries::root().join("crates/cli/src/local/requirements.txt")).unwrap();
        std::fs::write(folder.join("venv/jobwire-requirements.txt"), wanted).unwrap();
        command.arg("--venv").arg(folder.join("venv"));
    });
}

#[test]
fn a_function_that_is_not_built() {
    refused(&["the function jobwire-sns is not built", "`cargo build`", "--functions"], &FREE, |folder, command| {
        command.arg("--functions").arg(folder);
    });
}

#[test]
fn a_batch_file_that_cannot_be_resolved() {
    refused(&["local-batch does not start", "Nowhere"], &FREE, |folder, command| {
        std::fs::write(
            folder.join("batch.yaml"),
            "Resources:\n  Queue: { Type: AWS::Batch::JobQueue, Properties: { JobQueueName: !Ref Nowhere, Priority: 1, ComputeEnvironmentOrder: [] } }\n",
        )
        .unwrap();
        command.arg("--venv").arg(binaries::venv());
    });
}

/// The same where not even the state folder is made.
fn refused_at_once(wanted: &[&str], arguments: &[&str], prepare: impl Fn(&Path, &mut Command)) {
    refused(wanted, &[&FREE, arguments].concat(), |folder, command| {
        // A Python that cannot start anything would be said first, if anything were started first.
        command.env("JOBWIRE_PYTHON", folder.join("none"));
        prepare(folder, command);
    });
}

#[test]
fn parameters_that_are_missing_unknown_or_not_allowed_are_told_together_before_anything_starts() {
    refused_at_once(
        &[
            "FeedUrl has no value: give it by `--parameter FeedUrl=…`",
            "Kind must be one of EC2, SPOT",
            "FeedUlr is not declared there: did you mean `FeedUrl`?",
        ],
        &["--parameter", "FeedUlr=x", "--parameter", "Kind=ec2"],
        |folder, _| {
            let text = "Parameters:\n  FeedUrl: { Type: String }\n  Kind: { Type: String, Default: EC2, AllowedValues: [EC2, SPOT] }\nResources: {}\n";
            std::fs::write(folder.join("batch.yaml"), text).unwrap();
        },
    );
}

#[test]
fn a_batch_file_that_is_not_there_or_no_yaml_starts_nothing() {
    refused_at_once(&["the batch file nope.yaml cannot be read"], &["--batch-file", "nope.yaml"], |_, _| {});
    refused_at_once(&["batch.yaml is no YAML"], &[], |folder, _| {
        std::fs::write(folder.join("batch.yaml"), "a: [").unwrap();
    });
}

#[test]
fn a_stack_s_name_that_no_stack_can_have_is_wrong_use() {
    let (_folder, file) = project(TRIGGERS);
    let (code, _, words) = crate::jobwire(&file, &["local", "up", "--stack", "My_Stack"]);
    assert!(code == 2 && words.contains("letters, digits and hyphens"), "{words}");
}

#[test]
fn a_trigger_file_with_problems_starts_nothing() {
    let (folder, file) = project("version: 1\ntriggers: { t: { on: { topic: t } } }\n");
    let mut command = binaries::command("jobwire").unwrap();
    let output = command.arg("--file").arg(&file).args(["local", "up"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("triggers.t.submit: is missing"));
    assert!(!folder.path().join(".jobwire").exists());
}
