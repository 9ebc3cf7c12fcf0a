//! The root certificates: who is trusted to say which server is which.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::fault::Fault;

/// The trusted roots.
#[derive(Clone, Debug)]
pub(crate) struct Roots(Arc<RootCertStore>);

impl Default for Roots {
    /// Mozilla's, which are data of the program and need no reading.
    fn default() -> Self {
        Self(Arc::new(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }))
    }
}

impl Roots {
    /// What the environment names takes the place of the roots that are compiled in, and is not added to them: who names
    /// a bundle of his own may want to trust nobody else.
    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        if let Some(path) = get("AWS_CA_BUNDLE") {
            return Self::of_bundle(Path::new(&path))
                .map_err(|message| Fault { variable: "AWS_CA_BUNDLE", message: format!("{path} {message}") });
        }
        match (get("SSL_CERT_FILE"), get("SSL_CERT_DIR")) {
            (None, None) => Ok(Self::default()),
            (file, folder) => Self::of_system(file.as_deref(), folder.as_deref()),
        }
    }

    pub(crate) fn store(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.0)
    }

    /// A bundle was made for this purpose, so each of its certificates must be good.
    fn of_bundle(path: &Path) -> Result<Self, String> {
        let pem = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
        Self::of_pem(&pem)
    }

    fn of_pem(pem: &[u8]) -> Result<Self, String> {
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| format!("is no PEM: {error}"))?;
            store.add(certificate).map_err(|error| format!("holds a certificate that cannot be used: {error}"))?;
        }
        if store.is_empty() { Err("holds no certificate in PEM".to_owned()) } else { Ok(Self(Arc::new(store))) }
    }

    /// A system's bundle may hold certificates so old that nobody can use them, which is no fault.
    fn of_system(file: Option<&str>, folder: Option<&str>) -> Result<Self, Fault> {
        let variable = if file.is_some() { "SSL_CERT_FILE" } else { "SSL_CERT_DIR" };
        let found = rustls_native_certs::load_certs_from_paths(file.map(Path::new), folder.map(Path::new));
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            let why = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
            let path = file.or(folder).unwrap_or_default();
            return Err(Fault {
                variable,
                message: format!("{path} holds no certificate in PEM that can be used{why}"),
            });
        }
        Ok(Self(Arc::new(store)))
    }
}

#[cfg(test)]
mod tests {
    use super::Roots;

    #[test]
    fn the_roots_that_are_compiled_in_hold_those_that_aws_signs_by() {
        let store = Roots::default().store();
        for name in
            ["Amazon Root CA 1", "Amazon Root CA 2", "Amazon Root CA 3", "Amazon Root CA 4", "Starfield Services Root"]
        {
            let known =
                store.roots.iter().any(|root| root.subject.windows(name.len()).any(|part| part == name.as_bytes()));
            assert!(known, "{name}");
        }
    }

    #[test]
    fn a_bundle_without_a_usable_certificate_is_a_fault_and_no_panic() {
        let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (text, wanted) in [
            ("garbage", "holds no certificate"),
            (bad, "cannot be used"),
            ("-----BEGIN CERTIFICATE-----\n", "is no PEM"),
        ] {
            let message = Roots::of_pem(text.as_bytes()).expect_err(text);
            assert!(message.contains(wanted), "{message}");
        }
    }

    #[test]
    fn what_the_environment_names_and_does_not_have_is_a_fault_of_its_variable() {
        for name in ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
            let fault = Roots::read(|asked| (asked == name).then(|| "/nowhere".to_owned())).expect_err(name);
            assert_eq!(fault.variable, name, "{fault}");
        }
    }
}
