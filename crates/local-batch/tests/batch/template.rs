//! Resources from a `CloudFormation` file.

use std::collections::BTreeMap;

use aws_sdk_batch::types::JobStatus;
use jobwire_local_batch::Error;

use crate::harness::Server;

const TEMPLATE: &str = r#"
Parameters:
  Image: { Type: String }
Resources:
  Definition:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: container
      JobDefinitionName: greet
      Parameters: { who: world }
      ContainerProperties:
        Image: !Ref Image
        Command: ["echo hello Ref::who in $PLACE"]
        JobRoleArn: !GetAtt Role.Arn
        Environment:
          - { Name: PLACE, Value: !ImportValue place }
        ResourceRequirements: [{ Type: VCPU, Value: 1 }, { Type: MEMORY, Value: 128 }]
  Queue:
    Type: AWS::Batch::JobQueue
    Properties:
      JobQueueName: !Sub "${AWS::StackName}-queue"
      Priority: 1
      ComputeEnvironmentOrder: [{ Order: 1, ComputeEnvironment: !Ref Compute }]
  Compute:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ComputeResources: { Type: FARGATE, MaxvCpus: 2, Subnets: [!Ref Subnet], SecurityGroupIds: [] }
  Subnet: { Type: "AWS::EC2::Subnet" }
  Role: { Type: "AWS::IAM::Role", Properties: { RoleName: greeter } }
"#;

async fn start(template: &str) -> (Server, tempfile::TempDir) {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("batch.yaml");
    std::fs::write(&path, template).unwrap();
    let server = Server::start_empty(|options| {
        options.resources = vec![path];
        "demo".clone_into(&mut options.stack_name);
        options.parameters = BTreeMap::from([("Image".to_owned(), "sh".to_owned())]);
        options.exports = BTreeMap::from([("place".to_owned(), "here".to_owned())]);
    })
    .await;
    (server, dir)
}

/// What a template declares is there from the first request on, and its jobs run.
#[tokio::test]
async fn a_templates_resources_exist_from_the_start() {
    let (server, _dir) = start(TEMPLATE).await;
    let id = server.submit(server.request().job_queue("demo-queue").job_definition("greet")).await;
    let job = server.wait_for(&id, JobStatus::Succeeded).await;
    assert_eq!(server.log(&id), "hello world in here\n");
    assert_eq!(job.container().unwrap().job_role_arn(), Some("arn:aws:iam::000000000000:role/greeter"));
}

/// A resource that the API refuses stops the start, and the error names it.
#[tokio::test]
async fn a_refused_resource_stops_the_start() {
    let (mut server, _dir) = start(&TEMPLATE.replace("Priority: 1", "Priority: 5000")).await;
    let error = server.stop().await.unwrap_err();
    assert!(matches!(&error, Error::Refused { resource, .. } if resource == "Queue"), "{error}");
    let (mut server, _dir) = start(&TEMPLATE.replace("!ImportValue place", "!ImportValue nowhere")).await;
    let error = server.stop().await.unwrap_err().to_string();
    assert!(
        error.contains("batch.yaml: Resources.Definition.Properties.ContainerProperties.Environment[0].Value"),
        "{error}"
    );
}
