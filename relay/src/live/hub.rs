//! The rooms that are open and the connections that are held.
//!
//! Locks: the map of rooms before a room, a room before the list of those with news, never the other way round,
//! and none across an `.await`.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::frame::Person;
use protocol::{Code, DeviceId, Event, Op, Payload, Seq, Signal, SpaceId, StreamId};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::outbox::{End, Outbox};
use super::room::catch_up::Unread;
use super::room::{Ask, Asked, Effect, Room};
use super::wire::encode;
use crate::health::Metrics;
use crate::log::trail;

type Line = Arc<Outbox>;
type Rooms = HashMap<SpaceId, Arc<Mutex<Room>>>;

/// All that is live on this relay. Cloned freely.
#[derive(Debug, Clone)]
pub struct Hub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rooms: Mutex<Rooms>,
    /// The connection of each device, and its number.
    lines: Mutex<HashMap<DeviceId, (u64, Line)>>,
    /// Spaces whose rooms have to tell who came and went, later.
    news: Mutex<BTreeSet<SpaceId>>,
    has_news: Notify,
    /// The number of the next connection.
    next: AtomicU64,
    metrics: Metrics,
}

/// What came of a wish to be in a room.
#[derive(Debug)]
pub(super) enum Subscribed {
    /// It is in; what it lacks is on its way.
    In,
    /// The room is not open, or has not heard yet of what the connection knows to be committed.
    Behind,
    /// These events have to be read first.
    Needs(Unread),
    /// A newer connection of its device is in.
    Replaced,
    /// It may not.
    Refused(Code),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub(crate) fn new(metrics: Metrics) -> Self {
        let (rooms, lines) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner {
            rooms,
            lines,
            news: Mutex::default(),
            has_news: Notify::new(),
            next: AtomicU64::new(1),
            metrics,
        }))
    }

    /// A device connects: its older connection ends. The number is the new one's name.
    pub(super) fn attach(&self, device: DeviceId, line: &Line) -> u64 {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let older = lock(&self.0.lines).insert(device, (number, Arc::clone(line)));
        match older {
            Some((_, older)) => older.end(End::Replaced),
            None => self.0.metrics.connections.inc(),
        }
        number
    }

    /// A connection ended.
    pub(super) fn detach(&self, device: DeviceId, number: u64) {
        let mut lines = lock(&self.0.lines);
        if let Entry::Occupied(entry) = lines.entry(device)
            && entry.get().0 == number
        {
            entry.remove();
            self.0.metrics.connections.dec();
        }
    }

    /// Ends all connections because the relay stops.
    pub(crate) fn say_goodbye(&self) {
        for (_, line) in lock(&self.0.lines).values() {
            line.end(End::GoingAway);
        }
    }

    /// Ends the connections of these devices. Whoever may connect again does.
    pub(crate) fn end(&self, devices: &[DeviceId]) {
        let lines = lock(&self.0.lines);
        for (_, line) in devices.iter().filter_map(|device| lines.get(device)) {
            line.end(End::GoingAway);
        }
    }

    /// Whether any connection is held.
    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.0.lines).is_empty()
    }

    /// Bytes that wait to be sent, of each connection.
    pub(crate) fn waiting_bytes(&self) -> Vec<usize> {
        let lines: Vec<Line> = lock(&self.0.lines)
            .values()
            .map(|(_, line)| Arc::clone(line))
            .collect();
        lines.iter().map(|line| line.waiting_bytes()).collect()
    }

    /// Does something with an open room.
    fn with<R>(&self, space: SpaceId, act: impl FnOnce(&mut Room) -> R) -> Option<R> {
        let room = Arc::clone(lock(&self.0.rooms).get(&space)?);
        let mut room = lock(&room);
        if room.closed {
            return None;
        }
        let done = act(&mut room);
        if room.has_news() && lock(&self.0.news).insert(space) {
            self.0.has_news.notify_one();
        }
        Some(done)
    }

    /// Returns when a room has to tell later who came and went.
    pub(super) async fn has_news(&self) {
        self.0.has_news.notified().await;
    }

    /// Has those rooms tell whose time it is. `false` when none is left that has to.
    pub(super) fn tell_news(&self) -> bool {
        let spaces = std::mem::take(&mut *lock(&self.0.news));
        for space in spaces {
            // Those whose time has not come are noted again.
            self.with(space, |room| {
                let effects = room.tell_if_due(Instant::now());
                perform(room, effects);
            });
        }
        !lock(&self.0.news).is_empty()
    }

    /// Whether the space has a room.
    pub(crate) fn is_open(&self, space: SpaceId) -> bool {
        lock(&self.0.rooms).contains_key(&space)
    }

    /// The last event that the space's room knows.
    pub(crate) fn head(&self, space: SpaceId) -> Option<Seq> {
        self.with(space, |room| room.head())
    }

    /// Opens a room. Only the space's writer does, in between commits, so that the room misses none.
    pub(crate) fn open(&self, space: SpaceId, mut room: Room) {
        room.note_absent(Instant::now());
        let mut rooms = lock(&self.0.rooms);
        rooms.entry(space).or_insert_with(|| Arc::new(Mutex::new(room)));
        self.0
            .metrics
            .rooms
            .set(i64::try_from(rooms.len()).unwrap_or(i64::MAX));
    }

    /// Lets go of a room in which nobody is and nothing runs.
    fn prune(&self, space: SpaceId) {
        let mut rooms = lock(&self.0.rooms);
        let Entry::Occupied(entry) = rooms.entry(space) else {
            return;
        };
        {
            let mut room = lock(entry.get());
            if !room.is_idle() {
                return;
            }
            room.closed = true;
        }
        entry.remove();
        self.0
            .metrics
            .rooms
            .set(i64::try_from(rooms.len()).unwrap_or(i64::MAX));
    }

    /// Tells a room what was committed. `false` when it lacks something before that.
    pub(crate) fn publish(&self, space: SpaceId, events: &[Event], people: &[Person]) -> bool {
        let published = self.with(space, |room| {
            // Who loses the space with an event does not hear the next one.
            events
                .chunk_by(|event, _| !takes_somebody_out(event))
                .all(|events| {
                    let now = Instant::now();
                    let Some(effects) = room.publish(events, people, now) else {
                        return false;
                    };
                    perform(room, effects);
                    let receivers = room.lines().len();
                    self.0
                        .metrics
                        .deliveries
                        .inc_by((events.len() * receivers) as u64);
                    trail::sent(space, events, receivers);
                    if events.last().is_some_and(takes_somebody_out) {
                        let effects = room.dismiss(now);
                        perform(room, effects);
                    }
                    true
                })
        });
        self.prune(space);
        published.unwrap_or(true)
    }

    /// Tells a room of a new name.
    pub(crate) fn rename(&self, space: SpaceId, person: Person) {
        self.with(space, |room| {
            let effects = room.rename(person);
            perform(room, effects);
        });
    }

    pub(super) fn subscribe(&self, space: SpaceId, ask: Ask<Line>) -> Subscribed {
        let asked = self.with(space, |room| match room.ask(ask, Instant::now()) {
            Asked::In(effects) => {
                for effect in &effects {
                    if let Effect::One { frame, .. } = effect {
                        self.0.metrics.count_subscription(frame);
                    }
                }
                perform(room, effects);
                Subscribed::In
            }
            Asked::Behind => Subscribed::Behind,
            Asked::Needs(unread) => Subscribed::Needs(unread),
            Asked::Replaced => Subscribed::Replaced,
            Asked::Refused(code) => Subscribed::Refused(code),
        });
        if !matches!(asked, Some(Subscribed::In)) {
            self.prune(space);
        }
        asked.unwrap_or(Subscribed::Behind)
    }

    /// Tells a connection anew who is in a room.
    pub(super) fn list(&self, space: SpaceId, device: DeviceId, connection: u64) {
        self.with(space, |room| {
            let effects = room.list(device, connection);
            perform(room, effects);
        });
    }

    pub(super) fn leave(&self, space: SpaceId, device: DeviceId, connection: u64) {
        self.with(space, |room| {
            let effects = room.leave(device, connection, Instant::now());
            perform(room, effects);
        });
        self.prune(space);
    }

    pub(super) fn signal(
        &self,
        space: SpaceId,
        device: DeviceId,
        to: Option<DeviceId>,
        signal: Signal,
    ) -> Result<(), Code> {
        let said = self.with(space, |room| {
            let effects = room.signal(device, to, signal, Instant::now())?;
            perform(room, effects);
            Ok(())
        });
        said.unwrap_or(Err(Code::NotAMember))
    }

    /// Streams whose host was absent for this long.
    pub(super) fn hosts_gone(&self, patience: Duration) -> Vec<(SpaceId, StreamId)> {
        let rooms: Vec<_> = lock(&self.0.rooms)
            .iter()
            .map(|(space, room)| (*space, Arc::clone(room)))
            .collect();
        let now = Instant::now();
        let gone = |(space, room): (SpaceId, Arc<Mutex<Room>>)| {
            lock(&room)
                .hosts_gone(patience, now)
                .into_iter()
                .map(move |stream| (space, stream))
        };
        rooms.into_iter().flat_map(gone).collect()
    }
}

/// Each frame is encoded once, whoever gets it.
fn perform(room: &Room, effects: impl IntoIterator<Item = Effect<Line>>) {
    for effect in effects {
        match effect {
            Effect::One { line, frame, kind } => line.push(&encode(&frame), kind),
            Effect::All { but, frame, kind } => {
                let frame = encode(&frame);
                for (_, line) in room.lines().iter().filter(|(device, _)| Some(*device) != but) {
                    line.push(&frame, kind);
                }
            }
            Effect::Together(frames) => {
                let mut joined = Vec::new();
                let mut parts = Vec::with_capacity(frames.len());
                for (frame, kind) in frames {
                    let frame = encode(&frame);
                    joined.extend_from_slice(&frame);
                    parts.push((frame.len(), kind));
                }
                let joined = joined.into();
                for (_, line) in room.lines() {
                    line.push_together(&joined, &parts);
                }
            }
        }
    }
}

fn takes_somebody_out(event: &Event) -> bool {
    matches!(
        &event.payload,
        Payload::Op(Op::MemberLeft { .. } | Op::SpaceDeleted {})
    )
}
