//! The HTTPS client of everything that calls AWS from inside AWS: the functions, and the jobs' programs.
//!
//! The SDK's own client reads some hundred and fifty root certificates of the system at its start, which takes longer
//! than everything else in a function's cold start, and needs a base image that has them. Here Mozilla's roots are
//! compiled in, ready to use. What the environment says about certificates and proxies goes before.

mod client;
mod connect;
mod environment;
mod fault;
mod proxies;
mod roots;
mod stream;

use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub use environment::Environment;
pub use fault::Fault;

/// One client for all services: they share its TLS configuration, and its connections where they share a host and
/// its times.
///
/// Connections that lie idle longer than `idle` are not used again.
#[must_use]
pub fn client(environment: &Environment, idle: Duration) -> SharedHttpClient {
    SharedHttpClient::new(client::Client::new(environment, idle))
}
