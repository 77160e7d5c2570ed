//! A viewer without a browser: the client's own session with a peer connection in Rust. It shows that a
//! stream is plain WebRTC, and what arrives is counted packet by packet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use protocol::signal::Candidate;
use tokio::sync::{mpsc, watch};
use wasm_core::session::{Peer, PeerCommand, PeerEvent};
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceCandidateInit,
    RTCPeerConnectionIceEvent, RTCPeerConnectionState, RTCSessionDescription, Registry,
    register_default_interceptors,
};

use crate::Result;
use crate::client::{Client, PeerWish};
use crate::wait::PATIENCE;

/// What arrived: packets by codec (`video/vp8`, `audio/opus`).
pub type Received = BTreeMap<String, u64>;

/// Watches whatever the client's session watches.
#[derive(Debug)]
pub struct NativeViewer {
    received: watch::Receiver<Received>,
}

impl NativeViewer {
    /// Performs the peer wishes of a client from now on.
    pub fn of(client: Client, wishes: mpsc::Receiver<PeerWish>) -> Self {
        let (sender, received) = watch::channel(Received::new());
        tokio::spawn(watch_all(client, wishes, Arc::new(sender)));
        Self { received }
    }

    /// Waits until so many packets of each of these codecs arrived.
    ///
    /// # Errors
    /// When they do not in time.
    pub async fn until(&mut self, packets: u64, codecs: &[&str]) -> Result<Received> {
        let enough = |received: &Received| {
            codecs
                .iter()
                .all(|codec| received.get(*codec).is_some_and(|count| *count >= packets))
        };
        let wait = async {
            self.received
                .wait_for(enough)
                .await
                .map(|received| received.clone())
        };
        if let Ok(Ok(received)) = tokio::time::timeout(PATIENCE, wait).await {
            return Ok(received);
        }
        Err(format!(
            "{packets} packets of {codecs:?} did not arrive: {:?}",
            self.received.borrow()
        )
        .into())
    }
}

struct Handler {
    peer: Peer,
    client: Client,
    received: Arc<watch::Sender<Received>>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        if let Ok(found) = event.candidate.to_json() {
            let candidate = Candidate {
                candidate: found.candidate,
                mid: found.sdp_mid,
                line: found.sdp_mline_index,
            };
            self.client.peer_event(self.peer, PeerEvent::Found(candidate));
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        let event = match state {
            RTCPeerConnectionState::Connected => PeerEvent::Connected,
            RTCPeerConnectionState::Disconnected => PeerEvent::Interrupted,
            RTCPeerConnectionState::Failed => PeerEvent::Failed,
            _ => return,
        };
        self.client.peer_event(self.peer, event);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let received = self.received.clone();
        tokio::spawn(async move {
            let mut name = None;
            while let Some(event) = track.poll().await {
                let TrackRemoteEvent::OnRtpPacket(packet) = event else {
                    continue;
                };
                if name.is_none() {
                    name = track
                        .codec(packet.header.ssrc)
                        .await
                        .map(|codec| codec.mime_type.to_lowercase());
                }
                let codec = name.clone().unwrap_or_default();
                received.send_modify(|counts| *counts.entry(codec).or_default() += 1);
            }
        });
    }
}

type Connection = Arc<dyn PeerConnection>;

async fn watch_all(
    client: Client,
    mut wishes: mpsc::Receiver<PeerWish>,
    received: Arc<watch::Sender<Received>>,
) {
    let connections: Mutex<BTreeMap<Peer, Connection>> = Mutex::default();
    let find = |peer: Peer| connections.lock().expect("never poisoned").get(&peer).cloned();
    while let Some((peer, command)) = wishes.recv().await {
        let outcome = match command {
            PeerCommand::Accept { sdp } => {
                let connection = match find(peer) {
                    Some(connection) => Ok(connection),
                    None => Box::pin(connect(peer, &client, &received)).await,
                };
                match connection {
                    Ok(connection) => {
                        connections
                            .lock()
                            .expect("never poisoned")
                            .insert(peer, connection.clone());
                        answer(&connection, sdp)
                            .await
                            .map(|sdp| client.peer_event(peer, PeerEvent::Described { sdp }))
                    }
                    Err(error) => Err(error),
                }
            }
            PeerCommand::Candidate(candidate) => match find(peer) {
                Some(connection) => add(&connection, candidate).await,
                None => Ok(()),
            },
            PeerCommand::Close => {
                let connection = connections.lock().expect("never poisoned").remove(&peer);
                match connection {
                    Some(connection) => connection.close().await,
                    None => Ok(()),
                }
            }
            PeerCommand::Offer { .. } | PeerCommand::Answered { .. } => Ok(()),
        };
        if outcome.is_err() {
            client.peer_event(peer, PeerEvent::Failed);
        }
    }
}

async fn connect(
    peer: Peer,
    client: &Client,
    received: &Arc<watch::Sender<Received>>,
) -> webrtc::error::Result<Connection> {
    let mut media = MediaEngine::default();
    media.register_default_codecs()?;
    let interceptors = register_default_interceptors(Registry::new(), &mut media)?;
    let handler = Handler {
        peer,
        client: client.clone(),
        received: received.clone(),
    };
    let connection = Box::pin(
        PeerConnectionBuilder::new()
            .with_media_engine(media)
            .with_interceptor_registry(interceptors)
            .with_handler(Arc::new(handler))
            .with_udp_addrs(vec![own_address()])
            .build(),
    )
    .await?;
    Ok(Arc::new(connection))
}

/// The address of this machine that the browser's candidates carry too. Nothing is sent to find it.
fn own_address() -> String {
    let outward = || {
        let socket = std::net::UdpSocket::bind("0.0.0.0:0")?;
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    };
    let ip = outward().map_or(std::net::IpAddr::from([127, 0, 0, 1]), |address| address.ip());
    format!("{ip}:0")
}

async fn answer(connection: &Connection, sdp: String) -> webrtc::error::Result<String> {
    connection
        .set_remote_description(RTCSessionDescription::offer(sdp)?)
        .await?;
    let answer = connection.create_answer(None).await?;
    let sdp = answer.sdp.clone();
    connection.set_local_description(answer).await?;
    Ok(connection
        .local_description()
        .await
        .map_or(sdp, |description| description.sdp))
}

async fn add(connection: &Connection, candidate: Candidate) -> webrtc::error::Result<()> {
    // A browser's page hides its address behind an mDNS name, which means nothing here.
    if candidate.candidate.is_empty() || candidate.candidate.contains(".local ") {
        return Ok(());
    }
    let candidate = RTCIceCandidateInit {
        candidate: candidate.candidate,
        sdp_mid: candidate.mid,
        sdp_mline_index: candidate.line,
        ..RTCIceCandidateInit::default()
    };
    connection.add_ice_candidate(candidate).await
}
