//! What an entry of the bin holds.

use std::collections::BTreeSet;

use protocol::op::{Created, NewGroup, NewTab};
use protocol::{GroupId, Op, SpaceState, TabId};

use super::deeds::{emptied, new_tab};
use crate::library::StoredSpace;
use crate::library::bin::{Binned, Held};

impl Binned {
    /// Its groups and tabs; nothing of a space that cannot be read.
    pub(super) fn content(&self) -> (Vec<NewGroup>, Vec<NewTab>) {
        if let Held::Tabs { groups, tabs, .. } = &self.held {
            return (groups.clone(), tabs.clone());
        }
        let Some(state) = self.whole() else {
            return (Vec::new(), Vec::new());
        };
        let order = state.tab_order();
        let tabs = order.into_iter().map(|id| new_tab(id, &state.tabs[&id]));
        (state.as_created(|_, _| true).groups, tabs.collect())
    }

    /// A space that is in the bin whole, without the tabs that were taken out alone; `None` when it cannot be read.
    pub(super) fn whole(&self) -> Option<SpaceState> {
        let Held::Space { exact, apart, .. } = &self.held else {
            return None;
        };
        let Ok(StoredSpace::Private(stored)) = serde_json::from_str(&exact.snapshot) else {
            return None;
        };
        let mut state = stored.state;
        for op in without(&state, apart) {
            state.fold_local(&op);
        }
        Some(state)
    }

    /// One of its tabs, with its group, as the beginning of a space.
    pub(super) fn alone(&self, tab: TabId) -> Option<Created> {
        let (groups, tabs) = self.content();
        let one = tabs.into_iter().find(|there| there.tab == tab)?;
        let group = groups.into_iter().find(|group| Some(group.group) == one.group);
        Some(Created {
            name: self.name.clone(),
            colour: self.colour,
            groups: group.into_iter().collect(),
            tabs: vec![one],
        })
    }

    /// The tabs of another entry come into this one; those of this one are the later ones.
    pub(super) fn join(&mut self, other: Self) {
        let (
            Held::Tabs { groups, tabs, .. },
            Held::Tabs {
                groups: mut all_groups,
                tabs: mut all_tabs,
                ..
            },
        ) = (&mut self.held, other.held)
        else {
            return;
        };
        let known: BTreeSet<GroupId> = groups.iter().map(|group| group.group).collect();
        let taken: BTreeSet<TabId> = tabs.iter().map(|tab| tab.tab).collect();
        all_groups.retain(|group| !known.contains(&group.group));
        all_tabs.retain(|tab| !taken.contains(&tab.tab));
        groups.append(&mut all_groups);
        all_tabs.append(tabs);
        *tabs = all_tabs;
        let mut marks = other.marks.tabs;
        marks.append(&mut self.marks.tabs);
        self.marks.tabs = marks;
        self.marks.muted.extend(other.marks.muted);
    }
}

/// The ops that take tabs out of a space, and the groups that have none then.
pub(super) fn without(state: &SpaceState, tabs: &BTreeSet<TabId>) -> Vec<Op> {
    let there = tabs.iter().filter(|tab| state.tabs.contains_key(tab));
    let mut ops: Vec<Op> = there.map(|tab| Op::TabRemoved { tab: *tab }).collect();
    if ops.is_empty() {
        return ops;
    }
    let mut after = state.clone();
    for op in &ops {
        after.fold_local(op);
    }
    ops.extend(emptied(state, &after));
    ops
}
