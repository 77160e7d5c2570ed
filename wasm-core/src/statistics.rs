//! What the browser counted of a stream's media, and what that says: size, rate, losses, path.
//!
//! A [`Reading`] holds counters as `RTCPeerConnection.getStats` gives them (W3C, "Identifiers for WebRTC's
//! Statistics API"); two readings, one after the other, make [`Numbers`].

use serde::{Deserialize, Serialize};

/// What was counted on one peer connection until now. Counters begin with the connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Which connection: the same in every reading of it.
    pub peer: String,
    /// When, in milliseconds since some moment.
    pub at_ms: f64,
    /// Bytes of picture and sound.
    pub bytes: f64,
    /// Pictures that were encoded (at the host) or decoded (at a viewer).
    pub frames: f64,
    /// Packets of the picture that arrived; 0 where nobody knows.
    pub packets: f64,
    /// Packets of the picture that did not.
    pub lost: f64,
    /// The picture's size in pixels.
    pub size: Option<(u32, u32)>,
    /// The picture's codec, as its media type names it (`VP8`).
    pub codec: Option<String>,
    /// To the other end and back, in milliseconds.
    pub round_trip_ms: Option<f64>,
    /// How the two reach each other.
    pub route: Option<Route>,
}

/// How two peers reach each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Directly.
    Direct,
    /// Through a TURN server (RFC 8656).
    Relayed,
}

/// What readings say of a stream. At the host of several viewers it is the worst of them, but for the rate,
/// which is what all take together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Numbers {
    /// The picture's size in pixels.
    pub size: Option<(u32, u32)>,
    /// Pictures a second.
    pub frames_per_second: Option<f64>,
    /// Bits a second.
    pub bits_per_second: Option<f64>,
    /// The share of packets that were lost, 0 to 1.
    pub lost: Option<f64>,
    /// To the other end and back, in milliseconds.
    pub round_trip_ms: Option<f64>,
    /// The picture's codec.
    pub codec: Option<String>,
    /// How the peers reach each other.
    pub route: Option<Route>,
}

impl Numbers {
    /// What happened between two readings of the same connections. Of a connection that is in one of them only, the
    /// rates are not known.
    pub fn between(earlier: &[Reading], later: &[Reading]) -> Self {
        let mut numbers = Self::default();
        for now in later {
            numbers.size = numbers.size.max(now.size);
            numbers.round_trip_ms = largest(numbers.round_trip_ms, now.round_trip_ms);
            numbers.codec = numbers.codec.or_else(|| now.codec.clone());
            if numbers.route != Some(Route::Relayed) {
                numbers.route = now.route.or(numbers.route);
            }
            let before = earlier.iter().find(|before| before.peer == now.peer);
            let Some(before) = before.filter(|before| now.at_ms > before.at_ms) else {
                continue;
            };
            let seconds = (now.at_ms - before.at_ms) / 1000.0;
            let rate = |before: f64, now: f64| ((now - before) / seconds).max(0.0);
            let bits = 8.0 * rate(before.bytes, now.bytes);
            numbers.bits_per_second = Some(numbers.bits_per_second.unwrap_or(0.0) + bits);
            let frames = rate(before.frames, now.frames);
            numbers.frames_per_second = Some(
                numbers
                    .frames_per_second
                    .map_or(frames, |least| least.min(frames)),
            );
            let lost = (now.lost - before.lost).max(0.0);
            let sent = lost + (now.packets - before.packets).max(0.0);
            if sent > 0.0 {
                numbers.lost = largest(numbers.lost, Some(lost / sent));
            }
        }
        numbers
    }
}

fn largest(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(peer: &str, at_ms: f64) -> Reading {
        Reading {
            peer: peer.to_owned(),
            at_ms,
            ..Reading::default()
        }
    }

    #[test]
    fn rates_are_what_came_in_the_time_between() {
        let before = Reading {
            bytes: 1_000.0,
            frames: 10.0,
            packets: 100.0,
            lost: 1.0,
            ..reading("bob", 1_000.0)
        };
        let now = Reading {
            bytes: 126_000.0,
            frames: 40.0,
            packets: 190.0,
            lost: 11.0,
            size: Some((1280, 800)),
            ..reading("bob", 2_000.0)
        };
        let numbers = Numbers::between(&[before], &[now]);
        assert_eq!(numbers.bits_per_second, Some(1_000_000.0));
        assert_eq!(numbers.frames_per_second, Some(30.0));
        assert_eq!(numbers.lost, Some(0.1));
        assert_eq!(numbers.size, Some((1280, 800)));
    }

    #[test]
    fn several_viewers_take_together_and_the_worst_counts() {
        let at =
            |peer: &str, at_ms: f64, bytes: f64, frames: f64, round_trip_ms: f64, route: Route| Reading {
                bytes,
                frames,
                round_trip_ms: Some(round_trip_ms),
                route: Some(route),
                ..reading(peer, at_ms)
            };
        let numbers = Numbers::between(
            &[
                at("bob", 0.0, 0.0, 0.0, 5.0, Route::Relayed),
                at("clara", 0.0, 0.0, 0.0, 5.0, Route::Direct),
            ],
            &[
                at("bob", 1_000.0, 1_000.0, 12.0, 80.0, Route::Relayed),
                at("clara", 1_000.0, 3_000.0, 30.0, 6.0, Route::Direct),
            ],
        );
        assert_eq!(numbers.bits_per_second, Some(32_000.0));
        assert_eq!(numbers.frames_per_second, Some(12.0));
        assert_eq!(numbers.round_trip_ms, Some(80.0));
        assert_eq!(numbers.route, Some(Route::Relayed));
    }

    #[test]
    fn what_is_not_known_is_not_made_up() {
        let now = reading("bob", 1_000.0);
        assert_eq!(Numbers::between(&[], &[]), Numbers::default());
        // New, and the same reading again.
        assert_eq!(
            Numbers::between(&[], std::slice::from_ref(&now)).bits_per_second,
            None
        );
        let again = std::slice::from_ref(&now);
        assert_eq!(Numbers::between(again, again).bits_per_second, None);
        // A counter that runs backwards is a new connection under an old name.
        let before = Reading {
            bytes: 5_000.0,
            frames: 7.0,
            ..reading("bob", 0.0)
        };
        let numbers = Numbers::between(&[before], again);
        assert_eq!((numbers.bits_per_second, numbers.lost), (Some(0.0), None));
    }
}
