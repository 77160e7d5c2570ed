//! Windows that spaces follow: saved, looked at, closed.

use std::collections::BTreeMap;

use protocol::op::Created;
use protocol::state::Item;
use protocol::{MemberId, Millis, Op, SpaceId, SpaceState, TabId};

use super::deeds::may_stand;
use super::{Engine, astray, inflow, restored};
use crate::library::follow::{Binding, WindowSeen, clean_title, clean_url, is_blank};
use crate::library::private::Private;
use crate::record::{Write, binding_key};
use crate::session::replica::put;
use crate::view::{NoticeKind, colour_of};

impl Engine {
    /// The space that a window is followed by.
    pub fn follows(&self, window: i32) -> Option<SpaceId> {
        self.bindings.get(&window).map(|binding| binding.space)
    }

    /// The windows that are followed.
    pub fn followed_windows(&self) -> Vec<i32> {
        self.bindings.keys().copied().collect()
    }

    /// The window that a space follows.
    pub fn window_of(&self, space: SpaceId) -> Option<i32> {
        self.bindings
            .iter()
            .find(|(_, binding)| binding.space == space)
            .map(|(window, _)| *window)
    }

    /// A followed window was looked at. An empty look is a window that is about to go: it changes nothing. Neither
    /// does one at a window that is being filled.
    pub fn observe(&mut self, now: Millis, window: i32, mut seen: WindowSeen) {
        if seen.tabs.is_empty() {
            return;
        }
        let Some(mut binding) = self
            .bindings
            .get(&window)
            .filter(|binding| {
                // What was held back may have gone back to what was told.
                let is_news = binding.seen != seen || !binding.held.is_empty();
                (is_news || self.has_room_again(binding))
                    && binding.filling.is_none()
                    && !Self::is_changing(binding)
            })
            .cloned()
        else {
            return;
        };
        let space = binding.space;
        let shared = !self.privates.contains_key(&space);
        let private = self.privates.get(&space).map(|private| &private.state);
        let Some(state) = private.or_else(|| self.session.state(space)) else {
            return;
        };
        let ignored = &self.ignored;
        restored::go_on(&mut binding, &mut seen);
        let was_shown = binding.shown();
        let wanted = |url: &str| ignored.lets_in(url, shared);
        let most = self.most_tabs(space);
        let ops = binding.look_within(now, seen, state, &mut *self.random, &wanted, most);
        astray::note(&mut binding, now, state, &ops);
        let shown = binding.shown().filter(|shown| was_shown != Some(*shown));
        let mut writes = vec![put(binding_key(window), &binding)];
        self.bindings.insert(window, binding);
        self.count_uses(now, space, shown.as_slice(), &mut writes);
        self.keep_closed(now, space, &ops, &mut writes);
        self.keep_astray(now, window, &ops, &mut writes);
        if let Some(private) = self.privates.get_mut(&space) {
            for op in ops {
                if may_stand(&private.state, &op, false).is_ok() {
                    private.order(now, op, &mut writes);
                }
            }
            self.session.commit(writes);
        } else {
            let ops = self
                .session
                .state(space)
                .map_or_else(Vec::new, |state| standing(state, ops));
            let as_told = self.bindings.get(&window).cloned().map(|mut binding| {
                inflow::told(&mut binding, &ops);
                binding
            });
            let mut told = writes.clone();
            told.extend(as_told.as_ref().map(|binding| put(binding_key(window), binding)));
            // A guest who made this person a viewer, or a space that ended: the window goes its own way.
            if self.session.submit_with(now, space, ops, told).is_err() {
                self.session.commit(writes);
            } else if let Some(binding) = as_told {
                self.bindings.insert(window, binding);
            }
        }
        self.tell_of_room(window);
    }

    /// What was held back of a window is told now.
    pub(super) fn tell_held(&mut self, now: Millis, window: i32) {
        let binding = self.bindings.get_mut(&window);
        if let Some(seen) = binding.and_then(Binding::all_at_once) {
            self.observe(now, window, seen);
        }
    }

    /// What was held back of all windows is told now: what is done next is done to what there is.
    pub(super) fn tell_all_held(&mut self, now: Millis) {
        let held = self
            .bindings
            .iter()
            .filter(|(_, binding)| !binding.later.is_empty());
        for window in held.map(|(window, _)| *window).collect::<Vec<_>>() {
            self.tell_held(now, window);
        }
    }

    /// A window closed, or is about to: its space stays as it is and follows it no more, until the window comes back.
    pub fn window_gone(&mut self, now: Millis, window: i32) {
        self.tell_held(now, window);
        if let Some(mut binding) = self.bindings.remove(&window) {
            if binding.filling.is_some()
                && let Some(plan) = self.tabs_to_restore(binding.space)
            {
                // It is recognised by what it has of the space by now.
                restored::expect(&mut binding, &plan);
            }
            let mut writes = vec![Write::Delete(binding_key(window))];
            self.fall_asleep(now, binding, &mut writes);
            self.session.commit(writes);
            self.settle(now);
        }
    }

    /// The browser was started: Chrome's ids mean nothing any more.
    pub fn browser_started(&mut self, now: Millis) {
        for window in self.followed_windows() {
            self.window_gone(now, window);
        }
        let mut writes = Vec::new();
        self.wait_anew(now, &mut writes);
        self.await_no_windows(&mut writes);
        self.session.commit(writes);
    }

    /// How many tabs of a look stay out of every space: their addresses are ignored, or cannot be kept. One that is
    /// nowhere yet is no loss.
    pub fn left_out_in(&self, seen: &WindowSeen) -> usize {
        let somewhere = seen.tabs.iter().filter(|tab| !is_blank(&tab.url));
        let kept = |url: &str| clean_url(url).is_some_and(|url| !self.ignored.covers(url));
        somewhere.filter(|tab| !kept(&tab.url)).count()
    }

    /// Whether a tab of a look is ignored.
    #[cfg(not(feature = "popup"))]
    pub(super) fn has_ignored(&self, seen: &WindowSeen) -> bool {
        let mut urls = seen.tabs.iter().filter_map(|tab| clean_url(&tab.url));
        urls.any(|url| self.ignored.covers(url))
    }

    /// How many tabs of a look a private space takes.
    pub(super) fn kept_of(&self, seen: &WindowSeen) -> usize {
        let urls = seen.tabs.iter().filter_map(|tab| clean_url(&tab.url));
        urls.filter(|url| self.ignored.lets_in(url, false)).count()
    }

    /// Makes a private space of a window, which follows it. A window that is followed already keeps its space. That tabs
    /// were left out is told in the space.
    pub fn save_window(&mut self, now: Millis, window: i32, seen: WindowSeen, name: &str) -> SpaceId {
        if let Some(space) = self.follows(window) {
            return space;
        }
        let left_out = self.left_out_in(&seen);
        let (binding, mut writes) = self.make_space(now, seen, name);
        let space = binding.space;
        writes.push(put(binding_key(window), &binding));
        self.bindings.insert(window, binding);
        self.session.commit(writes);
        if left_out > 0 {
            self.notify(space, NoticeKind::LeftOut(left_out));
        }
        space
    }

    /// Makes a private space of a window that is not there any more, or not to be followed.
    pub fn keep_window(&mut self, now: Millis, seen: WindowSeen, name: &str) -> SpaceId {
        let (binding, writes) = self.make_space(now, seen, name);
        self.session.commit(writes);
        binding.space
    }

    /// The same with a window of the journal, which saw all there was; `None` when nothing of it can be kept. How many tabs
    /// are left out.
    pub fn keep_earlier(&mut self, now: Millis, seen: WindowSeen, name: &str) -> (Option<SpaceId>, usize) {
        let left_out = self.left_out_in(&seen);
        let is_empty = left_out > 0 && self.kept_of(&seen) == 0;
        ((!is_empty).then(|| self.keep_window(now, seen, name)), left_out)
    }

    fn make_space(&mut self, now: Millis, seen: WindowSeen, name: &str) -> (Binding, Vec<Write>) {
        let space = SpaceId::from_bits((self.random)());
        let you = MemberId::from_bits((self.random)());
        let mut binding = Binding::new(space);
        let mut state = SpaceState::default();
        let (ignored, nothing) = (&self.ignored, SpaceState::default());
        let wanted = |url: &str| ignored.lets_in(url, false);
        for op in binding.look(now, seen, &nothing, &mut *self.random, &wanted) {
            state.fold_local(&op);
        }
        let created = Created {
            name: clean_name(name),
            colour: state
                .groups
                .values()
                .next()
                .map_or(colour_of(you), |group| group.colour),
            ..spread_out(&state)
        };
        let mut writes = Vec::new();
        let private = Private::new(space, you, self.session.device(), now, created, &mut writes);
        self.privates.insert(space, private);
        self.keep_look(&binding, &mut writes);
        (binding, writes)
    }

    /// The space that a Chrome tab's window follows, and the space's tab.
    pub fn space_tab(&self, window: i32, chrome_tab: i32) -> Option<(SpaceId, Option<TabId>)> {
        self.bindings
            .get(&window)
            .map(|binding| (binding.space, binding.tabs.get(&chrome_tab).copied()))
    }

    /// Whether a Chrome tab may be streamed: not one that was left out.
    pub fn may_stream(&self, window: i32, chrome_tab: i32, url: &str) -> bool {
        self.ignored.never(url).is_none()
            && self
                .bindings
                .get(&window)
                .is_none_or(|binding| !binding.left_out.contains(&chrome_tab))
    }
}

/// Those of some ops that may stand in a shared space, one after the other.
fn standing(state: &SpaceState, ops: Vec<Op>) -> Vec<Op> {
    let mut after = state.clone();
    let mut may = |op: &Op| {
        let may = may_stand(&after, op, true).is_ok();
        if may {
            after.fold_local(op);
        }
        may
    };
    ops.into_iter().filter(|op| may(op)).collect()
}

/// A space's name as it can be kept.
pub(super) fn clean_name(name: &str) -> String {
    let name = clean_title(name)
        .chars()
        .take(protocol::limits::NAME_CHARS)
        .collect::<String>();
    if name.is_empty() { "Tabs".to_owned() } else { name }
}

/// The beginning of a space with short, evenly spread positions.
fn spread_out(state: &SpaceState) -> Created {
    use protocol::Position;
    let mut created = state.as_created(|_, _| true);
    let layout = state.layout();
    let top = Position::spread(None, None, layout.len());
    let (mut tabs, mut groups) = (BTreeMap::new(), BTreeMap::new());
    for (item, place) in layout.into_iter().zip(top) {
        match item {
            Item::Tab(id, _) => drop(tabs.insert(id, place)),
            Item::Group(id, _, inside) => {
                groups.insert(id, place);
                let places = Position::spread(None, None, inside.len());
                tabs.extend(inside.iter().map(|(tab, _)| *tab).zip(places));
            }
        }
    }
    for tab in &mut created.tabs {
        tab.position = tabs.remove(&tab.tab).unwrap_or_else(|| tab.position.clone());
    }
    for group in &mut created.groups {
        group.position = groups
            .remove(&group.group)
            .unwrap_or_else(|| group.position.clone());
    }
    created
}
