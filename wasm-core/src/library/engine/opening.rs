//! Tabs of a space that are opened among others, or in place of what a window has.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{GroupId, Millis, SpaceId, TabId};

use super::asleep::Asleep;
use super::filling::opens;
use super::{Batch, Engine, Placed, RestoreGroup, RestorePlan, RestoreTab, Step, restored};
use crate::library::follow::{Binding, OWN_PAGE, TabSeen, WindowSeen, is_blank};
use crate::record::{Write, asleep_key, binding_key};
use crate::session::replica::put;

/// So many tabs are made at once.
const BATCH: usize = 16;

impl Engine {
    /// Tabs of a space as they are opened, or all of it. A group comes along when all of its tabs do.
    pub fn plan_of(&self, space: SpaceId, tabs: Option<&[TabId]>) -> Option<RestorePlan> {
        let mut plan = self.tabs_to_restore(space)?;
        if let Some(tabs) = tabs {
            let all = &self.state(space)?.tabs;
            let cannot_be = |tab: &&TabId| all.get(tab).is_some_and(|tab| !opens(&tab.url));
            plan.skipped = tabs.iter().filter(cannot_be).count();
            let torn: BTreeSet<GroupId> = plan
                .tabs
                .iter()
                .filter(|tab| !tabs.contains(&tab.tab))
                .filter_map(|tab| tab.group)
                .collect();
            plan.tabs.retain(|tab| tabs.contains(&tab.tab));
            for tab in &mut plan.tabs {
                tab.group = tab.group.filter(|group| !torn.contains(group));
            }
            plan.groups
                .retain(|(group, ..)| plan.tabs.iter().any(|tab| tab.group == Some(*group)));
        }
        Some(plan)
    }

    /// A tab that was removed from a space, as it is opened from the bin.
    pub fn plan_of_removed(&self, space: SpaceId, tab: TabId) -> Option<RestorePlan> {
        let there = self.bin.entries().rev().filter(|(_, entry)| entry.space == space);
        let tabs = there.flat_map(|(_, entry)| {
            let tabs = entry.content().1.into_iter();
            tabs.map(|new| (entry.marks.muted.contains(&new.tab), new))
        });
        let (muted, tab) = tabs
            .filter(|(_, new)| opens(&new.url))
            .find(|(_, new)| new.tab == tab)?;
        Some(RestorePlan {
            tabs: vec![RestoreTab {
                tab: tab.tab,
                url: tab.url,
                title: tab.title,
                pinned: false,
                muted,
                group: None,
            }],
            ..RestorePlan::default()
        })
    }

    /// A window goes another way: its space stays as it is, whatever becomes of the window's tabs. It is given back for
    /// [`Engine::put_to_rest`], [`Engine::let_go`] or [`Engine::attach`]. Should this engine die before, the next one
    /// finds the space waiting for the window.
    pub fn give_up(&mut self, now: Millis, window: i32) -> Option<Binding> {
        self.tell_held(now, window);
        let binding = self.bindings.remove(&window)?;
        let asleep = Asleep {
            binding,
            since: now,
            closing: None,
        };
        self.session.commit(vec![
            Write::Delete(binding_key(window)),
            put(asleep_key(asleep.binding.space), &asleep),
        ]);
        Some(asleep.binding)
    }

    /// The space of a window that was given up waits for nothing.
    pub fn let_go(&mut self, binding: &Binding) {
        self.session
            .commit(vec![Write::Delete(asleep_key(binding.space))]);
    }

    /// A window that was given up is followed on, or as little as before, whatever was to follow it.
    pub fn attach(&mut self, window: i32, given_up: Option<Binding>) {
        self.bindings.remove(&window);
        let Some(binding) = given_up else {
            self.session.commit(vec![Write::Delete(binding_key(window))]);
            return;
        };
        self.session.commit(vec![
            put(binding_key(window), &binding),
            Write::Delete(asleep_key(binding.space)),
        ]);
        self.bindings.insert(window, binding);
    }

    /// The tabs of a window that was given up are gone: its space waits for them to come back, as by an undo.
    pub fn put_to_rest(&mut self, now: Millis, mut binding: Binding) {
        if binding.filling.is_some()
            && let Some(plan) = self.tabs_to_restore(binding.space)
        {
            restored::expect(&mut binding, &plan);
        }
        let mut writes = Vec::new();
        self.fall_asleep(now, binding, &mut writes);
        self.session.commit(writes);
        self.settle(now);
    }

    /// A space is opened in place of the tabs of a window, which are still there: it follows the window, fills it, and
    /// never hears of them, also of those that stay. When it is full, those of [`Engine::room_in`] are to be closed.
    pub fn bind_in_place(&mut self, now: Millis, window: i32, space: SpaceId, there: &WindowSeen) {
        let Some(plan) = self.tabs_to_restore(space) else {
            return;
        };
        let binding = Binding {
            filling: Some(plan.tabs.iter().map(|tab| tab.tab).collect()),
            left_out: pages_of_others(there).map(|tab| tab.id).collect(),
            making_room: making_room(there),
            ..Binding::new(space)
        };
        let mut writes = vec![put(binding_key(window), &binding)];
        self.wake(space, &mut writes);
        self.session.commit(writes);
        self.bindings.insert(window, binding);
        if let Some(shown) = plan.shown() {
            self.opened(now, space, &[shown.tab]);
        }
        self.tell_skipped(space, plan.skipped);
        self.settle(now);
    }

    /// What was opened in place of other tabs, and where these are still to be closed.
    pub fn windows_making_room(&self) -> Vec<i32> {
        let making_room = self
            .bindings
            .iter()
            .filter(|(_, binding)| !binding.making_room.is_empty());
        making_room.map(|(window, _)| *window).collect()
    }

    /// The tabs of a window that make room for those of its space, and the one of these to show before they go.
    pub fn room_in(&self, window: i32) -> Option<(Vec<i32>, Option<i32>)> {
        let binding = self.bindings.get(&window)?;
        let plan = self.tabs_to_restore(binding.space)?;
        let shown = plan
            .shown()
            .and_then(|tab| self.chrome_tab(binding.space, tab.tab));
        Some((binding.making_room.clone(), shown.map(|(_, chrome)| chrome)))
    }

    /// They are gone.
    pub fn room_made(&mut self, window: i32) {
        let making_room = |binding: &&mut Binding| !binding.making_room.is_empty();
        if let Some(binding) = self.bindings.get_mut(&window).filter(making_room) {
            binding.making_room.clear();
            let written = put(binding_key(window), binding);
            self.session.commit(vec![written]);
        }
    }

    /// The window of a space is about to be closed. Should this engine die before it is, the next one finds it by
    /// [`Engine::window_to_close`].
    pub fn window_goes(&mut self, now: Millis, window: i32) {
        let Some(space) = self.follows(window) else { return };
        self.window_gone(now, window);
        self.set_closing(space, Some(window));
    }

    /// The window of a space that was to be closed is gone, or stays: then it may be followed again.
    pub fn window_went(&mut self, space: SpaceId) {
        self.set_closing(space, None);
    }

    /// The window of a space that is still to be closed.
    pub fn window_to_close(&self, space: SpaceId) -> Option<i32> {
        self.asleep.get(&space).and_then(|asleep| asleep.closing)
    }

    /// The spaces with a window that is still to be closed.
    pub fn closing(&self) -> Vec<SpaceId> {
        let closing = self.asleep.iter().filter(|(_, asleep)| asleep.closing.is_some());
        closing.map(|(space, _)| *space).collect()
    }

    fn set_closing(&mut self, space: SpaceId, closing: Option<i32>) {
        if let Some(asleep) = self.asleep.get_mut(&space)
            && asleep.closing != closing
        {
            asleep.closing = closing;
            let written = put(asleep_key(space), asleep);
            self.session.commit(vec![written]);
        }
    }
}

/// The tabs of a window that are not the extension's own pages.
fn pages_of_others(seen: &WindowSeen) -> impl Iterator<Item = &TabSeen> {
    seen.tabs.iter().filter(|tab| tab.url != OWN_PAGE)
}

/// The tabs of a window that make room for others. The extension's own pages stay, where somebody is just at work, and
/// so do those that nobody could open again: an undo would not bring them back.
pub fn making_room(seen: &WindowSeen) -> Vec<i32> {
    let comes_back = |tab: &&TabSeen| is_blank(&tab.url) || opens(&tab.url);
    pages_of_others(seen)
        .filter(comes_back)
        .map(|tab| tab.id)
        .collect()
}

impl RestorePlan {
    /// A window as it was, to be made again. `random` gives ids.
    pub fn of_window(seen: &WindowSeen, mut random: impl FnMut() -> u128) -> Self {
        let groups: BTreeMap<i32, GroupId> = seen
            .groups
            .iter()
            .map(|group| (group.id, GroupId::from_bits(random())))
            .collect();
        let mut was_shown = None;
        let tabs = seen.tabs.iter().filter(|tab| opens(&tab.url)).map(|tab| {
            let id = TabId::from_bits(random());
            if tab.active {
                was_shown = Some(id);
            }
            RestoreTab {
                tab: id,
                url: tab.url.clone(),
                title: tab.title.clone(),
                pinned: tab.pinned,
                muted: tab.muted,
                group: tab.group.and_then(|group| groups.get(&group).copied()),
            }
        });
        let tabs: Vec<RestoreTab> = tabs.collect();
        Self {
            // Those stayed where they were.
            skipped: 0,
            tabs,
            was_shown,
            groups: seen
                .groups
                .iter()
                .map(|group| {
                    (
                        groups[&group.id],
                        group.title.clone(),
                        group.colour,
                        group.collapsed,
                    )
                })
                .collect(),
        }
    }
}

/// Opening a plan in a window that has other tabs, step by step.
#[derive(Debug)]
pub struct Opening {
    coming: Vec<(u32, RestoreTab)>,
    groups: Vec<RestoreGroup>,
    /// Whether its tabs are folded away in the end, by group; not of one that was there.
    collapsed: BTreeMap<GroupId, bool>,
    placed: BTreeMap<TabId, i32>,
    verified: bool,
}

impl Opening {
    /// The plan's tabs stand from this place on; those that are there already are named with Chrome's ids. A group of the
    /// window with the same title and colour takes the tabs of the plan's.
    pub fn new(plan: RestorePlan, there: &BTreeMap<i32, TabId>, window: &WindowSeen, from: u32) -> Self {
        let placed: BTreeMap<TabId, i32> = there.iter().map(|(chrome, tab)| (*tab, *chrome)).collect();
        let mut collapsed = BTreeMap::new();
        let groups = plan.groups.iter().map(|(group, title, colour, folded)| {
            let alike = window
                .groups
                .iter()
                .find(|seen| !title.is_empty() && seen.title == *title && seen.colour == *colour);
            if alike.is_none() {
                collapsed.insert(*group, *folded);
            }
            let members = plan.tabs.iter().filter(|tab| tab.group == Some(*group));
            RestoreGroup {
                group: *group,
                chrome: alike.map(|seen| seen.id),
                title: title.clone(),
                colour: *colour,
                collapsed: None,
                members: members.filter_map(|tab| placed.get(&tab.tab).copied()).collect(),
            }
        });
        let groups = groups.collect();
        let coming = (from..)
            .zip(plan.tabs)
            .filter(|(_, tab)| !placed.contains_key(&tab.tab));
        Self {
            coming: coming.collect(),
            groups,
            collapsed,
            placed,
            verified: false,
        }
    }

    /// What is to be done next; `None` when all is done.
    pub fn next_step(&self) -> Option<Step> {
        if self.coming.is_empty() {
            let groups = self.groups.iter().map(|group| RestoreGroup {
                collapsed: self.collapsed.get(&group.group).copied(),
                ..group.clone()
            });
            return (!self.verified).then(|| Step::Verify(groups.collect()));
        }
        let tabs: Vec<_> = self.coming.iter().take(BATCH).cloned().collect();
        let has = |group: &&RestoreGroup| tabs.iter().any(|(_, tab)| tab.group == Some(group.group));
        let groups = self.groups.iter().filter(has).cloned().collect();
        Some(Step::Place(Batch { tabs, groups }))
    }

    /// A step was done.
    pub fn done(&mut self, step: &Step, made: &Placed) {
        match step {
            Step::Place(batch) => drop(self.coming.drain(..batch.tabs.len().min(self.coming.len()))),
            Step::Verify(_) => self.verified = true,
        }
        let Step::Place(batch) = step else { return };
        for (&chrome, &tab) in &made.tabs {
            self.placed.insert(tab, chrome);
            let group = batch.tabs.iter().find(|(_, other)| other.tab == tab);
            let group = group.and_then(|(_, tab)| tab.group);
            if let Some(group) = self.groups.iter_mut().find(|other| Some(other.group) == group) {
                group.members.push(chrome);
            }
        }
        for (&chrome, group) in &made.groups {
            if let Some(known) = self.groups.iter_mut().find(|known| known.group == *group) {
                known.chrome = Some(chrome);
            }
        }
    }

    /// Chrome's tab of one that was made.
    pub fn chrome(&self, tab: TabId) -> Option<i32> {
        self.placed.get(&tab).copied()
    }

    /// Whether something was made.
    pub fn has_any(&self) -> bool {
        !self.placed.is_empty()
    }
}
