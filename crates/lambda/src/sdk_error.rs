//! What a failed call of the SDK means, in words for logs and queues.

use aws_sdk_batch::error::{ProvideErrorMetadata, SdkError};

/// What a service said, without values that it may quote, or why it said nothing. The SDK's own text holds the whole answer.
pub(crate) fn said<E: ProvideErrorMetadata + std::error::Error + 'static>(error: &SdkError<E>) -> String {
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {}", without_values(message)),
        (Some(code), None) => code.to_owned(),
        _ => causes(error),
    }
}

/// AWS's validation quotes what it found, `Value '…' at 'field' failed to satisfy constraint`; the value stays out of
/// logs and queues.
fn without_values(message: &str) -> String {
    let mut text = String::new();
    let mut rest = message;
    while let Some((before, quoted)) = rest.split_once("Value '") {
        text.push_str(before);
        text.push_str("Value");
        rest = quoted.find("' at '").map_or("", |end| &quoted[end + 1..]);
    }
    text + rest
}

/// The chain of causes on one line.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::without_values;

    #[test]
    fn what_aws_quotes_of_a_request_is_left_out() {
        let message = "2 validation errors detected: Value 'it's secret' at 'jobName' failed to satisfy constraint; Value 'x' at 'tags' failed";
        assert_eq!(
            without_values(message),
            "2 validation errors detected: Value at 'jobName' failed to satisfy constraint; Value at 'tags' failed"
        );
        assert_eq!(without_values("Job queue feeds does not exist"), "Job queue feeds does not exist");
        assert_eq!(without_values("Value 'cut off"), "Value");
    }
}
