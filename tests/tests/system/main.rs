//! Whole-system tests: the real binaries, over the real protocols.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod built;
mod checkov;
mod cloud;
mod command;
mod containers;
mod deploy;
mod eks;
mod fields;
mod fire;
mod functions;
mod graph;
mod permissions;
mod pipelines;
mod refusals;
mod replay;
mod scripts;
mod synth;
mod templates;
mod tls;
mod watch;

use std::path::{Path, PathBuf};

use jobwire_tests::binaries;

/// Writes a trigger file into a folder of its own.
fn project(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jobwire.yaml");
    std::fs::write(&file, text).unwrap();
    (folder, file)
}

/// A queue `q`, and a definition `d` whose job gives this, in YAML, to the image `shell`.
fn batch_yaml(script: &str) -> String {
    format!(
        r#"
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Compute:
    Type: AWS::Batch::ComputeEnvironment
    Properties: {{ ComputeEnvironmentName: compute, Type: MANAGED, ComputeResources: {{ Type: FARGATE, MaxvCpus: 4, Subnets: [subnet-1], SecurityGroupIds: [sg-1] }} }}
  Queue:
    Type: AWS::Batch::JobQueue
    Properties: {{ JobQueueName: q, Priority: 1, ComputeEnvironmentOrder: [{{ Order: 1, ComputeEnvironment: !Ref Compute }}] }}
  Definition:
    Type: AWS::Batch::JobDefinition
    Properties:
      JobDefinitionName: d
      Type: container
      ContainerProperties:
        Image: shell
        Command: [-c, {script}]
        ResourceRequirements: [{{ Type: VCPU, Value: "1" }}, {{ Type: MEMORY, Value: "2048" }}]
"#
    )
}

/// The feed pipeline's trigger file.
fn feed() -> PathBuf {
    binaries::root().join("infra/pipelines/feed/jobwire.yaml")
}

/// Runs `jobwire` and gives its exit code, its standard output and its standard error.
fn jobwire(file: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = binaries::command("jobwire").unwrap();
    command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    let output = command.arg("--file").arg(file).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}
