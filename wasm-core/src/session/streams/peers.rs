//! What peer connections report: descriptions and candidates to be sent, paths that open and break.

use protocol::{Millis, Signal};

use super::{Effect, Out, Path, Peer, PeerCommand, PeerEvent, Streams};

impl Streams {
    /// A peer connection reported.
    pub(crate) fn peer_event(&mut self, now: Millis, peer: Peer, event: PeerEvent) {
        let Peer {
            stream,
            device,
            attempt,
        } = peer;
        if let Some(hosted) = self.hosted.get_mut(&stream) {
            let Some(viewer) = hosted
                .viewers
                .get_mut(&device)
                .filter(|viewer| viewer.attempt == attempt)
            else {
                return;
            };
            let space = hosted.space;
            match event {
                PeerEvent::Described { sdp } => {
                    self.out
                        .push(Out::Signal(space, device, Signal::Offer { stream, attempt, sdp }));
                }
                PeerEvent::Found(candidate) => {
                    self.out.push(Out::Signal(
                        space,
                        device,
                        Signal::Candidate {
                            stream,
                            attempt,
                            candidate,
                        },
                    ));
                }
                PeerEvent::Connected => viewer.path = Path::Open,
                PeerEvent::Interrupted | PeerEvent::Failed if viewer.absent => {
                    self.viewer_gone(stream, device);
                }
                PeerEvent::Interrupted | PeerEvent::Failed => {
                    if viewer.path == Path::Open {
                        viewer.path = Path::Broken(now);
                        self.out.push(Out::Effect(Effect::Peer(
                            peer,
                            PeerCommand::Offer { restart: true },
                        )));
                    } else if event == PeerEvent::Failed {
                        viewer.path = Path::None;
                    }
                }
            }
            self.out.push(Out::Changed(space));
        } else if let Some(watched) = self.watched.get_mut(&stream) {
            if watched.attempt != attempt || watched.host != device {
                return;
            }
            let space = watched.space;
            match event {
                PeerEvent::Described { sdp } => {
                    self.out.push(Out::Signal(
                        space,
                        device,
                        Signal::Answer { stream, attempt, sdp },
                    ));
                }
                PeerEvent::Found(candidate) => {
                    self.out.push(Out::Signal(
                        space,
                        device,
                        Signal::Candidate {
                            stream,
                            attempt,
                            candidate,
                        },
                    ));
                }
                PeerEvent::Connected => {
                    watched.path = Path::Open;
                    watched.seen |= watched.wanted;
                }
                PeerEvent::Interrupted | PeerEvent::Failed => {
                    if watched.path == Path::Open {
                        watched.path = Path::Broken(now);
                    } else if event == PeerEvent::Failed && !matches!(watched.path, Path::Broken(_)) {
                        watched.path = Path::None;
                    }
                }
            }
            self.out.push(Out::Changed(space));
        }
    }
}
