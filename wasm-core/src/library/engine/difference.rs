//! What has to be done to a space so that it becomes like another.

use std::collections::BTreeSet;

use protocol::op::{NewGroup, NewTab};
use protocol::state::Tab;
use protocol::{GroupId, Op, SpaceState, TabId};

/// Whether a tab of the other space may come into this one.
pub(super) type May<'a> = &'a dyn Fn(TabId, &Tab) -> bool;

/// The ops that make `from` what `to` is, in their order. A tab that may not come stays what it is in `from`, which
/// may be nothing.
pub(super) fn difference(from: &SpaceState, to: &SpaceState, may: May<'_>) -> Vec<Op> {
    let mut ops = Vec::new();
    if from.name != to.name {
        ops.push(Op::SpaceRenamed {
            name: to.name.clone(),
        });
    }
    if from.colour != to.colour {
        ops.push(Op::SpaceRecoloured { colour: to.colour });
    }
    groups(from, to, may, &mut ops);
    tabs(from, to, may, &mut ops);
    let gone = from.tabs.keys().filter(|id| !to.tabs.contains_key(id));
    ops.extend(gone.map(|id| Op::TabRemoved { tab: *id }));
    let gone = from.groups.keys().filter(|id| !to.groups.contains_key(id));
    ops.extend(gone.map(|id| Op::GroupRemoved { group: *id }));
    ops
}

fn groups(from: &SpaceState, to: &SpaceState, may: May<'_>, ops: &mut Vec<Op>) {
    let coming = to.tabs.iter().filter(|(id, tab)| may(**id, tab));
    let wanted: BTreeSet<GroupId> = coming.filter_map(|(_, tab)| tab.group).collect();
    for (&id, group) in &to.groups {
        let Some(old) = from.groups.get(&id) else {
            if wanted.contains(&id) {
                ops.push(Op::GroupAdded(NewGroup {
                    group: id,
                    title: group.title.clone(),
                    colour: group.colour,
                    collapsed: group.collapsed,
                    position: group.position.clone(),
                }));
            }
            continue;
        };
        let title = (old.title != group.title).then(|| group.title.clone());
        let colour = (old.colour != group.colour).then_some(group.colour);
        let collapsed = (old.collapsed != group.collapsed).then_some(group.collapsed);
        if title.is_some() || colour.is_some() || collapsed.is_some() {
            ops.push(Op::GroupUpdated {
                group: id,
                title,
                colour,
                collapsed,
            });
        }
        if old.position != group.position {
            ops.push(Op::GroupMoved {
                group: id,
                position: group.position.clone(),
            });
        }
    }
}

fn tabs(from: &SpaceState, to: &SpaceState, may: May<'_>, ops: &mut Vec<Op>) {
    for (&id, tab) in to.tabs.iter().filter(|(id, tab)| may(**id, tab)) {
        let Some(old) = from.tabs.get(&id) else {
            ops.push(Op::TabAdded(NewTab {
                tab: id,
                url: tab.url.clone(),
                title: tab.title.clone(),
                favicon: tab.favicon.clone(),
                pinned: tab.pinned,
                group: tab.group,
                position: tab.position.clone(),
            }));
            continue;
        };
        let url = (old.url != tab.url).then(|| tab.url.clone());
        let title = (old.title != tab.title).then(|| tab.title.clone());
        let pinned = (old.pinned != tab.pinned).then_some(tab.pinned);
        if url.is_some() || title.is_some() || pinned.is_some() {
            ops.push(Op::TabUpdated {
                tab: id,
                url,
                title,
                favicon: None,
                pinned,
            });
        }
        if old.group != tab.group || old.position != tab.position {
            ops.push(Op::TabMoved {
                tab: id,
                group: tab.group,
                position: tab.position.clone(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::Position;
    use protocol::op::Colour;

    use super::*;

    fn space(groups: &[u128], tabs: &[(u128, &str, Option<u128>)]) -> SpaceState {
        let mut state = SpaceState::default();
        for (&group, position) in groups.iter().zip(Position::spread(None, None, groups.len())) {
            state.fold_local(&Op::GroupAdded(NewGroup {
                group: GroupId::from_bits(group),
                title: format!("group {group}"),
                colour: Colour::Blue,
                collapsed: false,
                position,
            }));
        }
        for (&(tab, url, group), position) in tabs.iter().zip(Position::spread(None, None, tabs.len())) {
            state.fold_local(&Op::TabAdded(NewTab {
                tab: TabId::from_bits(tab),
                url: url.into(),
                title: format!("title of {url}"),
                favicon: None,
                pinned: false,
                group: group.map(GroupId::from_bits),
                position,
            }));
        }
        state
    }

    #[test]
    fn the_ops_make_one_space_the_other() {
        let mut from = space(
            &[1, 2],
            &[
                (1, "a", Some(1)),
                (2, "b", None),
                (3, "c", Some(2)),
                (4, "d", None),
            ],
        );
        let mut to = space(
            &[3, 1],
            &[
                (5, "e", Some(3)),
                (2, "changed", Some(1)),
                (1, "a", None),
                (3, "c", Some(3)),
            ],
        );
        to.fold_local(&Op::SpaceRenamed { name: "Other".into() });
        to.fold_local(&Op::SpaceRecoloured { colour: Colour::Pink });
        for op in difference(&from, &to, &|_, _| true) {
            from.fold_local(&op);
        }
        assert_eq!(from, to);
        assert_eq!(difference(&from, &to, &|_, _| true), vec![]);
    }

    #[test]
    fn what_may_not_come_stays_what_it_was() {
        let from = space(&[], &[(1, "a", None)]);
        let to = space(&[7], &[(1, "secret", Some(7)), (2, "secret too", Some(7))]);
        assert_eq!(
            difference(&from, &to, &|_, tab| !tab.url.starts_with("secret")),
            vec![]
        );
    }
}
