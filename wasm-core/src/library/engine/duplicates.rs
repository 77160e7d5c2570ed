//! Pages that the library holds more than once.

use std::collections::BTreeMap;

use protocol::{Millis, Op};

use super::Engine;
use super::deeds::Plan;
use crate::ask::Problem;
use crate::library::duplicates::{Place, SamePage, Shelf, find, merge};
use crate::library::marks::MarksChange;
use crate::library::undo::Undo;

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

    /// A person asks to have tabs merged that are the same page: `keep` stays, or the best of them, and takes over what
    /// is marked of the others, which are in the bin then. The one that stays; `None` when nothing is left to merge. What
    /// this person may not remove stays, too.
    pub fn merge_duplicates(&mut self, now: Millis, places: &[Place], keep: Option<Place>) -> Option<Place> {
        let merged = self.merge_same(now, places, keep).ok().flatten();
        merged.map(|(kept, _)| kept)
    }

    /// The same, with what takes it back.
    pub(super) fn merge_same(
        &mut self,
        now: Millis,
        places: &[Place],
        keep: Option<Place>,
    ) -> Result<Option<(Place, Undo)>, Problem> {
        let Some(merged) = merge(&self.shelves(), places, keep) else {
            return Ok(None);
        };
        let kept = merged.kept;
        let mut plan = Plan::default();
        let marks_of = |place: Place| {
            let marks = self.marks.get(&place.space);
            marks.and_then(|marks| marks.tabs.get(&place.tab))
        };
        let mut marks = marks_of(kept).cloned().unwrap_or_default();
        let mut refused = Vec::new();
        for (space, op) in merged.ops {
            if !self.privates.contains_key(&space)
                && let Err(code) = self.session.may_submit(space, std::slice::from_ref(&op))
            {
                refused.push((space, code));
                continue;
            }
            if let Op::TabRemoved { tab } = op
                && let Some(gone) = marks_of(Place { space, tab })
            {
                marks.tags.extend(gone.tags.iter().cloned());
                marks.starred |= gone.starred;
                if !gone.note.is_empty() && !marks.note.contains(&gone.note) {
                    let between = if marks.note.is_empty() { "" } else { "\n" };
                    marks.note = format!("{}{between}{}", marks.note, gone.note);
                }
            }
            match plan.ops.iter_mut().find(|(other, _)| *other == space) {
                Some((_, ops)) => ops.push(op),
                None => plan.ops.push((space, vec![op])),
            }
        }
        let tabs = BTreeMap::from([(kept.tab, marks.cleaned())]);
        let change = MarksChange {
            tabs,
            ..MarksChange::default()
        };
        plan.marks.push((kept.space, change));
        for (space, code) in refused {
            self.tell(space, code);
        }
        let undo = self.perform(now, plan, Vec::new())?;
        Ok(Some((kept, undo)))
    }
}
