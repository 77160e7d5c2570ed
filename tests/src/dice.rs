//! Chance that can be had again: the same seed gives the same throws.

/// A generator (`SplitMix64`): small, and good enough to choose moments and edits.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Throws that this seed decides.
    pub const fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed that `TABSPACE_SEED` names, else a new one. Said aloud, so that a failure can be had again.
    ///
    /// # Panics
    /// When the variable holds no number.
    pub fn announced(story: &str) -> Self {
        use std::hash::{BuildHasher, RandomState};
        let seed = match std::env::var("TABSPACE_SEED") {
            Ok(text) => text.parse().expect("TABSPACE_SEED is a number"),
            Err(_) => RandomState::new().hash_one(story),
        };
        eprintln!("{story}: TABSPACE_SEED={seed}");
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// One of 0, 1 … `count` − 1.
    pub const fn below(&mut self, count: u64) -> u64 {
        self.bits() % count
    }

    /// Bits for an id.
    pub fn id_bits(&mut self) -> u128 {
        u128::from(self.bits()) << 64 | u128::from(self.bits())
    }
}
