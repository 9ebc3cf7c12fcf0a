//! What the whole-system tests and the demo share: the built binaries, a local cloud, and the services around it.

pub mod batch_stub;
pub mod binaries;
pub mod checkers;
pub mod cloud;
pub mod containers;
pub mod deliveries;
pub mod fake_aws;
pub mod feed_service;
pub mod jobs;
pub mod lambda;
pub mod pipelines;
