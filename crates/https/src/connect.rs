//! How a connection is made.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use http::Uri;
use http::uri::Scheme;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use rustls::ClientConfig;
use tower_service::Service;

use crate::proxies::Proxies;
use crate::roots::Roots;
use crate::stream::Stream;

/// Makes connections, each within the same time.
#[derive(Clone)]
pub(crate) struct Connect {
    https: HttpsConnector<HttpConnector>,
    tls: Arc<ClientConfig>,
    proxies: Proxies,
    within: Option<Duration>,
}

impl Connect {
    pub(crate) fn new(tls: Arc<ClientConfig>, proxies: Proxies, within: Option<Duration>) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        // Head and body are written apart, and must not wait for each other's acknowledgement.
        tcp.set_nodelay(true);
        Self { https: HttpsConnector::from((tcp, tls.clone())), tls, proxies, within }
    }

    async fn connect(mut self, to: Uri) -> Result<Stream, BoxError> {
        let Some(proxy) = self.proxies.of(&to) else { return Ok(Stream::new(self.https.call(to).await?)) };
        if to.scheme() != Some(&Scheme::HTTPS) {
            return Ok(Stream::to_proxy(self.https.call(proxy.uri().clone()).await?));
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.https);
        if let Some(password) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(password.clone());
        }
        // The proxy sees a name and bytes: it is the server at the tunnel's end whose certificate is looked at.
        Ok(Stream::new(HttpsConnector::from((tunnel, self.tls)).call(to).await?))
    }
}

impl Service<Uri> for Connect {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let (within, connection) = (self.within, self.clone().connect(to));
        Box::pin(async move {
            let Some(within) = within else { return connection.await };
            let Ok(connection) = tokio::time::timeout(within, connection).await else {
                let message = format!("no connection was made within {within:?}");
                return Err(io::Error::new(io::ErrorKind::TimedOut, message).into());
            };
            connection
        })
    }
}

/// TLS 1.2 and 1.3 with ring; each server's certificate, its name and its dates are looked at.
pub(crate) fn tls(roots: &Roots) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap_or_else(|_| unreachable!("ring has suites for both versions of TLS"))
        .with_root_certificates(roots.store())
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}
