//! Spaces whose window is gone. When the window comes back, with the browser or by "Reopen closed window", the space
//! follows it again: it is recognised by its tabs, because Chrome gives it other ids.

use std::collections::{BTreeMap, BTreeSet};

use protocol::Millis;
use serde::{Deserialize, Serialize};

use super::{Engine, restored};
use crate::library::follow::{Binding, TabSeen, WindowSeen, is_blank};
use crate::record::{Write, asleep_key, binding_key};
use crate::session::replica::put;

/// So long after its window went, or the browser was started, a space waits for it.
pub const WAITS_MS: i64 = 10 * 60 * 1_000;

/// A space whose window is gone. Stored under `asleep/{space}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Asleep {
    /// As it was; Chrome's ids in it name nothing any more.
    pub(super) binding: Binding,
    /// Since when it waits.
    pub(super) since: Millis,
}

impl Engine {
    /// The space of a window that is gone waits for it.
    pub(super) fn fall_asleep(&mut self, now: Millis, binding: Binding, writes: &mut Vec<Write>) {
        let space = binding.space;
        self.keep_look(&binding, writes);
        let asleep = Asleep { binding, since: now };
        writes.push(put(asleep_key(space), &asleep));
        self.asleep.insert(space, asleep);
    }

    /// A space waits for no window any more.
    pub(super) fn wake(&mut self, space: protocol::SpaceId, writes: &mut Vec<Write>) {
        if self.asleep.remove(&space).is_some() {
            writes.push(Write::Delete(asleep_key(space)));
        }
    }

    /// The browser was started: from now on windows come back.
    pub(super) fn wait_anew(&mut self, now: Millis, writes: &mut Vec<Write>) {
        for (space, asleep) in &mut self.asleep {
            asleep.since = now;
            writes.push(put(asleep_key(*space), asleep));
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
            .filter(|asleep| now < asleep.since.plus(WAITS_MS));
        let alike = waiting.filter_map(|asleep| {
            alike(&asleep.binding, seen).map(|same| (same, asleep.since, asleep.binding.space))
        });
        let Some((_, _, space)) = alike.max() else {
            return false;
        };
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

/// The addresses of a window's tabs, each as often as it is there. Tabs that are nowhere say nothing.
fn addresses(seen: &WindowSeen) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for tab in seen.tabs.iter().filter(|tab| !is_blank(&tab.url)) {
        *counts.entry(tab.url.as_str()).or_insert(0) += 1;
    }
    counts
}

/// How many tabs a window has in common with the one that a space waits for: at least two of three, of either. `None` when
/// it is another.
fn alike(binding: &Binding, seen: &WindowSeen) -> Option<usize> {
    let (before, there) = (addresses(&binding.seen), addresses(seen));
    let same: usize = before
        .iter()
        .map(|(url, count)| there.get(url).copied().unwrap_or(0).min(*count))
        .sum();
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
            _ if is_shared => {
                binding.left_out.insert(tab.id);
            }
            _ => {}
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
