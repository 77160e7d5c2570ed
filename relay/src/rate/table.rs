//! All buckets that are not full, bounded in number.
//!
//! A bucket that is full again is forgotten: a new one is the same. When there are as many as may be, the
//! fullest of a few is forgotten for a new one. Whoever it belonged to starts anew with a full one: the relay
//! would rather let somebody do a little more than turn away people whom it does not know yet.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::Millis;

use super::bucket::{Bucket, Flow};
use super::{Kind, Who};

/// Parts with a lock each, so that threads do not wait for each other.
const SHARDS: usize = 16;
/// Buckets of one part: 128 Ki in all, about 16 MiB.
const MOST: usize = 8 * 1_024;
/// How often a part is searched for full buckets at most, in milliseconds.
const SWEEP_MS: i64 = 10_000;
/// Of so many the fullest makes room.
const SAMPLE: usize = 8;

type Key = (Kind, Who);

#[derive(Debug)]
struct Shard {
    buckets: HashMap<Key, (Bucket, Flow)>,
    swept: Millis,
    /// Those that made room although they were not full.
    forgotten: u64,
}

/// The buckets.
#[derive(Debug)]
pub(crate) struct Table {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    most: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self::of(MOST)
    }
}

impl Table {
    fn of(most: usize) -> Self {
        let shard = |_| {
            Mutex::new(Shard {
                buckets: HashMap::new(),
                swept: Millis(0),
                forgotten: 0,
            })
        };
        Self {
            shards: (0..SHARDS).map(shard).collect(),
            hasher: RandomState::new(),
            most,
        }
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard> {
        let at = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or_default();
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the bucket of this key, a full one if there is none yet.
    pub(super) fn with<R>(&self, key: Key, flow: Flow, now: Millis, act: impl FnOnce(&mut Bucket) -> R) -> R {
        let mut shard = self.shard(&key);
        if let Some((bucket, kept)) = shard.buckets.get_mut(&key) {
            *kept = flow;
            return act(bucket);
        }
        let mut bucket = Bucket::full(flow, now);
        let result = act(&mut bucket);
        shard.make_room(self.most, now);
        shard.buckets.insert(key, (bucket, flow));
        result
    }

    /// Does something with the bucket of this key, if it is kept.
    pub(super) fn with_kept(&self, key: Key, act: impl FnOnce(&mut Bucket)) {
        if let Some((bucket, _)) = self.shard(&key).buckets.get_mut(&key) {
            act(bucket);
        }
    }

    /// How many are kept, and how many were forgotten although they were not full.
    pub(super) fn counts(&self) -> (usize, u64) {
        let count = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            (shard.buckets.len(), shard.forgotten)
        };
        self.shards
            .iter()
            .map(count)
            .fold((0, 0), |(kept, lost), (len, forgotten)| {
                (kept + len, lost + forgotten)
            })
    }
}

impl Shard {
    fn make_room(&mut self, most: usize, now: Millis) {
        // A clock that was set back must not put it off for long.
        if now.since(self.swept).abs() >= SWEEP_MS {
            self.swept = now;
            self.buckets
                .retain(|_, (bucket, flow)| !bucket.is_full(*flow, now));
        }
        while self.buckets.len() >= most {
            let fullest = self
                .buckets
                .iter()
                .take(SAMPLE)
                .max_by_key(|(_, (bucket, _))| bucket.fullness())
                .map(|(key, _)| *key);
            let Some(fullest) = fullest else { return };
            self.buckets.remove(&fullest);
            self.forgotten += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::PersonId;

    const FLOW: Flow = Flow::new(60, 60);

    fn key(person: u128) -> Key {
        (Kind::Messages, Who::Person(PersonId::from_bits(person)))
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let table = Table::of(1_000);
        for person in 0..1_000 {
            table.with(key(person), FLOW, Millis(0), |bucket| {
                bucket.take(FLOW, Millis(0)).unwrap();
            });
        }
        assert_eq!(table.counts(), (1_000, 0));
        // One token is back after a second; a part is looked at when somebody new comes to it.
        for person in 1_000..2_000 {
            let now = Millis(SWEEP_MS);
            table.with(key(person), FLOW, now, |bucket| bucket.take(FLOW, now).unwrap());
        }
        assert_eq!(table.counts(), (1_000, 0));
    }

    #[test]
    fn there_are_never_more_than_may_be() {
        let table = Table::of(4);
        for person in 0..10_000 {
            table.with(key(person), FLOW, Millis(0), |bucket| {
                bucket.take(FLOW, Millis(0)).unwrap();
            });
        }
        let (kept, forgotten) = table.counts();
        assert_eq!(kept, 4 * SHARDS);
        assert_eq!(forgotten, 10_000 - kept as u64);
    }
}
