//! Where a request comes from: the peer's address, or what a trusted proxy says of it.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::App;

/// An address as the rates see it: of IPv6 the network of 64 bits, because whoever has one has it whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address(IpAddr);

impl Address {
    /// The address, or its network.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        })
    }

    /// Where a request comes from. Of those that handed it on, the last that is no trusted proxy.
    pub fn of_request(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.holds(*address));
        let mut from = peer;
        let mut hops = hops(headers).into_iter().rev();
        while is_trusted(&from)
            && let Some(Some(before)) = hops.next()
        {
            from = before;
        }
        Self::of(from)
    }

    /// The address; of IPv6 the first of its network.
    pub const fn ip(self) -> IpAddr {
        self.0
    }
}

impl FromRequestParts<Arc<App>> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        let trusted = &app.limiter.rates().trusted_proxies;
        Ok(Self::of_request(peer.to_canonical(), &parts.headers, trusted))
    }
}

/// Who handed the request on, in order; `None` for one that does not tell an address. Where both headers are
/// there, `X-Forwarded-For` is meant: it is the one that common proxies write.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let values = |name: &str| -> Vec<String> {
        let texts = headers.get_all(name).iter();
        let texts = texts.filter_map(|value| value.to_str().ok());
        texts
            .flat_map(|text| text.split(','))
            .map(|hop| hop.trim().to_owned())
            .collect()
    };
    let forwarded_for = values("x-forwarded-for");
    if !forwarded_for.is_empty() {
        return forwarded_for.iter().map(|hop| node(hop)).collect();
    }
    let of_hop = |hop: &String| {
        hop.split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))
            .and_then(|(_, value)| node(value.trim().trim_matches('"')))
    };
    values(header::FORWARDED.as_str()).iter().map(of_hop).collect()
}

/// An address, perhaps with a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80` (RFC 7239).
fn node(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare
        .parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// An address or a network of them: `192.0.2.1`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// Bits that are the same in all of its addresses.
    bits: u8,
}

impl Network {
    /// This computer.
    pub const LOOPBACK: [Self; 2] = [
        Self {
            address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)),
            bits: 8,
        },
        Self {
            address: IpAddr::V6(Ipv6Addr::LOCALHOST),
            bits: 128,
        },
    ];

    /// Whether this address is in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        // Two addresses are in one network when they differ only behind its bits.
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
        }
    }
}

/// What is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no address and no network such as 10.0.0.0/8")]
pub struct BadNetwork;

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| BadNetwork)?)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| BadNetwork)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(BadNetwork);
        }
        Ok(Self { address, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, headers: &[(&'static str, &'static str)], trusted: &[&str]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        Address::of_request(peer.parse().unwrap(), &map, &trusted)
            .0
            .to_string()
    }

    const PROXY: &[&str] = &["127.0.0.0/8", "::1", "10.0.0.0/8"];

    #[test]
    fn a_peer_that_is_no_proxy_is_taken_at_its_own_address() {
        let claims = [
            ("x-forwarded-for", "198.51.100.7"),
            ("forwarded", "for=198.51.100.8"),
        ];
        assert_eq!(from("192.0.2.1", &claims, PROXY), "192.0.2.1");
        assert_eq!(from("127.0.0.1", &claims, &[]), "127.0.0.1");
    }

    #[test]
    fn a_proxy_is_believed_only_what_it_wrote_itself() {
        // The client wrote the first, the proxy the last.
        let header = [("x-forwarded-for", "203.0.113.66, 198.51.100.7")];
        assert_eq!(from("127.0.0.1", &header, PROXY), "198.51.100.7");
        let two = [
            ("x-forwarded-for", "203.0.113.66"),
            ("x-forwarded-for", "198.51.100.7"),
        ];
        assert_eq!(from("::1", &two, PROXY), "198.51.100.7");
        let chain = [("x-forwarded-for", "203.0.113.66, 198.51.100.7, 10.1.2.3")];
        assert_eq!(from("127.0.0.1", &chain, PROXY), "198.51.100.7");
    }

    #[test]
    fn the_standard_header_is_read_too() {
        for (value, address) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("for=evil, For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::"),
            ("for=192.0.2.43:81", "192.0.2.43"),
            ("for=unknown", "127.0.0.1"),
            ("proto=https", "127.0.0.1"),
        ] {
            assert_eq!(
                from("127.0.0.1", &[("forwarded", value)], PROXY),
                address,
                "{value}"
            );
        }
    }

    #[test]
    fn of_ipv6_the_network_counts_and_mapped_addresses_are_ipv4() {
        assert_eq!(from("2001:db8::1:2:3:4", &[], PROXY), "2001:db8::");
        assert_eq!(from("::ffff:192.0.2.1", &[], PROXY), "192.0.2.1");
        let header = [("x-forwarded-for", "2001:db8:1:2:3:4:5:6")];
        assert_eq!(from("::ffff:127.0.0.1", &header, PROXY), "2001:db8:1:2::");
    }

    #[test]
    fn networks_are_read_and_hold_their_own() {
        let network: Network = "10.0.0.0/8".parse().unwrap();
        assert!(network.holds("10.255.0.1".parse().unwrap()));
        assert!(!network.holds("11.0.0.1".parse().unwrap()));
        assert!(!network.holds("::1".parse().unwrap()));
        let all: Network = "::/0".parse().unwrap();
        assert!(all.holds("2001:db8::1".parse().unwrap()));
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "host", "::1/129", "10.0.0.0/x"] {
            assert_eq!(bad.parse::<Network>(), Err(BadNetwork), "{bad}");
        }
        for network in Network::LOOPBACK {
            assert_eq!(network.to_string().parse(), Ok(network));
        }
    }
}
