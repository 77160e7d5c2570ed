//! Tabs of a window that went to the same page together, as they do when a person signs out of a site: the space's tabs are
//! all the page for signing in then. What they were is an entry of the bin, the person is told, and it can be put back.
//!
//! Chrome does not say why a tab went anywhere. What tells is that many go to one page, each from another, within
//! [`TOGETHER_MS`]; a person goes from one to the next, and looks at each.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Millis, Op, SpaceId, SpaceState, TabId};

use super::Engine;
use crate::library::bin::Held;
use crate::library::duplicates::without_parameters;
use crate::library::follow::Binding;
use crate::library::went::Went;
use crate::record::{Write, binding_key};
use crate::session::replica::put;

/// Chrome lets a page that is not looked at act once a minute: the last of them goes a minute after the first, and has to
/// load.
pub(super) const TOGETHER_MS: i64 = 2 * 60 * 1_000;

/// So many tabs that nobody looked at went together: as many as are a mass close.
const UNSEEN: usize = 3;

/// So many went together, also when a person went through them and each did when it was shown.
const MANY: usize = 5;

/// The page that a tab went to: without its parameters, which tell it what to come back to, unless they are all that
/// changed.
pub(super) fn page_of(from: &str, to: &str) -> String {
    let page = without_parameters(to);
    if page == without_parameters(from) {
        to.to_owned()
    } else {
        page
    }
}

/// Notes which tabs of a window went to another page by these ops, and forgets what is no news.
pub(super) fn note(binding: &mut Binding, now: Millis, state: &SpaceState, ops: &[Op]) {
    binding
        .went
        .retain(|tab, went| state.tabs.contains_key(tab) && (0..TOGETHER_MS).contains(&now.since(went.at)));
    let shown: Vec<TabId> = binding
        .seen
        .tabs
        .iter()
        .filter(|tab| tab.active)
        .filter_map(|tab| binding.tabs.get(&tab.id).copied())
        .collect();
    for (tab, to) in ops.iter().filter_map(navigation) {
        let Some(old) = state.tabs.get(&tab) else { continue };
        let went = binding.went.entry(tab).or_insert_with(|| Went {
            at: now,
            shown: false,
            url: old.url.clone(),
            title: old.title.clone(),
            to: String::new(),
        });
        went.shown = shown.contains(&tab);
        to.clone_into(&mut went.to);
        if went.url == *to {
            binding.went.remove(&tab);
        }
    }
}

fn navigation(op: &Op) -> Option<(TabId, &String)> {
    match op {
        Op::TabUpdated {
            tab, url: Some(url), ..
        } => Some((*tab, url)),
        _ => None,
    }
}

/// Whether so many went that it is told.
fn are_many(went: &BTreeMap<TabId, Went>) -> bool {
    let from = |unseen: bool| {
        let counting = went.values().filter(|went| !(unseen && went.shown));
        counting
            .map(|went| went.url.as_str())
            .collect::<BTreeSet<_>>()
            .len()
    };
    from(true) >= UNSEEN || from(false) >= MANY
}

impl Engine {
    /// A look at a window found tabs elsewhere. If many went to the same page, what they were is in the bin, and the person
    /// is told. The ops are not in the space yet.
    pub(super) fn keep_astray(&mut self, now: Millis, window: i32, ops: &[Op], writes: &mut Vec<Write>) {
        let Some(binding) = self.bindings.get(&window) else {
            return;
        };
        let space = binding.space;
        let counts = |op: &&Op| {
            let one = std::slice::from_ref(*op);
            self.privates.contains_key(&space) || self.session.may_submit(space, one).is_ok()
        };
        let pages: BTreeSet<String> = ops
            .iter()
            .filter(counts)
            .filter_map(navigation)
            .filter_map(|(tab, to)| Some(page_of(&binding.went.get(&tab)?.url, to)))
            .collect();
        for page in pages {
            self.keep_at_page(now, window, space, page, writes);
        }
    }

    fn keep_at_page(
        &mut self,
        now: Millis,
        window: i32,
        space: SpaceId,
        at: String,
        writes: &mut Vec<Write>,
    ) {
        let (Some(binding), Some(state)) = (self.bindings.get(&window), self.state(space)) else {
            return;
        };
        let last = self.bin.entries().rev().find(|(_, entry)| {
            entry.space == space
                && matches!(&entry.held, Held::Tabs { page: Some(page), .. } if *page == at)
                && (0..TOGETHER_MS).contains(&now.since(entry.removed))
        });
        let last = last.map(|(id, entry)| (id, entry.clone()));
        let known = |tab: &TabId| match last.as_ref().map(|(_, entry)| &entry.held) {
            Some(Held::Tabs { tabs, .. }) => tabs.iter().any(|known| known.tab == *tab),
            _ => false,
        };
        let went: BTreeMap<TabId, Went> = binding
            .went
            .iter()
            .filter(|(tab, went)| page_of(&went.url, &went.to) == at && !known(tab))
            .map(|(tab, went)| (*tab, went.clone()))
            .collect();
        if went.is_empty() || last.is_none() && !are_many(&went) {
            return;
        }
        let mut entry = self.tabs_entry(now, space, state, &went.keys().copied().collect(), false);
        if let Held::Tabs { tabs, page, .. } = &mut entry.held {
            *page = Some(at);
            for tab in tabs {
                if let Some(went) = went.get(&tab.tab) {
                    tab.url.clone_from(&went.url);
                    tab.title.clone_from(&went.title);
                    tab.favicon = None;
                }
            }
        }
        self.put_and_tell(now, entry, last, writes);
    }

    /// Tabs of spaces are what they were again. Their windows are left as they are: where they went is no news any more.
    pub(super) fn are_back(&mut self, tabs: &[(SpaceId, TabId)]) {
        let mut writes = Vec::new();
        for (window, binding) in &mut self.bindings {
            let Some(state) = self
                .privates
                .get(&binding.space)
                .map(|private| &private.state)
                .or_else(|| self.session.state(binding.space))
            else {
                continue;
            };
            let of_it = tabs.iter().filter(|(space, _)| *space == binding.space);
            let of_it: Vec<TabId> = of_it.map(|(_, tab)| *tab).collect();
            for id in &of_it {
                binding.went.remove(id);
                // What others do flows into it, this does not.
                if let (Some(basis), Some(tab)) = (binding.basis.as_deref_mut(), state.tabs.get(id)) {
                    basis.base.tabs.insert(*id, tab.clone());
                }
            }
            if !of_it.is_empty() {
                writes.push(put(binding_key(*window), binding));
            }
        }
        self.session.commit(writes);
    }
}
