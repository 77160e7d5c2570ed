//! The order of a window's tabs, brought to a space with as few moves as possible.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{GroupId, Op, Position, TabId};

use super::{Changes, WindowSeen};

impl Changes<'_> {
    /// Brings tabs that changed group or order in the window to their new places in the space.
    pub(super) fn order(&mut self, new: &WindowSeen) {
        // Changed groups first: each such tab goes to its group's end.
        for tab in &new.tabs {
            let Some(&id) = self.binding.tabs.get(&tab.id) else {
                continue;
            };
            let old = self.seen(tab.id).map(|old| old.group);
            if old.is_some_and(|old| old != tab.group) && self.state.tabs.contains_key(&id) {
                let group = self.group_of(new, tab.group);
                if self.state.tabs.get(&id).is_some_and(|known| known.group != group) {
                    let position = Position::between(self.last_in(group).as_ref(), None);
                    self.push(Op::TabMoved {
                        tab: id,
                        group,
                        position,
                    });
                }
            }
        }
        // Then the order, if the window's changed by more than tabs that came at its end or went.
        let places = |seen: &WindowSeen| {
            seen.tabs
                .iter()
                .map(|tab| (tab.id, tab.group, tab.pinned))
                .collect::<Vec<_>>()
        };
        let mut old = places(&self.binding.seen);
        let now = places(new);
        let here: BTreeSet<i32> = now.iter().map(|(id, ..)| *id).collect();
        old.retain(|(id, ..)| here.contains(id));
        if now.starts_with(&old) {
            return;
        }
        let mut top: Vec<Thing> = Vec::new();
        let mut inside: BTreeMap<GroupId, Vec<Thing>> = BTreeMap::new();
        for tab in &new.tabs {
            let Some(&id) = self.binding.tabs.get(&tab.id) else {
                continue;
            };
            let Some(placed) = self.state.tabs.get(&id) else {
                continue;
            };
            match placed.group {
                None => top.push(Thing::Tab(id, None)),
                Some(group) => {
                    let tabs = inside.entry(group).or_default();
                    if tabs.is_empty() {
                        top.push(Thing::Group(group));
                    }
                    tabs.push(Thing::Tab(id, Some(group)));
                }
            }
        }
        // Pinned tabs have an order of their own, before all others.
        for things in std::iter::once(&top).chain(inside.values()) {
            let (pinned, others): (Vec<Thing>, Vec<Thing>) =
                things.iter().partition(|thing| self.pinned(**thing));
            self.arrange(&pinned);
            self.arrange(&others);
        }
    }

    /// Moves as few of the things as possible, so that their positions rise in this order.
    fn arrange(&mut self, things: &[Thing]) {
        let positions: Option<Vec<Position>> = things.iter().map(|thing| self.position(*thing)).collect();
        // Everything that is arranged stands somewhere.
        let Some(positions) = positions else { return };
        let stays = longest_rising(&positions);
        let mut last: Option<Position> = None;
        let mut at = 0;
        while at < things.len() {
            if stays[at] {
                last = Some(positions[at].clone());
                at += 1;
                continue;
            }
            let end = (at..things.len())
                .find(|&next| stays[next])
                .unwrap_or(things.len());
            let high = positions.get(end);
            let places = if high.is_none() && last.is_some() {
                let mut places = Vec::new();
                for _ in at..end {
                    let next = Position::between(places.last().or(last.as_ref()), None);
                    places.push(next);
                }
                places
            } else {
                Position::spread(last.as_ref(), high, end - at)
            };
            for (thing, position) in things[at..end].iter().zip(places) {
                last = Some(position.clone());
                match *thing {
                    Thing::Tab(tab, group) => self.push(Op::TabMoved { tab, group, position }),
                    Thing::Group(group) => self.push(Op::GroupMoved { group, position }),
                }
            }
            at = end;
        }
    }

    fn position(&self, thing: Thing) -> Option<Position> {
        match thing {
            Thing::Tab(tab, _) => Some(self.state.tabs.get(&tab)?.position.clone()),
            Thing::Group(group) => Some(self.state.groups.get(&group)?.position.clone()),
        }
    }

    fn pinned(&self, thing: Thing) -> bool {
        matches!(thing, Thing::Tab(tab, _) if self.state.tabs.get(&tab).is_some_and(|tab| tab.pinned))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thing {
    Tab(TabId, Option<GroupId>),
    Group(GroupId),
}

/// Which of the keys belong to a longest strictly rising subsequence: those may stay where they are.
pub(in crate::library) fn longest_rising<T: Ord>(keys: &[T]) -> Vec<bool> {
    // `tails[l]` is the index of the least key that ends a rising subsequence of length l + 1.
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; keys.len()];
    for at in 0..keys.len() {
        let length = tails.partition_point(|&tail| keys[tail] < keys[at]);
        before[at] = length.checked_sub(1).map(|length| tails[length]);
        if length == tails.len() {
            tails.push(at);
        } else {
            tails[length] = at;
        }
    }
    let mut stays = vec![false; keys.len()];
    let mut next = tails.last().copied();
    while let Some(at) = next {
        stays[at] = true;
        next = before[at];
    }
    stays
}
