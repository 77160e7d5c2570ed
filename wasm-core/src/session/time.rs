//! What time asks for: signs of life, pauses that are over, writes that have waited long enough.

use protocol::Millis;
use protocol::frame::ClientFrame;

use super::link::{Due, Phase};
use super::{Effect, SAVE_AFTER_MS, Session};
use crate::record::Write;

impl Session {
    /// Time went on.
    pub fn tick(&mut self, now: Millis) {
        while let Some(due) = self.link.due(now) {
            match due {
                Due::Connect => self.effects.push_back(Effect::Connect),
                Due::Ping => self.send(ClientFrame::Ping { t: now.0 }),
                Due::Dead => {
                    self.effects.push_back(Effect::Disconnect);
                    self.disconnected(now, None);
                    return;
                }
            }
        }
        let up = self.link.phase == Phase::Up;
        if up {
            self.subscribe_again(now);
        }
        self.streams.tick(now, up);
        let mut saves = Vec::new();
        for (&space, shared) in &mut self.spaces {
            if shared.room.forget_old(now) {
                self.effects.push_back(Effect::Changed(space));
            }
            if shared
                .unsaved
                .is_some_and(|since| now.since(since) >= SAVE_AFTER_MS)
            {
                shared.unsaved = None;
                saves.push(shared.replica.stored());
            }
        }
        self.commit(saves);
        self.perform_streams();
        self.send_waiting(now);
    }

    /// Writes everything that is not on disk yet, because the context may end.
    pub fn save(&mut self) {
        let saves = self
            .spaces
            .values_mut()
            .filter_map(|shared| shared.unsaved.take().map(|_| shared.replica.stored()))
            .collect();
        self.commit(saves);
    }

    /// The writes that put all shared spaces and what waits for the relay on an empty disk.
    pub(crate) fn everything(&self) -> Vec<Write> {
        let spaces = self.spaces.values();
        spaces.flat_map(|shared| shared.replica.everything()).collect()
    }

    /// When [`Session::tick`] is to be called at the latest.
    pub fn wake_at(&self) -> Option<Millis> {
        let up = self.link.phase == Phase::Up;
        let spaces = self.spaces.values().flat_map(|shared| {
            let hold = shared.replica.wake_at().filter(|_| up);
            [
                hold,
                shared.room.wake_at(),
                shared.unsaved.map(|since| since.plus(SAVE_AFTER_MS)),
            ]
        });
        spaces
            .chain([self.link.wake_at(), self.streams.wake_at(up)])
            .flatten()
            .min()
    }
}
