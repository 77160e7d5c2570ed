//! What waits to be sent on one connection, bounded in bytes.
//!
//! Over the bound the connection ends and the client comes again for what it missed. Signals are dropped
//! from half the bound on; of those that replace each other only the last is kept. When who is present was
//! dropped, the whole list follows once there is room again. A snapshot does not count
//! (it may be larger than the bound), but there is only one at a time: the connection reads nothing more
//! until it is sent.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use protocol::{DeviceId, ServerFrame, SpaceId, limits};
use tokio::sync::Notify;

/// Signals under the same key, the sender's and a word, replace each other.
pub(crate) type SignalKey = (SpaceId, DeviceId, &'static str);

/// How a frame is treated when the queue is long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Has to arrive.
    Event,
    /// Has to arrive, and may be larger than the bound.
    Snapshot,
    /// May be dropped; replaces one of the same key that still waits.
    Signal(Option<SignalKey>),
    /// How a device of a space is present, or that it is not. Replaces the same that still waits; may be
    /// dropped, but then the whole list has to follow.
    Presence(SpaceId, DeviceId),
}

impl Kind {
    fn key(self) -> Option<SignalKey> {
        match self {
            Self::Event | Self::Snapshot => None,
            Self::Signal(key) => key,
            Self::Presence(space, device) => Some((space, device, "presence")),
        }
    }

    fn may_be_dropped(self) -> bool {
        matches!(self, Self::Signal(_) | Self::Presence(..))
    }
}

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Too much waited for it.
    Slow,
    /// The same device connected again.
    Replaced,
    /// The relay stops.
    GoingAway,
}

/// A frame as it goes over the wire, made once for everyone.
pub(crate) fn encode(frame: &ServerFrame) -> Utf8Bytes {
    serde_json::to_string(frame)
        .expect("a frame holds only what JSON can say")
        .into()
}

#[derive(Debug)]
struct Item {
    frame: Utf8Bytes,
    kind: Kind,
}

impl Item {
    fn weight(&self) -> usize {
        if self.kind == Kind::Snapshot {
            0
        } else {
            self.frame.len()
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Item>,
    /// The number of the first item; items are numbered from the connection's beginning.
    first: u64,
    /// Numbers of waiting signals that a newer one replaces.
    keyed: HashMap<SignalKey, u64>,
    /// Spaces of which something about who is present was dropped.
    unlisted: BTreeSet<SpaceId>,
    /// Weight of what waits and of what is being written.
    bytes: usize,
    writing: usize,
    /// Snapshots that wait or are being written.
    snapshots: usize,
    snapshots_writing: usize,
    /// Ops that the connection submitted and that are not answered.
    in_flight: usize,
    end: Option<End>,
}

/// The queue of one connection.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    woken: Notify,
    limit: usize,
}

impl Outbox {
    /// An empty queue that holds `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            queue: Mutex::default(),
            woken: Notify::new(),
            limit,
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a frame that only this connection gets.
    pub(crate) fn send(&self, frame: &ServerFrame) {
        self.push(encode(frame), Kind::Event);
    }

    /// Adds a frame.
    pub(crate) fn push(&self, frame: Utf8Bytes, kind: Kind) {
        let mut queue = self.queue();
        if queue.end.is_some() {
            return;
        }
        let item = Item { frame, kind };
        if kind.may_be_dropped() {
            let key = kind.key();
            if let Some(waiting) = key.and_then(|key| queue.waiting(key)) {
                let (before, after) = (queue.items[waiting].weight(), item.weight());
                queue.items[waiting] = item;
                queue.bytes = queue.bytes - before + after;
                return;
            }
            if queue.bytes > self.limit / 2 {
                if let Kind::Presence(space, _) = kind {
                    queue.unlisted.insert(space);
                }
                return;
            }
            if let Some(key) = key {
                let number = queue.first + queue.items.len() as u64;
                queue.keyed.insert(key, number);
            }
        } else if queue.bytes > self.limit {
            queue.end(End::Slow);
            drop(queue);
            self.woken.notify_one();
            return;
        }
        if kind == Kind::Snapshot {
            // What comes later must not take a place before it.
            queue.keyed.clear();
            queue.snapshots += 1;
        }
        queue.bytes += item.weight();
        queue.items.push_back(item);
        drop(queue);
        self.woken.notify_one();
    }

    /// Takes everything that waits, to be written. Until [`Outbox::written`] it counts as waiting.
    pub(crate) fn take(&self) -> Option<Vec<Utf8Bytes>> {
        let mut queue = self.queue();
        if queue.items.is_empty() {
            return None;
        }
        let items = std::mem::take(&mut queue.items);
        queue.first += items.len() as u64;
        queue.keyed.clear();
        queue.writing = queue.bytes;
        queue.snapshots_writing = queue.snapshots;
        Some(items.into_iter().map(|item| item.frame).collect())
    }

    /// What was taken is on its way.
    pub(crate) fn written(&self) {
        let mut queue = self.queue();
        queue.bytes -= queue.writing;
        queue.snapshots -= queue.snapshots_writing;
        (queue.writing, queue.snapshots_writing) = (0, 0);
    }

    /// Spaces whose list of who is present has to be sent anew.
    pub(crate) fn take_unlisted(&self) -> BTreeSet<SpaceId> {
        std::mem::take(&mut self.queue().unlisted)
    }

    /// Ends the connection; what waits is forgotten.
    pub(crate) fn end(&self, why: End) {
        self.queue().end(why);
        self.woken.notify_one();
    }

    /// Why the connection has to end, if it has to.
    pub(crate) fn ending(&self) -> Option<End> {
        self.queue().end
    }

    /// Returns when something was added or the end was set since the last call.
    pub(crate) async fn woken(&self) {
        self.woken.notified().await;
    }

    /// Whether the connection may ask for more.
    pub(crate) fn has_room(&self) -> bool {
        let queue = self.queue();
        queue.end.is_none()
            && queue.bytes <= self.limit / 2
            && queue.snapshots == 0
            && queue.in_flight < limits::OPS_IN_FLIGHT
    }

    /// An op went to the writer.
    pub(crate) fn op_sent(&self) {
        self.queue().in_flight += 1;
    }

    /// An op was answered, or will not be.
    pub(crate) fn op_dropped(&self) {
        let mut queue = self.queue();
        queue.in_flight = queue.in_flight.saturating_sub(1);
        drop(queue);
        self.woken.notify_one();
    }
}

impl Queue {
    /// Where a signal of this key waits.
    fn waiting(&self, key: SignalKey) -> Option<usize> {
        let number = self.keyed.get(&key)?.checked_sub(self.first)?;
        usize::try_from(number).ok().filter(|at| *at < self.items.len())
    }

    fn end(&mut self, why: End) {
        if self.end.is_none() {
            self.items = VecDeque::new();
            self.keyed = HashMap::new();
            self.unlisted = BTreeSet::new();
            self.end = Some(why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(device: u128) -> Kind {
        Kind::Signal(Some((
            SpaceId::from_bits(1),
            DeviceId::from_bits(device),
            "cursor",
        )))
    }

    fn texts(outbox: &Outbox) -> Vec<String> {
        outbox
            .take()
            .unwrap_or_default()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn of_signals_that_replace_each_other_the_last_waits() {
        let outbox = Outbox::new(100);
        outbox.push("a1".into(), key(1));
        outbox.push("e".into(), Kind::Event);
        outbox.push("b1".into(), key(2));
        outbox.push("a2 longer".into(), key(1));
        assert_eq!(texts(&outbox), ["a2 longer", "e", "b1"]);
        outbox.push("a3".into(), key(1));
        assert_eq!(texts(&outbox), ["a3"], "what is being written is not replaced");
    }

    #[test]
    fn signals_are_dropped_over_half_and_events_never() {
        let outbox = Outbox::new(10);
        outbox.push("123456".into(), Kind::Event);
        outbox.push("s".into(), Kind::Signal(None));
        outbox.push("7890".into(), Kind::Event);
        assert_eq!(texts(&outbox), ["123456", "7890"]);
        assert!(!outbox.has_room());
        outbox.written();
        assert!(outbox.has_room());
    }

    #[test]
    fn who_is_ended_is_not_heard_any_more() {
        let outbox = Outbox::new(10);
        assert!(outbox.has_room());
        outbox.end(End::Replaced);
        assert!(!outbox.has_room());
    }

    #[test]
    fn of_who_is_present_the_last_waits_and_what_was_dropped_is_listed_anew() {
        let (space, other) = (SpaceId::from_bits(1), SpaceId::from_bits(2));
        let device = DeviceId::from_bits(7);
        let outbox = Outbox::new(10);
        outbox.push("come".into(), Kind::Presence(space, device));
        outbox.push("gone".into(), Kind::Presence(space, device));
        outbox.push("123456".into(), Kind::Event);
        outbox.push("idle".into(), Kind::Presence(space, device));
        assert_eq!(outbox.take_unlisted(), BTreeSet::new());
        outbox.push("come".into(), Kind::Presence(other, device));
        outbox.push("gone".into(), Kind::Presence(other, device));
        assert_eq!(texts(&outbox), ["idle", "123456"]);
        assert_eq!(outbox.take_unlisted(), BTreeSet::from([other]));
        assert_eq!(outbox.take_unlisted(), BTreeSet::new());
        assert_eq!(outbox.ending(), None);
    }

    #[test]
    fn nothing_takes_a_place_before_a_list_that_it_came_after() {
        let outbox = Outbox::new(100);
        let presence = Kind::Presence(SpaceId::from_bits(1), DeviceId::from_bits(7));
        outbox.push("gone".into(), presence);
        outbox.push("list".into(), Kind::Snapshot);
        outbox.push("come".into(), presence);
        assert_eq!(texts(&outbox), ["gone", "list", "come"]);
    }

    #[test]
    fn over_the_bound_the_connection_ends() {
        let outbox = Outbox::new(10);
        outbox.push("a snapshot of any size does not count".into(), Kind::Snapshot);
        assert!(!outbox.has_room());
        outbox.push("123456".into(), Kind::Event);
        outbox.push("123456".into(), Kind::Event);
        assert_eq!(outbox.ending(), None);
        outbox.push("1".into(), Kind::Event);
        assert_eq!(outbox.ending(), Some(End::Slow));
        assert_eq!(outbox.take(), None, "what waited is freed");
    }
}
