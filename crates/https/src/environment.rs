//! What the environment says about certificates and proxies.

use crate::fault::Faults;
use crate::proxies::Proxies;
use crate::roots::Roots;

/// Whom to trust, and which way to go.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub(crate) roots: Roots,
    pub(crate) proxies: Proxies,
}

impl Environment {
    /// Reads `AWS_CA_BUNDLE`, or else `SSL_CERT_FILE` and `SSL_CERT_DIR`; and `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY`, or else the same in lower case. An empty variable is none. All faults are reported together.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Faults> {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        match (Roots::read(get), Proxies::read(get)) {
            (Ok(roots), Ok(proxies)) => Ok(Self { roots, proxies }),
            (roots, proxies) => Err(Faults([roots.err(), proxies.err()].into_iter().flatten().flatten().collect())),
        }
    }
}
