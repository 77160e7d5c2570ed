//! Who is in a space's room: presence, typing and pointers, as signals told them. Nothing of it is stored.

use std::collections::BTreeMap;

use protocol::frame::Present;
use protocol::signal::{Held, Presence};
use protocol::{DeviceId, MemberId, Millis, StreamId};

/// Somebody who said "I am typing" and then nothing more has stopped after this.
const TYPING_MS: i64 = 6_000;
/// A pointer that does not move any more disappears after this.
const POINTER_MS: i64 = 10_000;

/// A pointer in a stream's picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pointer {
    pub(crate) stream: StreamId,
    pub(crate) member: MemberId,
    pub(crate) x: f32,
    pub(crate) y: f32,
    moved: Millis,
}

/// A space's room.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) present: BTreeMap<DeviceId, Present>,
    typing: BTreeMap<DeviceId, (MemberId, Millis)>,
    pointers: BTreeMap<DeviceId, Pointer>,
}

impl Room {
    pub(crate) fn list(&mut self, present: Vec<Present>) {
        *self = Self::default();
        self.present
            .extend(present.into_iter().map(|present| (present.device, present)));
    }

    pub(crate) fn come(&mut self, present: Present) {
        self.present.insert(present.device, present);
    }

    pub(crate) fn gone(&mut self, device: DeviceId) {
        self.present.remove(&device);
        self.typing.remove(&device);
        self.pointers.remove(&device);
    }

    pub(crate) fn changed(&mut self, member: MemberId, device: DeviceId, presence: Presence) {
        self.present.insert(
            device,
            Present {
                member,
                device,
                presence,
            },
        );
    }

    pub(crate) fn typing(&mut self, now: Millis, member: MemberId, device: DeviceId, on: bool) {
        if on {
            self.typing.insert(device, (member, now));
        } else {
            self.typing.remove(&device);
        }
    }

    pub(crate) fn pointed(
        &mut self,
        now: Millis,
        member: MemberId,
        device: DeviceId,
        stream: StreamId,
        at: Option<(f32, f32)>,
    ) {
        match at {
            Some((x, y)) => {
                self.pointers.insert(
                    device,
                    Pointer {
                        stream,
                        member,
                        x,
                        y,
                        moved: now,
                    },
                );
            }
            None => {
                self.pointers.remove(&device);
            }
        }
    }

    pub(crate) fn is_here(&self, member: MemberId) -> bool {
        self.present.values().any(|present| present.member == member)
    }

    pub(crate) fn is_idle(&self, member: MemberId) -> bool {
        self.of(member).all(|presence| presence.idle)
    }

    pub(crate) fn of(&self, member: MemberId) -> impl Iterator<Item = &Presence> {
        self.present
            .values()
            .filter(move |present| present.member == member)
            .map(|present| &present.presence)
    }

    pub(crate) fn is_typing(&self, member: MemberId) -> bool {
        self.typing.values().any(|(who, _)| *who == member)
    }

    pub(crate) fn pointers(&self, stream: StreamId) -> impl Iterator<Item = &Pointer> {
        self.pointers
            .values()
            .filter(move |pointer| pointer.stream == stream)
    }

    /// The members, but for the devices' own, whose devices watch a stream.
    pub(crate) fn watchers(&self, stream: StreamId) -> Vec<MemberId> {
        let mut watchers: Vec<MemberId> = self
            .present
            .values()
            .filter(|present| present.presence.watching == Some(stream))
            .map(|present| present.member)
            .collect();
        watchers.sort_unstable();
        watchers.dedup();
        watchers
    }

    /// What the host's device says that it holds back of a stream.
    pub(crate) fn held(&self, host: DeviceId, stream: StreamId) -> Option<Held> {
        let held = &self.present.get(&host)?.presence.held;
        held.iter().copied().find(|held| held.stream == stream)
    }

    /// Lets go of what is too old. Whether something went.
    pub(crate) fn forget_old(&mut self, now: Millis) -> bool {
        let before = self.typing.len() + self.pointers.len();
        self.typing.retain(|_, (_, since)| now.since(*since) < TYPING_MS);
        self.pointers
            .retain(|_, pointer| now.since(pointer.moved) < POINTER_MS);
        before != self.typing.len() + self.pointers.len()
    }

    pub(crate) fn wake_at(&self) -> Option<Millis> {
        let typing = self.typing.values().map(|(_, since)| since.plus(TYPING_MS));
        let pointers = self
            .pointers
            .values()
            .map(|pointer| pointer.moved.plus(POINTER_MS));
        typing.chain(pointers).min()
    }
}
