//! Saving what is open: as new spaces, or at the end of one that is there.

use std::collections::BTreeSet;

use protocol::{Code, Millis, Op, Position, SpaceId, SpaceState, TabId};

use super::Engine;
use super::deeds::may_stand;
use crate::ask::Problem;
use crate::ask::library::{LibraryAnswer, Target};
use crate::library::arrange::{Spot, places};
use crate::library::chosen::Chosen;
use crate::library::follow::{Binding, WindowSeen};
use crate::library::undo::Undo;

impl Engine {
    /// Saves what was chosen. A window that becomes a space of its own is followed by it; one that is followed already
    /// stays as it is. `name` is for new spaces that were given none.
    ///
    /// What is on the ignore list, or has an address that cannot be kept, is left out, and told by number.
    ///
    /// # Errors
    /// When there is nothing that can be kept, or the space has no room for it; nothing was changed then.
    pub fn save(
        &mut self,
        now: Millis,
        chosen: Vec<Chosen>,
        to: &Target,
        name: &str,
    ) -> Result<LibraryAnswer, Problem> {
        match to {
            Target::New(given) => {
                let given = given.as_deref().map(str::trim).filter(|given| !given.is_empty());
                self.save_apart(now, chosen, given.unwrap_or(name))
            }
            Target::Space { space, group, before } => {
                let mut all = WindowSeen::default();
                for mut chosen in chosen {
                    all.tabs.append(&mut chosen.seen.tabs);
                    all.groups.append(&mut chosen.seen.groups);
                }
                let spot = Spot {
                    group: *group,
                    before: *before,
                };
                self.save_into(now, all, *space, spot)
            }
        }
    }

    fn save_apart(&mut self, now: Millis, chosen: Vec<Chosen>, name: &str) -> Result<LibraryAnswer, Problem> {
        let followed =
            |engine: &Self, chosen: &Chosen| chosen.window.and_then(|window| engine.follows(window));
        let (mut kept, mut left_out, mut has_ignored) = (Vec::new(), 0, false);
        for chosen in chosen {
            let is_followed = followed(self, &chosen).is_some();
            if !is_followed {
                left_out += self.left_out_in(&chosen.seen);
                has_ignored |= self.has_ignored(&chosen.seen);
            }
            if is_followed || self.kept_of(&chosen.seen) > 0 {
                kept.push(chosen);
            }
        }
        let several = kept.len() > 1;
        let (mut spaces, mut made, mut tabs) = (Vec::new(), Vec::new(), 0);
        for (number, chosen) in (1..).zip(kept) {
            tabs += self.kept_of(&chosen.seen);
            if let Some(space) = followed(self, &chosen) {
                spaces.push(space);
                continue;
            }
            let Chosen { window, seen } = chosen;
            let name = if several {
                format!("{name} ({number})")
            } else {
                name.to_owned()
            };
            let space = match window {
                Some(window) => self.save_window(now, window, seen, &name),
                None => self.keep_window(now, seen, &name),
            };
            spaces.push(space);
            made.push(space);
        }
        if spaces.is_empty() {
            return Err(nothing(has_ignored));
        }
        let undo = Box::new(Undo {
            made,
            ..Undo::default()
        });
        Ok(LibraryAnswer::Made {
            spaces,
            tabs,
            left_out,
            undo,
        })
    }

    fn save_into(
        &mut self,
        now: Millis,
        seen: WindowSeen,
        space: SpaceId,
        spot: Spot,
    ) -> Result<LibraryAnswer, Problem> {
        let space = self.current(space);
        let private = self.privates.get(&space).map(|private| &private.state);
        let shared = private.is_none();
        let state = private
            .or_else(|| self.session.state(space))
            .filter(|state| !state.deleted)
            .ok_or(Problem::NoSuchSpace)?;
        let spot = Spot {
            group: spot.group.filter(|group| state.groups.contains_key(group)),
            ..spot
        };
        let mut seen = seen;
        if spot.group.is_some() {
            seen.groups.clear();
            seen.tabs.iter_mut().for_each(|tab| tab.group = None);
        }
        let (left_out, has_ignored) = (self.left_out_in(&seen), self.has_ignored(&seen));
        let ignored = &self.ignored;
        let wanted = |url: &str| ignored.lets_in(url, shared);
        let mut binding = Binding::new(space);
        let mut ops = binding.look(now, seen, state, &mut *self.random, &wanted);
        // What comes to a space changes nothing of which of its tabs is shown.
        binding.seen.tabs.iter_mut().for_each(|tab| tab.active = false);
        put_at(&mut ops, state, spot);
        let added: Vec<TabId> = ops.iter().filter_map(added).collect();
        if added.is_empty() {
            return Err(nothing(has_ignored));
        }
        let mut after = state.clone();
        for op in &ops {
            may_stand(&after, op, shared).map_err(refused)?;
            after.fold_local(op);
        }
        let back: Vec<Op> = ops.iter().rev().filter_map(taken_back).collect();
        let mut writes = Vec::new();
        if let Some(private) = self.privates.get_mut(&space) {
            for op in ops {
                private.order(now, op, &mut writes);
            }
        } else {
            self.session
                .submit_with(now, space, ops, Vec::new())
                .map_err(refused)?;
        }
        self.keep_look(&binding, &mut writes);
        self.session.commit(writes);
        if shared {
            self.settle(now);
        }
        Ok(LibraryAnswer::Made {
            spaces: vec![space],
            tabs: added.len(),
            left_out,
            undo: Box::new(Undo {
                ops: vec![(space, back)],
                ..Undo::default()
            }),
        })
    }
}

/// Why nothing was saved.
const fn nothing(has_ignored: bool) -> Problem {
    if has_ignored {
        Problem::Ignored
    } else {
        Problem::NothingToSave
    }
}

fn refused(code: Code) -> Problem {
    Problem::Refused(code.into())
}

/// What is added stands at a spot: groups with their tabs, and tabs outside of any.
fn put_at(ops: &mut [Op], state: &SpaceState, spot: Spot) {
    let mut standing: Vec<&mut Position> = Vec::new();
    for op in ops {
        match op {
            Op::GroupAdded(group) => standing.push(&mut group.position),
            Op::TabAdded(tab) if tab.group.is_none() => {
                tab.group = spot.group;
                standing.push(&mut tab.position);
            }
            _ => {}
        }
    }
    let places = places(state, &BTreeSet::new(), spot, standing.len());
    for (position, place) in standing.into_iter().zip(places) {
        *position = place;
    }
}

fn added(op: &Op) -> Option<TabId> {
    match op {
        Op::TabAdded(tab) => Some(tab.tab),
        _ => None,
    }
}

/// The op that takes an addition back.
fn taken_back(op: &Op) -> Option<Op> {
    match op {
        Op::TabAdded(tab) => Some(Op::TabRemoved { tab: tab.tab }),
        Op::GroupAdded(group) => Some(Op::GroupRemoved { group: group.group }),
        _ => None,
    }
}
