//! The AWS Batch API on loopback, which really runs the jobs: as processes, or as containers of Docker's.
//!
//! [`run`] serves the REST-JSON protocol of AWS Batch for the operations that submitting and watching container jobs
//! needs. [`Options::executor`] says what a job is. As a container it has its image, the job's command, user, limits and
//! variables, and this machine's network, so that it reaches the local cloud. As a process group: the image of its definition is looked up in [`Options::images`], the entry point
//! found there and the job's command are the argument vector, the exit code decides the outcome. Every change of a
//! job's status is announced as the `Batch Job State Change` event that `EventBridge` would carry, and its output goes
//! to `CloudWatch` Logs when [`Options::aws_endpoint`] names a local cloud.
//!
//! What is not run yet (array and multi-node jobs, dependencies, retries, timeouts, EKS and ECS task properties) is
//! refused with a `ClientException` that says so. A process has no container around it: `user`, `privileged`,
//! `ulimits`, `linuxParameters` and the memory requirement are described but have no effect. A container that is
//! `privileged` or has devices is not run: its job FAILS and says why.

mod arn;
mod authorization;
mod compute;
mod container;
mod definition;
mod docker;
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
mod post;
mod process;
mod refusal;
mod request;
pub mod resources;
mod server;
mod service;
mod state;
mod submission;
mod substitution;

pub use docker::remove_containers;
pub use error::Error;
pub use job_id::{JobId, JobIdError, JobPart};
pub use options::{Executor, Image, LocalConfig, LocalConfigError, Options};
pub use server::run;
