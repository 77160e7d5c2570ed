//! A space follows a window: what was done in the window, told from two looks at it.
//!
//! The service worker may die between any two of Chrome's events, so nothing depends on them: each event
//! only says "look again". Two looks at a window are compared, and the difference becomes ops. What others
//! did in the space is not in either look, so it is neither echoed nor undone.

use std::collections::{BTreeMap, BTreeSet};

use protocol::op::{NewGroup, NewTab};
use protocol::{Colour, GroupId, Millis, Op, Position, SpaceId, SpaceState, TabId, limits};
use serde::{Deserialize, Serialize};

use super::full::Full;
use super::inflow::Basis;
use super::went::Went;

mod order;

pub(super) use order::longest_rising;

/// A tab's title is told at most this often; what it was meanwhile is never told.
pub const TITLE_EVERY_MS: i64 = 2_000;

/// A window as Chrome tells it, tabs in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WindowSeen {
    /// From left to right.
    pub tabs: Vec<TabSeen>,
    /// In any order.
    pub groups: Vec<GroupSeen>,
}

/// A tab as Chrome tells it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other"
)]
pub struct TabSeen {
    /// Chrome's id; good until the browser ends.
    pub id: i32,
    /// Its address; the pending one while it is empty.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Whether it is muted.
    pub muted: bool,
    /// Whether it is the one that is shown.
    pub active: bool,
    /// Chrome's id of its group.
    pub group: Option<i32>,
    /// Chrome knows a favicon of it.
    #[serde(default)]
    pub has_favicon: bool,
    /// The space's tab that it waits for, in a page of its own; address and title are that tab's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<TabId>,
}

/// A group as Chrome tells it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupSeen {
    /// Chrome's id; good until the browser ends.
    pub id: i32,
    /// Its title.
    pub title: String,
    /// Its colour.
    pub colour: Colour,
    /// Whether its tabs are folded away.
    pub collapsed: bool,
}

/// A window that a space follows. Stored under `binding/{window}`; Chrome's ids in it are good until the
/// browser ends, and the binding with them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    /// The space.
    pub space: SpaceId,
    /// The last look; of a tab whose title or page was held back, with what was told.
    pub seen: WindowSeen,
    /// Chrome's tabs and the space's.
    pub tabs: BTreeMap<i32, TabId>,
    /// Chrome's groups and the space's.
    pub groups: BTreeMap<i32, GroupId>,
    /// Chrome's tabs that stay out of the space for as long as the window is followed, wherever they are
    /// meanwhile: a tab that is dragged to another window comes back under the same id. No more than space and window
    /// had tabs when it was shared.
    pub left_out: BTreeSet<i32>,
    /// When something was last told of a tab; only of the last [`TITLE_EVERY_MS`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<i32, Millis>,
    /// When a tab last went to another page; only of the last [`TITLE_EVERY_MS`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub navigated: BTreeMap<i32, Millis>,
    /// Tabs whose new title or page was held back: another look tells it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub held: BTreeSet<i32>,
    /// What tabs are whose new page was held back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub later: BTreeMap<i32, TabSeen>,
    /// Tabs of a space that was opened as a window whose pages have not come yet: what they turn out to be is no
    /// news, unless it is another page.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub loading: BTreeSet<i32>,
    /// The space's tabs that the window still lacks, in order, while it is being filled; looks at it change nothing
    /// until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filling: Option<Vec<TabId>>,
    /// Chrome's tabs that go when the window is full: the space was opened in place of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub making_room: Vec<i32>,
    /// The space as the window has it, when what others do flows into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Box<Basis>>,
    /// The space's tabs that went to another page lately.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub went: BTreeMap<TabId, Went>,
    /// Whether the space had no room for tabs of the window, as of the last look.
    #[serde(default, skip_serializing_if = "Full::is_no")]
    pub full: Full,
}

/// The addresses of a tab that is not anywhere yet.
pub const NOWHERE: [&str; 2] = ["", "about:blank"];

/// The address by which the extension's own pages are told: nobody's tabs, whose real address is another one for each
/// installation.
pub const OWN_PAGE: &str = "about:tabspace";

/// An address that says nothing: not worth a place in a space.
pub fn is_blank(url: &str) -> bool {
    NOWHERE.contains(&url)
        || url == OWN_PAGE
        || url.starts_with("chrome://newtab")
        || url.starts_with("chrome://new-tab-page")
}

/// A title as it is kept: without control characters, not too long.
pub fn clean_title(title: &str) -> String {
    clean(title, limits::TITLE_CHARS)
}

fn clean(text: &str, chars: usize) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(chars)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// An address as it can be kept; `None` when it is too long or not an address.
pub fn clean_url(url: &str) -> Option<&str> {
    (url.len() <= limits::URL_BYTES && !is_blank(url) && !url.chars().any(char::is_control)).then_some(url)
}

/// Chrome writes addresses its own way; what is left of it for an address that it opened itself is the slash at
/// the end.
pub(crate) fn is_same_page(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

impl Binding {
    /// A binding of a space that has nothing of the window yet.
    pub fn new(space: SpaceId) -> Self {
        Self {
            space,
            seen: WindowSeen::default(),
            tabs: BTreeMap::new(),
            groups: BTreeMap::new(),
            left_out: BTreeSet::new(),
            told: BTreeMap::new(),
            navigated: BTreeMap::new(),
            held: BTreeSet::new(),
            later: BTreeMap::new(),
            loading: BTreeSet::new(),
            filling: None,
            making_room: Vec::new(),
            basis: None,
            went: BTreeMap::new(),
            full: Full::No,
        }
    }

    /// Chrome gave a tab another id, as it does when it swaps a tab's page for one that was loaded ahead. Whether
    /// that changed anything.
    pub fn tab_replaced(&mut self, old: i32, new: i32) -> bool {
        let tab = self.tabs.remove(&old);
        let left_out = self.left_out.remove(&old);
        let seen = self.seen.tabs.iter_mut().find(|tab| tab.id == old);
        let changed = tab.is_some() || left_out || seen.is_some();
        if let Some(seen) = seen {
            seen.id = new;
        }
        if left_out {
            self.left_out.insert(new);
        } else if let Some(tab) = tab {
            self.tabs.insert(new, tab);
        }
        for times in [&mut self.told, &mut self.navigated] {
            if let Some(time) = times.remove(&old) {
                times.insert(new, time);
            }
        }
        if let Some(later) = self.later.remove(&old) {
            self.later.insert(new, TabSeen { id: new, ..later });
        }
        for tabs in [&mut self.held, &mut self.loading] {
            if tabs.remove(&old) {
                tabs.insert(new);
            }
        }
        for tab in self.making_room.iter_mut().filter(|tab| **tab == old) {
            *tab = new;
        }
        changed
    }

    /// The space's tab that is shown.
    pub(super) fn shown(&self) -> Option<TabId> {
        let active = self.seen.tabs.iter().find(|tab| tab.active)?;
        self.tabs.get(&active.id).copied()
    }

    /// Compares a new look with the last one and keeps it. `state` is the space as this person sees it;
    /// `wanted` says which addresses may be in the space. A title that changed too soon after the last op for its
    /// tab is held back, for a look that comes [`TITLE_EVERY_MS`] later; so is a page that comes so soon after another
    /// one, as a redirect does.
    pub fn look(
        &mut self,
        now: Millis,
        new: WindowSeen,
        state: &SpaceState,
        random: &mut dyn FnMut() -> u128,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Vec<Op> {
        self.look_within(now, new, state, random, wanted, usize::MAX)
    }

    /// The same, of a space that holds at most so many tabs: others stay in the window alone until a look finds room for them.
    pub fn look_within(
        &mut self,
        now: Millis,
        new: WindowSeen,
        state: &SpaceState,
        random: &mut dyn FnMut() -> u128,
        wanted: &dyn Fn(&str) -> bool,
        most: usize,
    ) -> Vec<Op> {
        let mut new = new;
        let here: BTreeSet<i32> = new.tabs.iter().map(|tab| tab.id).collect();
        // A clock that was put back holds nothing.
        for times in [&mut self.told, &mut self.navigated] {
            times.retain(|id, time| here.contains(id) && (0..TITLE_EVERY_MS).contains(&now.since(*time)));
        }
        self.held.clear();
        let places = self.seen.tabs.iter().zip(0..);
        let places = places.map(|(tab, place)| (tab.id, place)).collect();
        let mut changes = Changes {
            binding: self,
            now,
            state: state.clone(),
            ends: BTreeMap::new(),
            ops: Vec::new(),
            places,
            most,
            is_full: false,
        };
        changes.gone(&new);
        changes.binding.later.clear();
        changes.groups(&new, random);
        changes.tabs(&new, random, wanted);
        changes.order(&new);
        let Changes {
            ops, places, is_full, ..
        } = changes;
        self.full = self.full.then(is_full);
        for tab in new.tabs.iter_mut().filter(|tab| self.held.contains(&tab.id)) {
            if let Some(old) = places.get(&tab.id).and_then(|place| self.seen.tabs.get(*place)) {
                tab.title.clone_from(&old.title);
                if self.later.contains_key(&tab.id) {
                    tab.url.clone_from(&old.url);
                }
            }
        }
        self.seen = new;
        ops
    }

    /// The window as it is, when a page was held back: the next look at it holds nothing.
    pub(super) fn all_at_once(&mut self) -> Option<WindowSeen> {
        if self.later.is_empty() {
            return None;
        }
        self.told.clear();
        self.navigated.clear();
        let mut seen = self.seen.clone();
        for tab in &mut seen.tabs {
            if let Some(later) = self.later.get(&tab.id) {
                tab.url.clone_from(&later.url);
                tab.title.clone_from(&later.title);
            }
        }
        Some(seen)
    }
}

struct Changes<'a> {
    binding: &'a mut Binding,
    now: Millis,
    /// The places of Chrome's tabs in the last look.
    places: BTreeMap<i32, usize>,
    /// The space with the ops so far in it.
    state: SpaceState,
    /// The last positions in groups and outside of any, as far as they were asked for.
    ends: BTreeMap<Option<GroupId>, Option<Position>>,
    ops: Vec<Op>,
    /// So many tabs the space holds.
    most: usize,
    /// There was no room for a tab.
    is_full: bool,
}

impl Changes<'_> {
    /// A tab in the last look.
    fn seen(&self, id: i32) -> Option<&TabSeen> {
        self.binding.seen.tabs.get(*self.places.get(&id)?)
    }

    fn push(&mut self, op: Op) {
        let placed = match &op {
            Op::TabAdded(NewTab { group, position, .. }) | Op::TabMoved { group, position, .. } => {
                Some((*group, position))
            }
            Op::GroupAdded(NewGroup { position, .. }) | Op::GroupMoved { position, .. } => {
                Some((None, position))
            }
            _ => None,
        };
        if let Some((group, position)) = placed
            && let Some(end) = self.ends.get_mut(&group)
            && end.as_ref() < Some(position)
        {
            *end = Some(position.clone());
        }
        self.state.fold_local(&op);
        self.ops.push(op);
    }

    fn gone(&mut self, new: &WindowSeen) {
        let here: BTreeSet<i32> = new.tabs.iter().map(|tab| tab.id).collect();
        let gone: Vec<(i32, TabId)> = self
            .binding
            .tabs
            .iter()
            .filter(|(id, _)| !here.contains(id))
            .map(|(a, b)| (*a, *b))
            .collect();
        for (id, tab) in gone {
            self.binding.tabs.remove(&id);
            if self.state.tabs.contains_key(&tab) {
                // It is removed as what it was in the end.
                if let Some(later) = self.binding.later.remove(&id) {
                    self.push(Op::TabUpdated {
                        tab,
                        url: Some(later.url),
                        title: Some(clean_title(&later.title)).filter(|title| !title.is_empty()),
                        favicon: None,
                        pinned: None,
                    });
                }
                self.push(Op::TabRemoved { tab });
            }
        }
        let here: BTreeSet<i32> = new.groups.iter().map(|group| group.id).collect();
        let gone: Vec<(i32, GroupId)> = self
            .binding
            .groups
            .iter()
            .filter(|(id, _)| !here.contains(id))
            .map(|(a, b)| (*a, *b))
            .collect();
        for (id, group) in gone {
            self.binding.groups.remove(&id);
            if self.state.groups.contains_key(&group) {
                self.push(Op::GroupRemoved { group });
            }
        }
    }

    fn groups(&mut self, new: &WindowSeen, random: &mut dyn FnMut() -> u128) {
        for group in &new.groups {
            let title = clean(&group.title, limits::NAME_CHARS);
            let old = self
                .binding
                .seen
                .groups
                .iter()
                .find(|old| old.id == group.id)
                .cloned();
            match (self.binding.groups.get(&group.id).copied(), old) {
                (Some(id), Some(old)) => {
                    let Some(known) = self.state.groups.get(&id) else {
                        continue;
                    };
                    let title = (clean(&old.title, limits::NAME_CHARS) != title && known.title != title)
                        .then_some(title);
                    let colour =
                        (old.colour != group.colour && known.colour != group.colour).then_some(group.colour);
                    let collapsed = (old.collapsed != group.collapsed && known.collapsed != group.collapsed)
                        .then_some(group.collapsed);
                    if title.is_some() || colour.is_some() || collapsed.is_some() {
                        self.push(Op::GroupUpdated {
                            group: id,
                            title,
                            colour,
                            collapsed,
                        });
                    }
                }
                (known, _) => {
                    // Only groups that get a tab of the space come into it; see `tabs`.
                    if known.is_none() {
                        self.binding.groups.insert(group.id, GroupId::from_bits(random()));
                    }
                }
            }
        }
    }

    /// The space's id of Chrome's group, which is added to the space when it is not there yet.
    fn group_of(&mut self, new: &WindowSeen, chrome: Option<i32>) -> Option<GroupId> {
        let chrome = chrome?;
        let id = *self.binding.groups.get(&chrome)?;
        let seen = new.groups.iter().find(|group| group.id == chrome)?;
        if !self.state.groups.contains_key(&id) {
            let known_before = self.binding.seen.groups.iter().any(|group| group.id == chrome);
            let had_tabs = self
                .binding
                .seen
                .tabs
                .iter()
                .any(|tab| tab.group == Some(chrome) && self.binding.tabs.contains_key(&tab.id));
            if known_before && had_tabs {
                // Somebody removed it from the space.
                return None;
            }
            let position = Position::between(self.last_in(None).as_ref(), None);
            self.push(Op::GroupAdded(NewGroup {
                group: id,
                title: clean(&seen.title, limits::NAME_CHARS),
                colour: seen.colour,
                collapsed: seen.collapsed,
                position,
            }));
        }
        Some(id)
    }

    /// A position behind which there is nothing in a group, or outside of any.
    fn last_in(&mut self, group: Option<GroupId>) -> Option<Position> {
        if let Some(end) = self.ends.get(&group) {
            return end.clone();
        }
        let tabs = self.state.tabs.values().filter(|tab| tab.group == group);
        let groups = self.state.groups.values().filter(|_| group.is_none());
        let tabs = tabs.map(|tab| &tab.position);
        let end = tabs.chain(groups.map(|group| &group.position)).max().cloned();
        self.ends.insert(group, end.clone());
        end
    }

    fn tabs(&mut self, new: &WindowSeen, random: &mut dyn FnMut() -> u128, wanted: &dyn Fn(&str) -> bool) {
        for tab in &new.tabs {
            let usable = clean_url(&tab.url).filter(|url| wanted(url));
            match self.binding.tabs.get(&tab.id).copied() {
                Some(id) => self.update(id, tab, usable),
                None if self.binding.left_out.contains(&tab.id) => {}
                // It was opened here for the space, and the one who did so died before that was written.
                None if self.waits_for_a_tab(tab) => {
                    self.binding.tabs.extend(tab.waits.map(|id| (tab.id, id)));
                }
                None => {
                    let Some(url) = usable else { continue };
                    if self.state.tabs.len() >= self.most {
                        self.is_full = true;
                        continue;
                    }
                    let group = self.group_of(new, tab.group);
                    let id = TabId::from_bits(random());
                    self.binding.tabs.insert(tab.id, id);
                    self.binding.told.insert(tab.id, self.now);
                    let position = Position::between(self.last_in(group).as_ref(), None);
                    self.push(Op::TabAdded(NewTab {
                        tab: id,
                        url: url.to_owned(),
                        title: clean_title(&tab.title),
                        favicon: None,
                        pinned: tab.pinned,
                        group,
                        position,
                    }));
                }
            }
        }
    }

    /// Whether a tab waits for one of the space's that the window does not have yet.
    fn waits_for_a_tab(&self, tab: &TabSeen) -> bool {
        tab.waits.is_some_and(|id| {
            self.state.tabs.contains_key(&id) && !self.binding.tabs.values().any(|known| *known == id)
        })
    }

    fn update(&mut self, id: TabId, tab: &TabSeen, usable: Option<&str>) {
        let Some(old) = self.seen(tab.id) else {
            return;
        };
        let Some(known) = self.state.tabs.get(&id) else {
            return;
        };
        let navigated = old.url != tab.url;
        if navigated && usable.is_none() {
            // It went where the space may not follow: what was there stays, and nothing of the new page goes.
            return;
        }
        // What the space holds already is not told.
        let url = usable
            .filter(|url| navigated && *url != known.url)
            .map(str::to_owned);
        // Of a page that the space does not hold in this place the title is none of it.
        let of_it = navigated || is_same_page(&old.url, &known.url);
        let title = clean_title(&tab.title);
        let title = (of_it
            && usable.is_some()
            && (clean_title(&old.title) != title || navigated)
            && !title.is_empty())
        .then_some(title)
        .filter(|title| *title != known.title);
        let pinned = (old.pinned != tab.pinned && known.pinned != tab.pinned).then_some(tab.pinned);
        if title.is_some() && !navigated && pinned.is_none() && self.binding.told.contains_key(&tab.id) {
            self.binding.held.insert(tab.id);
            return;
        }
        if url.is_some() && pinned.is_none() && self.binding.navigated.contains_key(&tab.id) {
            self.binding.held.insert(tab.id);
            self.binding.later.insert(tab.id, tab.clone());
            return;
        }
        if url.is_some() || title.is_some() || pinned.is_some() {
            self.binding.told.insert(tab.id, self.now);
            if url.is_some() {
                self.binding.navigated.insert(tab.id, self.now);
            }
            self.push(Op::TabUpdated {
                tab: id,
                url,
                title,
                favicon: None,
                pinned,
            });
        }
    }
}
