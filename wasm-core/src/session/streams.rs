//! The streams of this device: those it hosts and the one it watches, and the peer connections between.
//!
//! A viewer asks (`rtc:watch`), the host offers, the viewer answers, both trickle candidates. A host may
//! also offer before it is asked, to viewers who are there, so that the first frame comes at once
//! (`get_ready`). A path that breaks is mended first by an ICE restart of the host, then by a new attempt of
//! the viewer. Without a path after [`PATH_MS`] both are told.

mod host;
mod peers;
mod viewer;

use std::collections::{BTreeMap, BTreeSet};

use protocol::{DeviceId, Millis, Signal, SpaceId, StreamId};

use super::effect::{Effect, Peer, PeerCommand, PeerEvent};
use crate::view::MediaView;

/// A path is found within this, or people are told that there is none.
pub(crate) const PATH_MS: i64 = 8_000;
/// A viewer whose path broke asks anew after this.
const ASK_ANEW_MS: i64 = 4_000;
/// Peers that were made ready for a stream that never starts are closed after this.
const READY_MS: i64 = 60_000;
/// Offers of others for streams that have not started, at most.
const MOST_PREPARED: usize = 4;

/// How it stands with one peer connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path {
    Searching(Millis),
    Open,
    Broken(Millis),
    None,
}

/// A stream that this device hosts, or is ready to.
#[derive(Debug)]
struct Hosted {
    space: SpaceId,
    live: bool,
    since: Millis,
    viewers: BTreeMap<DeviceId, Viewer>,
}

/// A viewer's device.
#[derive(Debug)]
struct Viewer {
    attempt: u32,
    path: Path,
    /// It is not connected to the relay: when its path breaks too, it is gone.
    absent: bool,
}

impl Viewer {
    const fn new(now: Millis, attempt: u32) -> Self {
        Self {
            attempt,
            path: Path::Searching(now),
            absent: false,
        }
    }
}

/// A stream that this device watches.
#[derive(Debug)]
struct Watched {
    space: SpaceId,
    host: DeviceId,
    attempt: u32,
    path: Path,
    /// The person wants to see it; otherwise it was only made ready by the host.
    wanted: bool,
    since: Millis,
    /// The path was open at some time in this attempt or one before.
    seen: bool,
}

/// All streams of this device.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    hosted: BTreeMap<StreamId, Hosted>,
    watched: BTreeMap<StreamId, Watched>,
    out: Vec<Out>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Out {
    Effect(Effect),
    Signal(SpaceId, DeviceId, Signal),
    Changed(SpaceId),
}

impl Streams {
    pub(crate) fn take(&mut self) -> Vec<Out> {
        std::mem::take(&mut self.out)
    }

    /// The stream is over.
    pub(crate) fn ended(&mut self, stream: StreamId) {
        if let Some(hosted) = self.hosted.remove(&stream) {
            for (device, viewer) in hosted.viewers {
                let peer = Peer {
                    stream,
                    device,
                    attempt: viewer.attempt,
                };
                self.out.push(Out::Effect(Effect::Peer(peer, PeerCommand::Close)));
            }
            self.out.push(Out::Effect(Effect::EndCapture(stream)));
            self.out.push(Out::Changed(hosted.space));
        }
        if let Some(watched) = self.watched.remove(&stream) {
            let peer = Peer {
                stream,
                device: watched.host,
                attempt: watched.attempt,
            };
            self.out.push(Out::Effect(Effect::Peer(peer, PeerCommand::Close)));
            self.out.push(Out::Changed(watched.space));
        }
    }

    /// A stream that was only made ready comes to nothing: the other ends let go of it too.
    fn unready(&mut self, stream: StreamId) {
        let hosted = self.hosted.get(&stream).into_iter().flat_map(|hosted| {
            let viewers = hosted.viewers.iter();
            viewers.map(|(device, viewer)| (hosted.space, *device, viewer.attempt))
        });
        let watched = self.watched.get(&stream).into_iter();
        let watched = watched.map(|watched| (watched.space, watched.host, watched.attempt));
        self.out.extend(
            hosted
                .chain(watched)
                .map(|(space, device, attempt)| Out::Signal(space, device, Signal::Bye { stream, attempt })),
        );
        self.ended(stream);
    }

    /// The streams of a space that run and that this device hosts or wants to see.
    pub(crate) fn active(&self, space: SpaceId) -> impl Iterator<Item = StreamId> {
        let hosted = self
            .hosted
            .iter()
            .filter(move |(_, hosted)| hosted.live && hosted.space == space)
            .map(|(id, _)| *id);
        let watched = self
            .watched
            .iter()
            .filter(move |(_, watched)| watched.wanted && watched.space == space)
            .map(|(id, _)| *id);
        hosted.chain(watched)
    }

    pub(crate) fn leave(&mut self, space: SpaceId) {
        let hosted = self
            .hosted
            .iter()
            .filter(|(_, hosted)| hosted.space == space)
            .map(|(id, _)| *id);
        let watched = self
            .watched
            .iter()
            .filter(|(_, watched)| watched.space == space)
            .map(|(id, _)| *id);
        for stream in hosted.chain(watched).collect::<Vec<_>>() {
            self.ended(stream);
        }
    }

    pub(crate) fn device_gone(&mut self, space: SpaceId, device: DeviceId) {
        // A viewer that only lost the relay keeps its path; one that closed its page loses that too.
        let mut lost = Vec::new();
        for (&stream, hosted) in self.hosted.iter_mut().filter(|(_, hosted)| hosted.space == space) {
            if let Some(viewer) = hosted.viewers.get_mut(&device) {
                viewer.absent = true;
                if viewer.path != Path::Open {
                    lost.push(stream);
                }
            }
        }
        for stream in lost {
            self.viewer_gone(stream, device);
        }
    }

    /// The room's devices are these: viewers that are not among them left while this device was away.
    pub(crate) fn devices_listed(&mut self, space: SpaceId, devices: &[DeviceId]) {
        let hosted = self.hosted.values().filter(|hosted| hosted.space == space);
        let gone: BTreeSet<DeviceId> = hosted
            .flat_map(|hosted| hosted.viewers.keys().copied())
            .filter(|device| !devices.contains(device))
            .collect();
        for device in gone {
            self.device_gone(space, device);
        }
        for device in devices {
            self.device_came(space, *device);
        }
    }

    pub(crate) fn device_came(&mut self, space: SpaceId, device: DeviceId) {
        for hosted in self.hosted.values_mut().filter(|hosted| hosted.space == space) {
            if let Some(viewer) = hosted.viewers.get_mut(&device) {
                viewer.absent = false;
            }
        }
    }

    /// A signal of a negotiation arrived. `may_host`: its sender may stream in the space.
    pub(crate) fn signalled(
        &mut self,
        now: Millis,
        space: SpaceId,
        device: DeviceId,
        may_host: bool,
        signal: Signal,
    ) {
        match signal {
            Signal::Watch { stream, attempt } => {
                if self
                    .hosted
                    .get(&stream)
                    .is_some_and(|hosted| hosted.space == space && hosted.live)
                {
                    self.asked(now, stream, device, attempt);
                }
            }
            Signal::Offer { stream, attempt, sdp } => {
                self.offered(now, space, device, may_host, stream, attempt, sdp);
            }
            Signal::Answer { stream, attempt, sdp } => {
                if self.hosts_for(space, stream, device, attempt) {
                    let peer = Peer {
                        stream,
                        device,
                        attempt,
                    };
                    self.out
                        .push(Out::Effect(Effect::Peer(peer, PeerCommand::Answered { sdp })));
                }
            }
            Signal::Candidate {
                stream,
                attempt,
                candidate,
            } => {
                let mine = self.hosts_for(space, stream, device, attempt)
                    || self.watched.get(&stream).is_some_and(|watched| {
                        watched.space == space && watched.host == device && watched.attempt == attempt
                    });
                if mine {
                    let peer = Peer {
                        stream,
                        device,
                        attempt,
                    };
                    self.out
                        .push(Out::Effect(Effect::Peer(peer, PeerCommand::Candidate(candidate))));
                }
            }
            Signal::Bye { stream, attempt } => {
                if self.hosts_for(space, stream, device, attempt) {
                    self.viewer_gone(stream, device);
                } else if self.watched.get(&stream).is_some_and(|watched| {
                    !watched.wanted && watched.host == device && watched.attempt == attempt
                }) {
                    self.ended(stream);
                }
            }
            Signal::Presence(_) | Signal::Cursor { .. } | Signal::Typing { .. } => {}
        }
    }

    fn hosts_for(&self, space: SpaceId, stream: StreamId, device: DeviceId, attempt: u32) -> bool {
        self.hosted.get(&stream).is_some_and(|hosted| {
            hosted.space == space
                && hosted
                    .viewers
                    .get(&device)
                    .is_some_and(|viewer| viewer.attempt == attempt)
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one signal")]
    fn offered(
        &mut self,
        now: Millis,
        space: SpaceId,
        device: DeviceId,
        may_host: bool,
        stream: StreamId,
        attempt: u32,
        sdp: String,
    ) {
        if !may_host {
            return;
        }
        if attempt == 0 && !self.watched.contains_key(&stream) {
            let prepared = self.watched.values().filter(|watched| !watched.wanted).count();
            if prepared >= MOST_PREPARED {
                self.out
                    .push(Out::Signal(space, device, Signal::Bye { stream, attempt }));
                return;
            }
            self.watched.insert(
                stream,
                Watched {
                    space,
                    host: device,
                    attempt: 0,
                    path: Path::Searching(now),
                    wanted: false,
                    since: now,
                    seen: false,
                },
            );
        }
        let Some(watched) = self.watched.get_mut(&stream) else {
            return;
        };
        if watched.space != space || watched.host != device || watched.attempt != attempt {
            return;
        }
        let peer = Peer {
            stream,
            device,
            attempt,
        };
        self.out
            .push(Out::Effect(Effect::Peer(peer, PeerCommand::Accept { sdp })));
    }

    /// Moves on with time. `up`: the relay can be reached, so asking anew makes sense.
    pub(crate) fn tick(&mut self, now: Millis, up: bool) {
        let unused: Vec<StreamId> = self
            .hosted
            .iter()
            .filter(|(_, hosted)| !hosted.live && now.since(hosted.since) >= READY_MS)
            .map(|(id, _)| *id)
            .chain(
                self.watched
                    .iter()
                    .filter(|(_, watched)| !watched.wanted && now.since(watched.since) >= READY_MS + PATH_MS)
                    .map(|(id, _)| *id),
            )
            .collect();
        for stream in unused {
            self.unready(stream);
        }
        for hosted in self.hosted.values_mut() {
            let mut given_up = false;
            for viewer in hosted.viewers.values_mut() {
                given_up |= give_up(&mut viewer.path, now, PATH_MS + 1_000);
            }
            if given_up {
                self.out.push(Out::Changed(hosted.space));
            }
        }
        let mut again = Vec::new();
        for (&stream, watched) in &mut self.watched {
            if !watched.wanted {
                continue;
            }
            match watched.path {
                Path::Broken(since) if up && now.since(since) >= ASK_ANEW_MS => {
                    again.push((stream, watched.space, watched.host, watched.attempt + 1));
                }
                _ => {
                    if give_up(&mut watched.path, now, PATH_MS) {
                        self.out.push(Out::Changed(watched.space));
                    }
                }
            }
        }
        for (stream, space, host, attempt) in again {
            self.ask(now, space, stream, host, attempt, true);
        }
    }

    /// The relay can be reached again: a viewer without a picture asks anew.
    pub(crate) fn up_again(&mut self, now: Millis, space: SpaceId) {
        let again: Vec<_> = self
            .watched
            .iter()
            .filter(|(_, watched)| watched.space == space && watched.wanted && watched.path != Path::Open)
            .map(|(&stream, watched)| (stream, watched.host, watched.attempt + 1, watched.seen))
            .collect();
        for (stream, host, attempt, seen) in again {
            self.ask(now, space, stream, host, attempt, seen);
        }
    }

    pub(crate) fn wake_at(&self, up: bool) -> Option<Millis> {
        let hosted = self.hosted.values().flat_map(|hosted| {
            let unused = (!hosted.live).then(|| hosted.since.plus(READY_MS));
            hosted
                .viewers
                .values()
                .filter_map(|viewer| viewer.path.ends(PATH_MS + 1_000))
                .chain(unused)
        });
        let watched = self.watched.values().filter_map(|watched| match watched.path {
            _ if !watched.wanted => Some(watched.since.plus(READY_MS + PATH_MS)),
            Path::Broken(since) if up => Some(since.plus(ASK_ANEW_MS)),
            path => path.ends(PATH_MS),
        });
        hosted.chain(watched).min()
    }

    /// What to show of a stream's media on this device.
    pub(crate) fn media(&self, stream: StreamId) -> MediaView {
        if let Some(hosted) = self.hosted.get(&stream) {
            let paths = || hosted.viewers.values().map(|viewer| viewer.path);
            return if paths().any(|path| path == Path::None) {
                MediaView::NoPath
            } else if paths().any(|path| matches!(path, Path::Broken(_))) {
                MediaView::Interrupted
            } else if paths().any(|path| path == Path::Open) || hosted.viewers.is_empty() {
                MediaView::Playing
            } else {
                MediaView::Connecting
            };
        }
        match self.watched.get(&stream) {
            Some(watched) if watched.wanted => match watched.path {
                Path::Searching(_) if watched.seen => MediaView::Interrupted,
                Path::Searching(_) => MediaView::Connecting,
                Path::Open => MediaView::Playing,
                Path::Broken(_) => MediaView::Interrupted,
                Path::None => MediaView::NoPath,
            },
            _ => MediaView::Off,
        }
    }
}

impl Path {
    fn ends(self, within_ms: i64) -> Option<Millis> {
        match self {
            Self::Searching(since) | Self::Broken(since) => Some(since.plus(within_ms)),
            Self::Open | Self::None => None,
        }
    }
}

/// Whether a path was searched for too long: then there is none.
fn give_up(path: &mut Path, now: Millis, within_ms: i64) -> bool {
    let over = path.ends(within_ms).is_some_and(|end| end <= now);
    if over {
        *path = Path::None;
    }
    over
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACE: SpaceId = SpaceId::from_bits(1);
    const STREAM: StreamId = StreamId::from_bits(2);
    const HOST: DeviceId = DeviceId::from_bits(3);
    const VIEWER: DeviceId = DeviceId::from_bits(4);

    #[test]
    fn without_a_path_both_are_told_within_ten_seconds_and_can_try_again() {
        let (mut host, mut viewer) = (Streams::default(), Streams::default());
        host.host(Millis(0), SPACE, STREAM);
        viewer.watch(Millis(0), SPACE, STREAM, HOST);
        host.signalled(
            Millis(50),
            SPACE,
            VIEWER,
            false,
            Signal::Watch {
                stream: STREAM,
                attempt: 1,
            },
        );
        assert_eq!(viewer.media(STREAM), MediaView::Connecting);
        for second in 1..10 {
            host.tick(Millis(second * 1_000 + 50), true);
            viewer.tick(Millis(second * 1_000 + 50), true);
        }
        assert_eq!(viewer.media(STREAM), MediaView::NoPath);
        assert_eq!(host.media(STREAM), MediaView::NoPath);

        viewer.take();
        viewer.watch(Millis(11_000), SPACE, STREAM, HOST);
        assert_eq!(viewer.media(STREAM), MediaView::Connecting);
        let asked = Out::Signal(
            SPACE,
            HOST,
            Signal::Watch {
                stream: STREAM,
                attempt: 2,
            },
        );
        assert!(viewer.take().contains(&asked), "a new attempt is asked for");
    }

    #[test]
    fn an_offer_before_the_stream_is_taken_only_from_those_who_may_stream() {
        let offer = |attempt| Signal::Offer {
            stream: STREAM,
            attempt,
            sdp: String::new(),
        };
        let mut viewer = Streams::default();
        viewer.signalled(Millis(0), SPACE, HOST, false, offer(0));
        assert_eq!(viewer.take(), vec![]);
        viewer.signalled(Millis(0), SPACE, HOST, true, offer(0));
        let peer = Peer {
            stream: STREAM,
            device: HOST,
            attempt: 0,
        };
        viewer.peer_event(Millis(10), peer, PeerEvent::Connected);
        assert_eq!(viewer.media(STREAM), MediaView::Off, "nobody asked to see it yet");
        viewer.watch(Millis(20), SPACE, STREAM, HOST);
        assert_eq!(
            viewer.media(STREAM),
            MediaView::Playing,
            "the prepared path is used at once"
        );
        viewer.ended(STREAM);
        assert!(
            viewer
                .take()
                .contains(&Out::Effect(Effect::Peer(peer, PeerCommand::Close)))
        );
    }
}
