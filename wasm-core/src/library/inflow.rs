//! What others do in a shared space, on its way into the window that follows it.
//!
//! A window's [`Basis`] is the space as the window has it: what the person does is folded into it as it is told, and what
//! others do is the difference to the space. From that a [`Turn`] is made: what is to be done in Chrome, written down
//! before it is done. While it is done the window says nothing of its space; `Turn::settle` then says what the window is
//! to look like, so that the next look finds what the person did meanwhile and nothing else. So nothing echoes.
//!
//! A tab that the person is looking at is neither closed nor sent elsewhere: that waits until another one is shown. What
//! is opened or sent elsewhere waits in a page of its own until it is shown (`super::waiting`).

mod order;

use std::collections::{BTreeMap, BTreeSet};

use protocol::state::Item;
use protocol::{Colour, Epoch, GroupId, Op, SpaceState, TabId};
use serde::{Deserialize, Serialize};

use super::engine::{Placed, RestoreTab};
use super::follow::{Binding, GroupSeen, TabSeen};
pub(super) use order::{in_order, misplaced};

/// Changes that are done at once: what is written down before, and done again after a death in between.
const CHANGES: usize = 32;

/// So many tabs have to go at once before a person is asked first.
const MANY: usize = 5;

/// What a person wants of what others do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inflow {
    /// It stays in the space.
    #[default]
    Off,
    /// It goes into the window when the person says so.
    Ask,
    /// It goes into the window; the person is asked when many tabs would go.
    On,
}

/// The space as a window has it. Stored with the binding.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// Tabs and groups, as of an event; the rest is empty. What is on disk of the space may be older, and is then waited
    /// for.
    pub(super) base: SpaceState,
    /// In which life of the relay's database that event was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) epoch: Option<Epoch>,
    /// What is being done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) turn: Option<Turn>,
    /// The person agreed to what is still to come.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) agreed: bool,
    /// What was [`misplaced`] before the last turn: what Chrome does not let stand there is not tried for ever.
    #[serde(skip)]
    pub(super) tried: Vec<Op>,
}

/// One thing to be done in a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Open a tab, behind another one or at the beginning.
    Open(RestoreTab, Option<TabId>),
    /// Close a tab; one that does not want to be closed stays.
    Close(i32),
    /// Let a tab wait for another page.
    Send(i32, RestoreTab),
    /// Pin a tab, or unpin it.
    Pin(i32, bool),
    /// Put a tab into a group or out of any, behind another one or at the beginning.
    Place(i32, Option<GroupId>, Option<TabId>),
    /// Give a group its title and colour, and fold it or not.
    Dress(GroupId),
    /// Put a group behind a tab, or at the beginning.
    PlaceGroup(GroupId, Option<TabId>),
}

/// How a group is to look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dress {
    /// Its title.
    pub title: String,
    /// Its colour.
    pub colour: Colour,
    /// Whether its tabs are folded away.
    pub collapsed: bool,
}

/// What is to be done in a window at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// In order.
    pub changes: Vec<Change>,
    /// Chrome's ids of the space's tabs that are named in it.
    pub tabs: BTreeMap<TabId, i32>,
    /// Chrome's ids of the space's groups that are there.
    pub groups: BTreeMap<GroupId, i32>,
    /// The groups that are named in it.
    pub dresses: BTreeMap<GroupId, Dress>,
}

/// What came of a turn.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What was made.
    pub placed: Placed,
    /// Which of the changes were done.
    pub done: BTreeSet<usize>,
    /// Tabs that have another id since: the old and the new one, in order.
    pub renamed: Vec<(i32, i32)>,
    /// All tabs of the window, in order.
    pub order: Vec<i32>,
}

/// What waits for a person's word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// How many tabs would be opened.
    pub opens: usize,
    /// How many tabs would be closed.
    pub closes: usize,
    /// How much else would change.
    pub others: usize,
    /// Who did that, as far as it is known.
    pub by: Vec<String>,
}

impl Waiting {
    /// How much it is.
    pub const fn count(&self) -> usize {
        self.opens + self.closes + self.others
    }
}

/// What has to be done about a change of the space.
enum About {
    /// This, in the window.
    Do(Change),
    /// Nothing.
    Nothing,
    /// It waits: the person is looking at the tab.
    Later,
}

/// A window beside its space.
struct Sight<'a> {
    binding: &'a Binding,
    state: &'a SpaceState,
    chrome: BTreeMap<TabId, i32>,
    groups: BTreeMap<GroupId, i32>,
    seen: BTreeMap<i32, &'a TabSeen>,
}

impl<'a> Sight<'a> {
    fn new(binding: &'a Binding, state: &'a SpaceState) -> Self {
        Self {
            binding,
            state,
            chrome: binding.tabs.iter().map(|(id, tab)| (*tab, *id)).collect(),
            groups: binding.groups.iter().map(|(id, group)| (*group, *id)).collect(),
            seen: binding.seen.tabs.iter().map(|tab| (tab.id, tab)).collect(),
        }
    }

    fn tab(&self, tab: TabId) -> Option<&'a TabSeen> {
        self.seen.get(self.chrome.get(&tab)?).copied()
    }

    fn restored(&self, id: TabId) -> Option<RestoreTab> {
        let tab = self.state.tabs.get(&id)?;
        Some(RestoreTab {
            tab: id,
            url: tab.url.clone(),
            title: tab.title.clone(),
            pinned: tab.pinned,
            muted: false,
            group: tab.group,
        })
    }

    fn about(&self, base: &SpaceState, op: &Op, before: &Before) -> About {
        let change = match op {
            Op::TabAdded(new) if !self.chrome.contains_key(&new.tab) => self
                .restored(new.tab)
                .map(|tab| Change::Open(tab, before.tab(new.tab))),
            Op::TabRemoved { tab } => match self.tab(*tab) {
                Some(seen) if seen.active => return About::Later,
                Some(seen) => Some(Change::Close(seen.id)),
                None => None,
            },
            Op::TabUpdated { tab, url, pinned, .. } => {
                let Some(seen) = self.tab(*tab) else {
                    return About::Nothing;
                };
                // A page that the space may not hold, and that the person went to, is left alone.
                let is_there = base.tabs.get(tab).is_some_and(|old| old.url == seen.url);
                match (url, pinned) {
                    (Some(url), _) if *url != seen.url && is_there => {
                        if seen.active {
                            return About::Later;
                        }
                        self.restored(*tab).map(|tab| Change::Send(seen.id, tab))
                    }
                    (_, Some(pinned)) if *pinned != seen.pinned => Some(Change::Pin(seen.id, *pinned)),
                    _ => None,
                }
            }
            Op::TabMoved { tab, group, .. } => {
                let seen = self.tab(*tab);
                seen.map(|seen| Change::Place(seen.id, *group, before.tab(*tab)))
            }
            Op::GroupUpdated { group, .. } => {
                let there = self.groups.contains_key(group);
                there.then_some(Change::Dress(*group))
            }
            Op::GroupMoved { group, .. } => {
                let there = self.groups.contains_key(group);
                there.then(|| Change::PlaceGroup(*group, before.group(*group)))
            }
            _ => None,
        };
        change.map_or(About::Nothing, About::Do)
    }
}

/// What stands before each tab and group of a space, of that which is in the window or comes with the same turn.
struct Before {
    tabs: BTreeMap<TabId, Option<TabId>>,
    groups: BTreeMap<GroupId, Option<TabId>>,
}

impl Before {
    fn new(state: &SpaceState, there: &BTreeMap<TabId, i32>, coming: &BTreeSet<TabId>) -> Self {
        let (mut tabs, mut groups) = (BTreeMap::new(), BTreeMap::new());
        let mut last = None;
        let mut pass = |id: TabId, last: &mut Option<TabId>| {
            tabs.insert(id, *last);
            if there.contains_key(&id) || coming.contains(&id) {
                *last = Some(id);
            }
        };
        for item in state.layout() {
            match item {
                Item::Tab(id, _) => pass(id, &mut last),
                Item::Group(group, _, inside) => {
                    groups.insert(group, last);
                    for (id, _) in inside {
                        pass(id, &mut last);
                    }
                }
            }
        }
        Self { tabs, groups }
    }

    fn tab(&self, id: TabId) -> Option<TabId> {
        self.tabs.get(&id).copied().flatten()
    }

    fn group(&self, id: GroupId) -> Option<TabId> {
        self.groups.get(&id).copied().flatten()
    }
}

impl Basis {
    /// The space as a window has it that was not told of others yet: what it lacks is to come, what the space does not
    /// have any more is to go.
    pub(super) fn begin(binding: &Binding, state: &SpaceState) -> Self {
        let mut base = SpaceState {
            head: state.head,
            groups: state.groups.clone(),
            ..SpaceState::default()
        };
        let seen: BTreeMap<i32, &TabSeen> = binding.seen.tabs.iter().map(|tab| (tab.id, tab)).collect();
        for (chrome, id) in &binding.tabs {
            let gone = || {
                let seen = seen.get(chrome)?;
                Some(protocol::state::Tab {
                    url: seen.url.clone(),
                    title: seen.title.clone(),
                    favicon: None,
                    pinned: seen.pinned,
                    group: None,
                    position: protocol::Position::between(None, None),
                })
            };
            if let Some(tab) = state.tabs.get(id).cloned().or_else(gone) {
                base.tabs.insert(*id, tab);
            }
        }
        Self {
            base,
            ..Self::default()
        }
    }

    /// What is to be done first of what others did, and what the window has of the space then. `ops` make the basis
    /// what the space is.
    pub(super) fn turn(&self, binding: &Binding, state: &SpaceState, ops: &[Op]) -> (Turn, SpaceState) {
        let sight = Sight::new(binding, state);
        let coming = ops.iter().filter_map(|op| match op {
            Op::TabAdded(new) => Some(new.tab),
            _ => None,
        });
        let before = Before::new(state, &sight.chrome, &coming.collect());
        let mut base = self.base.clone();
        let mut turn = Turn::default();
        for op in ops {
            match sight.about(&self.base, op, &before) {
                About::Later => continue,
                About::Nothing => {}
                About::Do(_) if turn.changes.len() == CHANGES => break,
                About::Do(change) => turn.changes.push(change),
            }
            base.fold_local(op);
        }
        base.head = state.head;
        turn.name_all(&sight);
        (turn, base)
    }

    /// What is to be done of what others did; what waits until another tab is shown is not in it.
    pub(super) fn waiting(&self, binding: &Binding, state: &SpaceState, ops: &[Op]) -> Waiting {
        let sight = Sight::new(binding, state);
        let before = Before::new(state, &sight.chrome, &BTreeSet::new());
        let mut waiting = Waiting::default();
        for op in ops {
            match sight.about(&self.base, op, &before) {
                About::Do(Change::Open(..)) => waiting.opens += 1,
                About::Do(Change::Close(_)) => waiting.closes += 1,
                About::Do(_) => waiting.others += 1,
                About::Nothing | About::Later => {}
            }
        }
        waiting
    }
}

/// Whether so many tabs of a window would go that a person is asked first.
pub(super) fn is_mass(binding: &Binding, waiting: &Waiting) -> bool {
    waiting.closes >= MANY && waiting.closes * 3 >= binding.tabs.len()
}

impl Turn {
    fn name_all(&mut self, sight: &Sight<'_>) {
        let (mut tabs, mut groups) = (BTreeSet::new(), BTreeSet::new());
        for change in &self.changes {
            match change {
                Change::Open(tab, after) => {
                    tabs.extend(*after);
                    groups.extend(tab.group);
                }
                Change::Place(_, group, after) => {
                    tabs.extend(*after);
                    groups.extend(*group);
                }
                Change::PlaceGroup(group, after) => {
                    tabs.extend(*after);
                    groups.insert(*group);
                }
                Change::Dress(group) => drop(groups.insert(*group)),
                Change::Close(_) | Change::Send(..) | Change::Pin(..) => {}
            }
        }
        let known = |tab: &TabId| Some((*tab, *sight.chrome.get(tab)?));
        self.tabs = tabs.iter().filter_map(known).collect();
        // A group whose last tab went is not there any more.
        let there: BTreeSet<i32> = sight
            .binding
            .seen
            .tabs
            .iter()
            .filter_map(|tab| tab.group)
            .collect();
        let known = |group: &GroupId| Some((*group, *sight.groups.get(group)?));
        let known = groups.iter().filter_map(known);
        self.groups = known.filter(|(_, chrome)| there.contains(chrome)).collect();
        let dress = |group: &GroupId| {
            let known = sight.state.groups.get(group)?;
            let dress = Dress {
                title: known.title.clone(),
                colour: known.colour,
                collapsed: known.collapsed,
            };
            Some((*group, dress))
        };
        self.dresses = groups.iter().filter_map(dress).collect();
    }

    /// What the window is to look like after the turn, for the next look to be compared with.
    pub(super) fn settle(&self, binding: &mut Binding, outcome: &Outcome) {
        for (chrome, group) in &outcome.placed.groups {
            binding.groups.retain(|_, known| known != group);
            binding.groups.insert(*chrome, *group);
        }
        let groups: BTreeMap<GroupId, i32> = binding.groups.iter().map(|(id, group)| (*group, *id)).collect();
        let made: BTreeMap<TabId, i32> = outcome.placed.tabs.iter().map(|(id, tab)| (*tab, *id)).collect();
        for (at, change) in self.changes.iter().enumerate() {
            self.settle_one(change, outcome.done.contains(&at), (&made, &groups), binding);
        }
        for (old, new) in &outcome.renamed {
            binding.tab_replaced(*old, *new);
        }
        let places: BTreeMap<i32, usize> = outcome.order.iter().copied().zip(0..).collect();
        let last = places.len();
        binding
            .seen
            .tabs
            .sort_by_key(|tab| places.get(&tab.id).copied().unwrap_or(last));
        let there: BTreeSet<i32> = binding.seen.tabs.iter().filter_map(|tab| tab.group).collect();
        binding.seen.groups.retain(|group| there.contains(&group.id));
        let seen = &binding.seen.groups;
        binding
            .groups
            .retain(|id, _| there.contains(id) || seen.iter().any(|group| group.id == *id));
    }

    fn settle_one(
        &self,
        change: &Change,
        done: bool,
        (made, groups): (&BTreeMap<TabId, i32>, &BTreeMap<GroupId, i32>),
        binding: &mut Binding,
    ) {
        let grouped = |group: Option<GroupId>| group.and_then(|group| groups.get(&group).copied());
        match change {
            Change::Open(tab, _) => {
                let Some(&id) = made.get(&tab.tab) else { return };
                binding.tabs.insert(id, tab.tab);
                binding.loading.insert(id);
                binding.seen.tabs.push(TabSeen {
                    id,
                    url: tab.url.clone(),
                    title: tab.title.clone(),
                    pinned: tab.pinned,
                    group: grouped(tab.group),
                    ..TabSeen::default()
                });
            }
            Change::Close(id) => {
                binding.tabs.remove(id);
                if done {
                    binding.seen.tabs.retain(|tab| tab.id != *id);
                } else {
                    // It did not want to be closed: it stays, out of the space.
                    binding.left_out.insert(*id);
                }
            }
            _ if !done => {}
            Change::Send(id, tab) => {
                binding.loading.insert(*id);
                if let Some(seen) = seen_mut(binding, *id) {
                    seen.url.clone_from(&tab.url);
                    seen.title.clone_from(&tab.title);
                }
            }
            Change::Pin(id, pinned) => {
                if let Some(seen) = seen_mut(binding, *id) {
                    seen.pinned = *pinned;
                }
            }
            Change::Place(id, group, _) => {
                let group = grouped(*group);
                if let Some(seen) = seen_mut(binding, *id) {
                    seen.group = group;
                }
            }
            Change::Dress(_) | Change::PlaceGroup(..) => {}
        }
        let dressed = match change {
            Change::Open(tab, _) => tab.group,
            Change::Place(_, group, _) => *group,
            Change::Dress(group) => Some(*group),
            _ => None,
        };
        if let Some((id, dress)) =
            dressed.and_then(|group| Some((groups.get(&group)?, self.dresses.get(&group)?)))
        {
            let known = binding.seen.groups.iter_mut().find(|group| group.id == *id);
            let is_new = known.is_none();
            if is_new || matches!(change, Change::Dress(_)) {
                let seen = GroupSeen {
                    id: *id,
                    title: dress.title.clone(),
                    colour: dress.colour,
                    collapsed: dress.collapsed,
                };
                match known {
                    Some(known) => *known = seen,
                    None => binding.seen.groups.push(seen),
                }
            }
        }
    }
}

fn seen_mut(binding: &mut Binding, id: i32) -> Option<&mut TabSeen> {
    binding.seen.tabs.iter_mut().find(|tab| tab.id == id)
}
