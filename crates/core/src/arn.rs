//! The parts of an Amazon Resource Name that matching needs.

/// Whether `text` is an ARN rather than a plain name.
#[must_use]
pub fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

/// The last component of an ARN: the topic, bucket or queue name, or a rule's name behind its bus; a plain name is its
/// own last component.
#[must_use]
pub fn last_component(text: &str) -> &str {
    if !is_arn(text) {
        return text;
    }
    let resource = text.rsplit(':').next().unwrap_or(text);
    resource.rsplit('/').next().unwrap_or(resource)
}

/// The Region that an ARN names, where it names one: a bucket's does not.
#[must_use]
pub fn region(arn: &str) -> Option<&str> {
    part(arn, 3)
}

/// The account that an ARN names, where it names one.
#[must_use]
pub fn account(arn: &str) -> Option<&str> {
    part(arn, 4)
}

fn part(arn: &str, index: usize) -> Option<&str> {
    is_arn(arn).then(|| arn.split(':').nth(index)).flatten().filter(|part| !part.is_empty())
}

/// A job definition's name and, if it says one, its revision: `N`, `N:3`, or an ARN that ends so.
#[must_use]
pub fn job_definition(text: &str) -> (&str, Option<&str>) {
    let name = text.rsplit('/').next().unwrap_or(text);
    match name.rsplit_once(':') {
        Some((name, revision)) if !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_digit()) => {
            (name, Some(revision))
        }
        _ => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::{job_definition, last_component};

    #[test]
    fn last_components_are_what_people_call_the_thing() {
        assert_eq!(last_component("arn:aws:sns:us-east-1:1:start_feed_consumer"), "start_feed_consumer");
        assert_eq!(last_component("arn:aws-us-gov:events:us-gov-west-1:1:rule/nightly/feeds.v2"), "feeds.v2");
        assert_eq!(last_component("arn:aws:batch:us-east-1:1:job-queue/feeds"), "feeds");
        assert_eq!(last_component("feeds"), "feeds");
    }

    #[test]
    fn a_definition_may_name_its_revision() {
        assert_eq!(job_definition("N"), ("N", None));
        assert_eq!(job_definition("N:3"), ("N", Some("3")));
        assert_eq!(job_definition("arn:aws:batch:eu-west-1:1:job-definition/N:44"), ("N", Some("44")));
        assert_eq!(job_definition("arn:aws:batch:eu-west-1:1:job-definition/N"), ("N", None));
    }
}
