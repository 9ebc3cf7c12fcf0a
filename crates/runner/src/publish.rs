//! `publish`: one message to one topic, with the attributes that keep the chain together.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use aws_sdk_sns::types::MessageAttributeValue;

use crate::attribute::{self, Attribute, DATA_TYPE};
use crate::aws;
use crate::cli::PublishArgs;
use crate::error::Error;

/// What SNS takes in one message, attributes included, in bytes:
/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.
const MAX_BYTES: usize = 256 * 1024;

/// Publishes and prints the message id. Everything that can be found wrong without AWS is found before it is asked.
pub(crate) async fn run(args: PublishArgs) -> Result<ExitCode, Error> {
    let mut attributes = args.attributes;
    refuse_repeated(&attributes)?;
    attributes.extend(attribute::of_chain(|name| std::env::var_os(name))?);
    let message = match args.message {
        Some(text) if text != "-" => text,
        None if io::stdin().is_terminal() => {
            return Err(Error::WrongUse("no message: give --message, or the message on standard input".to_owned()));
        }
        _ => read_message(io::stdin().lock())?,
    };
    check_size(&message, &attributes)?;

    let mut publish = aws::sns(args.topic.region())
        .await?
        .publish()
        .topic_arn(args.topic.as_str())
        .message(message)
        .set_subject(args.subject);
    for attribute in &attributes {
        let value = MessageAttributeValue::builder().data_type(DATA_TYPE).string_value(attribute.value()).build();
        publish = publish.message_attributes(attribute.name(), value.context("the attribute is incomplete")?);
    }
    let published = publish
        .send()
        .await
        .map_err(aws::explain)
        .with_context(|| format!("cannot publish to {}", args.topic.as_str()))?;
    let id = published.message_id().context("SNS answered without a message id")?;
    writeln!(io::stdout(), "{id}").with_context(|| format!("published as {id}, but cannot print that"))?;
    Ok(ExitCode::SUCCESS)
}

/// The SDK keeps the last of two attributes with one name; which of them the user meant is not ours to choose.
fn refuse_repeated(attributes: &[Attribute]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    match attributes.iter().find(|attribute| !seen.insert(attribute.name())) {
        Some(twice) => Err(Error::WrongUse(format!("the attribute {} is given twice", twice.name()))),
        None => Ok(()),
    }
}

/// Reads the message byte for byte, and no more of it than shows that it is too large.
fn read_message(input: impl Read) -> Result<String> {
    let mut bytes = Vec::new();
    input.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).context("cannot read the message from standard input")?;
    if bytes.len() > MAX_BYTES {
        bail!("the message has more than {MAX_BYTES} bytes, and SNS takes no more");
    }
    String::from_utf8(bytes).map_err(|error| {
        anyhow!("the message is not UTF-8 from byte {} on, and SNS takes only that", error.utf8_error().valid_up_to())
    })
}

fn check_size(message: &str, attributes: &[Attribute]) -> Result<()> {
    if message.is_empty() {
        bail!("the message is empty, and SNS takes no empty one");
    }
    let size = message.len() + attributes.iter().map(Attribute::size).sum::<usize>();
    if size > MAX_BYTES {
        bail!("message and attributes have {size} bytes together, and SNS takes no more than {MAX_BYTES}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attributes_count_towards_the_size_to_the_byte() -> Result<()> {
        let attributes: Vec<Attribute> = vec!["kind=feed".parse()?];
        let fits = "m".repeat(MAX_BYTES - "kindStringfeed".len());
        assert!(check_size(&fits, &attributes).is_ok());
        assert!(check_size(&(fits + "m"), &attributes).is_err());
        Ok(())
    }

    #[test]
    fn an_endless_input_is_refused_and_not_read_to_its_end() {
        assert!(read_message(io::repeat(b'm')).is_err());
    }
}
