//! What Rekognition sees in an image.

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use aws_sdk_rekognition::Client;
use aws_sdk_rekognition::types::{self, S3Object};

use crate::aws;
use crate::image::Image;

const MAX_LABELS: i32 = 10;
/// In percent.
const MIN_CONFIDENCE: f32 = 70.0;

/// One thing in the image.
#[derive(Debug)]
pub(crate) struct Label {
    pub(crate) name: String,
    /// In percent, and always a finite number.
    pub(crate) confidence: f32,
}

/// Asks Rekognition, which reads the image from S3 itself, with this job's rights:
/// <https://docs.aws.amazon.com/rekognition/latest/APIReference/API_DetectLabels.html>.
pub(crate) async fn detect(config: &SdkConfig, image: &Image) -> Result<Vec<Label>> {
    let object = S3Object::builder().bucket(&image.bucket).name(&image.key);
    let object = object.set_version(image.version().map(str::to_owned)).build();
    let failed = || format!("cannot read the labels of {image}");
    let answer = Client::new(config)
        .detect_labels()
        .image(types::Image::builder().s3_object(object).build())
        .max_labels(MAX_LABELS)
        .min_confidence(MIN_CONFIDENCE)
        .send()
        .await
        .map_err(aws::explain)
        .with_context(failed)?;
    let labels = answer.labels.unwrap_or_default().into_iter().map(label).collect::<Option<_>>();
    labels.context("Rekognition answered with a label that has no name or no confidence").with_context(failed)
}

fn label(label: types::Label) -> Option<Label> {
    Some(Label { name: label.name?, confidence: label.confidence.filter(|confidence| confidence.is_finite())? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confidence_that_is_no_number_makes_no_label() {
        for (confidence, usable) in
            [(Some(70.0), true), (Some(f32::NAN), false), (Some(f32::INFINITY), false), (None, false)]
        {
            let answered = types::Label::builder().name("Dog").set_confidence(confidence).build();
            assert_eq!(label(answered).is_some(), usable, "{confidence:?}");
        }
    }
}
