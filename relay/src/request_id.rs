//! The name of an HTTP request in the log and in its answer: what the header of the same name says, if that is short
//! and plain, else a new one.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::clock::Random;

/// The header, of requests and answers.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of the longest that is taken from outside.
const LONGEST: usize = 64;

/// A request's name.
#[derive(Debug)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// The one that a client or a proxy gave, or a new one.
    pub(crate) fn of_request(headers: &HeaderMap, random: &Random) -> Self {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
        match given.filter(|given| is_plain(given)) {
            Some(given) => Self(given.to_owned()),
            None => Self(format!("{:032x}", random.id_bits())),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// For the answer.
    pub(crate) fn into_header(self) -> Option<HeaderValue> {
        HeaderValue::try_from(self.0).ok()
    }
}

fn is_plain(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_short_and_plain_is_taken_from_outside() {
        let named = |given: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(given).unwrap());
            RequestId::of_request(&headers, &Random::default()).0
        };
        for good in ["7", "8f14e45f-ceea-4e7a_9.b", &"x".repeat(64)] {
            assert_eq!(named(good.as_bytes()), good);
        }
        let long = "x".repeat(65);
        for bad in [
            b"".as_slice(),
            b"two words",
            b"\"",
            b"\xff",
            b"a\tb",
            long.as_bytes(),
        ] {
            let made = named(bad);
            assert!(made.len() == 32 && is_plain(&made), "{made}");
        }
        assert_ne!(named(b""), named(b""));
    }
}
