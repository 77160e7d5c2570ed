//! The viewer's side: the stream that this device watches.

use protocol::{DeviceId, Millis, Signal, SpaceId, StreamId};

use super::{Effect, Out, Path, Peer, PeerCommand, Streams, Watched};

impl Streams {
    pub(crate) fn watch(&mut self, now: Millis, space: SpaceId, stream: StreamId, host: DeviceId) {
        self.out.push(Out::Changed(space));
        match self.watched.get_mut(&stream) {
            Some(watched) if !watched.wanted && watched.host == host && watched.path != Path::None => {
                watched.wanted = true;
                watched.since = now;
                if !matches!(watched.path, Path::Open) {
                    watched.path = Path::Searching(now);
                }
                watched.seen |= watched.path == Path::Open;
            }
            Some(watched) if watched.wanted && matches!(watched.path, Path::Open | Path::Searching(_)) => {}
            other => {
                let attempt = other.map_or(1, |watched| watched.attempt + 1);
                self.ask(now, space, stream, host, attempt, false);
            }
        }
    }

    pub(super) fn ask(
        &mut self,
        now: Millis,
        space: SpaceId,
        stream: StreamId,
        host: DeviceId,
        attempt: u32,
        seen: bool,
    ) {
        let watched = Watched {
            space,
            host,
            attempt,
            path: Path::Searching(now),
            wanted: true,
            since: now,
            seen,
        };
        if let Some(old) = self.watched.insert(stream, watched) {
            let peer = Peer {
                stream,
                device: old.host,
                attempt: old.attempt,
            };
            self.out.push(Out::Effect(Effect::Peer(peer, PeerCommand::Close)));
        }
        self.out
            .push(Out::Signal(space, host, Signal::Watch { stream, attempt }));
        self.out.push(Out::Changed(space));
    }

    pub(crate) fn unwatch(&mut self, stream: StreamId) {
        if let Some(watched) = self.watched.remove(&stream) {
            let peer = Peer {
                stream,
                device: watched.host,
                attempt: watched.attempt,
            };
            self.out.push(Out::Effect(Effect::Peer(peer, PeerCommand::Close)));
            self.out.push(Out::Signal(
                watched.space,
                watched.host,
                Signal::Bye {
                    stream,
                    attempt: watched.attempt,
                },
            ));
            self.out.push(Out::Changed(watched.space));
        }
    }

    /// The stream that this device watches in a space.
    pub(crate) fn watching(&self, space: SpaceId) -> Option<StreamId> {
        self.watched
            .iter()
            .find(|(_, watched)| watched.space == space && watched.wanted)
            .map(|(id, _)| *id)
    }
}
