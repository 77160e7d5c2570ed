//! A space that is full: tabs of its window for which it has no room stay in the window alone. The person is told so until it is
//! read, also by a worker that starts later, and not again before there was room. The next look then brings the tabs in.

use protocol::{Op, SpaceId, limits};

use super::Engine;
use crate::library::follow::Binding;
use crate::library::full::Full;
use crate::record::binding_key;
use crate::session::replica::put;
use crate::view::NoticeKind;

impl Engine {
    /// So many tabs a space holds.
    pub(super) fn most_tabs(&self, space: SpaceId) -> usize {
        if self.privates.contains_key(&space) {
            limits::PRIVATE_TABS
        } else {
            limits::TABS
        }
    }

    /// Whether tabs of a window wait for room in its space, and there is some.
    pub(super) fn has_room_again(&self, binding: &Binding) -> bool {
        let state = self.state(binding.space);
        binding.full != Full::No
            && state.is_some_and(|state| state.tabs.len() < self.most_tabs(binding.space))
    }

    /// Tells in a space that it has no room for tabs of its window, or that this is over.
    pub(super) fn tell_of_room(&mut self, window: i32) {
        let Some(&Binding { space, full, .. }) = self.bindings.get(&window) else {
            return;
        };
        let is_told = self.notices_of(space).any(|told| told.kind == NoticeKind::Full);
        match full {
            Full::No if is_told => self.retract(space, |kind| *kind == NoticeKind::Full),
            Full::Unread if !is_told && self.takes_tabs(space) => self.notify(space, NoticeKind::Full),
            _ => {}
        }
    }

    /// Whether this person's tabs come into a space at all: who may take one out may put one in.
    fn takes_tabs(&self, space: SpaceId) -> bool {
        let tab = self.state(space).and_then(|state| state.tabs.keys().next());
        let may = |tab: &_| {
            let op = Op::TabRemoved { tab: *tab };
            self.session.may_submit(space, &[op]).is_ok()
        };
        self.privates.contains_key(&space) || tab.is_some_and(may)
    }

    /// The person has read that a space is full.
    pub(super) fn knows_it_is_full(&mut self, space: SpaceId) {
        let mut writes = Vec::new();
        for (window, binding) in &mut self.bindings {
            if binding.space == space && binding.full == Full::Unread {
                binding.full = Full::Known;
                writes.push(put(binding_key(*window), binding));
            }
        }
        self.session.commit(writes);
    }
}
