//! `label-image`, the program inside the image pipeline's job: an image's labels, by Rekognition, into a DynamoDB table.
mod aws;
mod cli;
mod error;
mod image;
mod labels;
mod row;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    cli::run().await.unwrap_or_else(|error| error::report(&error))
}
