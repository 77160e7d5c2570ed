//! A space of this browser alone: ordered here, with its own log.
//!
//! On disk are a snapshot and the events after it; each snapshot drops the events that it holds, which go to the
//! space's [`Past`]. A write that failed leaves a gap: it is closed by a whole snapshot, or, when the worker died before that, by what is
//! loaded: events behind a gap are removed, because the next ones would get their numbers.

use std::collections::BTreeMap;

use protocol::event::{Author, Envelope, Event, OpName, Payload};
use protocol::op::Created;
use protocol::{DeviceId, MemberId, Millis, Op, Seq, SpaceId, SpaceState};
use serde::{Deserialize, Serialize};

use super::StoredSpace;
use super::backup::Exact;
use super::past::{Past, bytes_of};
use crate::record::{Write, log_key, space_key};
use crate::session::replica::put;

/// A snapshot is written anew after this many events.
const SNAPSHOT_EVERY: u64 = 50;

/// Events that are in memory until it is certain that they were written; of more, the oldest are forgotten.
const EVENTS: usize = 500;

/// A private space as it is stored: a snapshot; the log's later events are folded on top.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredPrivate {
    you: MemberId,
    pub(super) state: SpaceState,
}

/// A private space.
#[derive(Debug)]
pub(crate) struct Private {
    pub(crate) space: SpaceId,
    pub(crate) you: MemberId,
    pub(crate) state: SpaceState,
    device: DeviceId,
    /// The head of the stored snapshot.
    stored: u64,
    /// The events since the snapshot, which may be on disk; the next one drops them.
    logged: BTreeMap<Seq, Event>,
    /// Those that the last snapshot dropped, should it turn out that it was not written.
    dropped: BTreeMap<Seq, Event>,
    /// What was dropped before.
    pub(crate) past: Past,
    /// It changed since it was loaded.
    touched: bool,
    /// A write failed: the next one is a whole snapshot.
    lost: bool,
    /// A snapshot was tried after the last failure, and no op came since.
    rescued: bool,
}

impl Private {
    pub(crate) fn new(
        space: SpaceId,
        you: MemberId,
        device: DeviceId,
        now: Millis,
        created: Created,
        writes: &mut Vec<Write>,
    ) -> Self {
        let mut private = Self {
            space,
            you,
            state: SpaceState::default(),
            device,
            stored: 0,
            logged: BTreeMap::new(),
            dropped: BTreeMap::new(),
            past: Past::default(),
            touched: false,
            lost: false,
            rescued: false,
        };
        private.order(now, Op::SpaceCreated(created), writes);
        private.snapshot(writes);
        private
    }

    pub(crate) fn restore(space: SpaceId, device: DeviceId, mut stored: StoredPrivate) -> Self {
        stored.state.mend();
        Self {
            space,
            you: stored.you,
            stored: stored.state.head.0,
            state: stored.state,
            device,
            logged: BTreeMap::new(),
            dropped: BTreeMap::new(),
            past: Past::default(),
            touched: false,
            lost: false,
            rescued: false,
        }
    }

    /// Folds a stored event of the log, in order. One that the snapshot holds is removed; one behind a gap is given
    /// back.
    pub(crate) fn restore_event(&mut self, event: Event, writes: &mut Vec<Write>) -> Option<Event> {
        let seq = event.envelope.seq;
        if seq.0 <= self.stored {
            writes.push(Write::Delete(log_key(self.space, seq)));
            return None;
        }
        if !self.state.apply(&event) {
            return Some(event);
        }
        self.logged.insert(seq, event);
        None
    }

    /// A space that was here once, by its records, which are written as they are, as far as they are needed; `None` when
    /// they are not those of one, or lack an event.
    pub(crate) fn bring_back(
        space: SpaceId,
        device: DeviceId,
        exact: &Exact,
        writes: &mut Vec<Write>,
    ) -> Option<Self> {
        let Ok(StoredSpace::Private(stored)) = serde_json::from_str(&exact.snapshot) else {
            return None;
        };
        let mut private = Self::restore(space, device, stored);
        private.touched = true;
        writes.push(Write::Put(space_key(space), exact.snapshot.clone()));
        for text in &exact.log {
            let event: Event = serde_json::from_str(text).ok()?;
            let seq = event.envelope.seq;
            if seq.0 <= private.stored {
                // The snapshot holds it.
                continue;
            }
            if !private.state.apply(&event) {
                return None;
            }
            private.logged.insert(seq, event);
            writes.push(Write::Put(log_key(space, seq), text.clone()));
        }
        Some(private)
    }

    /// The events on disk that the snapshot may lack.
    pub(crate) fn log(&self) -> impl Iterator<Item = Seq> {
        self.logged.keys().copied()
    }

    /// Orders an op: the next event of the log. The caller has authorised it.
    pub(crate) fn order(&mut self, now: Millis, op: Op, writes: &mut Vec<Write>) {
        self.order_all(now, vec![op], writes);
    }

    /// Orders ops, one after the other. Many are written as a snapshot.
    pub(crate) fn order_all(&mut self, now: Millis, ops: Vec<Op>, writes: &mut Vec<Write>) {
        if ops.is_empty() {
            return;
        }
        self.touched = true;
        self.rescued = false;
        let last = self.state.head.0.saturating_add(ops.len() as u64);
        let whole = self.lost || last.saturating_sub(self.stored) >= SNAPSHOT_EVERY;
        for op in ops {
            let event = self.next_event(now, op);
            let folded = self.state.apply(&event);
            debug_assert!(folded, "the next number always folds");
            let seq = event.envelope.seq;
            if !whole {
                writes.push(put(log_key(self.space, seq), &event));
            }
            self.logged.insert(seq, event);
            if self.logged.len() >= EVENTS {
                self.snapshot(writes);
            }
        }
        if whole && self.stored < last {
            self.snapshot(writes);
        }
    }

    fn next_event(&self, now: Millis, op: Op) -> Event {
        let seq = self.state.head.next();
        Event {
            envelope: Envelope {
                seq,
                author: Author {
                    member: self.you,
                    op: Some(OpName {
                        device: self.device,
                        n: seq.0,
                    }),
                },
                time: now.max(self.state.time),
                class: op.class(),
            },
            payload: Payload::Op(op),
        }
    }

    /// The space as one record, with all of its events in its [`Past`], for it to be removed and brought back by
    /// [`Private::bring_back`].
    pub(crate) fn packed(&mut self, writes: &mut Vec<Write>) -> Exact {
        if !self.logged.is_empty() {
            self.snapshot(writes);
        }
        let stored = StoredPrivate {
            you: self.you,
            state: self.state.clone(),
        };
        Exact {
            snapshot: crate::session::replica::text_of(&StoredSpace::Private(stored)),
            log: Vec::new(),
        }
    }

    /// A batch was not written. If something of this space may have been in it, says so, and writes it whole; once
    /// until the next op, so that a full disk is not tried for ever.
    pub(crate) fn write_failed(&mut self, writes: &mut Vec<Write>) -> bool {
        if self.touched {
            self.lost = true;
            self.logged.append(&mut self.dropped);
            if !std::mem::replace(&mut self.rescued, true) {
                self.snapshot(writes);
            }
        }
        self.touched
    }

    /// Writes it whole if something of it is not on disk. Whether that is so.
    pub(crate) fn rescue(&mut self, writes: &mut Vec<Write>) -> bool {
        let lost = self.lost;
        if lost {
            self.snapshot(writes);
        }
        lost
    }

    /// Writes it whole, whatever is on disk.
    pub(crate) fn write_whole(&mut self, writes: &mut Vec<Write>) {
        self.logged.append(&mut self.dropped);
        self.snapshot(writes);
    }

    /// The whole space, in place of all events so far.
    fn snapshot(&mut self, writes: &mut Vec<Write>) {
        self.stored = self.state.head.0;
        self.lost = false;
        let stored = StoredPrivate {
            you: self.you,
            state: self.state.clone(),
        };
        let snapshot = put(space_key(self.space), &StoredSpace::Private(stored));
        let bytes = bytes_of(&snapshot);
        writes.push(snapshot);
        while self.logged.len() > EVENTS {
            self.logged.pop_first();
        }
        self.dropped = std::mem::take(&mut self.logged);
        let events: Vec<Event> = self.dropped.values().cloned().collect();
        self.past.keep(self.space, &events, (&self.state, bytes), writes);
        writes.extend(
            self.dropped
                .keys()
                .map(|seq| Write::Delete(log_key(self.space, *seq))),
        );
    }

    /// The writes that remove it from the disk, but for its [`Past`], which goes by [`Past::removal`].
    pub(crate) fn removal(&self) -> Vec<Write> {
        let log = self.logged.keys().chain(self.dropped.keys());
        std::iter::once(Write::Delete(space_key(self.space)))
            .chain(log.map(|seq| Write::Delete(log_key(self.space, *seq))))
            .collect()
    }
}
