//! The limits of `SubmitJob`, each with its source.

/// Characters of a job name. <https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html>
pub const JOB_NAME_LENGTH: usize = 128;
/// Bytes of the whole request; Batch refuses a larger one at once.
pub const REQUEST_BYTES: usize = 30 * 1024;
/// Characters of the container overrides as JSON; a larger one is accepted and the job fails minutes later.
pub const OVERRIDES_CHARACTERS: usize = 8192;
/// Tags of a job. <https://docs.aws.amazon.com/batch/latest/userguide/tag-basics.html>
pub const TAGS: usize = 50;
/// Characters of a tag's key.
pub const TAG_KEY_LENGTH: usize = 128;
/// Characters of a tag's value.
pub const TAG_VALUE_LENGTH: usize = 256;
/// The beginning of variables that Batch sets itself and refuses from others.
pub const RESERVED_VARIABLES: &str = "AWS_BATCH";
/// The kinds of resource requirement.
pub const RESOURCES: [&str; 3] = ["GPU", "MEMORY", "VCPU"];
