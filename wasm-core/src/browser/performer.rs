//! Performs what a session (or the engine around one) asks for, and tells it what came of it.
//!
//! Everything happens in two steps that never overlap: the core is told something while it is borrowed, then,
//! with the borrow given back, its effects are performed one by one. Nothing is borrowed across an `await`.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::{Function, Promise};
use protocol::signal::Held;
use protocol::{Millis, SpaceId, StreamId};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::MediaStream;

use super::peers::{Peers, Reports};
use super::rest::Rest;
use super::socket::{Listener, Socket};
use super::store::Store;
use super::timer::{Alarm, pause};
use super::{Failure, clock, settled};
use crate::record::Batch;
use crate::session::{Effect, Peer, PeerEvent, Session};
use crate::statistics::Reading;

/// Even a core that wants to be called at once lets the browser breathe.
const SHORTEST_WAIT_MS: i64 = 4;

/// When storage that was lost is opened again.
const OPEN_AGAIN_AFTER_MS: [u32; 5] = [0, 50, 200, 1_000, 5_000];

/// What a performer works for.
pub trait Core: 'static {
    /// Its session.
    fn session(&mut self) -> &mut Session;
    /// The relay and the credential there.
    fn rest(&self) -> Rest;
    /// A batch is on disk.
    fn committed(&mut self, now: Millis, number: u64) {
        self.session().committed(now, number);
    }
    /// A batch could not be written.
    fn commit_failed(&mut self, now: Millis, number: u64) {
        self.session().commit_failed(now, number);
    }
    /// The storage was cleared by somebody else: what is here is all there is.
    fn storage_emptied(&mut self) {}
}

/// What is left to do for who owns the performer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A space's view changed.
    Space(SpaceId),
    /// The media of a stream came or went.
    Media(StreamId),
    /// A stream of this device is over: its capture is to stop.
    EndCapture(StreamId),
    /// This is to be held back of a stream of this device.
    Hold(Held),
    /// Something could not be written.
    NotSaved,
}

/// Whether to use the network and peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Socket and peer connections.
    Live,
    /// Storage only: what waits for the relay stays in the outbox.
    Storage,
}

/// Somebody waits until everything is on disk.
#[derive(Default)]
struct Waiting {
    resolve: RefCell<Option<Function>>,
    outcome: RefCell<Option<Failure>>,
}

/// A core and everything that performs its effects.
pub struct Performer<C: Core> {
    core: RefCell<C>,
    store: RefCell<Store>,
    reach: Reach,
    peers: OnceCell<Peers>,
    socket: RefCell<Option<Socket>>,
    /// Counts the tries to connect: what belongs to an older one is passed over.
    attempt: Cell<u64>,
    alarm: Alarm,
    uncommitted: Cell<usize>,
    /// Why something could not be written since everything was last on disk.
    failure: RefCell<Option<Failure>>,
    waiting_for_disk: RefCell<Vec<Rc<Waiting>>>,
    performing: Cell<bool>,
    ended: Cell<bool>,
    on_told: Box<dyn Fn(Told)>,
}

impl<C: Core> Performer<C> {
    /// Takes a core; the store is the one that it was restored from.
    pub fn new(core: C, store: Store, reach: Reach, on_told: Box<dyn Fn(Told)>) -> Rc<Self> {
        let performer = Rc::new(Self {
            core: RefCell::new(core),
            store: RefCell::new(store),
            reach,
            peers: OnceCell::new(),
            socket: RefCell::default(),
            attempt: Cell::default(),
            alarm: Alarm::default(),
            uncommitted: Cell::default(),
            failure: RefCell::default(),
            waiting_for_disk: RefCell::default(),
            performing: Cell::default(),
            ended: Cell::default(),
            on_told,
        });
        performer.watch_storage();
        performer.perform_all();
        performer
    }

    /// Whoever clears the browser's data ends the connection to it: what is here is written again at once, while it is here.
    fn watch_storage(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        self.store.borrow().on_lost(move || {
            if let Some(performer) = weak.upgrade() {
                spawn_local(async move { performer.storage_lost().await });
            }
        });
    }

    /// Tells the core something, then performs what follows from it.
    pub fn with<R>(self: &Rc<Self>, act: impl FnOnce(&mut C, Millis) -> R) -> R {
        let result = act(&mut self.core.borrow_mut(), clock::now());
        self.perform_all();
        result
    }

    /// Asks the core something that has no effects.
    pub fn look<R>(&self, look: impl FnOnce(&mut C) -> R) -> R {
        look(&mut self.core.borrow_mut())
    }

    /// The relay and the credential there.
    pub fn rest(&self) -> Rest {
        self.core.borrow().rest()
    }

    /// Where everything is kept.
    pub fn store(&self) -> Store {
        self.store.borrow().clone()
    }

    /// Waits until everything that the core wanted to keep is on disk.
    ///
    /// # Errors
    /// When something that was to be written by then could not be; everybody who waited hears of it.
    pub async fn on_disk(&self) -> Result<(), Failure> {
        if self.uncommitted.get() == 0 {
            return self.failure.take().map_or(Ok(()), Err);
        }
        let waiting = Rc::new(Waiting::default());
        let promise = Promise::new(&mut |resolve, _| drop(waiting.resolve.replace(Some(resolve))));
        self.waiting_for_disk.borrow_mut().push(Rc::clone(&waiting));
        settled(promise).await?;
        waiting.outcome.take().map_or(Ok(()), Err)
    }

    /// The media of a stream of this device.
    pub fn attach(self: &Rc<Self>, stream: StreamId, media: &MediaStream) {
        self.peers().attach(stream, media);
    }

    /// The media of a stream that this device watches.
    pub fn media(self: &Rc<Self>, stream: StreamId) -> Option<MediaStream> {
        self.peers().media(stream)
    }

    /// What was counted until now on the connections of a stream.
    pub fn readings(self: &Rc<Self>, stream: StreamId) -> impl Future<Output = Vec<Reading>> + use<C> {
        self.peers().readings(stream)
    }

    /// Performs nothing from now on: another context goes on.
    pub fn end(&self) {
        self.ended.set(true);
        self.attempt.set(self.attempt.get() + 1);
        drop(self.socket.take());
    }

    /// The page goes: sockets and peers are closed, so that the others know at once.
    pub fn leave(self: &Rc<Self>) {
        self.attempt.set(self.attempt.get() + 1);
        drop(self.socket.take());
        self.peers().close_all();
        self.with(|core, now| {
            core.session().save();
            core.session().disconnected(now, None);
        });
    }

    fn peers(self: &Rc<Self>) -> &Peers {
        self.peers.get_or_init(|| {
            Peers::new(Rc::new(Line {
                performer: Rc::downgrade(self),
                attempt: 0,
            }))
        })
    }

    fn perform_all(self: &Rc<Self>) {
        if self.performing.replace(true) {
            // Something that was performed told the core more: the loop below goes on with it.
            return;
        }
        loop {
            let next = self.core.borrow_mut().session().poll();
            let Some(effect) = next else { break };
            if !self.ended.get() {
                self.perform(effect);
            }
        }
        self.performing.set(false);
        if self.ended.get() {
            self.alarm.set(None, || {});
            return;
        }
        let wake = self.core.borrow_mut().session().wake_at();
        let wake = wake.map(|at| at.max(clock::now().plus(SHORTEST_WAIT_MS)));
        let weak = Rc::downgrade(self);
        self.alarm.set(wake, move || {
            if let Some(performer) = weak.upgrade() {
                performer.alarm.rang();
                performer.with(|core, now| core.session().tick(now));
            }
        });
    }

    fn perform(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Commit(batch) => self.commit(&batch),
            Effect::Changed(space) => (self.on_told)(Told::Space(space)),
            _ if self.reach == Reach::Storage => {}
            Effect::Connect => self.connect(),
            Effect::Disconnect => {
                self.attempt.set(self.attempt.get() + 1);
                drop(self.socket.take());
            }
            Effect::Send(frame) => {
                // Frames have text keys and finite numbers only.
                if let (Some(socket), Ok(text)) = (&*self.socket.borrow(), serde_json::to_string(&frame)) {
                    socket.send(&text);
                }
            }
            Effect::Peer(peer, command) => {
                let ice_servers = self.core.borrow_mut().session().ice_servers().to_vec();
                self.peers().perform(peer, command, &ice_servers);
            }
            Effect::Hold(held) => (self.on_told)(Told::Hold(held)),
            Effect::EndCapture(stream) => {
                self.peers().detach(stream);
                (self.on_told)(Told::EndCapture(stream));
            }
        }
    }

    /// While the data is being cleared nothing can be opened, or what was opened is lost again, and a request may stay without
    /// an answer: it is opened several times, and none of these waits for the one before.
    async fn storage_lost(self: &Rc<Self>) {
        for wait_ms in OPEN_AGAIN_AFTER_MS {
            pause(wait_ms).await;
            if self.ended.get() {
                return;
            }
            let performer = Rc::clone(self);
            spawn_local(async move {
                if performer.open_storage_again().await == Some(true) {
                    performer.with(|core, _| core.storage_emptied());
                    (performer.on_told)(Told::NotSaved);
                }
            });
        }
    }

    fn commit(self: &Rc<Self>, batch: &Batch) {
        let (number, writing) = (batch.number, self.store.borrow().commit(batch));
        self.uncommitted.set(self.uncommitted.get() + 1);
        let performer = Rc::clone(self);
        spawn_local(async move {
            let written = writing.await;
            match written {
                Ok(()) => performer.with(|core, now| core.committed(now, number)),
                Err(failure) => {
                    performer.failure.replace(Some(failure));
                    let emptied = performer.open_storage_again().await == Some(true);
                    performer.with(|core, now| core.commit_failed(now, number));
                    if emptied {
                        performer.with(|core, _| core.storage_emptied());
                    }
                    (performer.on_told)(Told::NotSaved);
                }
            }
            performer.uncommitted.set(performer.uncommitted.get() - 1);
            if performer.uncommitted.get() == 0 {
                performer.all_is_on_disk();
            }
        });
    }

    /// Tells everybody who waits for it, or that something is not.
    fn all_is_on_disk(&self) {
        let waiting = self.waiting_for_disk.take();
        if waiting.is_empty() {
            return;
        }
        let failure = self.failure.take();
        for waiting in waiting {
            waiting.outcome.replace(failure.clone());
            if let Some(resolve) = waiting.resolve.take() {
                // A promise's own resolver does not throw.
                let _ = resolve.call0(&JsValue::NULL);
            }
        }
    }

    /// Whoever clears the browser's data closes the connection to it as well. Whether what is opened again is empty; `None`
    /// when it cannot be opened.
    async fn open_storage_again(self: &Rc<Self>) -> Option<bool> {
        let name = self.store.borrow().name();
        let store = Store::open(&name).await.ok()?;
        // What was opened while the data was still being cleared is lost again: it is opened once more.
        let emptied = store.keys().await.ok()?.is_empty();
        self.store.replace(store);
        self.watch_storage();
        Some(emptied)
    }

    fn connect(self: &Rc<Self>) {
        let attempt = self.attempt.get() + 1;
        self.attempt.set(attempt);
        let (rest, device) = {
            let mut core = self.core.borrow_mut();
            (core.rest(), core.session().device())
        };
        let performer = Rc::clone(self);
        spawn_local(async move {
            let ticket = rest.ticket(device).await;
            if performer.attempt.get() != attempt {
                return;
            }
            let line = |ticket| TicketLine {
                line: Line {
                    performer: Rc::downgrade(&performer),
                    attempt,
                },
                ticket,
            };
            let opened = match ticket {
                Ok(ticket) => Socket::open(rest.relay(), line(Rc::new(RefCell::new(Some(ticket.ticket)))))
                    .map_err(|_| None),
                Err(trouble) => Err(trouble.refusal()),
            };
            match opened {
                Ok(socket) => drop(performer.socket.replace(Some(socket))),
                Err(refusal) => performer.with(|core, now| core.session().disconnected(now, refusal)),
            }
        });
    }
}

/// Where the events of sockets and peers go, as long as the performer lives.
struct Line<C: Core> {
    performer: Weak<Performer<C>>,
    attempt: u64,
}

impl<C: Core> Reports for Line<C> {
    fn reported(&self, peer: Peer, event: PeerEvent) {
        if let Some(performer) = self.performer.upgrade() {
            performer.with(|core, now| core.session().peer_event(now, peer, event));
        }
    }

    fn media_changed(&self, stream: StreamId) {
        if let Some(performer) = self.performer.upgrade() {
            (performer.on_told)(Told::Media(stream));
        }
    }
}

/// A socket's line, with the ticket that goes into its first frame.
struct TicketLine<C: Core> {
    line: Line<C>,
    ticket: Rc<RefCell<Option<String>>>,
}

impl<C: Core> Clone for TicketLine<C> {
    fn clone(&self) -> Self {
        let line = Line {
            performer: Weak::clone(&self.line.performer),
            attempt: self.line.attempt,
        };
        Self {
            line,
            ticket: Rc::clone(&self.ticket),
        }
    }
}

impl<C: Core> TicketLine<C> {
    /// The performer, if this is still its socket.
    fn current(&self) -> Option<Rc<Performer<C>>> {
        self.line
            .performer
            .upgrade()
            .filter(|performer| performer.attempt.get() == self.line.attempt)
    }
}

impl<C: Core> Listener for TicketLine<C> {
    fn opened(&self) {
        if let (Some(performer), Some(ticket)) = (self.current(), self.ticket.take()) {
            performer.with(|core, now| core.session().connected(now, ticket));
        }
    }

    fn frame_arrived(&self, text: &str) {
        if let Some(performer) = self.current() {
            performer.with(|core, now| core.session().frame_arrived(now, text));
        }
    }

    fn closed(&self) {
        let Some(performer) = self.current() else { return };
        performer.attempt.set(self.line.attempt + 1);
        let socket = performer.socket.take();
        // Not here: this is called from one of its own closures.
        spawn_local(async move { drop(socket) });
        performer.with(|core, now| core.session().disconnected(now, None));
    }
}
