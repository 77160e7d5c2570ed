//! The relay's clock and its source of randomness: the only places that ask the outside for either.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::Millis;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};

/// What time it is. Cloned freely; a manual clock's clones show the same time.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's.
    #[default]
    System,
    /// One that a test sets.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `now` until it is set.
    pub fn manual(now: Millis) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(now.0)))
    }

    /// The time.
    pub fn now(&self) -> Millis {
        match self {
            Self::System => system_now(),
            Self::Manual(now) => Millis(now.load(Ordering::SeqCst)),
        }
    }

    /// Sets a manual clock, backwards too; does nothing to the machine's.
    pub fn set(&self, now: Millis) {
        if let Self::Manual(time) = self {
            time.store(now.0, Ordering::SeqCst);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one clock that the relay is given"
)]
fn system_now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Where ids and secrets come from: a cryptographic generator, seeded by the operating system.
#[derive(Debug, Clone)]
pub struct Random(Arc<Mutex<StdRng>>);

impl Default for Random {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(StdRng::from_os_rng())))
    }
}

impl Random {
    /// A generator whose values this number foretells, for simulations; nothing secret may come from it.
    #[cfg(test)]
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// The bits of an id.
    pub fn id_bits(&self) -> u128 {
        u128::from_le_bytes(self.bytes())
    }

    /// A secret of 256 bits, as text that may stand in a header or a link's fragment.
    pub fn secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_are_long() {
        let random = Random::default();
        let (one, other) = (random.secret(), random.secret());
        assert_ne!(one, other);
        assert_eq!(one.len(), 43);
    }
}
