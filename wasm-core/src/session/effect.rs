//! What the session asks its surroundings to do, and what they tell it of peer connections.

use protocol::frame::ClientFrame;
use protocol::signal::{Candidate, Held};
use protocol::{DeviceId, Millis, SpaceId, StreamId};

use crate::record::Batch;

/// An effect. Effects are performed in the order in which they are polled.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Get a realtime ticket and open a socket with it; then [`super::Session::connected`], or
    /// [`super::Session::disconnected`] when either fails.
    Connect,
    /// Close the socket.
    Disconnect,
    /// Write a frame to the socket. Without a socket it is dropped.
    Send(ClientFrame),
    /// Write to storage, durably, all or nothing; then [`super::Session::committed`] or
    /// [`super::Session::commit_failed`] with the batch's number. Batches are written in order.
    Commit(Batch),
    /// Do something with a peer connection.
    Peer(Peer, PeerCommand),
    /// The stream of this device is over: stop its capture.
    EndCapture(StreamId),
    /// Hold back this of a stream of this device, and let the rest go out.
    Hold(Held),
    /// A space's view changed.
    Changed(SpaceId),
}

/// One peer connection: between this device and another, for one stream. A new attempt is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// What it carries.
    pub stream: StreamId,
    /// The other end.
    pub device: DeviceId,
    /// Counted by the viewer.
    pub attempt: u32,
}

/// What to do with a peer connection.
#[derive(Debug, Clone, PartialEq)]
pub enum PeerCommand {
    /// As the host: make an offer (creating the connection if need be, with the stream's tracks or, when
    /// they are not captured yet, with senders that take them later); then [`PeerEvent::Described`].
    Offer {
        /// With new ICE credentials (RFC 8445, section 9).
        restart: bool,
    },
    /// As a viewer: take the offer (creating the connection if need be) and answer; then
    /// [`PeerEvent::Described`].
    Accept {
        /// The host's description.
        sdp: String,
    },
    /// As the host: take the answer.
    Answered {
        /// The viewer's description.
        sdp: String,
    },
    /// Add the other end's candidate. It may come before the description; the adapter keeps it until then.
    Candidate(Candidate),
    /// Close it. No events after that.
    Close,
}

/// What happened to a peer connection.
#[derive(Debug, Clone, PartialEq)]
pub enum PeerEvent {
    /// The own description is set.
    Described {
        /// To be sent.
        sdp: String,
    },
    /// An own candidate was found; to be sent.
    Found(Candidate),
    /// A path was found: media can flow.
    Connected,
    /// The path does not answer; it may come back.
    Interrupted,
    /// No path; it does not come back by itself.
    Failed,
}

/// When the session wants to be called again ([`super::Session::tick`]) if nothing else happens before.
pub type WakeAt = Option<Millis>;
