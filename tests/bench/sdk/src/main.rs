//! The function for a topic's messages as it is written with the AWS SDK for Rust and its examples: configuration by
//! `load_defaults`, a runtime of several threads, the runtime's own logging, every feature as it comes.
//!
//! It leaves out what Jobwire does besides: no trigger file, no templates, no condition, no check of the request, no
//! protection against a second delivery, no metrics.

use aws_config::BehaviorVersion;
use aws_lambda_events::sns::SnsEvent;
use aws_sdk_batch::types::{ContainerOverrides, KeyValuePair};
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = aws_sdk_batch::Client::new(&config);
    run(service_fn(|event: LambdaEvent<SnsEvent>| handle(&client, event.payload))).await
}

/// Starts the job of the first record's message.
async fn handle(batch: &aws_sdk_batch::Client, event: SnsEvent) -> Result<Value, Error> {
    let record = event.records.into_iter().next().ok_or("the event has no record")?;
    let variable = |name: &str, value: String| KeyValuePair::builder().name(name).value(value).build();
    let overrides = ContainerOverrides::builder()
        .environment(variable("DOWNLOAD_MESSAGE", record.sns.message))
        .environment(variable("PARALLELISM", "15".to_owned()))
        .build();
    let answer = batch
        .submit_job()
        .job_name("lambda-feed-consumer")
        .job_queue("feeds")
        .job_definition("FeedConsumer")
        .container_overrides(overrides)
        .send()
        .await?;
    tracing::info!(job_id = answer.job_id(), "submitted");
    Ok(json!({"jobId": answer.job_id()}))
}
