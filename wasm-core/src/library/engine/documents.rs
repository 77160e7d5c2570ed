//! What there is to be found: the tabs of all spaces and of the bin, as documents for an index.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{GroupId, SpaceId, TabId};

use super::Engine;
use crate::find::Document;
use crate::library::bin::{BinId, Binned};
use crate::library::uses::Use;

/// Where something is that was found: what is in spaces before what is in the bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Saved {
    /// A tab of a space.
    Tab(SpaceId, TabId),
    /// A tab of the bin: its entry, and which tab of it.
    Binned(BinId, usize),
}

impl Engine {
    /// Says each tab of all spaces, and then each of the bin.
    pub fn documents(&self, each: &mut dyn FnMut(Saved, &Document<'_>)) {
        for space in self.findable_spaces() {
            self.documents_of(space, &self.open_tabs_of(space), &mut |tab, document| {
                each(Saved::Tab(space, tab), document);
            });
        }
        for (id, entry) in self.bin.entries() {
            entry.documents(id, each);
        }
    }

    /// The spaces whose tabs are found.
    pub(super) fn findable_spaces(&self) -> BTreeSet<SpaceId> {
        let spaces = self.privates.keys().copied().chain(self.session.spaces());
        spaces.filter(|space| self.here(*space).is_some()).collect()
    }

    /// The tabs of a space that are open in a window that follows it.
    pub(super) fn open_tabs_of(&self, space: SpaceId) -> BTreeSet<TabId> {
        let bindings = self.bindings.values();
        bindings
            .filter(|binding| binding.space == space)
            .flat_map(|binding| binding.tabs.values().copied())
            .collect()
    }

    /// Says each tab of a space, in the order of their ids.
    pub(super) fn documents_of(
        &self,
        space: SpaceId,
        open: &BTreeSet<TabId>,
        each: &mut dyn FnMut(TabId, &Document<'_>),
    ) {
        let Some(state) = self.here(space) else { return };
        let marks = self.marks.get(&space);
        for (&id, tab) in &state.tabs {
            let marks = marks.and_then(|marks| marks.tabs.get(&id));
            let tags: Vec<&str> = marks.map_or(Vec::new(), |marks| {
                marks.tags.iter().map(String::as_str).collect()
            });
            let group = tab.group.and_then(|group| state.groups.get(&group));
            let Use(uses, shown) = self.use_of(space, id);
            each(
                id,
                &Document {
                    title: &tab.title,
                    address: &tab.url,
                    group: group.map_or("", |group| &group.title),
                    note: marks.map_or("", |marks| &marks.note),
                    tags: &tags,
                    space: &state.name,
                    open: open.contains(&id),
                    saved: true,
                    pinned: tab.pinned,
                    uses,
                    seen: state.time.max(shown),
                },
            );
        }
    }
}

impl Binned {
    /// Says each of its tabs.
    pub(super) fn documents(&self, id: BinId, each: &mut dyn FnMut(Saved, &Document<'_>)) {
        let (groups, tabs) = self.content();
        let titles: BTreeMap<GroupId, &str> = groups
            .iter()
            .map(|group| (group.group, group.title.as_str()))
            .collect();
        for (at, tab) in tabs.iter().enumerate() {
            let marks = self.marks.tabs.get(&tab.tab);
            let tags: Vec<&str> = marks.map_or(Vec::new(), |marks| {
                marks.tags.iter().map(String::as_str).collect()
            });
            let group = tab.group.and_then(|group| titles.get(&group).copied());
            each(
                Saved::Binned(id, at),
                &Document {
                    title: &tab.title,
                    address: &tab.url,
                    group: group.unwrap_or(""),
                    note: marks.map_or("", |marks| &marks.note),
                    tags: &tags,
                    space: &self.name,
                    open: false,
                    saved: true,
                    pinned: tab.pinned,
                    uses: 0,
                    seen: self.removed,
                },
            );
        }
    }
}
