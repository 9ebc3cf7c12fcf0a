//! The Region and the account that a stack goes to, and what of the trigger file lies elsewhere.

use crate::arn::{account, region};
use crate::on::On;
use crate::problem::Problem;
use crate::trigger::{Submit, Trigger, Triggers};

/// A Region and an account, as far as they are known.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Place {
    /// Such as `eu-west-1`.
    pub region: Option<String>,
    /// Twelve digits.
    pub account: Option<String>,
    /// The Region that is usually meant where nothing else tells it: the one of the user's environment.
    pub usual_region: Option<String>,
}

impl Place {
    /// This place, where it is not known, as the file tells it: queues and definitions must lie in the functions' own
    /// Region and account, and where there is no ARN of any the first topic counts.
    fn completed(self, triggers: &Triggers) -> Self {
        let batch = |part: fn(&str) -> Option<&str>| {
            let arns = triggers.triggers.iter().flat_map(|trigger| of_batch(trigger).into_iter().map(|(_, arn)| arn));
            arns.into_iter().find_map(part).map(str::to_owned)
        };
        let topics = |part: fn(&str) -> Option<&str>| {
            triggers.triggers.iter().filter_map(topic).find_map(part).map(str::to_owned)
        };
        Self {
            region: self.region.or_else(|| batch(region)).or(self.usual_region).or_else(|| topics(region)),
            account: self.account.or_else(|| batch(account)).or_else(|| topics(account)),
            usual_region: None,
        }
    }
}

/// What cannot work from the place: queues and definitions of another Region or account, since Batch takes a job in its
/// own alone, and topics of another Region, since SNS takes no dead-letter queue of another.
#[must_use]
pub fn errors(triggers: &Triggers, place: Place) -> Vec<Problem> {
    let place = place.completed(triggers);
    let mut found = Vec::new();
    for trigger in &triggers.triggers {
        let mut tell = |problem| found.push(trigger.located(problem));
        for (path, arn) in of_batch(trigger) {
            if let Some(where_) = elsewhere(arn, region, place.region.as_deref(), "Region")
                .or_else(|| elsewhere(arn, account, place.account.as_deref(), "account"))
            {
                tell(
                    Problem::new(
                        path,
                        format!("{where_}, and Batch takes a job for its own queues and definitions alone"),
                    )
                    .help("deploy the functions where the queue is"),
                );
            }
        }
        if let Some(where_) = topic(trigger).and_then(|arn| elsewhere(arn, region, place.region.as_deref(), "Region")) {
            tell(
                Problem::new("on.topic", format!("{where_}, and SNS takes no dead-letter queue of another Region"))
                    .help("put these triggers into a stack of the topic's Region"),
            );
        }
    }
    found
}

/// What works only where somebody else allows it: topics of another account.
#[must_use]
pub fn warnings(triggers: &Triggers, place: Place) -> Vec<Problem> {
    let place = place.completed(triggers);
    let of = |trigger: &Trigger| {
        let where_ = elsewhere(topic(trigger)?, account, place.account.as_deref(), "account")?;
        let help = "let its owner allow `sns:Subscribe` to your account in the topic's policy, or the deployment fails";
        Some(trigger.located(Problem::new("on.topic", where_).help(help)))
    };
    triggers.triggers.iter().filter_map(of).collect()
}

fn elsewhere(arn: &str, part: fn(&str) -> Option<&str>, here: Option<&str>, what: &str) -> Option<String> {
    let (there, here) = (part(arn)?, here?);
    (there != here).then(|| format!("lies in the {what} {there}, and the stack in {here}"))
}

fn topic(trigger: &Trigger) -> Option<&str> {
    match &trigger.on {
        On::Topic(on) => Some(&on.topic),
        _ => None,
    }
}

/// The queues and definitions that a trigger submits to, each with its field.
fn of_batch(trigger: &Trigger) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    if let Submit::Fields(fields) = &trigger.submit {
        for name in ["jobQueue", "jobDefinition"] {
            found.extend(fields.get(name).and_then(|text| text.as_str()).map(|text| (format!("submit.{name}"), text)));
        }
    }
    for (name, list) in
        trigger.allow.iter().flat_map(|allow| [("queues", &allow.queues), ("definitions", &allow.definitions)])
    {
        found.extend(list.iter().enumerate().map(|(index, text)| (format!("allow.{name}[{index}]"), text.as_str())));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Place, errors, warnings};
    use crate::trigger_file::read;

    const TOPIC: &str = "arn:aws:sns:eu-west-1:111111111111:t";

    fn of(topic: &str, queue: &str, place: &Place) -> (Vec<String>, Vec<String>) {
        let text = format!(
            "version: 1\ntriggers:\n  t: {{ on: {{ topic: \"{topic}\" }}, submit: {{ jobName: a, jobQueue: \"{queue}\", jobDefinition: d }} }}\n"
        );
        let triggers = read(&text, None, &[]).expect("a good file");
        let told = |problems: Vec<crate::problem::Problem>| {
            assert!(problems.iter().all(|problem| problem.at.is_some() && problem.help.is_some()));
            problems.into_iter().map(|one| format!("{}: {}", one.path, one.message)).collect()
        };
        (told(errors(&triggers, place.clone())), told(warnings(&triggers, place.clone())))
    }

    fn place(region: &str, account: &str) -> Place {
        Place { region: Some(region.to_owned()), account: Some(account.to_owned()), usual_region: None }
    }

    #[test]
    fn a_topic_elsewhere_is_told_before_anything_is_deployed() {
        assert_eq!(of(TOPIC, "q", &place("eu-west-1", "111111111111")), (vec![], vec![]));
        assert_eq!(of(TOPIC, "q", &Place::default()), (vec![], vec![]), "nothing says where the stack goes");
        let (errors, _) = of(TOPIC, "q", &place("us-east-1", "111111111111"));
        assert!(
            errors.len() == 1 && errors[0].contains("triggers.t.on.topic: lies in the Region eu-west-1"),
            "{errors:?}"
        );
        let usual = Place { usual_region: Some("us-east-1".to_owned()), ..Place::default() };
        assert_eq!(of(TOPIC, "q", &usual).0, errors, "the user's own Region counts where nothing else tells it");
        let (errors, warnings) = of(TOPIC, "q", &place("eu-west-1", "222222222222"));
        assert!(errors.is_empty() && warnings[0].contains("lies in the account 111111111111"), "{warnings:?}");
    }

    #[test]
    fn the_file_s_own_queue_says_where_the_stack_goes() {
        let (errors, warnings) = of(TOPIC, "arn:aws:batch:us-east-1:222222222222:job-queue/q", &Place::default());
        assert_eq!((errors.len(), warnings.len()), (1, 1), "{errors:?} {warnings:?}");
        let (errors, _) =
            of("t", "arn:aws:batch:us-east-1:222222222222:job-queue/q", &place("us-east-1", "111111111111"));
        assert!(errors[0].contains("triggers.t.submit.jobQueue: lies in the account 222222222222"), "{errors:?}");
    }
}
