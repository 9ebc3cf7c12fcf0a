//! The SDK's port for HTTP clients.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::ErrorKind;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http::header::PROXY_AUTHORIZATION;
use http::uri::Scheme;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;

use crate::connect::{Connect, tls};
use crate::environment::Environment;
use crate::proxies::Proxies;

/// The times of a connector: to make a connection, and until an answer begins.
type Times = (Option<Duration>, Option<Duration>);

/// Hands out a connector for each pair of times that services ask for; TLS is set up once for all of them.
pub(crate) struct Client {
    tls: Arc<ClientConfig>,
    proxies: Proxies,
    idle: Duration,
    made: Mutex<Vec<(Times, SharedHttpConnector)>>,
}

impl Client {
    pub(crate) fn new(environment: &Environment, idle: Duration) -> Self {
        Self { tls: tls(&environment.roots), proxies: environment.proxies.clone(), idle, made: Mutex::default() }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        let times = (settings.connect_timeout(), settings.read_timeout());
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = made.iter().find(|(known, _)| *known == times) {
            return connector.clone();
        }
        let connect = Connect::new(self.tls.clone(), self.proxies.clone(), times.0);
        let client = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.idle)
            .build(connect);
        let connector = Connector { client, proxies: self.proxies.clone(), answer_within: times.1 };
        let connector = SharedHttpConnector::new(connector);
        made.push((times, connector.clone()));
        connector
    }
}

struct Connector {
    client: legacy::Client<Connect, SdkBody>,
    proxies: Proxies,
    answer_within: Option<Duration>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        // A tunnel has been paid for when it was made; a proxy that is asked for the request itself wants the password
        // with each.
        if request.uri().scheme() == Some(&Scheme::HTTP)
            && let Some(password) = self.proxies.of(request.uri()).as_ref().and_then(|proxy| proxy.basic_auth())
        {
            request.headers_mut().entry(PROXY_AUTHORIZATION).or_insert_with(|| password.clone());
        }
        let connection = capture_connection(&mut request);
        if let Some(asked) = request.extensions().get::<CaptureSmithyConnection>() {
            asked.set_connection_retriever(move || metadata(&connection));
        }
        let answer = self.client.request(request);
        let answer_within = self.answer_within;
        HttpConnectorFuture::new(async move {
            let answer = match answer_within {
                None => answer.await,
                Some(time) => tokio::time::timeout(time, answer)
                    .await
                    .map_err(|_| ConnectorError::timeout(format!("no answer began within {time:?}").into()))?,
            };
            let answer = answer.map_err(fault)?.map(SdkBody::from_body_1_x);
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// By which the SDK drops the connection of an answer that makes it try again, so that it tries over another one.
fn metadata(connection: &CaptureConnection) -> Option<ConnectionMetadata> {
    let proxied = connection.connection_metadata().as_ref()?.is_proxied();
    let connection = connection.clone();
    let drop = move || {
        if let Some(connected) = connection.connection_metadata().as_ref() {
            connected.poison();
        }
    };
    Some(ConnectionMetadata::builder().proxied(proxied).poison_fn(drop).build())
}

/// Sorts what went wrong as the SDK's own client does, since it tries again by kind.
fn fault(error: legacy::Error) -> ConnectorError {
    let causes = || std::iter::successors(Some(&error as &(dyn std::error::Error + 'static)), |error| error.source());
    let io = || causes().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    let http = causes().find_map(|cause| cause.downcast_ref::<hyper::Error>());
    if io().is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut)
        || http.is_some_and(hyper::Error::is_timeout)
    {
        ConnectorError::timeout(error.into())
    } else if http.is_some_and(hyper::Error::is_user) {
        ConnectorError::user(error.into())
    } else if error.is_connect() || io().is_some() || http.is_some_and(|http| http.is_closed() || http.is_canceled()) {
        ConnectorError::io(error.into())
    } else {
        let cut_off = http.is_some_and(hyper::Error::is_incomplete_message);
        ConnectorError::other(error.into(), cut_off.then_some(ErrorKind::TransientError))
    }
}
