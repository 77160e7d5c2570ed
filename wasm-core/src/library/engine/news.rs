//! What is new to a page that shows all spaces: of each it knows a print, and what has another one is told again.
//!
//! A page of 100,000 tabs could not be told all of it at every change, nor in one message: Chrome refuses one of 64 MiB.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use protocol::{Millis, SpaceId};

use super::Engine;
use crate::ask::library::{LibraryAnswer, ShelfView};

/// An answer carries the spaces of about so many tabs, and one space at least.
const TABS: usize = 3_000;

/// Numbers that a script can read are below this.
const PRINTS: u64 = 1 << 53;

fn print_of(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish() % PRINTS
}

impl Engine {
    /// All spaces, the last changed first.
    pub(super) fn all_shelves(&mut self) -> Vec<ShelfView> {
        let mut spaces: Vec<(Millis, SpaceId)> = self.shown_spaces();
        spaces.sort_unstable_by_key(|space| Reverse(*space));
        spaces
            .into_iter()
            .filter_map(|(_, space)| self.shelf(space))
            .collect()
    }

    /// What is new to who knows these spaces as of these prints.
    pub(super) fn news(&mut self, known: &[(SpaceId, u64)]) -> LibraryAnswer {
        let known: HashMap<SpaceId, u64> = known.iter().copied().collect();
        let mut spaces = self.shown_spaces();
        spaces.sort_unstable_by_key(|space| Reverse(*space));
        let (mut order, mut shelves, mut tabs) = (Vec::new(), Vec::new(), 0);
        for (_, space) in spaces {
            let (print, read) = if let Some(print) = self.private_print(space) {
                (print, None)
            } else {
                let Some(shelf) = self.shelf(space) else { continue };
                let text = serde_json::to_string(&shelf).unwrap_or_default();
                (print_of(text), Some(shelf))
            };
            order.push((space, print));
            if known.get(&space) == Some(&print) || tabs >= TABS {
                continue;
            }
            if let Some(shelf) = read.or_else(|| self.shelf(space)) {
                // An empty space is not for nothing.
                tabs += 1 + self.state(space).map_or(0, |state| state.tabs.len());
                shelves.push(shelf);
            }
        }
        let bin = print_of(self.bin.prints().collect::<Vec<_>>());
        LibraryAnswer::News { order, shelves, bin }
    }

    fn shown_spaces(&self) -> Vec<(Millis, SpaceId)> {
        let private = self
            .privates
            .iter()
            .map(|(space, private)| (private.state.time, *space));
        let shared = self.session.spaces().filter_map(|space| {
            let state = self.session.state(space)?;
            (!self.settings.forgotten.contains(&space)).then_some((state.time, space))
        });
        private.chain(shared).collect()
    }

    /// A private space looks the same as long as its log has no further event, its marks are the same, and the same window
    /// follows it. Of a shared one only all of it tells.
    fn private_print(&self, space: SpaceId) -> Option<u64> {
        let state = &self.privates.get(&space)?.state;
        let marks = self.marks.get(&space);
        let marks = marks.and_then(|marks| serde_json::to_string(marks).ok());
        Some(print_of((
            space,
            state.head.0,
            state.time.0,
            state.tabs.len(),
            self.window_of(space),
            marks,
        )))
    }

    fn shelf(&mut self, space: SpaceId) -> Option<ShelfView> {
        let view = self.view(space)?;
        let changed = self.state(space)?.time;
        let mut shared = self.settings.sharing.iter();
        let was = shared.find(|(_, new)| *new == space).map(|(old, _)| *old);
        let others = view.people.into_iter().filter(|person| !person.you);
        Some(ShelfView {
            space,
            was,
            name: view.name,
            colour: view.colour,
            link: view.link,
            role: view.role,
            people: others.map(|person| (person.name, person.colour)).collect(),
            window: self.window_of(space),
            changed,
            items: view.items,
            marks: self.marks(space),
            uses: self.uses_of(space),
        })
    }
}
