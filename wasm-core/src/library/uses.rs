//! How often the tabs of a space were shown, and when last, so that what is used is found first. It is of this browser
//! alone: it is neither shared nor in a backup.

use std::collections::BTreeMap;

use protocol::{Millis, TabId};
use serde::{Deserialize, Serialize};

/// So many tabs of a space are counted; of more, those that were not shown for the longest time are forgotten.
pub const TABS: usize = 2_000;

/// A tab counts once in this time.
pub const ONCE_IN_MS: i64 = 60_000;

/// What is known of one tab: how often it was shown, and when last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use(pub u32, pub Millis);

/// What is known of a space's tabs. Stored under `uses/{space}`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Uses {
    tabs: BTreeMap<TabId, Use>,
    /// How often something was counted since it was loaded.
    #[serde(skip)]
    changes: u64,
}

impl Uses {
    /// A tab was shown; whether that counts.
    pub(crate) fn count(&mut self, now: Millis, tab: TabId) -> bool {
        let known = self.tabs.entry(tab).or_default();
        if known.0 > 0 && (0..ONCE_IN_MS).contains(&now.since(known.1)) {
            return false;
        }
        *known = Use(known.0.saturating_add(1), now);
        self.changes += 1;
        while self.tabs.len() > TABS {
            let last = |(tab, known): &(&TabId, &Use)| (known.1, **tab);
            let Some((&oldest, _)) = self.tabs.iter().min_by_key(last) else {
                break;
            };
            self.tabs.remove(&oldest);
        }
        true
    }

    /// What is known of a tab.
    #[cfg(not(feature = "popup"))]
    pub(crate) fn of(&self, tab: TabId) -> Use {
        self.tabs.get(&tab).copied().unwrap_or_default()
    }

    /// What is known of all tabs.
    #[cfg(not(feature = "popup"))]
    pub(crate) const fn tabs(&self) -> &BTreeMap<TabId, Use> {
        &self.tabs
    }

    /// Another number when something was counted.
    #[cfg(not(feature = "popup"))]
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.tabs.is_empty()
    }

    /// What is known of some tabs, and of the others.
    pub(crate) fn apart(self, of: impl Fn(TabId) -> bool) -> (Self, Self) {
        let (tabs, others) = self.tabs.into_iter().partition(|(tab, _)| of(*tab));
        let of = |tabs| Self { tabs, changes: 0 };
        (of(tabs), of(others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_counts_once_a_minute_and_the_oldest_of_too_many_is_forgotten() {
        let mut uses = Uses::default();
        let (one, now) = (TabId::from_bits(1), Millis(1_000_000));
        assert!(uses.count(now, one));
        assert!(!uses.count(now.plus(ONCE_IN_MS - 1), one));
        assert!(uses.count(now.plus(ONCE_IN_MS), one));
        assert_eq!(uses.of(one), Use(2, now.plus(ONCE_IN_MS)));
        // By a clock that was put back it counts, too.
        assert!(uses.count(Millis(0), one));
        for number in 0..TABS as u128 {
            assert!(uses.count(now, TabId::from_bits(10 + number)));
        }
        assert_eq!(uses.tabs().len(), TABS);
        assert_eq!(uses.of(one), Use::default());
    }
}
