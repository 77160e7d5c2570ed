//! Peer connections (`RTCPeerConnection`): performs [`PeerCommand`]s, reports [`PeerEvent`]s.
//!
//! A host's connection has senders for picture and sound from its first offer on; the captured tracks are put
//! into them when they are there. So connections can be made before anything is captured, and the first frame
//! goes out at once. The commands of one connection are performed one after another.

mod connection;
mod counters;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use protocol::StreamId;
use protocol::frame::IceServer;
use web_sys::{MediaStream, MediaStreamTrack};

use crate::session::{Peer, PeerCommand, PeerEvent};
use crate::statistics::Reading;
use connection::Connection;

/// Told what happened to peers.
pub trait Reports {
    /// Something happened to a peer connection.
    fn reported(&self, peer: Peer, event: PeerEvent);
    /// A stream's media came, or changed.
    fn media_changed(&self, stream: StreamId);
}

/// What a stream of this device is made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tracks {
    pub(crate) video: Option<MediaStreamTrack>,
    pub(crate) audio: Option<MediaStreamTrack>,
}

/// All peer connections of this context.
pub struct Peers {
    connections: RefCell<BTreeMap<Peer, Rc<Connection>>>,
    /// The streams that this device captures.
    captured: RefCell<BTreeMap<StreamId, Tracks>>,
    reports: Rc<dyn Reports>,
}

impl Peers {
    /// None yet.
    pub fn new(reports: Rc<dyn Reports>) -> Self {
        Self {
            connections: RefCell::default(),
            captured: RefCell::default(),
            reports,
        }
    }

    /// Performs a command.
    pub fn perform(&self, peer: Peer, command: PeerCommand, ice_servers: &[IceServer]) {
        if command == PeerCommand::Close {
            let closed = self.connections.borrow_mut().remove(&peer);
            if let Some(connection) = closed {
                connection.close();
                self.reports.media_changed(peer.stream);
            }
            return;
        }
        let Some(connection) = self.find_or_make(peer, &command, ice_servers) else {
            return;
        };
        connection.perform(command);
    }

    fn find_or_make(
        &self,
        peer: Peer,
        command: &PeerCommand,
        ice_servers: &[IceServer],
    ) -> Option<Rc<Connection>> {
        if let Some(connection) = self.connections.borrow().get(&peer) {
            return Some(Rc::clone(connection));
        }
        if matches!(command, PeerCommand::Answered { .. } | PeerCommand::Close) {
            return None;
        }
        let Ok(connection) = Connection::new(peer, ice_servers, Rc::clone(&self.reports)) else {
            // A browser without WebRTC, or one that has too many connections.
            self.reports.reported(peer, PeerEvent::Failed);
            return None;
        };
        if matches!(command, PeerCommand::Offer { .. }) {
            let tracks = self
                .captured
                .borrow()
                .get(&peer.stream)
                .cloned()
                .unwrap_or_default();
            connection.host(&tracks);
        }
        self.connections.borrow_mut().insert(peer, Rc::clone(&connection));
        Some(connection)
    }

    /// The media of a stream of this device is there: it goes to all who watch, and who will.
    pub fn attach(&self, stream: StreamId, media: &MediaStream) {
        let first = |tracks: js_sys::Array| tracks.iter().next().map(wasm_bindgen::JsCast::unchecked_into);
        let tracks = Tracks {
            video: first(media.get_video_tracks()),
            audio: first(media.get_audio_tracks()),
        };
        let ours = self.of(stream);
        for connection in ours {
            connection.send(&tracks);
        }
        self.captured.borrow_mut().insert(stream, tracks);
    }

    /// A stream of this device is over.
    pub fn detach(&self, stream: StreamId) {
        self.captured.borrow_mut().remove(&stream);
    }

    /// The media of a stream that this device watches: picture and sound in one.
    pub fn media(&self, stream: StreamId) -> Option<MediaStream> {
        // The newest attempt that has any.
        self.of(stream)
            .iter()
            .rev()
            .find_map(|connection| connection.media())
    }

    /// What was counted until now on the connections of a stream; it waits for the browser, not for peers.
    pub fn readings(&self, stream: StreamId) -> impl Future<Output = Vec<Reading>> + use<> {
        let connections = self.of(stream);
        async move {
            let mut readings = Vec::with_capacity(connections.len());
            for connection in connections {
                // One that was closed meanwhile has nothing to tell.
                readings.extend(connection.read_counters().await);
            }
            readings
        }
    }

    fn of(&self, stream: StreamId) -> Vec<Rc<Connection>> {
        let connections = self.connections.borrow();
        connections
            .iter()
            .filter(|(peer, _)| peer.stream == stream)
            .map(|(_, connection)| Rc::clone(connection))
            .collect()
    }

    /// Closes everything: the page goes.
    pub fn close_all(&self) {
        let all = std::mem::take(&mut *self.connections.borrow_mut());
        for connection in all.into_values() {
            connection.close();
        }
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        self.close_all();
    }
}
