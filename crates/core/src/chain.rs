//! Chains: the jobs that follow from one first occurrence.

use serde::{Deserialize, Serialize};

/// What a job knows of its chain.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Chain {
    /// 16 hexadecimal digits, the hash of the first occurrence's key.
    pub id: String,
    /// The job's place: the first job of a chain has 1.
    pub depth: u32,
    /// The job whose message or state change started this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// The tag and SNS attribute that hold the chain's id.
pub const CHAIN: &str = "jobwire.chain";
/// The tag and SNS attribute that hold the depth.
pub const DEPTH: &str = "jobwire.depth";
/// The tag and SNS attribute that hold the parent's job id.
pub const PARENT: &str = "jobwire.parent";
/// The tag that holds the trigger's name.
pub const TRIGGER: &str = "jobwire.trigger";
/// The job's variable with the chain's id.
pub const CHAIN_VARIABLE: &str = "JOBWIRE_CHAIN_ID";
/// The job's variable with the depth.
pub const DEPTH_VARIABLE: &str = "JOBWIRE_CHAIN_DEPTH";
/// The job's variable with the parent's job id.
pub const PARENT_VARIABLE: &str = "JOBWIRE_CHAIN_PARENT";

impl Chain {
    /// The chain of a job that follows one of this chain's jobs.
    ///
    /// `id` and `depth` are what the preceding job carried, as text from tags, attributes or variables; text that is no
    /// chain id or no depth gives nothing, and a new chain starts.
    #[must_use]
    pub fn following(id: Option<&str>, depth: Option<&str>, parent: Option<&str>) -> Option<Self> {
        let id = id.filter(|id| id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        let depth: u32 = depth?.parse().ok()?;
        let parent = parent.filter(|parent| {
            !parent.is_empty()
                && parent.len() <= 128
                && parent.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-:#".contains(&byte))
        });
        Some(Self { id: id.to_owned(), depth: depth.checked_add(1)?, parent: parent.map(str::to_owned) })
    }
}

#[cfg(test)]
mod tests {
    use super::Chain;

    #[test]
    fn a_follower_is_one_deeper() {
        let chain = Chain::following(Some("0123456789abcdef"), Some("2"), Some("job-1"));
        assert_eq!(chain, Some(Chain { id: "0123456789abcdef".into(), depth: 3, parent: Some("job-1".into()) }));
    }

    #[test]
    fn text_from_outside_that_is_no_chain_starts_a_new_one() {
        assert_eq!(Chain::following(Some("$(reboot)"), Some("2"), None), None);
        assert_eq!(Chain::following(Some("0123456789abcdef"), Some("many"), None), None);
        assert_eq!(Chain::following(Some("0123456789abcdef"), Some("4294967295"), None), None);
        assert_eq!(Chain::following(None, None, Some("job-1")), None);
    }
}
