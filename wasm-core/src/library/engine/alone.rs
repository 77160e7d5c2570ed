//! One tab of a space that is in the bin whole, taken out alone.
//!
//! The space stays there as it is, records and past: its entry only notes which tabs are out of it, and these go from the space
//! when it comes out. The tab is a private space of the same name and colour then. It has another id there, since no two spaces
//! have a tab of the same id, and a space is brought back by records that name its tabs.

use protocol::{Millis, Seq};

use super::Engine;
use crate::ask::Problem;
use crate::library::bin::Binned;
use crate::library::marks::SpaceMarks;
use crate::library::undo::{Apart, Undo};

impl Engine {
    /// A tab of a space that is in the bin becomes a space of its own, with its group and what is marked of it.
    pub(super) fn take_from_space(
        &mut self,
        now: Millis,
        mut entry: Binned,
        apart: &Apart,
    ) -> Result<(), Problem> {
        let mut created = entry.alone(apart.tab).ok_or(Problem::NoSuchPoint)?;
        for group in &mut created.groups {
            // Others of the group may stay behind.
            group.group = apart.group;
        }
        for tab in &mut created.tabs {
            tab.tab = apart.copy;
            tab.group = tab.group.map(|_| apart.group);
            tab.favicon = None;
        }
        let mut writes = Vec::new();
        self.make_private(now, apart.space, created, &mut writes);
        self.give_marks(apart.space, marks_of(&entry, apart), &mut writes);
        if let Some(noted) = entry.apart_mut() {
            noted.insert(apart.tab);
        }
        self.bin.put_as(apart.entry, entry, &mut writes);
        self.session.commit(writes);
        Ok(())
    }

    /// Does again what was taken back; whether that can be: the entry has the tab, and its space's id is still free.
    pub(super) fn take_apart_again(&mut self, now: Millis, apart: &Apart) -> Option<Apart> {
        let entry = self.bin.get(apart.entry)?.clone();
        let is_taken = self.state(apart.space).is_some()
            || self.unreadable.contains(&apart.space)
            || self.bin.entries().any(|(_, other)| other.space == apart.space);
        entry.apart().filter(|_| !is_taken)?;
        self.take_from_space(now, entry, apart).ok()?;
        Some(Apart {
            goes_back: true,
            ..*apart
        })
    }

    /// A tab that was taken out alone is in its entry again, and the space that was made of it is gone. A space with which
    /// something was done since goes to the bin, and so does one whose entry is gone.
    pub(super) fn put_in_again(&mut self, now: Millis, apart: &Apart, back: &mut Undo) {
        let is_as_made = self.is_as_made(apart);
        let Some(made) = self.forget(now, apart.space) else {
            return;
        };
        // To make room for it may have taken the entry from the bin.
        let entry = self.bin.get(apart.entry).filter(|_| is_as_made).cloned();
        let Some(mut entry) = entry else {
            back.binned.push(made);
            return;
        };
        if let Some(noted) = entry.apart_mut() {
            noted.remove(&apart.tab);
        }
        let mut writes = Vec::new();
        self.bin.put_as(apart.entry, entry, &mut writes);
        self.bin.drop_for_good(made, &mut writes);
        self.session.commit(writes);
        back.apart.push(Apart {
            goes_back: false,
            ..*apart
        });
    }

    /// Whether a space that was made of a tab of the bin is still that, and what is marked in it, too.
    fn is_as_made(&self, apart: &Apart) -> bool {
        let (Some(entry), Some(private)) = (self.bin.get(apart.entry), self.privates.get(&apart.space))
        else {
            return false;
        };
        let is_noted = entry.apart().is_some_and(|noted| noted.contains(&apart.tab));
        let mut marks = self.marks.get(&apart.space).cloned().unwrap_or_default();
        // That it was looked at in a window is no change.
        marks.shown = None;
        is_noted
            && private.state.head == Seq(1)
            && private.state.tabs.keys().eq(std::iter::once(&apart.copy))
            && marks == marks_of(entry, apart)
    }
}

/// What is marked of a tab of the bin, as the space has it that is made of the tab.
fn marks_of(entry: &Binned, apart: &Apart) -> SpaceMarks {
    let marks = entry.marks.of_tabs(std::iter::once(apart.tab));
    SpaceMarks {
        tabs: marks
            .tabs
            .into_values()
            .map(|marks| (apart.copy, marks))
            .collect(),
        muted: marks.muted.into_iter().map(|_| apart.copy).collect(),
        ..SpaceMarks::default()
    }
}
