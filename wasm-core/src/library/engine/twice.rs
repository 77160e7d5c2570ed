//! No two spaces have a tab of the same id: what is removed is in the bin only when no other space has it. What comes out of
//! the bin may have been brought elsewhere meanwhile, by a merge or a backup; such a tab gets another id.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Op, SpaceState, TabId};

use super::Engine;
use super::deeds::new_tab;

impl Engine {
    /// Other ids for those of some tabs that stand in a space, unless they go from there.
    pub(super) fn other_ids(
        &mut self,
        is_one: impl Fn(TabId) -> bool,
        going: &BTreeSet<TabId>,
    ) -> BTreeMap<TabId, TabId> {
        let mut twice: BTreeSet<TabId> = BTreeSet::new();
        for space in self.privates.keys().copied().chain(self.session.spaces()) {
            let there = self.here(space).into_iter().flat_map(|state| state.tabs.keys());
            twice.extend(there.filter(|tab| is_one(**tab) && !going.contains(*tab)));
        }
        let twice = twice.into_iter();
        twice
            .map(|tab| (tab, TabId::from_bits((self.random)())))
            .collect()
    }
}

/// The ops that give tabs of a space other ids.
pub(super) fn renamed(state: &SpaceState, ids: &BTreeMap<TabId, TabId>) -> Vec<Op> {
    let there = ids
        .iter()
        .filter_map(|(old, new)| Some((*old, *new, state.tabs.get(old)?)));
    there
        .flat_map(|(old, new, tab)| [Op::TabRemoved { tab: old }, Op::TabAdded(new_tab(new, tab))])
        .collect()
}
