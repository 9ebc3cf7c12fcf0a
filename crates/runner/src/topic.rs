//! The topic to publish to.

use std::str::FromStr;

/// The ARN of a standard SNS topic: `arn:PARTITION:sns:REGION:ACCOUNT:NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TopicArn {
    arn: String,
    region: String,
}

impl TopicArn {
    /// The whole ARN.
    pub(crate) fn as_str(&self) -> &str {
        &self.arn
    }

    /// The Region that holds the topic; SNS answers for a topic in its own Region alone.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }
}

/// Why a text is no topic that can be published to. No retry helps.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TopicError {
    /// It has not the shape of a topic's ARN.
    #[error("not the ARN of an SNS topic, which is arn:aws:sns:REGION:ACCOUNT:NAME")]
    Shape,
    /// It is a FIFO topic, whose messages need a group.
    #[error("FIFO topics are not supported, since they invoke no Lambda function; use a standard topic")]
    Fifo,
}

impl FromStr for TopicArn {
    type Err = TopicError;

    fn from_str(arn: &str) -> Result<Self, TopicError> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", partition, "sns", region, account, name] = parts[..] else { return Err(TopicError::Shape) };
        // The Region becomes part of a host name, so nothing but a Region's letters may pass.
        let well_formed = made_of(partition, |c| c.is_ascii_lowercase() || c == b'-')
            && made_of(region, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
            && made_of(account, |c| c.is_ascii_digit())
            && account.len() == 12;
        let stem = name.strip_suffix(".fifo").unwrap_or(name);
        if !well_formed || name.len() > 256 || !made_of(stem, |c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_') {
            return Err(TopicError::Shape);
        }
        if stem.len() < name.len() {
            return Err(TopicError::Fifo);
        }
        Ok(Self { arn: arn.to_owned(), region: region.to_owned() })
    }
}

fn made_of(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_of_any_partition_gives_its_region() {
        let topic: Result<TopicArn, _> = "arn:aws-cn:sns:cn-north-1:123456789012:start_feed-2".parse();
        assert_eq!(topic.as_ref().map(TopicArn::region), Ok("cn-north-1"));
    }

    #[test]
    fn what_is_no_topic_is_refused() {
        for arn in [
            "",
            "start_feed",
            "arn:aws:sqs:us-east-1:123456789012:q",
            "arn:aws:sns:us-east-1:1234:t",
            "arn:aws:sns::123456789012:t",
            "arn:aws:sns:evil.example/:123456789012:t",
            "arn:aws:sns:us-east-1:123456789012:",
            "arn:aws:sns:us-east-1:123456789012:t:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55",
        ] {
            assert_eq!(arn.parse::<TopicArn>(), Err(TopicError::Shape), "{arn}");
        }
    }

    #[test]
    fn a_fifo_topic_is_refused_by_name() {
        assert_eq!("arn:aws:sns:us-east-1:123456789012:t.fifo".parse::<TopicArn>(), Err(TopicError::Fifo));
    }
}
