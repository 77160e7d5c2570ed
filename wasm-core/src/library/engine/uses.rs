//! Which saved tabs are used: those that are shown in a window that follows their space, and those that are opened.

use protocol::{Millis, SpaceId, TabId};

use super::Engine;
#[cfg(not(feature = "popup"))]
use crate::library::uses::Use;
use crate::library::uses::Uses;
use crate::record::{Write, uses_key};
use crate::session::replica::put;

impl Engine {
    /// Tabs of a space were opened for the person.
    pub fn opened(&mut self, now: Millis, space: SpaceId, tabs: &[TabId]) {
        let Some(state) = self.state(space) else { return };
        let there = |tab: &&TabId| state.tabs.contains_key(tab);
        let tabs: Vec<TabId> = tabs.iter().filter(there).copied().collect();
        let mut writes = Vec::new();
        self.count_uses(now, space, &tabs, &mut writes);
        self.session.commit(writes);
    }

    /// Tabs of a space are shown.
    pub(super) fn count_uses(
        &mut self,
        now: Millis,
        space: SpaceId,
        tabs: &[TabId],
        writes: &mut Vec<Write>,
    ) {
        let Some(first) = tabs.first() else { return };
        let uses = self.uses.entry(space).or_default();
        let mut is_news = uses.count(now, *first);
        for tab in &tabs[1..] {
            is_news |= uses.count(now, *tab);
        }
        if is_news {
            writes.push(put(uses_key(space), uses));
        }
    }

    /// How a tab is used.
    #[cfg(not(feature = "popup"))]
    pub(super) fn use_of(&self, space: SpaceId, tab: TabId) -> Use {
        self.uses
            .get(&space)
            .map_or_else(Use::default, |uses| uses.of(tab))
    }

    /// How the tabs of a space are used.
    #[cfg(not(feature = "popup"))]
    pub(super) fn uses_of(&self, space: SpaceId) -> std::collections::BTreeMap<TabId, Use> {
        let uses = self.uses.get(&space);
        uses.map(|uses| uses.tabs().clone()).unwrap_or_default()
    }

    /// What is known of a space's tabs, taken from it.
    pub(super) fn take_uses(&mut self, space: SpaceId, writes: &mut Vec<Write>) -> Uses {
        let uses = self.uses.remove(&space);
        if uses.is_some() {
            writes.push(Write::Delete(uses_key(space)));
        }
        uses.unwrap_or_default()
    }

    /// What is known of tabs that are in a space now.
    pub(super) fn give_uses(&mut self, space: SpaceId, uses: Uses, writes: &mut Vec<Write>) {
        if !uses.is_empty() {
            writes.push(put(uses_key(space), &uses));
            self.uses.insert(space, uses);
        }
    }

    pub(super) fn write_uses_anew(&self, writes: &mut Vec<Write>) {
        let all = self.uses.iter();
        writes.extend(all.map(|(space, uses)| put(uses_key(*space), uses)));
    }
}
