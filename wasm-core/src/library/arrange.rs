//! What is asked of many tabs of a space at once, as ops: each deed as few as it takes. Whoever performs them checks
//! them; what they take away goes to the bin there.

use std::collections::{BTreeMap, BTreeSet};

use protocol::op::{NewGroup, NewTab};
use protocol::state::{Group, Item, Tab};
use protocol::{Colour, GroupId, Op, Position, SpaceState, TabId};

use super::engine::{new_group, new_tab};
use super::follow::longest_rising;
use crate::ask::library::Order;
use crate::command::Neighbour;

/// A tab with its id, or a group with all of its tabs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Unit {
    /// A tab that goes without its group.
    Tab(NewTab),
    /// A group of which all tabs go.
    Group(NewGroup, Vec<NewTab>),
}

/// Where things go in a space: into a group or outside of any, before something or at the end.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spot {
    pub(crate) group: Option<GroupId>,
    pub(crate) before: Option<Neighbour>,
}

/// Tabs of a space as they stand there; a group of which all are named stays one, if `groups`.
pub(crate) fn units(state: &SpaceState, tabs: &BTreeSet<TabId>, groups: bool) -> Vec<Unit> {
    let mut units = Vec::new();
    for item in state.layout() {
        match item {
            Item::Tab(id, tab) if tabs.contains(&id) => units.push(Unit::Tab(new_tab(id, tab))),
            Item::Tab(..) => {}
            Item::Group(id, group, inside) => {
                let all = inside.iter().all(|(tab, _)| tabs.contains(tab)) && !inside.is_empty();
                let named = inside.into_iter().filter(|(tab, _)| tabs.contains(tab));
                let named = named.map(|(id, tab)| new_tab(id, tab));
                if all && groups {
                    units.push(Unit::Group(new_group(id, group), named.collect()));
                } else {
                    units.extend(named.map(Unit::Tab));
                }
            }
        }
    }
    units
}

/// Takes tabs out.
pub(crate) fn remove(state: &SpaceState, tabs: &BTreeSet<TabId>) -> Vec<Op> {
    let there = tabs.iter().filter(|tab| state.tabs.contains_key(tab));
    there.map(|tab| Op::TabRemoved { tab: *tab }).collect()
}

/// Puts things of the space itself somewhere else in it.
pub(crate) fn relocate(state: &SpaceState, tabs: &BTreeSet<TabId>, spot: Spot) -> Vec<Op> {
    let units = units(state, tabs, spot.group.is_none());
    let moved: BTreeSet<u128> = units
        .iter()
        .map(|unit| match unit {
            Unit::Tab(tab) => tab.tab.bits(),
            Unit::Group(group, _) => group.group.bits(),
        })
        .collect();
    let places = places(state, &moved, spot, units.len());
    let ops = units.into_iter().zip(places).map(|(unit, position)| match unit {
        Unit::Tab(tab) => Op::TabMoved {
            tab: tab.tab,
            group: spot.group,
            position,
        },
        Unit::Group(group, _) => Op::GroupMoved {
            group: group.group,
            position,
        },
    });
    ops.collect()
}

/// Adds things that come from elsewhere.
pub(crate) fn add(state: &SpaceState, units: Vec<Unit>, spot: Spot) -> Vec<Op> {
    let places = places(state, &BTreeSet::new(), spot, units.len());
    let mut ops = Vec::new();
    for (unit, position) in units.into_iter().zip(places) {
        match unit {
            Unit::Tab(tab) => ops.push(Op::TabAdded(NewTab {
                group: spot.group,
                position,
                ..tab
            })),
            Unit::Group(group, tabs) => {
                let id = group.group;
                ops.push(Op::GroupAdded(NewGroup { position, ..group }));
                ops.extend(tabs.into_iter().map(|tab| {
                    Op::TabAdded(NewTab {
                        group: Some(id),
                        ..tab
                    })
                }));
            }
        }
    }
    ops
}

/// So many places at a spot, which does not count what leaves its own.
pub(crate) fn places(
    state: &SpaceState,
    leaving: &BTreeSet<u128>,
    spot: Spot,
    count: usize,
) -> Vec<Position> {
    let siblings = siblings(state, spot.group);
    let before = spot.before.map(|before| match before {
        Neighbour::Tab(tab) => tab.bits(),
        Neighbour::Group(group) => group.bits(),
    });
    let at = before.and_then(|before| siblings.iter().position(|(_, bits)| *bits == before));
    let at = at.unwrap_or(siblings.len());
    let stays = |(_, bits): &&(Position, u128)| !leaving.contains(bits);
    let low = siblings[..at].iter().rev().find(stays);
    let high = siblings[at..].iter().find(stays);
    Position::spread(
        low.map(|(position, _)| position),
        high.map(|(position, _)| position),
        count,
    )
}

fn siblings(state: &SpaceState, group: Option<GroupId>) -> Vec<(Position, u128)> {
    let tabs = state.tabs.iter().filter(|(_, tab)| tab.group == group);
    let groups = state.groups.iter().filter(|_| group.is_none());
    let mut all: Vec<(Position, u128)> = tabs
        .map(|(id, tab)| (tab.position.clone(), id.bits()))
        .chain(groups.map(|(id, group)| (group.position.clone(), id.bits())))
        .collect();
    all.sort();
    all
}

/// Sorts the tabs of each group, and those outside of any, which stand behind the groups then.
pub(crate) fn sort(state: &SpaceState, by: Order) -> Vec<Op> {
    let mut lists: BTreeMap<Option<GroupId>, Vec<(TabId, &Tab)>> = BTreeMap::new();
    for (&id, tab) in &state.tabs {
        lists.entry(tab.group).or_default().push((id, tab));
    }
    let mut ops = Vec::new();
    for (group, mut tabs) in lists {
        tabs.sort_by_cached_key(|(id, tab)| (!tab.pinned, sort_key(tab, by), *id));
        let groups: Vec<(GroupId, &Group)> = if group.is_none() {
            let mut groups: Vec<_> = state.groups.iter().map(|(id, group)| (*id, group)).collect();
            groups.sort_by(|(a, x), (b, y)| (&x.position, a).cmp(&(&y.position, b)));
            groups
        } else {
            Vec::new()
        };
        let positions: Vec<Position> = groups
            .iter()
            .map(|(_, group)| group.position.clone())
            .chain(tabs.iter().map(|(_, tab)| tab.position.clone()))
            .collect();
        for (at, position) in rising(&positions) {
            ops.push(match groups.get(at) {
                Some((group, _)) => Op::GroupMoved {
                    group: *group,
                    position,
                },
                None => Op::TabMoved {
                    tab: tabs[at - groups.len()].0,
                    group,
                    position,
                },
            });
        }
    }
    ops
}

fn sort_key(tab: &Tab, by: Order) -> (String, String) {
    let title = crate::find::folded(if tab.title.is_empty() {
        &tab.url
    } else {
        &tab.title
    });
    match by {
        Order::Title => (title, tab.url.clone()),
        Order::Site => (site_of(&tab.url).to_lowercase(), tab.url.clone()),
    }
}

/// The host of an address, without `www.`; all of it when it has none.
fn site_of(url: &str) -> &str {
    let Some((_, rest)) = url.split_once("://") else {
        return url;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    host.strip_prefix("www.").unwrap_or(host)
}

/// New positions for as few as possible, so that all rise.
fn rising(positions: &[Position]) -> Vec<(usize, Position)> {
    let stays = longest_rising(positions);
    let mut changed = Vec::new();
    let (mut low, mut at): (Option<&Position>, usize) = (None, 0);
    while at < positions.len() {
        if stays[at] {
            low = Some(&positions[at]);
            at += 1;
            continue;
        }
        let end = (at..positions.len())
            .find(|next| stays[*next])
            .unwrap_or(positions.len());
        changed.extend((at..end).zip(Position::spread(low, positions.get(end), end - at)));
        at = end;
    }
    changed
}

/// Makes a group of tabs at the place of the first. Pinned ones are not pinned any more, as in a window.
pub(crate) fn group(
    state: &SpaceState,
    tabs: &BTreeSet<TabId>,
    id: GroupId,
    title: &str,
    colour: Colour,
) -> Vec<Op> {
    let order: Vec<TabId> = state
        .tab_order()
        .into_iter()
        .filter(|tab| tabs.contains(tab))
        .collect();
    let Some(first) = order.first().map(|id| &state.tabs[id]) else {
        return Vec::new();
    };
    let position = match first.group.and_then(|group| state.groups.get(&group)) {
        None => first.position.clone(),
        Some(old) => {
            let next = siblings(state, None).into_iter().map(|(position, _)| position);
            Position::between(
                Some(&old.position),
                next.into_iter().find(|next| *next > old.position).as_ref(),
            )
        }
    };
    let mut ops = vec![Op::GroupAdded(NewGroup {
        group: id,
        title: title.trim().to_owned(),
        colour,
        collapsed: false,
        position,
    })];
    for (tab, position) in order.iter().zip(Position::spread(None, None, order.len())) {
        if state.tabs[tab].pinned {
            ops.push(pinned(*tab, false));
        }
        ops.push(Op::TabMoved {
            tab: *tab,
            group: Some(id),
            position,
        });
    }
    ops
}

/// Pins tabs, or unpins them. A pinned tab stands outside of any group, as in a window.
pub(crate) fn pin(state: &SpaceState, tabs: &BTreeSet<TabId>, on: bool) -> Vec<Op> {
    let mut ops = Vec::new();
    for (&id, tab) in state.tabs.iter().filter(|(id, _)| tabs.contains(id)) {
        if tab.pinned != on {
            ops.push(pinned(id, on));
        }
        if let Some(group) = tab
            .group
            .and_then(|group| state.groups.get(&group))
            .filter(|_| on)
        {
            ops.push(Op::TabMoved {
                tab: id,
                group: None,
                position: group.position.within(&tab.position),
            });
        }
    }
    ops
}

fn pinned(tab: TabId, pinned: bool) -> Op {
    Op::TabUpdated {
        tab,
        url: None,
        title: None,
        favicon: None,
        pinned: Some(pinned),
    }
}
