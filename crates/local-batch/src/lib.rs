//! The AWS Batch API on loopback, which really runs the jobs as processes.
//!
//! [`run`] serves the REST-JSON protocol of AWS Batch for the operations that submitting and watching container jobs
//! needs. A job is a process group: the image of its definition is looked up in [`Options::images`], the entry point
//! found there and the job's command are the argument vector, the exit code decides the outcome. Every change of a
//! job's status is announced as the `Batch Job State Change` event that `EventBridge` would carry, and its output goes
//! to `CloudWatch` Logs when [`Options::aws_endpoint`] names a local cloud.
//!
//! What is not run yet (array and multi-node jobs, dependencies, retries, timeouts, EKS and ECS task properties) is
//! refused with a `ClientException` that says so. A process has no container around it: `user`, `privileged`,
//! `ulimits`, `linuxParameters` and the memory requirement are described but have no effect.

mod arn;
mod compute;
mod definition;
mod environment;
mod error;
mod events;
mod execution;
mod job;
mod job_id;
mod launch;
mod logs;
mod operations;
mod options;
mod placement;
mod process;
mod refusal;
mod request;
pub mod resources;
mod server;
mod service;
mod state;
mod submission;
mod substitution;

pub use error::Error;
pub use job_id::{JobId, JobIdError, JobPart};
pub use options::{Image, LocalConfig, LocalConfigError, Options};
pub use server::run;
