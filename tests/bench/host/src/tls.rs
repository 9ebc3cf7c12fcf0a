//! An authority of the bench's own, and what it vouches for: the endpoint on loopback.

use std::io::{Error, Result};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};

/// The authority with both sides' configuration. It lives as long as the host, and its key is nowhere else.
pub(crate) struct Authority {
    pem: String,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl Authority {
    /// Makes it, and the endpoint's certificate.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let mut own = CertificateParams::new(Vec::new())?;
        own.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        own.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        own.distinguished_name.push(DnType::CommonName, "jobwire-bench");
        let issuer = CertifiedIssuer::self_signed(own, KeyPair::generate()?)?;

        let key = KeyPair::generate()?;
        let mut endpoint = CertificateParams::new(Vec::new())?;
        endpoint.subject_alt_names = vec![SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST))];
        endpoint.distinguished_name.push(DnType::CommonName, "endpoint");
        // OpenSSL of newer Pythons asks for it.
        endpoint.use_authority_key_identifier_extension = true;
        let endpoint = endpoint.signed_by(&key, &issuer)?;

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        let server = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(endpoint)], key)?;
        let mut roots = RootCertStore::empty();
        roots.add(issuer.der().clone())?;
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { pem: issuer.pem(), server: Arc::new(server), client: Arc::new(client) })
    }

    /// Its certificate, in PEM.
    pub(crate) fn certificate(&self) -> &str {
        &self.pem
    }

    /// What the endpoint's side of a connection is made of.
    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        self.server.clone()
    }

    /// The client's side of a connection.
    pub(crate) fn connect(&self, stream: TcpStream) -> Result<StreamOwned<ClientConnection, TcpStream>> {
        let name = IpAddr::V4(Ipv4Addr::LOCALHOST).into();
        Ok(StreamOwned::new(ClientConnection::new(self.client.clone(), name).map_err(Error::other)?, stream))
    }
}

/// The endpoint's side of a connection.
pub(crate) fn accept(
    config: &Arc<ServerConfig>,
    stream: TcpStream,
) -> Result<StreamOwned<ServerConnection, TcpStream>> {
    Ok(StreamOwned::new(ServerConnection::new(config.clone()).map_err(Error::other)?, stream))
}
