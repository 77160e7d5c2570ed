//! What could not be written: people are told, and private spaces are made whole again on disk.

use protocol::{Millis, SpaceId};

use super::Engine;
use crate::record::{DEVICE_KEY, SETTINGS_KEY, Write, asleep_key, binding_key, sharing_key};
use crate::session::replica::put;
use crate::view::{Notice, NoticeKind, Projection};

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
        self.write_anew(writes, &lost);
        for space in lost {
            self.tell_not_saved(space);
        }
    }

    /// A batch is on disk. What could not be written before is written now, whatever space it is of: there is room again.
    pub fn committed(&mut self, now: Millis, number: u64) {
        self.session.committed(now, number);
        let mut writes = Vec::new();
        let rescued: Vec<SpaceId> = self
            .privates
            .iter_mut()
            .filter_map(|(space, private)| private.rescue(&mut writes).then_some(*space))
            .collect();
        self.write_anew(writes, &rescued);
    }

    /// Writes spaces whole, with what belongs to them.
    fn write_anew(&mut self, mut writes: Vec<Write>, spaces: &[SpaceId]) {
        if writes.is_empty() {
            return;
        }
        self.bin.write_anew(&mut writes);
        self.write_marks_anew(&mut writes);
        // The look that the events came from goes with them, else it would tell of them again.
        writes.extend(
            self.bindings
                .iter()
                .filter(|(_, binding)| spaces.contains(&binding.space))
                .map(|(window, binding)| put(binding_key(*window), binding)),
        );
        self.session.commit(writes);
    }

    /// The storage was cleared while this engine has everything: it is written again, but for what is past.
    pub fn write_everything(&mut self) {
        let mut writes = vec![
            put(DEVICE_KEY.to_owned(), &self.session.device()),
            put(SETTINGS_KEY.to_owned(), &self.settings),
        ];
        for private in self.privates.values_mut() {
            private.write_whole(&mut writes);
        }
        writes.extend(self.session.everything());
        let bindings = self.bindings.iter();
        writes.extend(bindings.map(|(window, binding)| put(binding_key(*window), binding)));
        let asleep = self.asleep.iter();
        writes.extend(asleep.map(|(space, asleep)| put(asleep_key(*space), asleep)));
        self.write_coming_anew(&mut writes);
        let sharing = self.sharing.iter();
        writes.extend(sharing.map(|(space, begun)| put(sharing_key(*space), begun)));
        self.bin.write_all(&mut writes);
        self.write_marks_anew(&mut writes);
        self.write_uses_anew(&mut writes);
        self.session.commit(writes);
    }

    /// The storage was found empty although spaces were listed from it: `listed` is the projection that was kept elsewhere, a
    /// JSON text. The person is told how many those were, until they have read it.
    pub fn found_emptied(&mut self, listed: &str) {
        let listed = serde_json::from_str::<Projection>(listed).unwrap_or_default();
        if !listed.spaces.is_empty() {
            self.change_settings(|settings| settings.lost = listed.spaces.len());
        }
    }

    /// The person has read that the storage was cleared.
    pub fn loss_is_read(&mut self) {
        self.change_settings(|settings| settings.lost = 0);
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
