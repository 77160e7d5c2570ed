//! What stands where: the order in which changes can be done in a window, and what is not where the space has it.

use std::collections::BTreeMap;

use protocol::state::{Item, Tab};
use protocol::{GroupId, Op, SpaceState, TabId};

use crate::library::follow::{Binding, longest_rising};

/// The ops in the order in which they can be done in a window: from left to right, so that what a tab is put behind
/// stands where it is to stand.
pub(in crate::library) fn in_order(ops: &mut [Op], state: &SpaceState) {
    let mut places: BTreeMap<u128, usize> = BTreeMap::new();
    for item in state.layout() {
        let place = places.len();
        match item {
            Item::Tab(id, _) => drop(places.insert(id.bits(), place)),
            Item::Group(group, _, tabs) => {
                places.insert(group.bits(), place);
                places.extend(
                    tabs.into_iter()
                        .zip(place + 1..)
                        .map(|((id, _), place)| (id.bits(), place)),
                );
            }
        }
    }
    let place = |id: u128| places.get(&id).copied().unwrap_or_default();
    ops.sort_by_key(|op| match op {
        Op::GroupAdded(_) | Op::GroupUpdated { .. } => (0, 0),
        Op::TabRemoved { .. } => (1, 0),
        Op::TabAdded(new) => (3, place(new.tab.bits())),
        Op::TabMoved { tab, .. } => (3, place(tab.bits())),
        Op::GroupMoved { group, .. } => (3, place(group.bits())),
        Op::GroupRemoved { .. } => (4, 0),
        _ => (2, 0),
    });
}

/// What stands in a window where it does not stand in the space, though nobody moved it since: two who moved something at
/// once, or a group that was dissolved just when a tab was put into it. It goes to where the space has it.
pub(in crate::library) fn misplaced(binding: &Binding, state: &SpaceState) -> Vec<Op> {
    let mut ops = Vec::new();
    let mut units: Vec<Unit> = Vec::new();
    let mut inside: BTreeMap<GroupId, Vec<TabId>> = BTreeMap::new();
    for seen in &binding.seen.tabs {
        let known = binding
            .tabs
            .get(&seen.id)
            .and_then(|id| state.tabs.get_key_value(id));
        // Chrome's pinned tabs are in no group, whatever the space says.
        let Some((&id, tab)) = known.filter(|(_, tab)| !tab.pinned || tab.group.is_none()) else {
            continue;
        };
        if tab.pinned != seen.pinned {
            ops.push(Op::TabUpdated {
                tab: id,
                url: None,
                title: None,
                favicon: None,
                pinned: Some(tab.pinned),
            });
            continue;
        }
        let group = seen.group.and_then(|group| binding.groups.get(&group).copied());
        if group != tab.group || (group.is_none() && seen.group.is_some()) {
            ops.push(moved(id, tab));
            continue;
        }
        let unit = group.map_or(Unit::Tab(id), Unit::Group);
        if !units.contains(&unit) {
            units.push(unit);
        }
        if let Some(group) = group {
            inside.entry(group).or_default().push(id);
        }
    }
    let (mut tops, mut places) = (BTreeMap::new(), BTreeMap::new());
    for (top, item) in state.layout().into_iter().enumerate() {
        match item {
            Item::Tab(id, _) => drop(tops.insert(Unit::Tab(id), top)),
            Item::Group(group, _, tabs) => {
                tops.insert(Unit::Group(group), top);
                places.extend(tabs.into_iter().enumerate().map(|(place, (id, _))| (id, place)));
            }
        }
    }
    let out_of_place = |unit: Unit| match unit {
        Unit::Tab(id) => Some(moved(id, state.tabs.get(&id)?)),
        Unit::Group(group) => Some(Op::GroupMoved {
            group,
            position: state.groups.get(&group)?.position.clone(),
        }),
    };
    let keys: Vec<usize> = units
        .iter()
        .map(|unit| tops.get(unit).copied().unwrap_or_default())
        .collect();
    let stays = longest_rising(&keys).into_iter();
    ops.extend(
        units
            .into_iter()
            .zip(stays)
            .filter(|(_, stays)| !stays)
            .filter_map(|(unit, _)| out_of_place(unit)),
    );
    for tabs in inside.into_values() {
        let keys: Vec<usize> = tabs
            .iter()
            .map(|id| places.get(id).copied().unwrap_or_default())
            .collect();
        let stays = longest_rising(&keys).into_iter();
        let moving = tabs.into_iter().zip(stays).filter(|(_, stays)| !stays);
        ops.extend(moving.filter_map(|(id, _)| Some(moved(id, state.tabs.get(&id)?))));
    }
    ops
}

/// What has a place among the groups and tabs of a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Tab(TabId),
    Group(GroupId),
}

fn moved(tab: TabId, known: &Tab) -> Op {
    Op::TabMoved {
        tab,
        group: known.group,
        position: known.position.clone(),
    }
}
