//! What a person marks, and how windows were: it is written here, follows a space that is shared, and goes with what it
//! is of.

use std::collections::BTreeSet;

use protocol::{SpaceId, TabId, limits};

use super::Engine;
use crate::library::follow::Binding;
use crate::library::marks::{MarksChange, SpaceMarks};
use crate::record::{Write, marks_key};
use crate::session::replica::put;

impl Engine {
    /// Sets what is marked in a space; what takes it back.
    pub(super) fn set_marks(
        &mut self,
        space: SpaceId,
        change: &MarksChange,
        writes: &mut Vec<Write>,
    ) -> MarksChange {
        let mut marks = self.marks.remove(&space).unwrap_or_default();
        let back = marks.change(change);
        if marks.tabs.len().max(marks.muted.len()) > limits::PRIVATE_TABS
            && let Some(state) = self.state(space)
        {
            // Tabs that others removed, or that were closed one by one.
            marks
                .tabs
                .retain(|tab, _| state.tabs.contains_key(tab) || change.tabs.contains_key(tab));
            marks
                .muted
                .retain(|tab| state.tabs.contains_key(tab) || change.muted.contains_key(tab));
        }
        self.put_marks(space, marks, !back.is_empty(), writes);
        back
    }

    fn put_marks(&mut self, space: SpaceId, marks: SpaceMarks, changed: bool, writes: &mut Vec<Write>) {
        if changed {
            self.marked += 1;
            writes.push(if marks.is_empty() {
                Write::Delete(marks_key(space))
            } else {
                put(marks_key(space), &marks)
            });
        }
        if !marks.is_empty() {
            self.marks.insert(space, marks);
        }
    }

    /// Which tabs of a space are muted, and which one is shown, as its window was last seen. What is not in the window
    /// stays as it was.
    pub(super) fn keep_look(&mut self, binding: &Binding, writes: &mut Vec<Write>) {
        let known = self.marks.get(&binding.space);
        let mut shown = known.and_then(|marks| marks.shown);
        let mut muted = known.map_or_else(BTreeSet::new, |marks| marks.muted.clone());
        for seen in &binding.seen.tabs {
            let Some(&tab) = binding.tabs.get(&seen.id) else {
                continue;
            };
            if seen.active {
                shown = Some(tab);
            }
            if seen.muted {
                muted.insert(tab);
            } else {
                muted.remove(&tab);
            }
        }
        self.set_look(binding.space, shown, muted, writes);
    }

    /// Sets which tab of a space was shown and which were muted.
    pub(super) fn set_look(
        &mut self,
        space: SpaceId,
        shown: Option<TabId>,
        mut muted: BTreeSet<TabId>,
        writes: &mut Vec<Write>,
    ) {
        if let Some(state) = self.state(space) {
            muted.retain(|tab| state.tabs.contains_key(tab));
        }
        let mut marks = self.marks.remove(&space).unwrap_or_default();
        let changed = (marks.shown, &marks.muted) != (shown, &muted);
        (marks.shown, marks.muted) = (shown, muted);
        self.put_marks(space, marks, changed, writes);
    }

    /// What is marked in a space, taken from it.
    pub(super) fn take_marks(&mut self, space: SpaceId, writes: &mut Vec<Write>) -> SpaceMarks {
        let marks = self.marks.remove(&space);
        if marks.is_some() {
            self.marked += 1;
            writes.push(Write::Delete(marks_key(space)));
        }
        marks.unwrap_or_default()
    }

    /// Gives a space its marks.
    pub(super) fn give_marks(&mut self, space: SpaceId, marks: SpaceMarks, writes: &mut Vec<Write>) {
        if !marks.is_empty() {
            self.marked += 1;
            writes.push(put(marks_key(space), &marks));
            self.marks.insert(space, marks);
        }
    }

    pub(super) fn write_marks_anew(&self, writes: &mut Vec<Write>) {
        let all = self.marks.iter();
        writes.extend(all.map(|(space, marks)| put(marks_key(*space), marks)));
    }

    /// What is marked in a space, of the tabs that are there.
    pub fn marks(&self, space: SpaceId) -> SpaceMarks {
        let mut marks = self.marks.get(&space).cloned().unwrap_or_default();
        if let Some(state) = self.state(space) {
            marks.tabs.retain(|tab, _| state.tabs.contains_key(tab));
            marks.muted.retain(|tab| state.tabs.contains_key(tab));
        }
        marks
    }
}
