//! The row that an image has in the table.

use std::collections::HashMap;

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::aws;
use crate::image::Image;
use crate::labels::Label;

/// Writes the row, over the one that an earlier run for the same image wrote.
pub(crate) async fn put(config: &SdkConfig, table: &str, image: &Image, labels: &[Label]) -> Result<()> {
    Client::new(config)
        .put_item()
        .table_name(table)
        .set_item(Some(item(image, labels)))
        .send()
        .await
        .map_err(aws::explain)
        .with_context(|| format!("cannot write the labels of {image} to the table {table}"))?;
    Ok(())
}

fn item(image: &Image, labels: &[Label]) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("ID".to_owned(), AttributeValue::S(image.id())),
        ("ImageName".to_owned(), AttributeValue::S(image.name())),
        ("Labels".to_owned(), AttributeValue::L(labels.iter().map(element).collect())),
    ])
}

fn element(label: &Label) -> AttributeValue {
    AttributeValue::M(HashMap::from([
        ("name".to_owned(), AttributeValue::S(label.name.clone())),
        ("confidence".to_owned(), AttributeValue::N(number(label.confidence))),
    ]))
}

/// At most four decimals, beyond which a confidence of 32 bits holds little but the noise of its binary form.
fn number(confidence: f32) -> String {
    let digits = format!("{confidence:.4}");
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_four_decimals_at_most_and_no_exponent() {
        for (confidence, digits) in
            [(98.765_43, "98.7654"), (70.1, "70.1"), (100.0, "100"), (99.999_99, "100"), (0.0, "0"), (1e-9, "0")]
        {
            assert_eq!(number(confidence), digits);
        }
    }
}
