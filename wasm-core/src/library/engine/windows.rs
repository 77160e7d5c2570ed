//! Windows that spaces follow: saved, looked at, opened again.

use std::collections::BTreeMap;

use protocol::op::{Colour, Created};
use protocol::state::Item;
use protocol::{GroupId, MemberId, Millis, Op, SpaceId, SpaceState, TabId};
use serde::{Deserialize, Serialize};

use super::{Engine, restored};
use crate::library::follow::{Binding, WindowSeen, clean_title};
use crate::library::private::Private;
use crate::record::{Write, binding_key};
use crate::session::replica::put;
use crate::view::colour_of;

/// A tab that is to be opened again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreTab {
    /// The space's tab.
    pub tab: TabId,
    /// Its address; only those that Chrome opens.
    pub url: String,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Its group.
    pub group: Option<GroupId>,
}

/// What a space looks like as a window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorePlan {
    /// In order.
    pub tabs: Vec<RestoreTab>,
    /// Title, colour and whether it is collapsed.
    pub groups: Vec<(GroupId, String, Colour, bool)>,
}

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

    /// A followed window was looked at. An empty look is a window that is about to go: it changes nothing.
    pub fn observe(&mut self, now: Millis, window: i32, mut seen: WindowSeen) {
        if seen.tabs.is_empty() {
            return;
        }
        let Some(mut binding) = self
            .bindings
            .get(&window)
            .filter(|binding| binding.seen != seen)
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
        let ops = binding.look(now, seen, state, &mut *self.random, &|url| {
            !shared || ignored.never(url).is_none()
        });
        let write = put(binding_key(window), &binding);
        self.bindings.insert(window, binding);
        if let Some(private) = self.privates.get_mut(&space) {
            let mut writes = vec![write];
            for op in ops {
                if op.check().is_ok() && private.state.has_room_for(&op).is_ok() {
                    private.order(now, op, &mut writes);
                }
            }
            self.session.commit(writes);
        } else {
            let room = |op: &Op| {
                self.session
                    .state(space)
                    .is_some_and(|state| state.has_room_for(op).is_ok())
            };
            let ops: Vec<Op> = ops
                .into_iter()
                .filter(|op| op.check_shared().is_ok() && room(op))
                .collect();
            // A guest who made this person a viewer, or a space that ended: the window goes its own way.
            if self
                .session
                .submit_with(now, space, ops, vec![write.clone()])
                .is_err()
            {
                self.session.commit(vec![write]);
            }
        }
    }

    /// A window closed, or is about to: its space stays as it is and follows it no more, until the window comes back.
    pub fn window_gone(&mut self, now: Millis, window: i32) {
        if let Some(binding) = self.bindings.remove(&window) {
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
        self.session.commit(writes);
    }

    /// Makes a private space of a window, which follows it. A window that is followed already keeps its space.
    pub fn save_window(&mut self, now: Millis, window: i32, seen: WindowSeen, name: &str) -> SpaceId {
        if let Some(space) = self.follows(window) {
            return space;
        }
        let (binding, mut writes) = self.make_space(now, seen, name);
        let space = binding.space;
        writes.push(put(binding_key(window), &binding));
        self.bindings.insert(window, binding);
        self.session.commit(writes);
        space
    }

    /// Makes a private space of a window that is not there any more, or not to be followed.
    pub fn keep_window(&mut self, now: Millis, seen: WindowSeen, name: &str) -> SpaceId {
        let (binding, writes) = self.make_space(now, seen, name);
        self.session.commit(writes);
        binding.space
    }

    fn make_space(&mut self, now: Millis, seen: WindowSeen, name: &str) -> (Binding, Vec<Write>) {
        let space = SpaceId::from_bits((self.random)());
        let you = MemberId::from_bits((self.random)());
        let mut binding = Binding::new(space);
        let mut state = SpaceState::default();
        for op in binding.look(now, seen, &SpaceState::default(), &mut *self.random, &|_| true) {
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
        (binding, writes)
    }

    /// A space as a window.
    pub fn tabs_to_restore(&self, space: SpaceId) -> Option<RestorePlan> {
        let state = self.state(space)?;
        let mut plan = RestorePlan::default();
        let mut add = |id: TabId, tab: &protocol::state::Tab, group: Option<GroupId>| {
            plan.tabs.push(RestoreTab {
                tab: id,
                url: tab.url.clone(),
                pinned: tab.pinned,
                group,
            });
        };
        let mut groups = Vec::new();
        for item in state.layout() {
            match item {
                Item::Tab(id, tab) => add(id, tab, None),
                Item::Group(id, group, tabs) => {
                    groups.push((id, group.title.clone(), group.colour, group.collapsed));
                    for (tab_id, tab) in tabs {
                        add(tab_id, tab, Some(id));
                    }
                }
            }
        }
        plan.groups = groups;
        Some(plan)
    }

    /// A space was opened as a window: it follows it.
    pub fn bind(
        &mut self,
        now: Millis,
        window: i32,
        space: SpaceId,
        seen: WindowSeen,
        tabs: BTreeMap<i32, TabId>,
        groups: BTreeMap<i32, GroupId>,
    ) {
        if let Some(old) = self.window_of(space) {
            self.window_gone(now, old);
        }
        let mut binding = Binding {
            seen,
            tabs,
            groups,
            ..Binding::new(space)
        };
        if let Some(state) = self.state(space) {
            restored::begin(&mut binding, state);
        }
        let mut writes = vec![put(binding_key(window), &binding)];
        self.wake(space, &mut writes);
        self.session.commit(writes);
        self.bindings.insert(window, binding);
        self.settle(now);
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
    for (item, place) in layout.into_iter().zip(top) {
        match item {
            Item::Tab(id, _) => {
                if let Some(tab) = created.tabs.iter_mut().find(|tab| tab.tab == id) {
                    tab.position = place;
                }
            }
            Item::Group(id, _, tabs) => {
                if let Some(group) = created.groups.iter_mut().find(|group| group.group == id) {
                    group.position = place;
                }
                for ((tab_id, _), place) in tabs.iter().zip(Position::spread(None, None, tabs.len())) {
                    if let Some(tab) = created.tabs.iter_mut().find(|tab| tab.tab == *tab_id) {
                        tab.position = place;
                    }
                }
            }
        }
    }
    created
}
