//! The root certificates: who is trusted to say which server is which.

use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_native_certs::{CertificateResult, load_certs_from_paths};

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
    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<Fault>> {
        if let Some(path) = get("AWS_CA_BUNDLE") {
            return Self::of_bundle(Path::new(&path))
                .map_err(|message| vec![Fault { variable: "AWS_CA_BUNDLE", message: format!("{path} {message}") }]);
        }
        match (get("SSL_CERT_FILE"), get("SSL_CERT_DIR")) {
            (None, None) => Ok(Self::default()),
            (file, folders) => Self::of_system(file.as_deref(), folders.as_deref()),
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

    /// A system's bundle may hold certificates so old that nobody can use them, which is no fault; one of which none can be
    /// used is. Folders stand in a list, as those of `PATH` do.
    fn of_system(file: Option<&str>, folders: Option<&str>) -> Result<Self, Vec<Fault>> {
        let mut store = RootCertStore::empty();
        let mut faults = Vec::new();
        let mut add = |variable, name: &str, found: CertificateResult| {
            let (usable, _) = store.add_parsable_certificates(found.certs);
            if usable == 0 {
                let why = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
                let message = format!("{name} holds no certificate in PEM that can be used{why}");
                faults.push(Fault { variable, message });
            }
        };
        if let Some(file) = file {
            add("SSL_CERT_FILE", file, load_certs_from_paths(Some(Path::new(file)), None));
        }
        if let Some(folders) = folders {
            let mut all = CertificateResult::default();
            for folder in std::env::split_paths(folders).filter(|folder| !folder.as_os_str().is_empty()) {
                let found = load_certs_from_paths(None, Some(&folder));
                all.certs.extend(found.certs);
                all.errors.extend(found.errors);
            }
            add("SSL_CERT_DIR", folders, all);
        }
        if faults.is_empty() { Ok(Self(Arc::new(store))) } else { Err(faults) }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
            let faults = Roots::read(|asked| (asked == name).then(|| "/nowhere".to_owned())).expect_err(name);
            assert_eq!(faults.iter().map(|fault| fault.variable).collect::<Vec<_>>(), [name], "{faults:?}");
        }
    }

    #[test]
    fn the_file_and_the_folders_are_looked_at_each_by_itself() {
        let folder = tempfile::tempdir().expect("there is room");
        let (good, empty) = (folder.path().join("good"), folder.path().join("empty"));
        std::fs::create_dir_all(&good).expect("there is room");
        std::fs::create_dir_all(&empty).expect("there is room");
        let made = rcgen::generate_simple_self_signed(["aws.example".to_owned()]).expect("it can be made");
        let file = good.join("root.pem");
        std::fs::write(&file, made.cert.pem()).expect("there is room");
        let read = |file: &Path, folders: String| {
            Roots::read(|asked| match asked {
                "SSL_CERT_FILE" => Some(file.to_string_lossy().into_owned()),
                "SSL_CERT_DIR" => Some(folders.clone()),
                _ => None,
            })
        };
        let variables = |faults: Vec<super::Fault>| faults.iter().map(|fault| fault.variable).collect::<Vec<_>>();
        let (good, empty) = (good.to_string_lossy(), empty.to_string_lossy());
        for folders in [good.to_string(), format!("{empty}:{good}"), format!("{good}::/nowhere")] {
            assert!(read(&file, folders.clone()).is_ok(), "{folders}");
        }
        let nowhere = Path::new("/nowhere");
        assert_eq!(read(nowhere, good.to_string()).map_err(variables).err(), Some(vec!["SSL_CERT_FILE"]));
        assert_eq!(read(&file, empty.to_string()).map_err(variables).err(), Some(vec!["SSL_CERT_DIR"]));
        let both = read(nowhere, format!("{empty}:/nowhere")).map_err(variables).err();
        assert_eq!(both, Some(vec!["SSL_CERT_FILE", "SSL_CERT_DIR"]));
    }
}
