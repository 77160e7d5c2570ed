//! A space of this browser alone: ordered here, with its own log.
//!
//! On disk are a snapshot and the events after it; each snapshot drops the events that it holds. A write that
//! failed leaves a gap: it is closed by a whole snapshot, or, when the worker died before that, by what is
//! loaded: events behind a gap are removed, because the next ones would get their numbers.

use std::collections::BTreeSet;

use protocol::event::{Author, Envelope, Event, OpName, Payload};
use protocol::op::Created;
use protocol::{DeviceId, MemberId, Millis, Op, Seq, SpaceId, SpaceState};
use serde::{Deserialize, Serialize};

use super::StoredSpace;
use super::backup::Exact;
use crate::record::{Write, log_key, space_key};
use crate::session::replica::put;

/// A snapshot is written anew after this many events.
const SNAPSHOT_EVERY: u64 = 50;

/// A private space as it is stored: a snapshot; the log's later events are folded on top.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredPrivate {
    you: MemberId,
    state: SpaceState,
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
    /// The events that may be on disk; the next snapshot drops them.
    logged: BTreeSet<Seq>,
    /// Those that the last snapshot dropped, should it turn out that it was not written.
    dropped: BTreeSet<Seq>,
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
            logged: BTreeSet::new(),
            dropped: BTreeSet::new(),
            touched: false,
            lost: false,
            rescued: false,
        };
        private.order(now, Op::SpaceCreated(created), writes);
        private.snapshot(writes);
        private
    }

    pub(crate) fn restore(space: SpaceId, device: DeviceId, stored: StoredPrivate) -> Self {
        Self {
            space,
            you: stored.you,
            stored: stored.state.head.0,
            state: stored.state,
            device,
            logged: BTreeSet::new(),
            dropped: BTreeSet::new(),
            touched: false,
            lost: false,
            rescued: false,
        }
    }

    /// Folds a stored event of the log, in order; older ones than the snapshot change nothing. One behind a gap
    /// is removed.
    pub(crate) fn restore_event(&mut self, event: &Event, writes: &mut Vec<Write>) {
        let seq = event.envelope.seq;
        if self.state.apply(event) {
            self.logged.insert(seq);
        } else {
            writes.push(Write::Delete(log_key(self.space, seq)));
        }
    }

    /// A space that was here once, by its records, which are written as they are; `None` when they are not those of
    /// one, or lack an event.
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
            if !private.state.apply(&event) {
                return None;
            }
            private.logged.insert(event.envelope.seq);
            writes.push(Write::Put(log_key(space, event.envelope.seq), text.clone()));
        }
        Some(private)
    }

    /// The events on disk that the snapshot may lack.
    pub(crate) fn log(&self) -> impl Iterator<Item = Seq> {
        self.logged.iter().copied()
    }

    /// Orders an op: the next event of the log. The caller has authorised it.
    pub(crate) fn order(&mut self, now: Millis, op: Op, writes: &mut Vec<Write>) {
        let seq = self.state.head.next();
        let event = Event {
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
        };
        let folded = self.state.apply(&event);
        debug_assert!(folded, "the next number always folds");
        self.touched = true;
        self.rescued = false;
        if self.lost || seq.0.saturating_sub(self.stored) >= SNAPSHOT_EVERY {
            self.snapshot(writes);
        } else {
            self.logged.insert(seq);
            writes.push(put(log_key(self.space, seq), &event));
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

    /// The whole space, in place of all events so far.
    fn snapshot(&mut self, writes: &mut Vec<Write>) {
        self.stored = self.state.head.0;
        self.lost = false;
        let stored = StoredPrivate {
            you: self.you,
            state: self.state.clone(),
        };
        writes.push(put(space_key(self.space), &StoredSpace::Private(stored)));
        self.dropped = std::mem::take(&mut self.logged);
        writes.extend(
            self.dropped
                .iter()
                .map(|seq| Write::Delete(log_key(self.space, *seq))),
        );
    }

    /// The writes that remove it from the disk.
    pub(crate) fn removal(&self) -> Vec<Write> {
        let log = self.logged.iter().chain(&self.dropped);
        std::iter::once(Write::Delete(space_key(self.space)))
            .chain(log.map(|seq| Write::Delete(log_key(self.space, *seq))))
            .collect()
    }
}
