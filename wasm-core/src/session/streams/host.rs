//! The host's side: who watches the streams of this device.

use protocol::{DeviceId, Millis, SpaceId, StreamId};

use super::{BTreeMap, Effect, Hosted, Out, Peer, PeerCommand, Streams, Viewer};

impl Streams {
    /// Makes peers towards devices for a stream that may start soon.
    pub(crate) fn prepare(
        &mut self,
        now: Millis,
        space: SpaceId,
        stream: StreamId,
        devices: impl Iterator<Item = DeviceId>,
    ) {
        let hosted = self.hosted.entry(stream).or_insert(Hosted {
            space,
            live: false,
            since: now,
            viewers: BTreeMap::new(),
        });
        hosted.since = now;
        for device in devices {
            hosted.viewers.entry(device).or_insert_with(|| {
                let peer = Peer {
                    stream,
                    device,
                    attempt: 0,
                };
                self.out.push(Out::Effect(Effect::Peer(
                    peer,
                    PeerCommand::Offer { restart: false },
                )));
                Viewer::new(now, 0)
            });
        }
    }

    /// The stream that was made ready for this space, if one was.
    pub(crate) fn prepared(&self, space: SpaceId) -> Option<StreamId> {
        self.hosted
            .iter()
            .find(|(_, hosted)| hosted.space == space && !hosted.live)
            .map(|(id, _)| *id)
    }

    pub(crate) fn host(&mut self, now: Millis, space: SpaceId, stream: StreamId) {
        let hosted = self.hosted.entry(stream).or_insert(Hosted {
            space,
            live: true,
            since: now,
            viewers: BTreeMap::new(),
        });
        hosted.live = true;
        hosted.since = now;
        self.out.push(Out::Changed(space));
    }

    pub(crate) fn hosts(&self, stream: StreamId) -> bool {
        self.hosted.get(&stream).is_some_and(|hosted| hosted.live)
    }

    /// The live streams of this device in a space.
    pub(crate) fn hosted_in(&self, space: SpaceId) -> Vec<StreamId> {
        self.hosted
            .iter()
            .filter(|(_, hosted)| hosted.space == space && hosted.live)
            .map(|(id, _)| *id)
            .collect()
    }

    /// The space and whether anything is hosted at all.
    pub(crate) fn space_of(&self, stream: StreamId) -> Option<SpaceId> {
        self.hosted
            .get(&stream)
            .map(|hosted| hosted.space)
            .or_else(|| self.watched.get(&stream).map(|watched| watched.space))
    }

    pub(crate) fn is_hosting(&self) -> bool {
        self.hosted.values().any(|hosted| hosted.live)
    }

    pub(super) fn asked(&mut self, now: Millis, stream: StreamId, device: DeviceId, attempt: u32) {
        let Some(hosted) = self.hosted.get_mut(&stream) else {
            return;
        };
        if let Some(old) = hosted.viewers.insert(device, Viewer::new(now, attempt)) {
            let peer = Peer {
                stream,
                device,
                attempt: old.attempt,
            };
            self.out.push(Out::Effect(Effect::Peer(peer, PeerCommand::Close)));
        }
        let peer = Peer {
            stream,
            device,
            attempt,
        };
        self.out.push(Out::Effect(Effect::Peer(
            peer,
            PeerCommand::Offer { restart: false },
        )));
        self.out.push(Out::Changed(hosted.space));
    }

    /// A viewer's device left the room, or said bye.
    pub(super) fn viewer_gone(&mut self, stream: StreamId, device: DeviceId) {
        let Some(hosted) = self.hosted.get_mut(&stream) else {
            return;
        };
        if let Some(viewer) = hosted.viewers.remove(&device) {
            let peer = Peer {
                stream,
                device,
                attempt: viewer.attempt,
            };
            self.out.push(Out::Effect(Effect::Peer(peer, PeerCommand::Close)));
            self.out.push(Out::Changed(hosted.space));
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::Signal;

    use super::super::{PATH_MS, Path, PeerEvent, READY_MS};
    use super::*;
    use crate::view::MediaView;

    const SPACE: SpaceId = SpaceId::from_bits(1);
    const STREAM: StreamId = StreamId::from_bits(2);
    const HOST: DeviceId = DeviceId::from_bits(3);
    const BOB: DeviceId = DeviceId::from_bits(4);
    const CLARA: DeviceId = DeviceId::from_bits(5);

    fn prepared(host: &mut Streams, now: i64) {
        host.prepare(Millis(now), SPACE, STREAM, [BOB].into_iter());
    }

    fn bye(device: DeviceId) -> Out {
        let signal = Signal::Bye {
            stream: STREAM,
            attempt: 0,
        };
        Out::Signal(SPACE, device, signal)
    }

    /// Gives everything that one side signals to the other.
    fn deliver(from: &mut Streams, device: DeviceId, to: &mut Streams, now: i64) {
        for out in from.take() {
            if let Out::Signal(space, _, signal) = out {
                to.signalled(Millis(now), space, device, true, signal);
            }
        }
    }

    #[test]
    fn viewers_that_left_while_the_host_was_away_are_not_missed() {
        let mut host = Streams::default();
        host.host(Millis(0), SPACE, STREAM);
        for device in [BOB, CLARA] {
            host.asked(Millis(0), STREAM, device, 1);
        }
        let peer = |device| Peer {
            stream: STREAM,
            device,
            attempt: 1,
        };
        host.peer_event(Millis(10), peer(BOB), PeerEvent::Connected);
        assert_eq!(host.media(STREAM), MediaView::Playing);
        // Clara never found a path, and left. Bob only lost the relay, and keeps his.
        host.devices_listed(SPACE, &[HOST]);
        host.tick(Millis(PATH_MS + 2_000), true);
        assert_eq!(host.media(STREAM), MediaView::Playing);
        assert_eq!(host.hosted[&STREAM].viewers[&BOB].path, Path::Open);
        // When his path breaks as well, he is gone.
        host.peer_event(Millis(20_000), peer(BOB), PeerEvent::Failed);
        assert_eq!(host.media(STREAM), MediaView::Playing);
        assert!(host.hosted[&STREAM].viewers.is_empty());
    }

    #[test]
    fn a_viewer_that_was_made_ready_for_nothing_says_bye() {
        let (mut host, mut viewer) = (Streams::default(), Streams::default());
        prepared(&mut host, 0);
        host.peer_event(
            Millis(1),
            Peer {
                stream: STREAM,
                device: BOB,
                attempt: 0,
            },
            PeerEvent::Described { sdp: String::new() },
        );
        deliver(&mut host, HOST, &mut viewer, 1);
        host.host(Millis(10), SPACE, STREAM);
        // The person behind the viewer does not want to watch.
        viewer.tick(Millis(READY_MS + PATH_MS + 1), true);
        deliver(&mut viewer, BOB, &mut host, READY_MS + PATH_MS + 1);
        assert!(host.hosted[&STREAM].viewers.is_empty());
        assert_eq!(host.media(STREAM), MediaView::Playing, "nobody is missing");
    }

    #[test]
    fn a_host_that_does_not_start_says_bye() {
        let mut host = Streams::default();
        prepared(&mut host, 0);
        host.take();
        host.tick(Millis(READY_MS), true);
        assert!(host.take().contains(&bye(BOB)));
        assert_eq!(host.prepared(SPACE), None);
    }

    #[test]
    fn an_offer_too_many_is_declined() {
        let mut viewer = Streams::default();
        for stream in 0..10 {
            let offer = Signal::Offer {
                stream: StreamId::from_bits(100 + stream),
                attempt: 0,
                sdp: String::new(),
            };
            viewer.signalled(Millis(0), SPACE, HOST, true, offer);
        }
        let declined = viewer
            .take()
            .into_iter()
            .filter(|out| matches!(out, Out::Signal(..)));
        assert_eq!(declined.count(), 10 - super::super::MOST_PREPARED);
    }

    #[test]
    fn getting_ready_again_begins_the_time_anew() {
        let mut host = Streams::default();
        prepared(&mut host, 0);
        prepared(&mut host, READY_MS - 1);
        host.tick(Millis(READY_MS), true);
        assert_eq!(host.prepared(SPACE), Some(STREAM));
        host.tick(Millis(2 * READY_MS), true);
        assert_eq!(host.prepared(SPACE), None);
    }
}
