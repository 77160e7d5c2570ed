//! Which pages may use the cookie and open sockets.
//!
//! A cookie speaks only for the relay's own pages: a page of another origin gets nothing by it, even when the
//! browser sends it along (to a browser, another port of the same host is the same site). A bearer token may
//! come from anywhere; having it is the proof.

use axum::http::{HeaderMap, HeaderValue, header};
use url::{Host, Url};

use crate::App;

/// The `Origin` of a request, if it says one. `null` and what cannot be read count as foreign.
fn origin(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.get(header::ORIGIN)
}

/// Whether the request's page is the relay's own, or it comes from no page at all.
pub(crate) fn is_own(app: &App, headers: &HeaderMap) -> bool {
    match origin(headers) {
        Some(origin) => origin
            .to_str()
            .is_ok_and(|origin| is_own_origin(&app.public_url, headers, origin)),
        // Browsers leave `Origin` out of same-origin and cross-site GETs alike, and say which it was here.
        None => headers
            .get("sec-fetch-site")
            .is_none_or(|site| matches!(site.as_bytes(), b"same-origin" | b"none")),
    }
}

/// Whether a socket may be opened from this page: an own one, an extension (the ticket says who it is), or no
/// page at all.
pub(crate) fn may_open_socket(app: &App, headers: &HeaderMap) -> bool {
    let Some(origin) = origin(headers) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else { return false };
    origin.starts_with("chrome-extension://") || is_own_origin(&app.public_url, headers, origin)
}

fn is_own_origin(public_url: &Url, headers: &HeaderMap, origin: &str) -> bool {
    if origin == public_url.origin().ascii_serialization() {
        return true;
    }
    // On this computer the relay has several names. Others could be made to point here (DNS rebinding), so
    // only those that cannot are taken from `Host`.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = host
        .and_then(|host| Url::parse(&format!("http://{host}")).ok())
        .filter(is_loopback);
    own.is_some_and(|own| own.origin().ascii_serialization() == origin)
}

/// Whether this address leads to the computer itself.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(public: &str, host: &'static str, origin: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        is_own_origin(&Url::parse(public).unwrap(), &headers, origin)
    }

    #[test]
    fn own_origins_are_the_public_one_and_the_computers_own_names() {
        assert!(own(
            "https://tabs.example/",
            "tabs.example",
            "https://tabs.example"
        ));
        assert!(own(
            "http://127.0.0.1:8320",
            "localhost:8320",
            "http://localhost:8320"
        ));
        assert!(own("http://127.0.0.1:8320", "[::1]:8320", "http://[::1]:8320"));
        assert!(!own(
            "http://127.0.0.1:8320",
            "127.0.0.1:8320",
            "http://127.0.0.1:9000"
        ));
        assert!(!own(
            "http://127.0.0.1:8320",
            "evil.example:8320",
            "http://evil.example:8320"
        ));
        assert!(!own(
            "https://tabs.example/",
            "tabs.example",
            "http://tabs.example"
        ));
        assert!(!own("https://tabs.example/", "tabs.example", "null"));
    }
}
