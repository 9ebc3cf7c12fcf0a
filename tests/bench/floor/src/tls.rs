//! The floor over TLS. It trusts the certificates of `AWS_CA_BUNDLE` alone, and verifies as strictly as the others.

use std::io::{Error, Result};
use std::net::TcpStream;
use std::sync::Arc;

use jobwire_bench_floor::{authority, serve, variable};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

fn main() -> Result<()> {
    serve(|endpoint| {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(variable("AWS_CA_BUNDLE")?).map_err(Error::other)? {
            roots.add(certificate.map_err(Error::other)?).map_err(Error::other)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(Error::other)?.with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(authority(endpoint))?;
        stream.set_nodelay(true)?;
        let host = authority(endpoint).rsplit_once(':').map_or(authority(endpoint), |(host, _)| host);
        let name = ServerName::try_from(host.to_owned()).map_err(Error::other)?;
        let connection = ClientConnection::new(Arc::new(config), name).map_err(Error::other)?;
        Ok(StreamOwned::new(connection, stream))
    })
}
