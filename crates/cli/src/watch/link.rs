//! Links into the console of `CloudWatch` Logs.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The page of a log stream; none in a partition whose console is not known here.
pub(crate) fn of_stream(partition: &str, region: &str, group: &str, stream: &str) -> Option<String> {
    let page = of_group(partition, region, group)?;
    Some(format!("{page}/log-events/{}", encoded(stream)))
}

/// The page of a log group, which lists the streams that begin so.
pub(crate) fn of_streams(partition: &str, region: &str, group: &str, beginning: &str) -> Option<String> {
    let page = of_group(partition, region, group)?;
    // The page takes its query behind a `?` and a `=` that are encoded themselves.
    Some(format!("{page}$3FlogStreamNameFilter$3D{}", encoded(beginning)))
}

fn of_group(partition: &str, region: &str, group: &str) -> Option<String> {
    let domain = match partition {
        "aws" => "console.aws.amazon.com",
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => return None,
    };
    // The Region becomes a host name, so it may hold nothing else.
    if region.is_empty() || !region.chars().all(|character| character.is_ascii_alphanumeric() || character == '-') {
        return None;
    }
    let host = format!("https://{region}.{domain}/cloudwatch/home?region={region}");
    Some(format!("{host}#logsV2:log-groups/log-group/{}", encoded(group)))
}

/// The console decodes a name twice, and takes `$` in the place of `%` the second time.
fn encoded(name: &str) -> String {
    let once = utf8_percent_encode(name, NON_ALPHANUMERIC).to_string();
    utf8_percent_encode(&once, NON_ALPHANUMERIC).to_string().replace('%', "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_stream_in_the_console_of_its_partition() {
        assert_eq!(
            of_stream("aws", "eu-west-1", "/aws/batch/job", "feed/default/0123ab").as_deref(),
            Some(
                "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Fbatch$252Fjob/log-events/feed$252Fdefault$252F0123ab"
            )
        );
        let cn = of_stream("aws-cn", "cn-north-1", "g", "s");
        assert!(cn.is_some_and(|link| link.starts_with("https://cn-north-1.console.amazonaws.cn/")));
        let gov = of_stream("aws-us-gov", "us-gov-west-1", "g", "s");
        assert!(gov.is_some_and(|link| link.starts_with("https://us-gov-west-1.console.amazonaws-us-gov.com/")));
    }

    #[test]
    fn no_link_is_guessed() {
        assert_eq!(of_stream("aws-iso", "us-iso-east-1", "g", "s"), None);
        assert_eq!(of_stream("aws", "evil.example/", "g", "s"), None);
    }
}
