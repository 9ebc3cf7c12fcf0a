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
pub use fault::{Fault, Faults};

/// A connection that lay idle longer may have been closed by the other side without a word.
const IDLE: Duration = Duration::from_secs(20);

/// One client for all services: they share its TLS configuration, and its connections where they share a host and
/// its times. A connection that has lain idle for 20 seconds is not used again.
#[must_use]
pub fn client(environment: &Environment) -> SharedHttpClient {
    SharedHttpClient::new(client::Client::new(environment, IDLE))
}

/// The client that the variables of this process ask for.
pub fn of_process() -> Result<SharedHttpClient, Faults> {
    Environment::read(|name| std::env::var(name).ok()).map(|environment| client(&environment))
}
