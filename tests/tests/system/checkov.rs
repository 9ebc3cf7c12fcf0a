//! checkov over every template of ours, and over what `synth` makes of each trigger file. What it finds and we leave as it
//! is stands in `infra/checkov-waivers.json`, with the reason.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use jobwire_tests::binaries;
use serde_json::Value;

use crate::synth::EVERYTHING;
use crate::{jobwire, project};

/// A check's id and the type of a resource.
type Kind = (String, String);

/// Networks alone, and checkov has no checks for what is in it.
const WITHOUT_CHECKS: &str = "infra/eks/network.yaml";

/// What checkov finds in these templates, and the templates that it looked at.
fn findings(templates: &[PathBuf]) -> (Vec<(Kind, String)>, BTreeSet<String>) {
    let program = binaries::root().join(".jobwire/checkov/bin/checkov");
    assert!(program.exists(), "{} is not there: `make test` installs it", program.display());
    let mut command = Command::new(program);
    command.args(["--framework", "cloudformation", "--skip-download", "--compact", "--output", "json"]);
    for template in templates {
        command.arg("--file").arg(template);
    }
    let output = command.env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value = serde_json::from_slice(&output.stdout).expect(&words);
    assert_eq!(report["summary"]["parsing_errors"], 0, "{words}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (mut failed, mut looked_at) = (Vec::new(), BTreeSet::new());
    for (outcome, checks) in report["results"].as_object().unwrap() {
        for check in checks.as_array().unwrap() {
            let (id, resource, path) =
                (text(&check["check_id"]), text(&check["resource"]), text(&check["file_abs_path"]));
            let kind = resource.split('.').next().unwrap_or_default().to_owned();
            let place = format!("{id} {}: {resource} in {path}", text(&check["check_name"]));
            looked_at.insert(path);
            match outcome.as_str() {
                "passed_checks" => {}
                "failed_checks" => failed.push(((id, kind), place)),
                // A template may waive a check for one resource of its own.
                "skipped_checks" => {
                    let reason = text(&check["check_result"]["suppress_comment"]);
                    assert!(
                        reason.contains(' ') && reason != "No comment provided",
                        "a waiver without its reason: {place}"
                    );
                }
                other => panic!("an outcome that is not known: {other}"),
            }
        }
    }
    (failed, looked_at)
}

/// The waivers, each with a sentence.
fn waivers() -> BTreeSet<Kind> {
    let path = binaries::root().join("infra/checkov-waivers.json");
    let waivers: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let waived = waivers.iter().map(|waiver| {
        let text = |name: &str| waiver[name].as_str().unwrap_or_default().to_owned();
        assert!(text("reason").ends_with('.') && text("reason").contains(' '), "a waiver without its reason: {waiver}");
        (text("check"), text("type"))
    });
    waived.collect()
}

/// Every file below the folder that is a CloudFormation template.
fn templates_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            templates_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml")
            && std::fs::read_to_string(&path).unwrap().contains("AWSTemplateFormatVersion")
        {
            found.push(path);
        }
    }
}

fn synthesized(file: &Path, out: &Path) -> PathBuf {
    let functions = binaries::folder().unwrap();
    let arguments = ["synth", "--out", out.to_str().unwrap(), "--functions", functions.to_str().unwrap()];
    let (code, _, words) = jobwire(file, &arguments);
    assert_eq!(code, 0, "{words}");
    out.join("template.json")
}

#[test]
fn checkov_finds_nothing_that_is_not_waived_with_a_reason_and_no_waiver_is_left_over() {
    let (folder, everything) = project(EVERYTHING);
    let infra = binaries::root().join("infra");
    let mut templates = vec![synthesized(&everything, &folder.path().join("everything"))];
    for pipeline in infra.join("pipelines").read_dir().unwrap().flatten() {
        let file = pipeline.path().join("jobwire.yaml");
        templates.push(synthesized(&file, &folder.path().join(pipeline.file_name())));
    }
    templates_below(&infra, &mut templates);
    let (failed, looked_at) = findings(&templates);
    let templates: BTreeSet<String> = templates.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let passed_by: Vec<&String> = templates.difference(&looked_at).collect();
    assert!(matches!(passed_by[..], [only] if only.ends_with(WITHOUT_CHECKS)), "checkov did not look at {passed_by:?}");

    let waivers = waivers();
    let new: Vec<&String> = failed.iter().filter(|(kind, _)| !waivers.contains(kind)).map(|(_, place)| place).collect();
    assert!(new.is_empty(), "mend these, or waive them with a reason in infra/checkov-waivers.json: {new:#?}");
    let found: BTreeSet<Kind> = failed.into_iter().map(|(kind, _)| kind).collect();
    let left_over: Vec<&Kind> = waivers.difference(&found).collect();
    assert!(left_over.is_empty(), "nothing needs these waivers any more: {left_over:?}");
}

#[test]
fn checkov_finds_a_port_that_is_open_to_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let template = folder.path().join("open.yaml");
    let text = r#"
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Open:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: Open to everybody
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0 }]
"#;
    std::fs::write(&template, text).unwrap();
    let (failed, _) = findings(&[template]);
    let open = ("CKV_AWS_24".to_owned(), "AWS::EC2::SecurityGroup".to_owned());
    assert!(failed.iter().any(|(kind, _)| *kind == open), "{failed:?}");
    assert!(!waivers().contains(&open));
}
