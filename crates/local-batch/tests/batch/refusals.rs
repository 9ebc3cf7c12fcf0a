//! What is refused when a job is submitted.

use aws_sdk_batch::types::{
    ArrayProperties, ContainerOverrides, ContainerProperties, EksPropertiesOverride, JobDefinitionType, JobDependency,
    JobTimeout, MountPoint, NodeOverrides, ResourceRequirement, ResourceType, RetryStrategy, TaskPropertiesOverride,
};

use crate::harness::{Server, shell, variable};

/// What is not run yet is refused by name, and nothing is made of it.
#[tokio::test]
async fn what_is_not_run_yet_is_refused_by_name() {
    let server = Server::start().await;
    let mounted = MountPoint::builder().container_path("/data").source_volume("v").build();
    server.register("mounted", ContainerProperties::builder().image("sh").mount_points(mounted).build()).await;
    let request = server.client.register_job_definition().job_definition_name("retried");
    let container = ContainerProperties::builder().image("sh").command("true").build();
    let request = request.r#type(JobDefinitionType::Container).container_properties(container);
    request.retry_strategy(RetryStrategy::builder().attempts(3).build()).send().await.unwrap();

    let ask = || server.request();
    let ecs = aws_sdk_batch::types::EcsPropertiesOverride::builder();
    let ecs = ecs.task_properties(TaskPropertiesOverride::builder().build()).build();
    let gpu = ResourceRequirement::builder().r#type(ResourceType::Gpu).value("1").build();
    let requests = vec![
        (ask().array_properties(ArrayProperties::builder().size(2).build()), "array jobs"),
        (ask().depends_on(JobDependency::builder().job_id("x").build()), "jobs with dependencies"),
        (ask().node_overrides(NodeOverrides::builder().build()), "multi-node jobs"),
        (ask().retry_strategy(RetryStrategy::builder().attempts(2).build()), "jobs with retries"),
        (ask().timeout(JobTimeout::builder().attempt_duration_seconds(60).build()), "jobs with a timeout"),
        (ask().ecs_properties_override(ecs), "jobs with several containers"),
        (ask().eks_properties_override(EksPropertiesOverride::builder().build()), "jobs on EKS"),
        (ask().job_definition("mounted"), "jobs with volumes"),
        (ask().job_definition("retried"), "jobs with retries"),
        (ask().container_overrides(shell("true").resource_requirements(gpu).build()), "jobs with GPUs"),
    ];
    for (request, what) in requests {
        let message = server.refusal(request).await;
        assert!(message.starts_with(&format!("local-batch does not run {what}")), "{message}");
    }
    let once = RetryStrategy::builder().attempts(1).build();
    let id = server.submit(ask().job_definition("retried").retry_strategy(once)).await;
    let everything = server.client.list_jobs().job_queue("q");
    let filter = aws_sdk_batch::types::KeyValuesPair::builder().name("JOB_NAME").values("*").build();
    let answer = everything.filters(filter).send().await.unwrap();
    assert_eq!(answer.job_summary_list().iter().map(|job| job.job_id().unwrap()).collect::<Vec<_>>(), [id]);
}

/// A request that AWS refuses is refused, with what was found and what is allowed.
#[tokio::test]
async fn wrong_requests_are_refused_with_words() {
    let server = Server::start().await;
    let ask = || server.request();
    let with = |overrides: ContainerOverrides| server.request().container_overrides(overrides);
    let vcpu = |value: &str| ResourceRequirement::builder().r#type(ResourceType::Vcpu).value(value).build();
    let other = "arn:aws:batch:us-east-1:999999999999:job-queue/q";
    let requests = vec![
        (ask().job_name("-bad name"), "jobName: found `-bad name`"),
        (ask().job_name("x".repeat(129)), "at most 128 characters"),
        (ask().job_queue("nope"), "jobQueue: `nope` does not exist here; known here: q"),
        (ask().job_queue(other), "does not exist here"),
        (ask().job_definition("nope"), "known here, with the newest revision: job:1"),
        (ask().job_definition("job:2"), "`job:2` does not exist"),
        (ask().share_identifier("a"), "has no scheduling policy"),
        (ask().scheduling_priority_override(1), "has no scheduling policy"),
        (ask().tags("", "x"), "a key has 1 to 128 characters"),
        (with(shell("").build()), "containerOverrides.command[0]"),
        (with(shell("true").environment(variable("AWS_BATCH_X", "1")).build()), "AWS_BATCH"),
        (with(shell("true").environment(variable("A=B", "1")).build()), "containerOverrides.environment[0]"),
        (with(shell("true").resource_requirements(vcpu("1.0")).build()), "a whole number of vCPUs"),
        (with(shell("true").instance_type("m5.large").build()), "containerOverrides.instanceType"),
        (ask().retry_strategy(RetryStrategy::builder().attempts(11).build()), "from 1 to 10"),
        (ask().parameters("p", "x".repeat(31 * 1024)), "allowed are at most 30720"),
    ];
    for (request, words) in requests {
        let message = server.refusal(request).await;
        assert!(message.contains(words), "{message}");
    }
}

/// Names, revisions and ARNs all lead to their queue and definition; a bare name to the newest revision.
#[tokio::test]
async fn a_definition_is_found_by_name_revision_and_arn() {
    let server = Server::start().await;
    server.define("job", "sh", &["exit 3"]).await;
    let arn = |rest: &str| format!("arn:aws:batch:us-east-1:000000000000:{rest}");
    for (definition, revision) in [
        ("job".to_owned(), "job:2"),
        ("job:1".to_owned(), "job:1"),
        (arn("job-definition/job:1"), "job:1"),
        (arn("job-definition/job"), "job:2"),
    ] {
        let id = server.submit(server.request().job_queue(arn("job-queue/q")).job_definition(definition)).await;
        assert!(server.describe(&id).await.job_definition().unwrap().ends_with(revision));
    }
}
