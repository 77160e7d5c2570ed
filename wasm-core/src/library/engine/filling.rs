//! A space that is opened as a window: the window begins with one tab, the others come one batch after another,
//! and then the groups are verified. What is still to come is on disk with the binding, for whoever goes on.

use std::collections::{BTreeMap, BTreeSet};

use protocol::op::is_web_address;
use protocol::state::Item;
use protocol::{Colour, GroupId, Millis, SpaceId, SpaceState, TabId};
use serde::{Deserialize, Serialize};

use super::{Engine, restored};
use crate::library::follow::{Binding, OWN_PAGE};
use crate::library::marks::SpaceMarks;
use crate::library::waiting::can_wait;
use crate::record::binding_key;
use crate::session::replica::put;
use crate::view::NoticeKind;

/// So many tabs are made before they are put on disk: what is made again after a death in between is found.
const BATCH: usize = 16;

/// A tab that is to be opened again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreTab {
    /// The space's tab.
    pub tab: TabId,
    /// Its address.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Whether it is muted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
    /// Its group.
    pub group: Option<GroupId>,
}

/// A group that is to be there again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreGroup {
    /// The space's group.
    pub group: GroupId,
    /// Chrome's, once it is made.
    pub chrome: Option<i32>,
    /// Its title.
    pub title: String,
    /// Its colour.
    pub colour: Colour,
    /// Whether its tabs are folded away; `None` while some of them are still to come.
    pub collapsed: Option<bool>,
    /// Chrome's tabs that are to be in it.
    pub members: Vec<i32>,
}

/// What a space looks like as a window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorePlan {
    /// In order; only those that Chrome opens from an extension.
    pub tabs: Vec<RestoreTab>,
    /// Title, colour and whether it is collapsed.
    pub groups: Vec<(GroupId, String, Colour, bool)>,
    /// The tab that was shown, if that is known.
    pub was_shown: Option<TabId>,
    /// How many tabs are not in it, because Chrome does not open them from an extension.
    #[serde(default)]
    pub skipped: usize,
}

/// Tabs that are to be made now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Each with its place in the window.
    pub tabs: Vec<(u32, RestoreTab)>,
    /// Their groups, with the members that are there already.
    pub groups: Vec<RestoreGroup>,
}

/// What is to be done next for a window that is being filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Make tabs.
    Place(Batch),
    /// All tabs are there: verify the groups.
    Verify(Vec<RestoreGroup>),
}

/// What was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Chrome's tabs and the space's.
    pub tabs: BTreeMap<i32, TabId>,
    /// Chrome's groups and the space's.
    pub groups: BTreeMap<i32, GroupId>,
}

/// Whether Chrome opens an address from an extension.
pub(super) fn opens(url: &str) -> bool {
    let own = ["chrome://", "chrome-extension://", "about:"];
    is_web_address(url) || url != OWN_PAGE && own.iter().any(|start| url.starts_with(start))
}

impl RestorePlan {
    /// A space as a window.
    pub fn of(state: &SpaceState, marks: &SpaceMarks) -> Self {
        let mut plan = Self {
            was_shown: marks.shown,
            ..Self::default()
        };
        let mut add = |id: TabId, tab: &protocol::state::Tab, group: Option<GroupId>| {
            plan.tabs.push(RestoreTab {
                tab: id,
                url: tab.url.clone(),
                title: tab.title.clone(),
                pinned: tab.pinned,
                muted: marks.muted.contains(&id),
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
        let all = plan.tabs.len();
        plan.tabs.retain(|tab| opens(&tab.url));
        plan.skipped = all - plan.tabs.len();
        plan.groups = groups;
        plan
    }

    /// The tab that is shown at first, the only one that is loaded: the one that was shown, or the first that is not
    /// folded away.
    pub fn shown(&self) -> Option<&RestoreTab> {
        let folded = |tab: &&RestoreTab| {
            let group = self.groups.iter().find(|(group, ..)| tab.group == Some(*group));
            group.is_some_and(|(.., collapsed)| *collapsed)
        };
        let was_shown = self.tabs.iter().find(|tab| Some(tab.tab) == self.was_shown);
        was_shown
            .filter(|tab| !folded(tab))
            .or_else(|| self.tabs.iter().find(|tab| !tab.pinned && !folded(tab)))
            .or_else(|| self.tabs.iter().find(|tab| !folded(tab)))
            .or(self.tabs.first())
    }

    /// The groups of these tabs as they are to be, as far as the binding has them.
    fn groups(&self, binding: &Binding, of: &BTreeSet<GroupId>, whole: bool) -> Vec<RestoreGroup> {
        let chrome: BTreeMap<TabId, i32> = binding.tabs.iter().map(|(id, tab)| (*tab, *id)).collect();
        let wanted = self.groups.iter().filter(|(group, ..)| of.contains(group));
        wanted
            .map(|(group, title, colour, collapsed)| RestoreGroup {
                group: *group,
                chrome: {
                    let made = binding.groups.iter().find(|(_, id)| *id == group);
                    made.map(|(chrome, _)| *chrome)
                },
                title: title.clone(),
                colour: *colour,
                collapsed: whole.then_some(*collapsed),
                members: self
                    .tabs
                    .iter()
                    .filter(|tab| tab.group == Some(*group))
                    .filter_map(|tab| chrome.get(&tab.tab).copied())
                    .collect(),
            })
            .collect()
    }
}

impl Engine {
    /// A space as a window.
    pub fn tabs_to_restore(&self, space: SpaceId) -> Option<RestorePlan> {
        let nothing = SpaceMarks::default();
        let marks = self.marks.get(&space).unwrap_or(&nothing);
        self.state(space).map(|state| RestorePlan::of(state, marks))
    }

    /// A space was opened as a window that has the first of its tabs: it follows it, and fills it. Of tabs that cannot be
    /// opened the space tells.
    pub fn bind(&mut self, now: Millis, window: i32, space: SpaceId, tabs: BTreeMap<i32, TabId>) {
        if let Some(old) = self.window_of(space) {
            self.window_gone(now, old);
        }
        let Some(plan) = self.tabs_to_restore(space) else {
            return;
        };
        let there: BTreeSet<TabId> = tabs.values().copied().collect();
        let coming = plan.tabs.iter().map(|tab| tab.tab);
        let binding = Binding {
            tabs,
            filling: Some(coming.filter(|tab| !there.contains(tab)).collect()),
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

    /// Tells in a space how many of its tabs were not opened.
    pub(super) fn tell_skipped(&mut self, space: SpaceId, skipped: usize) {
        let told = NoticeKind::NotOpened(skipped);
        if skipped > 0 && self.notices_of(space).all(|notice| notice.kind != told) {
            self.notify(space, told);
        }
    }

    /// The windows that are being filled.
    pub fn windows_to_fill(&self) -> Vec<i32> {
        let filling = self
            .bindings
            .iter()
            .filter(|(_, binding)| binding.filling.is_some());
        filling.map(|(window, _)| *window).collect()
    }

    /// What is to be done next to fill a window; `None` when it is full, or gone.
    pub fn next_step(&self, window: i32) -> Option<Step> {
        let binding = self.bindings.get(&window)?;
        let coming: BTreeSet<TabId> = binding.filling.as_ref()?.iter().copied().collect();
        let plan = self.tabs_to_restore(binding.space)?;
        let there: BTreeSet<TabId> = binding.tabs.values().copied().collect();
        let in_window = plan
            .tabs
            .iter()
            .filter(|tab| coming.contains(&tab.tab) || there.contains(&tab.tab));
        let tabs: Vec<(u32, RestoreTab)> = (0..)
            .zip(in_window)
            .filter(|(_, tab)| coming.contains(&tab.tab))
            .take(BATCH)
            .map(|(index, tab)| (index, tab.clone()))
            .collect();
        if tabs.is_empty() {
            let all = plan.groups.iter().map(|(group, ..)| *group).collect();
            return Some(Step::Verify(plan.groups(binding, &all, true)));
        }
        let of = tabs.iter().filter_map(|(_, tab)| tab.group).collect();
        let groups = plan.groups(binding, &of, false);
        Some(Step::Place(Batch { tabs, groups }))
    }

    /// A step was done. After the last one the window is followed: what a person did to it meanwhile is found by the
    /// next look.
    pub fn step_done(&mut self, window: i32, step: &Step, placed: Placed) {
        let Some(mut binding) = self.bindings.get(&window).cloned() else {
            return;
        };
        let Some(coming) = binding.filling.as_mut() else {
            return;
        };
        binding.tabs.extend(placed.tabs);
        binding.groups.extend(placed.groups);
        match step {
            // One that Chrome refused stays in the space only.
            Step::Place(batch) => coming.retain(|id| batch.tabs.iter().all(|(_, tab)| tab.tab != *id)),
            Step::Verify(_) => {
                if let Some(plan) = self.tabs_to_restore(binding.space) {
                    restored::expect(&mut binding, &plan);
                }
                binding.filling = None;
            }
        }
        self.session.commit(vec![put(binding_key(window), &binding)]);
        self.bindings.insert(window, binding);
    }
}

impl RestoreTab {
    /// Whether it waits in a page of its own until it is shown.
    pub fn waits(&self) -> bool {
        can_wait(&self.url)
    }
}
