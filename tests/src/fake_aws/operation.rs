//! What the fake is asked to do.

/// An operation of one of the two services.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operation {
    /// Batch: a job.
    SubmitJob,
    /// Batch: a page of a queue's jobs.
    ListJobs,
    /// Batch: the end of a job.
    TerminateJob,
    /// DynamoDB: an item in the place of the one before.
    PutItem,
    /// DynamoDB: one item.
    GetItem,
    /// DynamoDB: the end of an item.
    DeleteItem,
}

impl Operation {
    /// How many there are; each one's number is below it.
    pub(super) const NUMBER: usize = 6;

    /// The one that Batch has at a path.
    pub(super) fn at_path(path: &str) -> Option<Self> {
        Some(match path {
            "/v1/submitjob" => Self::SubmitJob,
            "/v1/listjobs" => Self::ListJobs,
            "/v1/terminatejob" => Self::TerminateJob,
            _ => return None,
        })
    }

    /// The one that DynamoDB has for an `x-amz-target`.
    pub(super) fn of_target(target: &str) -> Option<Self> {
        Some(match target.strip_prefix("DynamoDB_20120810.")? {
            "PutItem" => Self::PutItem,
            "GetItem" => Self::GetItem,
            "DeleteItem" => Self::DeleteItem,
            _ => return None,
        })
    }

    pub(super) fn service(self) -> Service {
        match self {
            Self::SubmitJob | Self::ListJobs | Self::TerminateJob => Service::Batch,
            Self::PutItem | Self::GetItem | Self::DeleteItem => Service::DynamoDb,
        }
    }
}

/// Whose protocol an answer has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Service {
    Batch,
    DynamoDb,
}
