//! The connection to the relay: when to try, when to send a sign of life, when to give up on a silent one.

use protocol::Millis;
use protocol::limits;

const FIRST_PAUSE_MS: i64 = 250;
const LONGEST_PAUSE_MS: i64 = 15_000;
/// A ticket and a socket are had within this, or the try has failed.
const CONNECT_MS: i64 = 15_000;

/// How it stands with the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nobody wants a connection.
    Idle,
    /// A try is due at this time.
    Waiting(Millis),
    /// A try runs since this time; the socket may be open, but the relay has not said welcome.
    Connecting(Millis),
    /// The relay said welcome.
    Up,
}

/// The state of the connection.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) phase: Phase,
    failures: u32,
    heard: Millis,
    pinged: Millis,
    heartbeat_ms: i64,
    dead_after_ms: i64,
}

/// What time asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Connect,
    Ping,
    Dead,
}

impl Link {
    pub(crate) const fn new() -> Self {
        Self {
            phase: Phase::Idle,
            failures: 0,
            heard: Millis(0),
            pinged: Millis(0),
            heartbeat_ms: limits::HEARTBEAT_MS,
            dead_after_ms: limits::DEAD_AFTER_MS,
        }
    }

    /// A connection is wanted; the first try is due at once.
    pub(crate) fn want(&mut self, now: Millis) {
        if self.phase == Phase::Idle {
            self.phase = Phase::Waiting(now);
        }
    }

    pub(crate) fn welcomed(&mut self, now: Millis, heartbeat_ms: i64, dead_after_ms: i64) {
        self.phase = Phase::Up;
        self.failures = 0;
        self.heard = now;
        self.pinged = now;
        self.heartbeat_ms = heartbeat_ms.clamp(100, limits::HEARTBEAT_MS);
        self.dead_after_ms = dead_after_ms.clamp(200, limits::DEAD_AFTER_MS);
    }

    /// The try failed or the connection is gone: pause with jitter, doubling. `dice` is random.
    pub(crate) fn lost(&mut self, now: Millis, dice: u128) {
        if self.phase == Phase::Idle {
            return;
        }
        let pause = (FIRST_PAUSE_MS << self.failures.min(10)).min(LONGEST_PAUSE_MS);
        self.failures = self.failures.saturating_add(1);
        let jitter = i64::try_from(dice % 1_000).unwrap_or(0);
        self.phase = Phase::Waiting(now.plus(pause / 2 + pause / 2 * jitter / 1_000));
    }

    /// The network came back: no reason to wait longer.
    pub(crate) fn hurry(&mut self, now: Millis) {
        self.failures = 0;
        if matches!(self.phase, Phase::Waiting(_)) {
            self.phase = Phase::Waiting(now);
        }
    }

    pub(crate) fn heard(&mut self, now: Millis) {
        self.heard = now;
    }

    /// What is due now; to be asked until nothing is.
    pub(crate) fn due(&mut self, now: Millis) -> Option<Due> {
        match self.phase {
            Phase::Waiting(at) if at <= now => {
                self.phase = Phase::Connecting(now);
                Some(Due::Connect)
            }
            Phase::Connecting(since) if now.since(since) >= CONNECT_MS => Some(Due::Dead),
            Phase::Up if now.since(self.heard) >= self.dead_after_ms => Some(Due::Dead),
            Phase::Up if now.since(self.heard.max(self.pinged)) >= self.heartbeat_ms => {
                self.pinged = now;
                Some(Due::Ping)
            }
            _ => None,
        }
    }

    pub(crate) fn wake_at(&self) -> Option<Millis> {
        match self.phase {
            Phase::Idle => None,
            Phase::Waiting(at) => Some(at),
            Phase::Connecting(since) => Some(since.plus(CONNECT_MS)),
            Phase::Up => Some(
                self.heard
                    .max(self.pinged)
                    .plus(self.heartbeat_ms)
                    .min(self.heard.plus(self.dead_after_ms)),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_with_jitter_and_end() {
        let mut link = Link::new();
        link.want(Millis(0));
        let mut now = Millis(0);
        let mut pauses = Vec::new();
        for _ in 0..10 {
            assert_eq!(link.due(now), Some(Due::Connect));
            link.lost(now, 999);
            let Phase::Waiting(at) = link.phase else {
                panic!("waits")
            };
            pauses.push(at.since(now));
            now = at;
        }
        assert!(pauses[0] <= 250 && pauses[1] > pauses[0] && pauses[9] <= LONGEST_PAUSE_MS);
        link.lost(now, 0);
        link.hurry(now);
        assert_eq!(link.due(now), Some(Due::Connect));
    }

    #[test]
    fn silence_is_pinged_then_given_up() {
        let mut link = Link::new();
        link.want(Millis(0));
        link.due(Millis(0));
        link.welcomed(Millis(0), 30_000, 60_000);
        assert_eq!(link.due(Millis(29_999)), None);
        assert_eq!(link.due(Millis(30_000)), Some(Due::Ping));
        assert_eq!(link.due(Millis(30_001)), None);
        assert_eq!(link.due(Millis(60_000)), Some(Due::Dead));
        link.heard(Millis(60_000));
        assert_eq!(link.due(Millis(60_001)), None);
    }
}
