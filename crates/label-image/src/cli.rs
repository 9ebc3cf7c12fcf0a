//! The command line as a job definition writes it, and what it asks for.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use clap::builder::NonEmptyStringValueParser;

use crate::image::Image;
use crate::{aws, labels, row};

const NOTES: &str = "\
The row has the attributes ID, ImageName (BUCKET/KEY) and Labels, a list of maps of name and confidence: the ten
labels that Rekognition is surest of, from 70 percent on. The ID follows from bucket, key and version alone, so a
second run for the same object writes the same row. One line `ID: LABEL, LABEL, …` goes to standard output.

Environment:
  AWS_*  credentials, Region and endpoints, as the AWS SDKs read them; the bucket must be in that Region

Exit codes: 0 written; 1 failure of AWS or the network; 2 wrong use.";

/// Write the labels of an image in S3, as Amazon Rekognition sees them, into a DynamoDB table.
#[derive(Debug, Parser)]
#[command(name = "label-image", version, after_help = NOTES)]
struct Cli {
    /// The bucket that the image is in
    #[arg(short, long, allow_hyphen_values = true, value_parser = NonEmptyStringValueParser::new())]
    bucket: String,
    /// The image's key as it stands, with nothing encoded
    #[arg(short, long, value_name = "KEY", allow_hyphen_values = true, value_parser = NonEmptyStringValueParser::new())]
    image: String,
    /// The DynamoDB table, whose key is the text attribute ID
    #[arg(short = 'd', long, allow_hyphen_values = true, value_parser = NonEmptyStringValueParser::new())]
    table: String,
    /// The image's version; `null` or an empty text is none
    #[arg(short, long, value_name = "VERSION", allow_hyphen_values = true)]
    version_id: Option<String>,
}

/// Parses this process's command line and does what it says; clap itself ends the process for `--help` and wrong use.
pub(crate) async fn run() -> Result<ExitCode> {
    let Cli { bucket, image: key, table, version_id } = Cli::parse();
    let image = Image::new(bucket, key, version_id);
    let config = aws::config().await?;
    let labels = labels::detect(&config, &image).await?;
    row::put(&config, &table, &image, &labels).await?;
    let names: Vec<_> = labels.iter().map(|label| label.name.as_str()).collect();
    let names = if names.is_empty() { "no labels".to_owned() } else { names.join(", ") };
    // The row is written, which a standard output that nobody reads does not undo.
    let _unread = writeln!(io::stdout(), "{}: {names}", image.id());
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_are_well_formed() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
