//! Where a request comes from. A line of the input is the peer, one is a trusted network, the others are headers; any
//! may be nonsense. Who is no trusted proxy is taken at his own address, whatever he says, and nobody passes for
//! an address that only an untrusted one told of.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use relay::{Address, Network};

use crate::text::text;

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let mut lines = text.lines();
    let peer = lines.next().and_then(|line| line.parse::<IpAddr>().ok());
    let peer = peer.unwrap_or(IpAddr::from([127, 0, 0, 1]));
    let mut trusted = Vec::new();
    let mut headers = HeaderMap::new();
    for line in lines {
        if let Some((name, value)) = line.split_once(": ") {
            let name = name.parse::<HeaderName>();
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
                // More of them than a map holds do not reach us.
                let _ = headers.try_append(name, value);
            }
        } else if let Ok(network) = line.parse::<Network>() {
            assert_eq!(network.to_string().parse(), Ok(network));
            trusted.push(network);
        }
    }
    let from = Address::of_request(peer.to_canonical(), &headers, &trusted);
    assert_eq!(Address::of(from.ip()), from, "an address is an address");
    if !trusted.iter().any(|network| network.holds(peer)) {
        assert_eq!(from, Address::of(peer));
    }
    assert_eq!(
        Address::of_request(peer.to_canonical(), &headers, &[]),
        Address::of(peer)
    );
}
