//! What is in the bin, for a backup, and what becomes of it when a backup brings it.
//!
//! An entry comes back as its record stands in the file, but for the past of a space, which is not in it. Nothing that
//! is in the bin goes for it.

use protocol::op::Created;
use protocol::{Millis, Op, SpaceState};
use serde::{Deserialize, Serialize};

use super::super::Engine;
use super::super::windows::clean_name;
use super::{can_begin, items_of};
use crate::library::backup::{Item, Removed, TIMES};
use crate::library::bin::{BinId, Binned, Held, KEEP_MS};
use crate::library::past::Past;
use crate::library::private::Private;
use crate::session::replica::text_of;

/// What became of an entry of the bin that a backup brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BroughtToBin {
    /// It was not there, and is now.
    Added(BinId),
    /// It is there.
    Same,
    /// It is too old, cannot be read, or there is no room for it.
    LeftOut,
}

/// An entry of the bin as a file has it.
pub(super) fn listed(id: BinId, entry: &Binned) -> Removed {
    let entry = without_past(entry);
    Removed {
        id,
        removed: entry.removed.clamp(*TIMES.start(), *TIMES.end()),
        name: entry.name.clone(),
        colour: entry.colour,
        whole: matches!(entry.held, Held::Space { .. }),
        items: items(&entry),
        record: text_of(&entry),
    }
}

/// An entry of the bin as the record that a file has of it rebuilds it; `None` when it rebuilds none.
pub(crate) fn rebuilt_entry(entry: &Removed) -> Option<Removed> {
    let binned = serde_json::from_str(&entry.record).ok()?;
    Some(listed(entry.id, &binned))
}

/// Without what is only of this browser: its past, and whether it was read of.
fn without_past(entry: &Binned) -> Binned {
    let mut entry = entry.clone();
    entry.unread = false;
    if let Held::Space { past, .. } = &mut entry.held {
        *past = Past::default();
    }
    entry
}

/// As it was before tabs were taken out of it alone: one that has them is no other.
fn as_it_was(entry: &Binned) -> Binned {
    let mut entry = without_past(entry);
    if let Some(apart) = entry.apart_mut() {
        apart.clear();
    }
    entry
}

/// Its tabs and groups in order; nothing of a space that cannot be read.
fn items(entry: &Binned) -> Vec<Item> {
    match &entry.held {
        Held::Space { .. } => entry
            .whole()
            .map_or_else(Vec::new, |state| items_of(&state, &entry.marks)),
        Held::Tabs { .. } => {
            let mut state = SpaceState::default();
            if let Some(created) = created(entry) {
                state.fold_local(&Op::SpaceCreated(created));
            }
            items_of(&state, &entry.marks)
        }
    }
}

/// Tabs of the bin as the beginning of a space.
fn created(entry: &Binned) -> Option<Created> {
    let Held::Tabs { groups, tabs, .. } = &entry.held else {
        return None;
    };
    Some(Created {
        name: entry.name.clone(),
        colour: entry.colour,
        groups: groups.clone(),
        tabs: tabs.clone(),
    })
}

impl Engine {
    /// Puts into the bin what a backup has of it. What is there stays, also when the bin is full.
    pub fn bring_removed(&mut self, now: Millis, brought: &Removed) -> BroughtToBin {
        let Ok(entry) = serde_json::from_str::<Binned>(&brought.record) else {
            return BroughtToBin::LeftOut;
        };
        let mut entry = without_past(&entry);
        entry.name = clean_name(&entry.name);
        entry.marks = entry.marks.cleaned();
        if now.since(entry.removed) >= KEEP_MS || !self.can_come_out(&entry) {
            return BroughtToBin::LeftOut;
        }
        let is_there = |entry: &Binned| {
            let brought = as_it_was(entry);
            let same = |there: &Binned| there.removed == entry.removed && as_it_was(there) == brought;
            self.bin.entries().any(|(_, there)| same(there))
        };
        if is_there(&entry) {
            return BroughtToBin::Same;
        }
        // By a clock that was ahead: it goes 30 days after it came.
        entry.removed = entry.removed.min(now);
        if is_there(&entry) {
            return BroughtToBin::Same;
        }
        let mut writes = Vec::new();
        let added = self.bin.put_back(now, brought.id, entry, &mut writes);
        self.session.commit(writes);
        added.map_or(BroughtToBin::LeftOut, BroughtToBin::Added)
    }

    /// Whether something could be taken out of the bin again.
    fn can_come_out(&self, entry: &Binned) -> bool {
        let created = match &entry.held {
            Held::Space { exact, .. } => {
                let device = self.session.device();
                Private::bring_back(entry.space, device, exact, &mut Vec::new())
                    .filter(|private| !private.state.deleted)
                    .map(|private| private.state.as_created(|_, _| true))
            }
            Held::Tabs { tabs, .. } => created(entry).filter(|_| !tabs.is_empty()),
        };
        created.is_some_and(can_begin)
    }
}
