//! Pages that the library holds more than once.

use protocol::Millis;

use super::Engine;
use crate::library::duplicates::{Place, SamePage, Shelf, find, merge};

impl Engine {
    fn shelves(&self) -> Vec<Shelf<'_>> {
        let private = self.privates.iter().map(|(&space, private)| Shelf {
            space,
            state: &private.state,
            shared: false,
        });
        let shared = self.session.spaces().filter_map(|space| {
            let state = self.session.state(space)?;
            let is_shown = !state.deleted && !self.settings.forgotten.contains(&space);
            is_shown.then_some(Shelf {
                space,
                state,
                shared: true,
            })
        });
        private.chain(shared).collect()
    }

    /// The pages that are in the library more than once.
    pub fn duplicates(&self) -> Vec<SamePage> {
        find(self.shelves())
    }

    /// A person asks to have tabs merged that are the same page: `keep` stays, or the best of them. The one that
    /// stays; `None` when nothing is left to merge. What this person may not remove stays, too.
    pub fn merge_duplicates(&mut self, now: Millis, places: &[Place], keep: Option<Place>) -> Option<Place> {
        let merged = merge(&self.shelves(), places, keep)?;
        let mut writes = Vec::new();
        for (space, op) in merged.ops {
            if let Some(private) = self.privates.get_mut(&space) {
                private.order(now, op, &mut writes);
            } else if let Err(code) = self.session.submit(now, space, op) {
                self.tell(space, code);
            }
        }
        self.session.commit(writes);
        Some(merged.kept)
    }
}
