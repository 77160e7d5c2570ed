//! Asking the relay for spaces: when a connection begins, when something is missing, and again when the relay
//! could not answer.

use protocol::code::Refusal;
use protocol::frame::ClientFrame;
use protocol::op::StreamEnd;
use protocol::{Code, Millis, Op, SpaceId, StreamId};

use super::replica::Sync;
use super::{Effect, Session};

/// A subscription that could not be answered is sent again after this, or after what the relay says.
const ASK_AGAIN_MS: i64 = 1_000;
/// However long the relay asks to wait.
const LONGEST_PAUSE_MS: i64 = 60 * 60 * 1_000;

impl Session {
    pub(super) fn open_spaces(&self) -> Vec<SpaceId> {
        self.spaces
            .iter()
            .filter(|(_, shared)| shared.replica.open && !shared.is_over())
            .map(|(id, _)| *id)
            .collect()
    }

    pub(super) fn subscribe(&mut self, space: SpaceId) {
        let Some(shared) = self
            .spaces
            .get_mut(&space)
            .filter(|shared| shared.replica.open && !shared.is_over())
        else {
            return;
        };
        shared.replica.connection_lost();
        shared.replica.sync = Sync::Asked;
        let frame = ClientFrame::Subscribe {
            space,
            epoch: shared.replica.epoch.filter(|_| !shared.replica.ask_whole),
            since: shared.replica.confirmed.head,
        };
        self.send(frame);
    }

    /// Something is missing that the relay cannot know of: everything is asked for anew.
    pub(super) fn ask_anew(&mut self, space: SpaceId) {
        if let Some(shared) = self.spaces.get_mut(&space) {
            shared.replica.ask_whole = true;
        }
        self.subscribe(space);
    }

    pub(super) fn subscribed(&mut self, now: Millis, space: SpaceId) {
        self.streams.up_again(now, space);
        self.say_presence(space);
        // A stream of this device that this session does not host was left behind by one that died.
        let left: Vec<StreamId> = self.spaces.get(&space).map_or_else(Vec::new, |shared| {
            let mine = |id: &StreamId| shared.replica.confirmed.streams[id].device == Some(self.device);
            shared
                .replica
                .confirmed
                .streams
                .keys()
                .filter(|id| mine(id) && !self.streams.hosts(**id))
                .copied()
                .collect()
        });
        for stream in left {
            let reason = StreamEnd::HostGone;
            // It may have been ended by the relay meanwhile: then there is nothing to do.
            if self
                .submit(now, space, Op::StreamEnded { stream, reason })
                .is_ok()
            {
                self.tell_own_stream_ended(space, reason);
            }
        }
        self.changed(now, space);
    }

    /// The relay complains about a space, or about the connection.
    pub(super) fn error_raised(&mut self, now: Millis, space: Option<SpaceId>, reason: Refusal) {
        let Some(space) = space else {
            if reason.code == Code::Version {
                self.effects.push_back(Effect::Disconnect);
                self.disconnected(now, Some(reason));
            }
            return;
        };
        let dice = (self.random)();
        let Some(shared) = self
            .spaces
            .get_mut(&space)
            .filter(|shared| shared.replica.sync == Sync::Asked)
        else {
            return;
        };
        match reason.code {
            Code::NoSuchSpace | Code::NotAMember | Code::Removed | Code::SpaceDeleted | Code::Forbidden => {
                shared.replica.sync = Sync::Ended(reason);
                self.changed(now, space);
            }
            code if code.is_transient() => {
                shared.replica.sync = Sync::Paused(now.plus(pause(&reason, dice)));
            }
            _ => {}
        }
    }

    /// Sends the subscriptions again whose pause is over.
    pub(super) fn subscribe_again(&mut self, now: Millis) {
        let due: Vec<SpaceId> = self
            .spaces
            .iter()
            .filter(|(_, shared)| matches!(shared.replica.sync, Sync::Paused(until) if until <= now))
            .map(|(id, _)| *id)
            .collect();
        for space in due {
            self.subscribe(space);
        }
    }

    /// No reason to wait longer.
    pub(super) fn hurry_subscriptions(&mut self, now: Millis) {
        for shared in self.spaces.values_mut() {
            if let Sync::Paused(until) = &mut shared.replica.sync {
                *until = now;
            }
        }
    }
}

/// How long to wait, with jitter, so that not all clients come at once. Never less than the relay asks for.
fn pause(reason: &Refusal, dice: u128) -> i64 {
    let pause = reason
        .retry_after_ms
        .map_or(ASK_AGAIN_MS, |ms| i64::try_from(ms).unwrap_or(LONGEST_PAUSE_MS))
        .clamp(100, LONGEST_PAUSE_MS);
    pause + pause / 2 * i64::try_from(dice % 1_000).unwrap_or(0) / 1_000
}
