//! Job ids: a job, a child of an array job, or a node of a multi-node job.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// The id of a job: `uuid`, `uuid:3` for an array's child, `uuid#1` for a node of a multi-node job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId {
    /// The id of the whole job.
    pub job: Uuid,
    /// Which part of it is meant.
    pub part: JobPart,
}

/// Which part of a job an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JobPart {
    /// The job itself.
    Whole,
    /// The array's child of this index.
    Child(u32),
    /// The node of this index.
    Node(u32),
}

impl JobId {
    /// A new id of a whole job.
    #[must_use]
    pub fn random() -> Self {
        Self { job: Uuid::new_v4(), part: JobPart::Whole }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            JobPart::Whole => write!(f, "{}", self.job),
            JobPart::Child(index) => write!(f, "{}:{index}", self.job),
            JobPart::Node(index) => write!(f, "{}#{index}", self.job),
        }
    }
}

impl FromStr for JobId {
    type Err = JobIdError;

    fn from_str(text: &str) -> Result<Self, JobIdError> {
        let fault = || JobIdError(text.to_owned());
        let (job, part) = match text.find([':', '#']) {
            None => (text, JobPart::Whole),
            Some(at) => {
                let index = index(&text[at + 1..]).ok_or_else(fault)?;
                (&text[..at], if text[at..].starts_with(':') { JobPart::Child(index) } else { JobPart::Node(index) })
            }
        };
        // A uuid has several spellings, of which AWS writes and knows only the hyphenated one.
        if job.len() != 36 {
            return Err(fault());
        }
        Ok(Self { job: Uuid::try_parse(job).map_err(|_| fault())?, part })
    }
}

/// The text is no job id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no job id: one looks like 01234567-89ab-cdef-0123-456789abcdef, with :3 for a child or #1 for a node"
)]
pub struct JobIdError(String);

/// A decimal number without signs or leading zeros, so that each id has one spelling.
fn index(text: &str) -> Option<u32> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    canonical.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    const UUID: &str = "ef9e8d6c-f480-418a-87e0-3cf72f3d3eb7";

    #[test]
    fn each_form_prints_as_it_was_written() {
        for (suffix, part) in [
            ("", JobPart::Whole),
            (":0", JobPart::Child(0)),
            (":9999", JobPart::Child(9999)),
            ("#0", JobPart::Node(0)),
            ("#12", JobPart::Node(12)),
        ] {
            let text = format!("{UUID}{suffix}");
            let id: JobId = text.parse().unwrap();
            assert_eq!((id.part, id.to_string()), (part, text));
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in [
            "",
            "job",
            &UUID[1..],
            "ef9e8d6cf480418a87e03cf72f3d3eb7",
            &format!("{UUID}:"),
            &format!("{UUID}#"),
            &format!("{UUID}:+1"),
            &format!("{UUID}:01"),
            &format!("{UUID}:-1"),
            &format!("{UUID}:1#2"),
            &format!("{UUID}:99999999999"),
            &format!(" {UUID}"),
            &format!("{{{UUID}}}"),
        ] {
            assert!(text.parse::<JobId>().is_err(), "{text}");
        }
    }

    #[test]
    fn random_ids_come_back_from_their_text() {
        for _ in 0..100 {
            let id = JobId::random();
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }
}
