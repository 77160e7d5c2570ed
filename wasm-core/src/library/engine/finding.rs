//! Finding saved tabs of all spaces and the bin. What they are looked up in is in `lookup.rs`.

use std::collections::{BTreeMap, HashSet};

use protocol::op::NewTab;
use protocol::state::Tab;
use protocol::{Millis, SpaceId, SpaceState, TabId};

use super::filling::opens;
use super::{Engine, Lookup, Saved};
use crate::ask::SavedTab;
use crate::find::Query;
use crate::library::bin::BinId;
use crate::library::duplicates::{is_elsewhere, normalise};

impl Engine {
    /// The saved tabs that are found, the best first; behind them those in the bin that are no page of these. Only those
    /// that Chrome opens from an extension.
    pub fn find(&self, lookup: &mut Lookup, now: Millis, text: &str, most: usize) -> Vec<SavedTab> {
        let query = Query::parse(text);
        if query.is_empty() {
            return Vec::new();
        }
        lookup.refresh(self);
        let found = lookup.search(&query, now, 2 * most);
        let mut contents: BTreeMap<BinId, Vec<NewTab>> = BTreeMap::new();
        let (mut tabs, mut removed) = (Vec::new(), Vec::new());
        for saved in found {
            match saved {
                Saved::Tab(space, tab) => tabs.extend(self.saved_tab(space, tab)),
                Saved::Binned(id, at) => {
                    let content = contents
                        .entry(id)
                        .or_insert_with(|| self.bin.get(id).map_or(Vec::new(), |entry| entry.content().1));
                    let tab = content.get(at);
                    removed.extend(tab.and_then(|tab| self.removed_tab(id, tab)));
                }
            }
        }
        let mut pages: HashSet<String> = tabs.iter().map(|tab| normalise(&tab.url)).collect();
        removed.retain(|tab| pages.insert(normalise(&tab.url)));
        tabs.append(&mut removed);
        tabs.truncate(most);
        tabs
    }

    /// The saved tabs that are the same page as this address, by the rules of `docs/duplicates.md`; none of the bin.
    pub fn saved_as(&self, url: &str, most: usize) -> Vec<SavedTab> {
        let page = normalise(url);
        let same = self
            .saved_tabs()
            .filter(|(_, _, tab)| !is_elsewhere(&tab.url, &page) && normalise(&tab.url) == page);
        same.filter_map(|(space, id, _)| self.saved_tab(space, id))
            .take(most)
            .collect()
    }

    fn saved_spaces(&self) -> impl Iterator<Item = (SpaceId, &SpaceState)> {
        let private = self
            .privates
            .iter()
            .map(|(&space, private)| (space, &private.state));
        let shared = self.session.spaces().filter_map(|space| {
            let state = self.session.state(space)?;
            let is_shown = !state.deleted && !self.settings.forgotten.contains(&space);
            is_shown.then_some((space, state))
        });
        private.chain(shared)
    }

    fn saved_tabs(&self) -> impl Iterator<Item = (SpaceId, TabId, &Tab)> {
        let tabs = self.saved_spaces().flat_map(|(space, state)| {
            let tabs = state.tabs.iter();
            tabs.map(move |(&id, tab)| (space, id, tab))
        });
        tabs.filter(|(_, _, tab)| opens(&tab.url))
    }

    /// The window and Chrome's tab in which a space's tab is open.
    pub fn chrome_tab(&self, space: SpaceId, tab: TabId) -> Option<(i32, i32)> {
        let bound = self.bindings.iter().filter(|(_, binding)| binding.space == space);
        bound
            .flat_map(|(window, binding)| {
                binding
                    .tabs
                    .iter()
                    .map(move |(chrome, id)| (*window, *chrome, *id))
            })
            .find(|(_, _, id)| *id == tab)
            .map(|(window, chrome, _)| (window, chrome))
    }

    fn saved_tab(&self, space: SpaceId, id: TabId) -> Option<SavedTab> {
        let state = self.state(space)?;
        let tab = state.tabs.get(&id)?;
        Some(SavedTab {
            space,
            tab: id,
            title: title_of(&tab.title, &tab.url),
            url: tab.url.clone(),
            name: state.name.clone(),
            colour: state.colour,
            chrome: self.chrome_tab(space, id).map(|(_, chrome)| chrome),
            removed: false,
        })
    }

    fn removed_tab(&self, id: BinId, tab: &NewTab) -> Option<SavedTab> {
        let entry = self.bin.get(id)?;
        Some(SavedTab {
            space: entry.space,
            tab: tab.tab,
            title: title_of(&tab.title, &tab.url),
            url: tab.url.clone(),
            name: entry.name.clone(),
            colour: entry.colour,
            chrome: None,
            removed: true,
        })
    }
}

fn title_of(title: &str, url: &str) -> String {
    if title.is_empty() { url } else { title }.to_owned()
}
