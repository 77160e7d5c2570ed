//! What could not be written: people are told, and private spaces are made whole again on disk.

use protocol::{Millis, SpaceId};

use super::Engine;
use crate::record::binding_key;
use crate::session::replica::put;
use crate::view::{Notice, NoticeKind};

impl Engine {
    /// A batch could not be written. What it held is still here; private spaces, whose later events are worth
    /// nothing without it, are written whole.
    pub fn commit_failed(&mut self, now: Millis, number: u64) {
        self.session.commit_failed(now, number);
        let mut writes = Vec::new();
        let lost: Vec<SpaceId> = self
            .privates
            .iter_mut()
            .filter_map(|(space, private)| private.write_failed(&mut writes).then_some(*space))
            .collect();
        if !writes.is_empty() {
            // The look that the events came from goes with them, else it would tell of them again.
            writes.extend(
                self.bindings
                    .iter()
                    .filter(|(_, binding)| lost.contains(&binding.space))
                    .map(|(window, binding)| put(binding_key(*window), binding)),
            );
            self.session.commit(writes);
        }
        for space in lost {
            self.tell_not_saved(space);
        }
    }

    /// Whether somebody is still to be told that something could not be written.
    pub fn could_not_save(&mut self) -> bool {
        let is = |notice: &Notice| notice.kind == NoticeKind::NotSaved;
        self.notices.values().flatten().any(is) || self.session.notices().any(is)
    }

    fn tell_not_saved(&mut self, space: SpaceId) {
        let notices = self.notices.entry(space).or_default();
        if notices.iter().all(|notice| notice.kind != NoticeKind::NotSaved) {
            self.last_notice += 1;
            notices.push(Notice {
                id: self.last_notice,
                kind: NoticeKind::NotSaved,
            });
        }
    }
}
