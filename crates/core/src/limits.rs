//! The limits of `SubmitJob`, each with its source.
//!
//! Where no other page is named it is
//! <https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html> or the page of the field's own type.

use std::ops::RangeInclusive;

/// Characters of a job name.
pub const JOB_NAME_LENGTH: usize = 128;
/// Bytes of the whole request; Batch refuses a larger one at once.
/// <https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html>
pub const REQUEST_BYTES: usize = 30 * 1024;
/// Characters of the overrides of one ECS task as JSON; a larger one is accepted and the job fails minutes later.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html>
pub const OVERRIDES_CHARACTERS: usize = 8192;
/// Jobs that a job may depend on.
pub const DEPENDENCIES: usize = 20;
/// Children of an array job.
pub const ARRAY_SIZE: RangeInclusive<i32> = 2..=10_000;
/// Seconds that an attempt may take at least to be given as its timeout.
pub const TIMEOUT_SECONDS: i32 = 60;
/// Attempts of a job.
pub const ATTEMPTS: RangeInclusive<i32> = 1..=10;
/// Conditions of a retry strategy.
pub const EXIT_CONDITIONS: usize = 5;
/// Characters of a condition's pattern.
pub const PATTERN_LENGTH: usize = 512;
/// The scheduling priority within a share.
pub const PRIORITY: RangeInclusive<i32> = 0..=9999;
/// Characters of a share identifier.
pub const SHARE_LENGTH: usize = 255;
/// Tags of a job. <https://docs.aws.amazon.com/batch/latest/userguide/tag-restrictions.html>
pub const TAGS: usize = 50;
/// Characters of a tag's key.
pub const TAG_KEY_LENGTH: usize = 128;
/// Characters of a tag's value.
pub const TAG_VALUE_LENGTH: usize = 256;
/// The beginning of variables that Batch sets itself and refuses from others.
pub const RESERVED_VARIABLES: &str = "AWS_BATCH";
/// MiB of memory that a job has at least.
pub const MEMORY_MIB: u32 = 4;
/// Tasks in `ecsPropertiesOverride`.
pub const ECS_TASKS: usize = 1;
/// Containers of a task, and of a pod.
/// <https://docs.aws.amazon.com/batch/latest/userguide/multi-container-jobs.html>
pub const CONTAINERS: usize = 10;
/// Nodes of a multi-node job. <https://docs.aws.amazon.com/batch/latest/userguide/mnp-node-groups.html>
pub const NODES: RangeInclusive<i32> = 1..=1000;
/// Consumable resources of a job.
/// <https://docs.aws.amazon.com/batch/latest/userguide/resource-aware-scheduling-how-to-for-jobs.html>
pub const CONSUMABLE_RESOURCES: usize = 5;
/// Characters of a Kubernetes namespace, of a label's value, and of the name in a label's or annotation's key.
pub const KUBERNETES_NAME_LENGTH: usize = 63;
/// Characters of the prefix in a label's or annotation's key.
pub const KUBERNETES_PREFIX_LENGTH: usize = 253;
/// Characters of an annotation's value.
pub const ANNOTATION_LENGTH: usize = 255;

/// Amounts of memory in MiB: from, to, and in steps of.
#[derive(Clone, Copy, Debug)]
pub struct MiB(pub u32, pub u32, pub u32);

/// The pairs of vCPU, as it is written, and memory that Fargate has.
/// <https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html>
pub const FARGATE: [(&str, &[MiB]); 8] = [
    ("0.25", &[MiB(512, 1024, 512), MiB(2048, 2048, 1)]),
    ("0.5", &[MiB(1024, 4096, 1024)]),
    ("1", &[MiB(2048, 8192, 1024)]),
    ("2", &[MiB(4096, 16_384, 1024)]),
    ("4", &[MiB(8192, 30_720, 1024)]),
    ("8", &[MiB(16_384, 61_440, 4096)]),
    ("16", &[MiB(32_768, 122_880, 8192)]),
    ("32", &[MiB(61_440, 61_440, 1), MiB(122_880, 122_880, 1), MiB(249_856, 249_856, 1)]),
];
