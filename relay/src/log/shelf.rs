//! States that were folded lately, so that reading a space costs its head and what came since.
//!
//! What lies here may be older than the log, never other than it: a reader asks with the head that its
//! transaction saw, and folds what is missing.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::{Seq, SpaceId, SpaceState};

/// States that are kept; the one that was not asked for the longest makes room.
const MOST: usize = 512;

/// The states. One for all who read.
#[derive(Debug, Default)]
pub(crate) struct Shelf(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    states: HashMap<SpaceId, (Arc<SpaceState>, u64)>,
    /// Who was asked for when, the longest ago first.
    by_age: BTreeMap<u64, SpaceId>,
    next: u64,
}

impl Shelf {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of a space at this head or before it.
    pub(crate) fn find(&self, space: SpaceId, head: Seq) -> Option<Arc<SpaceState>> {
        let mut kept = self.kept();
        let state = Arc::clone(&kept.states.get(&space)?.0);
        // Somebody whose transaction began earlier sees less than others do.
        if state.head > head {
            return None;
        }
        kept.touch(space);
        Some(state)
    }

    /// Keeps a state, unless a later one lies here.
    pub(crate) fn keep(&self, space: SpaceId, state: &Arc<SpaceState>) {
        let mut kept = self.kept();
        if kept
            .states
            .get(&space)
            .is_some_and(|(other, _)| other.head >= state.head)
        {
            return;
        }
        kept.remove(space);
        while kept.states.len() >= MOST {
            let Some(oldest) = kept.by_age.values().next().copied() else {
                break;
            };
            kept.remove(oldest);
        }
        let age = kept.next;
        kept.next += 1;
        kept.by_age.insert(age, space);
        kept.states.insert(space, (Arc::clone(state), age));
    }
}

impl Kept {
    fn remove(&mut self, space: SpaceId) {
        if let Some((_, age)) = self.states.remove(&space) {
            self.by_age.remove(&age);
        }
    }

    fn touch(&mut self, space: SpaceId) {
        let now = self.next;
        if let Some((_, age)) = self.states.get_mut(&space) {
            self.by_age.remove(age);
            *age = now;
            self.by_age.insert(now, space);
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(head: u64) -> Arc<SpaceState> {
        Arc::new(SpaceState {
            head: Seq(head),
            ..SpaceState::default()
        })
    }

    #[test]
    fn nobody_gets_a_state_that_lies_ahead_of_what_he_read() {
        let shelf = Shelf::default();
        let space = SpaceId::from_bits(1);
        shelf.keep(space, &at(5));
        shelf.keep(space, &at(3));
        assert_eq!(shelf.find(space, Seq(9)).map(|state| state.head), Some(Seq(5)));
        assert_eq!(shelf.find(space, Seq(4)), None);
        assert_eq!(shelf.find(space, Seq(5)).map(|state| state.head), Some(Seq(5)));
    }

    #[test]
    fn who_was_not_asked_for_the_longest_makes_room() {
        let shelf = Shelf::default();
        let space = |number: usize| SpaceId::from_bits(number as u128);
        for number in 0..MOST {
            shelf.keep(space(number), &at(1));
        }
        assert!(shelf.find(space(0), Seq(1)).is_some());
        shelf.keep(space(MOST), &at(1));
        assert!(shelf.find(space(0), Seq(1)).is_some());
        assert_eq!(shelf.find(space(1), Seq(1)), None);
    }
}
