//! Which requests go through a proxy.

use std::net::IpAddr;
use std::sync::Arc;

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::fault::Fault;

/// The proxies that the environment names; mostly none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies(Option<Arc<Matcher>>);

impl Proxies {
    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<Fault>> {
        let either = |upper: &'static str, lower: &'static str| {
            get(upper).map(|value| (upper, value)).or_else(|| get(lower).map(|value| (lower, value)))
        };
        let no = either("NO_PROXY", "no_proxy").map_or_else(String::new, |(_, value)| value);
        // The matcher takes the star for names alone, and it means everything.
        if no.split(',').any(|host| host.trim() == "*") {
            return Ok(Self::default());
        }
        let (https, http) = (either("HTTPS_PROXY", "https_proxy"), either("HTTP_PROXY", "http_proxy"));
        // Where both have a proxy of their own, the one for all is never asked.
        let all = either("ALL_PROXY", "all_proxy").filter(|_| https.is_none() || http.is_none());
        let named = [https, http, all];
        let faults: Vec<Fault> = named.iter().flatten().filter_map(|(name, value)| fault(name, value)).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        if named.iter().all(Option::is_none) {
            return Ok(Self::default());
        }
        let [https, http, all] = named.map(|named| named.map_or_else(String::new, |(_, value)| value));
        Ok(Self(Some(Arc::new(Matcher::builder().https(https).http(http).all(all).no(no).build()))))
    }

    /// The proxy for a request to `to`, if it goes through one.
    pub(crate) fn of(&self, to: &Uri) -> Option<Intercept> {
        self.0.as_ref().filter(|_| !to.host().is_some_and(is_of_this_machine))?.intercept(to)
    }
}

/// Whether it is one of the addresses by which AWS gives a container or an instance its credentials: they lie within the
/// machine, where no proxy reaches them, and what they answer is for nobody else.
fn is_of_this_machine(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_unicast_link_local() || address.segments()[..2] == [0xfd00, 0xec2],
        Err(_) => false,
    }
}

/// The SDK's own client goes past a proxy whose address it cannot read, without a word; where a proxy is set, the way
/// past it is mostly closed, and the reason would be hard to find.
fn fault(variable: &'static str, address: &str) -> Option<Fault> {
    let known = Matcher::builder().all(address).build().intercept(&Uri::from_static("https://aws.example"));
    let usable = known.is_some_and(|proxy| {
        let authority = proxy.uri().authority();
        // What is left of a password that holds this very character would be taken for the host.
        let whole = authority.is_some_and(|authority| !authority.as_str().contains('@'));
        whole && matches!(proxy.uri().scheme_str(), Some("http" | "https"))
    });
    let message = "is no address of a proxy: write http://HOST:PORT, with USER:PASSWORD@ before the host where it wants one \
                   (an @ of the password is %40)";
    (!usable).then(|| Fault { variable, message: message.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::Proxies;
    use http::Uri;

    fn read(variables: &[(&str, &str)]) -> Result<Proxies, Vec<crate::fault::Fault>> {
        Proxies::read(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_variables_say_which_way_a_request_goes_in_either_case() {
        const HTTPS: &str = "https://batch.eu-west-1.amazonaws.com";
        const HTTP: &str = "http://batch.internal:8080";
        for (variables, to, wanted) in [
            (&[][..], HTTPS, None),
            (&[("HTTPS_PROXY", "http://a:1")], HTTPS, Some("http://a:1/")),
            (&[("HTTPS_PROXY", "http://a:1")], HTTP, None),
            (&[("https_proxy", "b:2")], HTTPS, Some("http://b:2/")),
            (&[("HTTPS_PROXY", "http://a:1"), ("https_proxy", "http://b:2")], HTTPS, Some("http://a:1/")),
            (&[("HTTP_PROXY", "http://a:1")], HTTPS, None),
            (&[("http_proxy", "http://a:1")], HTTP, Some("http://a:1/")),
            (&[("ALL_PROXY", "http://a:1")], HTTP, Some("http://a:1/")),
            (&[("all_proxy", "http://a:1"), ("https_proxy", "https://b:2")], HTTPS, Some("https://b:2/")),
            (&[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", "amazonaws.com")], HTTPS, None),
            (&[("HTTPS_PROXY", "http://a:1"), ("no_proxy", "localhost, .eu-west-1.amazonaws.com")], HTTPS, None),
            (&[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", "example.org")], HTTPS, Some("http://a:1/")),
            (&[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", "*")], HTTPS, None),
            (&[("HTTP_PROXY", "http://a:1"), ("NO_PROXY", "aws.example, *")], "http://10.0.0.5:4566", None),
            (&[("HTTP_PROXY", "http://a:1"), ("NO_PROXY", "10.0.0.0/8")], "http://10.0.0.5:4566", None),
            (
                &[("HTTPS_PROXY", "http://a:1"), ("HTTP_PROXY", "http://b:1"), ("ALL_PROXY", "socks5://c:1")],
                HTTP,
                Some("http://b:1/"),
            ),
            // Where the credentials of a job come from.
            (&[("ALL_PROXY", "http://a:1")], "http://169.254.170.2/v2/credentials/id", None),
            (&[("ALL_PROXY", "http://a:1")], "http://[fd00:ec2::23]/v1/credentials", None),
            (&[("ALL_PROXY", "http://a:1")], "http://169.255.170.2/", Some("http://a:1/")),
        ] {
            let proxies = read(variables).expect("they are right");
            let proxy = proxies.of(&Uri::from_static(to)).map(|proxy| proxy.uri().to_string());
            assert_eq!(proxy.as_deref(), wanted, "{variables:?} {to}");
        }
    }

    #[test]
    fn an_address_that_cannot_be_followed_is_a_fault_and_is_not_printed() {
        for address in ["::::", "socks5://user:hunter2@a:1", "ftp://a:1", "/a", "http://user:hunter2@hunter2@a:1"] {
            let faults = read(&[("HTTPS_PROXY", address), ("http_proxy", address)]).expect_err(address);
            let names: Vec<&str> = faults.iter().map(|fault| fault.variable).collect();
            assert_eq!(names, ["HTTPS_PROXY", "http_proxy"], "{address}");
            assert!(!format!("{faults:?}").contains("hunter2"));
        }
    }
}
