//! From logical names of the trigger file to what was deployed under them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::arn::{is_arn, last_component};

/// Which deployed thing each logical name of the trigger file stands for.
///
/// The stack fills it in, because the account, the Region and the stack's own name are known to CloudFormation alone.
/// Without a table (offline, in `jobwire render`) names are compared with the last component of an ARN.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct NamesTable {
    /// Topic name → topic ARN.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub topic: BTreeMap<String, String>,
    /// Logical bucket name → bucket name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bucket: BTreeMap<String, String>,
    /// Trigger name → ARN of the rule that keeps its schedule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rule: BTreeMap<String, String>,
    /// Without a table, names that a stack made of logical ones are taken too: `STACK-NAME` and `STACK-NAME-ACCOUNT`.
    /// For offline use alone, where nothing is started by a name that is alike by chance.
    #[serde(skip)]
    pub loosely: bool,
}

impl NamesTable {
    /// The table of `jobwire render`, which has none.
    #[must_use]
    pub fn offline() -> Self {
        Self { loosely: true, ..Self::default() }
    }

    fn is_made_of(&self, name: &str, deployed: &str) -> bool {
        let account = |end: &str| end.len() == 12 && end.bytes().all(|byte| byte.is_ascii_digit());
        let own = deployed.rsplit_once('-').filter(|(_, end)| account(end)).map_or(deployed, |(own, _)| own);
        self.loosely && own.strip_suffix(name).is_some_and(|stack| stack.ends_with('-'))
    }

    /// Whether the trigger file's topic `name` is the topic `arn`.
    #[must_use]
    pub fn is_topic(&self, name: &str, arn: &str) -> bool {
        same(&self.topic, name, arn) || (!is_arn(name) && self.is_made_of(name, last_component(arn)))
    }

    /// Whether the trigger file's bucket `name` is the bucket `bucket`, which events give by its plain name.
    #[must_use]
    pub fn is_bucket(&self, name: &str, bucket: &str) -> bool {
        match self.bucket.get(name) {
            Some(deployed) => last_component(deployed) == bucket,
            None => last_component(name) == bucket || self.is_made_of(name, bucket),
        }
    }

    /// Whether the trigger's schedule is kept by the rule `arn`.
    #[must_use]
    pub fn is_rule(&self, trigger: &str, arn: &str) -> bool {
        same(&self.rule, trigger, arn) || self.is_made_of(trigger, last_component(arn))
    }
}

fn same(table: &BTreeMap<String, String>, name: &str, arn: &str) -> bool {
    if is_arn(name) {
        return name == arn;
    }
    match table.get(name) {
        Some(deployed) => deployed == arn,
        None => last_component(arn) == name,
    }
}

#[cfg(test)]
mod tests {
    use super::NamesTable;

    #[test]
    fn a_table_decides_by_the_whole_arn() {
        let table =
            NamesTable { topic: [("feed".into(), "arn:aws:sns:eu-west-1:1:feed".into())].into(), ..Default::default() };
        assert!(table.is_topic("feed", "arn:aws:sns:eu-west-1:1:feed"));
        assert!(!table.is_topic("feed", "arn:aws:sns:eu-west-1:2:feed"));
    }

    #[test]
    fn offline_the_names_that_a_stack_makes_are_known_too() {
        let table = NamesTable::offline();
        assert!(
            table.is_topic("feed", "arn:aws:sns:eu-west-1:1:jobwire-feed")
                && table.is_bucket("inbox", "stack-inbox-123456789012")
        );
        assert!(!table.is_topic("feed", "arn:aws:sns:eu-west-1:1:newsfeed"));
        assert!(!NamesTable::default().is_topic("feed", "arn:aws:sns:eu-west-1:1:jobwire-feed"));
    }

    #[test]
    fn without_a_table_the_last_component_decides_but_an_arn_stays_whole() {
        let table = NamesTable::default();
        assert!(table.is_topic("feed", "arn:aws:sns:eu-west-1:2:feed"));
        assert!(!table.is_topic("arn:aws:sns:eu-west-1:1:feed", "arn:aws:sns:eu-west-1:2:feed"));
        assert!(table.is_bucket("arn:aws:s3:::uploads", "uploads"));
    }
}
