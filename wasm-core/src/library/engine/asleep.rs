//! Spaces whose window is gone. When the window comes back, with the browser or by "Reopen closed window", the space
//! follows it again: it is recognised by its tabs, because Chrome gives it other ids. Of one that is less alike, or comes
//! later, the person is asked.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Millis, SpaceId};
use serde::{Deserialize, Serialize};

use super::{Engine, restored};
use crate::library::follow::{Binding, TabSeen, WindowSeen, is_blank};
use crate::library::settings::Stranger;
use crate::record::{Write, asleep_key, binding_key};
use crate::session::replica::put;

/// So long after its window went, or the browser was started, a space waits for it.
pub const WAITS_MS: i64 = 10 * 60 * 1_000;
/// The person is asked about a window of which a space has so many tabs, and one of three.
const ASKED_FROM: usize = 2;
/// So many of the person's answers that a window is another are remembered; the oldest go first.
const STRANGERS: usize = 32;
/// So many tabs of such a window.
const STRANGER_TABS: usize = 200;

/// A space whose window is gone. Stored under `asleep/{space}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Asleep {
    /// As it was; Chrome's ids in it name nothing any more.
    pub(super) binding: Binding,
    /// Since when it waits.
    pub(super) since: Millis,
    /// The window, when it is only about to be closed. Chrome's id of it is good until the browser ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) closing: Option<i32>,
}

impl Engine {
    /// The space of a window that is gone waits for it.
    pub(super) fn fall_asleep(&mut self, now: Millis, binding: Binding, writes: &mut Vec<Write>) {
        let space = binding.space;
        self.keep_look(&binding, writes);
        let asleep = Asleep {
            binding,
            since: now,
            closing: None,
        };
        writes.push(put(asleep_key(space), &asleep));
        self.asleep.insert(space, asleep);
    }

    /// A space waits for no window any more.
    pub(super) fn wake(&mut self, space: SpaceId, writes: &mut Vec<Write>) {
        self.await_nothing(space, writes);
        let Some(asleep) = self.asleep.remove(&space) else {
            return;
        };
        writes.push(Write::Delete(asleep_key(space)));
        // A stranger that looks as its own window does is known by Chrome's id alone from now on.
        let own = addresses(&asleep.binding.seen.tabs);
        let is_twin =
            |stranger: &Stranger| stranger.space == space && alike(&own, &addresses_of(stranger)).is_some();
        if self.settings.strangers.iter().any(is_twin) {
            let mut strangers = self.settings.strangers.clone();
            let twins = strangers.iter_mut().filter(|stranger| is_twin(stranger));
            twins.for_each(|stranger| stranger.addresses.clear());
            strangers.retain(|stranger| stranger.window.is_some() || !stranger.addresses.is_empty());
            self.change_settings(|settings| settings.strangers = strangers);
        }
    }

    /// The browser was started: from now on windows come back.
    pub(super) fn wait_anew(&mut self, now: Millis, writes: &mut Vec<Write>) {
        for (space, asleep) in &mut self.asleep {
            asleep.since = now;
            asleep.closing = None;
            writes.push(put(asleep_key(*space), asleep));
        }
        let mut strangers = self.settings.strangers.clone();
        for stranger in &mut strangers {
            stranger.window = None;
        }
        strangers.retain(|stranger| !stranger.addresses.is_empty());
        if strangers != self.settings.strangers {
            self.change_settings(|settings| settings.strangers = strangers);
        }
    }

    /// Until when a window that nobody follows is worth [`Engine::recognise`]; `None` when nothing waits for one.
    pub fn waits_until(&self) -> Option<Millis> {
        self.asleep
            .values()
            .map(|asleep| asleep.since.plus(WAITS_MS))
            .max()
    }

    /// A window that nobody follows was looked at. If it is one that a space waits for, that follows it; whether it does.
    /// Tabs that did not come back stay in the space.
    pub fn recognise(&mut self, now: Millis, window: i32, seen: &WindowSeen) -> bool {
        if self.bindings.contains_key(&window) {
            return false;
        }
        let waiting = self
            .asleep
            .values()
            .filter(|asleep| now < asleep.since.plus(WAITS_MS) && asleep.closing != Some(window));
        let alike = waiting.filter_map(|asleep| {
            let Binding {
                space,
                seen: before,
                filling,
                ..
            } = &asleep.binding;
            let same = alike(&addresses(&before.tabs), &addresses(&seen.tabs))?;
            // One that went while it was being filled had perhaps a single page of the space, as many a window has.
            let is_enough = filling.is_none() || same >= ASKED_FROM;
            (is_enough && !self.is_stranger(*space, window, seen)).then_some((same, asleep.since, *space))
        });
        let Some((_, _, space)) = alike.max() else {
            return false;
        };
        self.follow_again(now, window, seen, space)
    }

    /// The space that a window which nobody follows may be the one of: the person is to be asked. It has one of three of the
    /// window's tabs or more.
    pub fn may_be(&self, window: i32, seen: &WindowSeen) -> Option<SpaceId> {
        if self.bindings.contains_key(&window) {
            return None;
        }
        let there = addresses(&seen.tabs);
        let all: usize = there.values().sum();
        let alike = self.asleep.values().filter_map(|asleep| {
            let Binding {
                space,
                seen: before,
                tabs,
                ..
            } = &asleep.binding;
            let state = self.here(*space)?;
            let in_it = |tab: &&TabSeen| tabs.get(&tab.id).is_some_and(|id| state.tabs.contains_key(id));
            let same = in_common(&addresses(before.tabs.iter().filter(in_it)), &there);
            let is_asked = same >= ASKED_FROM && same * 3 >= all && !self.is_stranger(*space, window, seen);
            is_asked.then_some((same, asleep.since, *space))
        });
        alike.max().map(|(_, _, space)| space)
    }

    /// The person said whether a window that nobody follows is the one of a space; whether the space follows it now. If it
    /// is, it is as if it had been recognised; if it is not, it is not asked about again.
    pub fn said(
        &mut self,
        now: Millis,
        window: i32,
        seen: &WindowSeen,
        space: SpaceId,
        is_its: bool,
    ) -> bool {
        let space = self.current(space);
        if is_its {
            return !self.bindings.contains_key(&window) && self.follow_again(now, window, seen, space);
        }
        let tabs = seen.tabs.iter().take(STRANGER_TABS);
        let stranger = Stranger {
            space,
            window: Some(window),
            addresses: tabs.map(|tab| tab.url.clone()).collect(),
        };
        let here: BTreeSet<SpaceId> = self
            .privates
            .keys()
            .copied()
            .chain(self.session.spaces())
            .collect();
        self.change_settings(|settings| {
            settings
                .strangers
                .retain(|stranger| here.contains(&stranger.space));
            let surplus = (settings.strangers.len() + 1).saturating_sub(STRANGERS);
            settings.strangers.drain(..surplus);
            settings.strangers.push(stranger);
        });
        false
    }

    /// Whether the person said that a window is not a space's.
    fn is_stranger(&self, space: SpaceId, window: i32, seen: &WindowSeen) -> bool {
        let tabs = seen.tabs.iter().take(STRANGER_TABS);
        let there = addresses(tabs);
        self.settings.strangers.iter().any(|stranger| {
            let is_same = || alike(&addresses_of(stranger), &there).is_some();
            self.current(stranger.space) == space && (stranger.window == Some(window) || is_same())
        })
    }

    /// How many tabs those of some windows have that no space has.
    pub fn unsaved(&self, gone: &[WindowSeen]) -> usize {
        let asleep = self.asleep.values().map(|asleep| &asleep.binding);
        let known: Vec<_> = self.bindings.values().chain(asleep).collect();
        let is_saved = |seen: &WindowSeen| {
            let there = addresses(&seen.tabs);
            known
                .iter()
                .any(|binding| alike(&addresses(&binding.seen.tabs), &there).is_some())
        };
        let unsaved = gone.iter().filter(|seen| !is_saved(seen));
        unsaved.map(|seen| seen.tabs.len()).sum()
    }

    /// A space that sleeps follows a window that came back; whether it does.
    fn follow_again(&mut self, now: Millis, window: i32, seen: &WindowSeen, space: SpaceId) -> bool {
        let Some(asleep) = self.asleep.get(&space) else {
            return false;
        };
        let is_shared = !self.privates.contains_key(&space);
        let mut binding = come_back(&asleep.binding, seen, is_shared);
        if let Some(state) = self.state(space) {
            restored::begin(&mut binding, state);
        }
        let mut writes = vec![put(binding_key(window), &binding)];
        self.wake(space, &mut writes);
        self.bindings.insert(window, binding);
        self.session.commit(writes);
        // What is new in it goes into the space, or stays out of it.
        self.observe(now, window, seen.clone());
        self.settle(now);
        true
    }
}

/// Addresses, each with how often it is there.
type Addresses<'a> = BTreeMap<&'a str, usize>;

/// The addresses of a window's tabs. Tabs that are nowhere say nothing.
fn addresses<'a>(tabs: impl IntoIterator<Item = &'a TabSeen>) -> Addresses<'a> {
    counted(tabs.into_iter().map(|tab| tab.url.as_str()))
}

fn addresses_of(stranger: &Stranger) -> Addresses<'_> {
    counted(stranger.addresses.iter().map(String::as_str))
}

fn counted<'a>(urls: impl Iterator<Item = &'a str>) -> Addresses<'a> {
    let mut counts = BTreeMap::new();
    for url in urls.filter(|url| !is_blank(url)) {
        *counts.entry(url).or_insert(0) += 1;
    }
    counts
}

/// How many tabs two windows have in common.
fn in_common(before: &Addresses<'_>, there: &Addresses<'_>) -> usize {
    let counts = before.iter();
    counts
        .map(|(url, count)| there.get(url).copied().unwrap_or(0).min(*count))
        .sum()
}

/// How many tabs a window has in common with one that was: at least two of three, of either. `None` when it is another.
fn alike(before: &Addresses<'_>, there: &Addresses<'_>) -> Option<usize> {
    let same = in_common(before, there);
    let most = before.values().sum::<usize>().max(there.values().sum());
    (same > 0 && same * 3 >= most * 2).then_some(same)
}

/// The binding of a window that came back: its tabs are known by their addresses, in order. Of a shared space, what is not
/// known stays out: what it is was never shown to the person who shared.
fn come_back(before: &Binding, seen: &WindowSeen, is_shared: bool) -> Binding {
    let mut binding = Binding {
        // One that was being filled is filled on.
        filling: before.filling.clone(),
        ..Binding::new(before.space)
    };
    let mut old: Vec<&TabSeen> = before.seen.tabs.iter().collect();
    for tab in &seen.tabs {
        let known = old
            .iter()
            .position(|old| old.url == tab.url)
            .map(|at| old.remove(at));
        match known {
            Some(old) if before.left_out.contains(&old.id) => {
                binding.left_out.insert(tab.id);
            }
            Some(old) if before.tabs.contains_key(&old.id) => {
                binding.tabs.insert(tab.id, before.tabs[&old.id]);
                if let (Some(new), Some(id)) = (tab.group, old.group.and_then(|id| before.groups.get(&id))) {
                    binding.groups.entry(new).or_insert(*id);
                }
                binding.seen.tabs.push(tab.clone());
            }
            None if is_shared => {
                binding.left_out.insert(tab.id);
            }
            // What was there already waits on, for room in the space or for an address.
            Some(_) | None => {}
        }
    }
    // Two groups of the window are not one of the space.
    let mut taken = BTreeSet::new();
    binding.groups.retain(|_, id| taken.insert(*id));
    let groups = seen.groups.iter();
    binding.seen.groups = groups
        .filter(|group| binding.groups.contains_key(&group.id))
        .cloned()
        .collect();
    binding
}
