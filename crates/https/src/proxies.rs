//! Which requests go through a proxy.

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
        let named = [
            either("HTTPS_PROXY", "https_proxy"),
            either("HTTP_PROXY", "http_proxy"),
            either("ALL_PROXY", "all_proxy"),
        ];
        let faults: Vec<Fault> = named.iter().flatten().filter_map(|(name, value)| fault(name, value)).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        if named.iter().all(Option::is_none) {
            return Ok(Self::default());
        }
        let [https, http, all] = named.map(|named| named.map_or_else(String::new, |(_, value)| value));
        let no = either("NO_PROXY", "no_proxy").map_or_else(String::new, |(_, value)| value);
        Ok(Self(Some(Arc::new(Matcher::builder().https(https).http(http).all(all).no(no).build()))))
    }

    /// The proxy for a request to `to`, if it goes through one.
    pub(crate) fn of(&self, to: &Uri) -> Option<Intercept> {
        self.0.as_ref()?.intercept(to)
    }
}

/// The SDK's own client goes past a proxy whose address it cannot read, without a word; where a proxy is set, the way
/// past it is mostly closed, and the reason would be hard to find.
fn fault(variable: &'static str, address: &str) -> Option<Fault> {
    let known = Matcher::builder().all(address).build().intercept(&Uri::from_static("https://aws.example"));
    let usable = known.is_some_and(|proxy| matches!(proxy.uri().scheme_str(), Some("http" | "https")));
    let message =
        "is no address of a proxy: write http://HOST:PORT, with USER:PASSWORD@ before the host where it wants one";
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
        ] {
            let proxies = read(variables).expect("they are right");
            let proxy = proxies.of(&Uri::from_static(to)).map(|proxy| proxy.uri().to_string());
            assert_eq!(proxy.as_deref(), wanted, "{variables:?} {to}");
        }
    }

    #[test]
    fn an_address_that_cannot_be_followed_is_a_fault_and_is_not_printed() {
        for address in ["::::", "socks5://user:hunter2@a:1", "ftp://a:1", "/a"] {
            let faults = read(&[("HTTPS_PROXY", address), ("http_proxy", address)]).expect_err(address);
            let names: Vec<&str> = faults.iter().map(|fault| fault.variable).collect();
            assert_eq!(names, ["HTTPS_PROXY", "http_proxy"], "{address}");
            assert!(!format!("{faults:?}").contains("hunter2"));
        }
    }
}
