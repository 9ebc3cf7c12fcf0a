#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use serde_json::json;

use super::*;

fn context() -> Context {
    Context {
        region: "eu-west-1".to_owned(),
        account: "123456789012".to_owned(),
        stack_name: "feeds".to_owned(),
        parameters: BTreeMap::from([("Image".to_owned(), "feeds:7".to_owned())]),
        exports: BTreeMap::from([("net-Subnet".to_owned(), "subnet-1".to_owned())]),
    }
}

const TEMPLATE: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Image: { Type: String }
  Vcpus: { Type: Number, Default: 16 }
  Subnets: { Type: "List<AWS::EC2::Subnet::Id>", Default: "subnet-a, subnet-b" }
Resources:
  Definition:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: container
      JobDefinitionName: !Sub "${AWS::StackName}-consume"
      PropagateTags: "true"
      Parameters: { Depth: 3, flag: true }
      Tags: { Team: feeds }
      RetryStrategy: { Attempts: "1" }
      ContainerProperties:
        Image: !Ref Image
        Command: [run, Ref::Depth, "!literal", !Sub "${!HOME}/${Role}"]
        JobRoleArn: !GetAtt Role.Arn
        ExecutionRoleArn: { "Fn::GetAtt": [Named, Arn] }
        User: !Ref AWS::NoValue
        Environment:
          - { Name: PARALLELISM, Value: 15 }
          - { Name: QUEUE, Value: !Ref Queue }
          - { Name: WHERE, Value: !Join [":", [!Ref "AWS::Region", !Ref "AWS::AccountId", { Ref: "AWS::Partition" }]] }
          - Name: URL
            Value:
              Fn::Sub:
                - https://${Host}.${AWS::URLSuffix}/${Queue.JobQueueArn}
                - { Host: !Ref Image }
        ResourceRequirements:
          - { Type: VCPU, Value: 1 }
          - { Type: MEMORY, Value: "2048" }
  Queue:
    Type: AWS::Batch::JobQueue
    DependsOn: Compute
    Properties:
      JobQueueName: feeds
      Priority: "10"
      ComputeEnvironmentOrder:
        - { Order: 1, ComputeEnvironment: !Ref Compute }
  Compute:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: managed
      ComputeEnvironmentName: feeds-compute
      ReplaceComputeEnvironment: false
      UpdatePolicy: { TerminateJobsOnUpdate: false }
      ComputeResources:
        Type: EC2
        MaxvCpus: !Ref Vcpus
        Subnets: !Ref Subnets
        SecurityGroupIds: [!ImportValue net-Subnet, !GetAtt Group.GroupId]
  Role: { Type: "AWS::IAM::Role" }
  Named: { Type: "AWS::IAM::Role", Properties: { RoleName: !Sub "${Image}-role" } }
  Group: { Type: "AWS::EC2::SecurityGroup" }
  Logs: { Type: "AWS::Logs::LogGroup", Condition: Never }
"#;

#[test]
fn a_template_becomes_requests_in_the_order_of_creation() {
    let resources = load(TEMPLATE, &context()).unwrap();
    let kinds: Vec<_> = resources.iter().map(|resource| resource.kind).collect();
    assert_eq!(kinds, [Kind::ComputeEnvironment, Kind::JobQueue, Kind::JobDefinition]);
    let group = resources[0].request["computeResources"]["securityGroupIds"][1].clone();
    assert!(group.as_str().unwrap().starts_with("sg-0"), "{group}");
    assert_eq!(
        resources[0].request,
        json!({
            "type": "MANAGED",
            "computeResources": {
                "type": "EC2",
                "maxvCpus": 16,
                "subnets": ["subnet-a", "subnet-b"],
                "securityGroupIds": ["subnet-1", group],
            },
            "computeEnvironmentName": "feeds-compute",
        })
    );
    let compute = "arn:aws:batch:eu-west-1:123456789012:compute-environment/feeds-compute";
    assert_eq!(
        resources[1].request,
        json!({
            "priority": 10,
            "computeEnvironmentOrder": [{ "order": 1, "computeEnvironment": compute }],
            "jobQueueName": "feeds",
        })
    );
    let queue = "arn:aws:batch:eu-west-1:123456789012:job-queue/feeds";
    assert_eq!(
        resources[2].request,
        json!({
            "type": "container",
            "propagateTags": true,
            "parameters": { "Depth": "3", "flag": "true" },
            "tags": { "Team": "feeds" },
            "retryStrategy": { "attempts": 1 },
            "containerProperties": {
                "image": "feeds:7",
                "command": ["run", "Ref::Depth", "!literal", "${HOME}/feeds-Role"],
                "jobRoleArn": "arn:aws:iam::123456789012:role/feeds-Role",
                "executionRoleArn": "arn:aws:iam::123456789012:role/feeds:7-role",
                "environment": [
                    { "name": "PARALLELISM", "value": "15" },
                    { "name": "QUEUE", "value": queue },
                    { "name": "WHERE", "value": "eu-west-1:123456789012:aws" },
                    { "name": "URL", "value": format!("https://feeds:7.amazonaws.com/{queue}") },
                ],
                "resourceRequirements": [{ "type": "VCPU", "value": "1" }, { "type": "MEMORY", "value": "2048" }],
            },
            "jobDefinitionName": "feeds-consume",
        })
    );
}

#[test]
fn what_cannot_be_resolved_is_named_with_its_path_and_line() {
    let with = |value: &str| {
        format!(
            "Parameters:\n  Empty: {{ Type: String }}\nResources:\n  Queue:\n    Type: AWS::Batch::JobQueue\n    \
             Properties:\n      JobQueueName: {value}\n  Bucket: {{ Type: \"AWS::S3::Bucket\" }}\n  \
             Topic: {{ Type: \"AWS::SNS::Topic\" }}\n"
        )
    };
    for (value, place, word) in [
        ("!If [A, b, c]", "Resources.Queue.Properties.JobQueueName (line 7)", "no condition `A`"),
        ("!If [A, b]", "Resources.Queue.Properties.JobQueueName (line 7)", "two values"),
        ("!Ref Empty", "Parameters.Empty (line 2)", "neither a value nor a Default"),
        ("!Ref Nothing", "Resources.Queue.Properties.JobQueueName (line 7)", "`Nothing`"),
        ("!Ref Bucket", "Resources.Bucket (line 8)", "needs a BucketName"),
        ("!Ref Topic", "Resources.Queue.Properties.JobQueueName (line 7)", "AWS::SNS::Topic"),
        ("!ImportValue other", "Resources.Queue.Properties.JobQueueName (line 7)", "net-Subnet"),
        ("!GetAtt Queue.Color", "Resources.Queue.Properties.JobQueueName (line 7)", "Queue.Color"),
        ("!Ref Queue", "Resources.Queue.Properties.JobQueueName (line 7)", "circle"),
        ("!Sub \"${Open\"", "Resources.Queue.Properties.JobQueueName (line 7)", "no `}`"),
        ("{ Fn::FindInMap: [A, b, c] }", "Resources.Queue.Properties.JobQueueName (line 7)", "Fn::FindInMap"),
    ] {
        let message = load(&with(value), &context()).unwrap_err().to_string();
        assert!(message.contains(place) && message.contains(word), "{value}: {message}");
    }
}

#[test]
fn conditions_choose_values_and_resources() {
    let text = r#"
Parameters:
  Platform: { Type: String, Default: EC2 }
Conditions:
  Fargate: !Equals [!Ref Platform, FARGATE]
  Ec2: { "Fn::Not": [{ Condition: Fargate }] }
  Both: !And [!Condition Fargate, !Condition Ec2]
  Either: !Or [!Condition Fargate, !Condition Ec2]
Resources:
  Here: { Type: "AWS::Batch::JobQueue", Condition: Either, Properties: { JobQueueName: !If [Fargate, f, e], Priority: !If [Ec2, 1, 2] } }
  Gone: { Type: "AWS::Batch::JobQueue", Condition: Both, Properties: { JobQueueName: gone } }
"#;
    for (platform, name, priority) in [("EC2", "e", json!(1)), ("FARGATE", "f", json!(2))] {
        let mut context = context();
        context.parameters = BTreeMap::from([("Platform".to_owned(), platform.to_owned())]);
        let found = load(text, &context).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0].request["jobQueueName"], &found[0].request["priority"]), (&json!(name), &priority));
    }
    let circle = "Conditions: { A: !Not [!Condition A] }\nResources:\n  Queue: { Type: \"AWS::Batch::JobQueue\", Condition: A }\n";
    assert!(load(circle, &context()).unwrap_err().to_string().contains("circle"));
}
