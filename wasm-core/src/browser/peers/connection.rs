//! One peer connection.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use js_sys::{Array, Promise};
use protocol::frame::IceServer;
use protocol::signal::Candidate;
use wasm_bindgen::prelude::*;
use web_sys::{
    MediaStream, MediaStreamTrack, RtcConfiguration, RtcIceCandidateInit, RtcOfferOptions, RtcPeerConnection,
    RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcRtpSender, RtcRtpTransceiverDirection,
    RtcRtpTransceiverInit, RtcSdpType, RtcSessionDescriptionInit, RtcTrackEvent,
};

use super::super::{Failure, media, object, property, settled};
use super::{Reports, Tracks, counters};
use crate::session::description::tuned;
use crate::session::{Peer, PeerCommand, PeerEvent};
use crate::statistics::Reading;

/// Commands that wait for the one that is being performed. More than this is a peer that floods.
const MOST_WAITING: usize = 256;

/// One peer connection.
pub(super) struct Connection {
    peer: Peer,
    rtc: RtcPeerConnection,
    reports: Rc<dyn Reports>,
    senders: RefCell<Option<(RtcRtpSender, RtcRtpSender)>>,
    media: RefCell<Option<MediaStream>>,
    /// Commands in their order; performed by one task at a time.
    waiting: RefCell<VecDeque<PeerCommand>>,
    busy: Cell<bool>,
    /// The other end's candidates that came before its description.
    early: RefCell<Vec<Candidate>>,
    /// Own candidates that were found before the own description was reported; `None` after that.
    found: RefCell<Option<Vec<Candidate>>>,
    /// The last state that was reported.
    told: RefCell<Option<PeerEvent>>,
    closed: Cell<bool>,
    listeners: RefCell<Option<Listeners>>,
}

struct Listeners {
    _candidate: Closure<dyn FnMut(RtcPeerConnectionIceEvent)>,
    _state: Closure<dyn FnMut()>,
    _track: Closure<dyn FnMut(RtcTrackEvent)>,
}

impl Connection {
    pub(super) fn new(
        peer: Peer,
        ice_servers: &[IceServer],
        reports: Rc<dyn Reports>,
    ) -> Result<Rc<Self>, Failure> {
        let configuration = RtcConfiguration::new();
        let servers: Array = ice_servers
            .iter()
            .map(|server| {
                let urls: Array = server.urls.iter().map(|url| JsValue::from_str(url)).collect();
                object([("urls", urls.into())])
            })
            .collect();
        configuration.set_ice_servers(&servers);
        // Picture and sound share one path: fewer candidates, one handshake.
        configuration.set_bundle_policy(web_sys::RtcBundlePolicy::MaxBundle);
        let rtc = RtcPeerConnection::new_with_configuration(&configuration)?;
        let connection = Rc::new(Self {
            peer,
            rtc,
            reports,
            senders: RefCell::default(),
            media: RefCell::default(),
            waiting: RefCell::default(),
            busy: Cell::new(false),
            early: RefCell::default(),
            found: RefCell::new(Some(Vec::new())),
            told: RefCell::default(),
            closed: Cell::new(false),
            listeners: RefCell::default(),
        });
        connection.listen();
        Ok(connection)
    }

    fn listen(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        let with = move |weak: &Weak<Self>, act: &dyn Fn(&Self)| {
            if let Some(connection) = weak.upgrade().filter(|connection| !connection.closed.get()) {
                act(&connection);
            }
        };
        let (here, call) = (weak.clone(), with);
        let candidate = Closure::<dyn FnMut(_)>::new(move |event: RtcPeerConnectionIceEvent| {
            call(&here, &|connection| connection.candidate_found(&event));
        });
        let (here, call) = (weak.clone(), with);
        let state = Closure::<dyn FnMut()>::new(move || call(&here, &Self::state_changed));
        let (here, call) = (weak, with);
        let track = Closure::<dyn FnMut(_)>::new(move |event: RtcTrackEvent| {
            call(&here, &|connection| connection.track_came(&event));
        });
        self.rtc
            .set_onicecandidate(Some(candidate.as_ref().unchecked_ref()));
        self.rtc
            .set_onconnectionstatechange(Some(state.as_ref().unchecked_ref()));
        self.rtc.set_ontrack(Some(track.as_ref().unchecked_ref()));
        self.listeners.replace(Some(Listeners {
            _candidate: candidate,
            _state: state,
            _track: track,
        }));
    }

    // --- the host's media ---

    /// Makes the senders, with tracks or without.
    pub(super) fn host(&self, tracks: &Tracks) {
        // Named as one stream, so that the viewer's browser keeps sound and picture in step.
        let together: Array = MediaStream::new().into_iter().collect();
        let make = |kind: &str, encodings: Option<Array>| {
            let init = RtcRtpTransceiverInit::new();
            init.set_direction(RtcRtpTransceiverDirection::Sendonly);
            init.set_streams(&together);
            if let Some(encodings) = encodings {
                init.set_send_encodings(&encodings);
            }
            self.rtc.add_transceiver_with_str_and_init(kind, &init)
        };
        let video = make("video", Some(media::video_encodings()));
        media::prefer_vp8(&video);
        let audio = make("audio", None);
        self.senders.replace(Some((video.sender(), audio.sender())));
        self.send(tracks);
    }

    /// Puts tracks into the senders.
    pub(super) fn send(&self, tracks: &Tracks) {
        let Some((video, audio)) = self.senders.borrow().clone() else {
            return;
        };
        for (sender, track) in [(video, &tracks.video), (audio, &tracks.audio)] {
            let Some(track) = track else { continue };
            let replaced = sender.replace_track(Some(track));
            wasm_bindgen_futures::spawn_local(async move {
                // Refused only when the connection was closed meanwhile.
                let _ = settled(replaced).await;
            });
        }
    }

    /// What was counted on it until now.
    pub(super) async fn read_counters(&self) -> Result<Reading, Failure> {
        let Peer { device, attempt, .. } = self.peer;
        counters::read(format!("{device} {attempt}"), &self.rtc).await
    }

    /// What arrived so far.
    pub(super) fn media(&self) -> Option<MediaStream> {
        self.media.borrow().clone()
    }

    fn track_came(&self, event: &RtcTrackEvent) {
        media::play_at_once(&event.receiver());
        let track: MediaStreamTrack = event.track();
        let stream = self.media.borrow().clone().or_else(|| MediaStream::new().ok());
        if let Some(stream) = stream {
            stream.add_track(&track);
            self.media.replace(Some(stream));
            self.reports.media_changed(self.peer.stream);
        }
    }

    // --- what is found and how it goes ---

    fn candidate_found(&self, event: &RtcPeerConnectionIceEvent) {
        let Some(found) = event.candidate() else { return };
        let candidate = Candidate {
            candidate: found.candidate(),
            mid: found.sdp_mid(),
            line: found.sdp_m_line_index(),
        };
        if let Some(early) = self.found.borrow_mut().as_mut() {
            early.push(candidate);
            return;
        }
        self.reports.reported(self.peer, PeerEvent::Found(candidate));
    }

    fn state_changed(&self) {
        let event = match self.rtc.connection_state() {
            RtcPeerConnectionState::Connected => PeerEvent::Connected,
            RtcPeerConnectionState::Disconnected => PeerEvent::Interrupted,
            RtcPeerConnectionState::Failed => PeerEvent::Failed,
            _ => return,
        };
        self.tell(event);
    }

    fn tell(&self, event: PeerEvent) {
        if self.told.borrow().as_ref() != Some(&event) {
            self.told.replace(Some(event.clone()));
            self.reports.reported(self.peer, event);
        }
    }

    // --- commands ---

    pub(super) fn perform(self: &Rc<Self>, command: PeerCommand) {
        {
            let mut waiting = self.waiting.borrow_mut();
            if waiting.len() < MOST_WAITING {
                waiting.push_back(command);
            }
        }
        if self.busy.replace(true) {
            return;
        }
        let connection = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            loop {
                let next = connection.waiting.borrow_mut().pop_front();
                let Some(command) = next.filter(|_| !connection.closed.get()) else {
                    break;
                };
                let negotiates = !matches!(command, PeerCommand::Candidate(_));
                let done = connection.run(command).await;
                // A candidate that cannot be used is one path less; a description that cannot is the end.
                if done.is_err() && negotiates && !connection.closed.get() {
                    connection.tell(PeerEvent::Failed);
                }
            }
            connection.busy.set(false);
        });
    }

    async fn run(&self, command: PeerCommand) -> Result<(), Failure> {
        match command {
            PeerCommand::Offer { restart } => {
                let options = RtcOfferOptions::new();
                options.set_ice_restart(restart);
                let offer = self.rtc.create_offer_with_rtc_offer_options(&options);
                self.describe(RtcSdpType::Offer, settled(offer).await?, str::to_owned)
                    .await
            }
            PeerCommand::Accept { sdp } => {
                self.take(RtcSdpType::Offer, &sdp).await?;
                let answer = settled(self.rtc.create_answer()).await?;
                self.describe(RtcSdpType::Answer, answer, tuned).await
            }
            PeerCommand::Answered { sdp } => {
                self.take(RtcSdpType::Answer, &tuned(&sdp)).await?;
                if let Some((video, _)) = &*self.senders.borrow() {
                    media::keep_resolution(video);
                }
                Ok(())
            }
            PeerCommand::Candidate(candidate) => {
                if self.rtc.remote_description().is_none() {
                    self.early.borrow_mut().push(candidate);
                    return Ok(());
                }
                self.add(&candidate).await
            }
            PeerCommand::Close => Ok(()),
        }
    }

    /// Sets the own description and reports it, then the candidates that were found meanwhile.
    async fn describe(
        &self,
        kind: RtcSdpType,
        made: JsValue,
        change: fn(&str) -> String,
    ) -> Result<(), Failure> {
        self.found.borrow_mut().get_or_insert_default();
        let sdp = change(&property(&made, "sdp").as_string().unwrap_or_default());
        let description = RtcSessionDescriptionInit::new(kind);
        description.set_sdp(&sdp);
        settled(self.rtc.set_local_description(&description)).await?;
        if self.closed.get() {
            return Ok(());
        }
        self.reports.reported(self.peer, PeerEvent::Described { sdp });
        let found = self.found.take().unwrap_or_default();
        for candidate in found {
            self.reports.reported(self.peer, PeerEvent::Found(candidate));
        }
        Ok(())
    }

    async fn take(&self, kind: RtcSdpType, sdp: &str) -> Result<(), Failure> {
        let description = RtcSessionDescriptionInit::new(kind);
        description.set_sdp(sdp);
        settled(self.rtc.set_remote_description(&description)).await?;
        // What was told of the path before is over with a new description.
        self.told.replace(None);
        let early = self.early.take();
        for candidate in early {
            // As above: one path less.
            let _ = self.add(&candidate).await;
        }
        Ok(())
    }

    async fn add(&self, candidate: &Candidate) -> Result<(), Failure> {
        let init = RtcIceCandidateInit::new(&candidate.candidate);
        init.set_sdp_mid(candidate.mid.as_deref());
        init.set_sdp_m_line_index(candidate.line);
        let added: Promise = self
            .rtc
            .add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&init));
        settled(added).await.map(drop)
    }

    pub(super) fn close(&self) {
        self.closed.set(true);
        self.waiting.borrow_mut().clear();
        self.rtc.set_onicecandidate(None);
        self.rtc.set_onconnectionstatechange(None);
        self.rtc.set_ontrack(None);
        self.rtc.close();
        // A picture that froze must not look like one that runs.
        if let Some(stream) = self.media.take() {
            for track in stream.get_tracks().iter() {
                track.unchecked_into::<MediaStreamTrack>().stop();
            }
        }
    }
}
