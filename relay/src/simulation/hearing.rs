//! What went over one connection. Each op gets one answer, the answers come in the order of the ops, and each event
//! comes once, in order.

use std::collections::{BTreeMap, VecDeque};

use protocol::{ClientFrame, Code, Epoch, Event, Seq, ServerFrame, SpaceId};

/// An op that was sent and has no answer yet.
#[derive(Debug, Clone, Copy)]
struct Sent {
    n: u64,
    /// It bears the name of another op.
    borrowed: bool,
}

/// A subscription that has no answer yet.
#[derive(Debug, Clone, Copy)]
struct Subscribed {
    epoch: Option<Epoch>,
    since: Seq,
}

/// A connection as its client's end has it.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    sent: BTreeMap<SpaceId, VecDeque<Sent>>,
    subscribed: BTreeMap<SpaceId, VecDeque<Subscribed>>,
    /// The last event that came, or that what came was after.
    heard: BTreeMap<SpaceId, Seq>,
}

impl Hearing {
    pub(super) fn said(&mut self, frame: &ClientFrame) {
        match frame {
            ClientFrame::Submit { space, n, .. } => self.sent_op(*space, *n, false),
            ClientFrame::Subscribe { space, epoch, since } => {
                let (epoch, since) = (*epoch, *since);
                let subscribed = self.subscribed.entry(*space).or_default();
                subscribed.push_back(Subscribed { epoch, since });
            }
            _ => {}
        }
    }

    /// An op that bears the name of another one.
    pub(super) fn borrowed(&mut self, space: SpaceId, n: u64) {
        self.sent_op(space, n, true);
    }

    fn sent_op(&mut self, space: SpaceId, n: u64, borrowed: bool) {
        let sent = self.sent.entry(space).or_default();
        sent.push_back(Sent { n, borrowed });
    }

    /// Whether a frame is for the session: what comes of borrowed names is not.
    pub(super) fn hears(&mut self, frame: &ServerFrame) -> bool {
        match frame {
            ServerFrame::Accepted { space, n, .. } => {
                let borrowed = self.answered(*space, *n);
                assert!(!borrowed, "another op took the name of op {n}");
            }
            ServerFrame::Refused { space, n, reason } => {
                let borrowed = self.answered(*space, *n);
                let conflict = reason.code == Code::OpConflict;
                let decided = !reason.code.is_transient();
                assert!(borrowed == conflict || !decided, "op {n}, {reason:?}");
                return !borrowed;
            }
            ServerFrame::Snapshot { space, state, .. } => {
                self.subscription(*space);
                self.reaches(*space, state.head);
            }
            ServerFrame::Resumed {
                space, epoch, events, ..
            } => {
                let asked = self.subscription(*space);
                assert_eq!(
                    asked.epoch,
                    Some(*epoch),
                    "events of another life of the database"
                );
                self.reaches(*space, follow(asked.since, events));
            }
            ServerFrame::Events { space, events, .. } => {
                let heard = self.heard.get(space).expect("events come after the subscription");
                let reached = follow(*heard, events);
                self.reaches(*space, reached);
            }
            _ => {}
        }
        true
    }

    /// Whether the op that is answered bore the name of another one.
    fn answered(&mut self, space: SpaceId, n: u64) -> bool {
        let sent = self.sent.get_mut(&space).and_then(VecDeque::pop_front);
        let sent = sent.expect("what is answered was sent, and was not answered before");
        assert_eq!(sent.n, n, "answers come in the order of the ops");
        sent.borrowed
    }

    fn subscription(&mut self, space: SpaceId) -> Subscribed {
        let asked = self.subscribed.get_mut(&space).and_then(VecDeque::pop_front);
        asked.expect("a subscription is answered once")
    }

    fn reaches(&mut self, space: SpaceId, seq: Seq) {
        let before = self.heard.insert(space, seq).unwrap_or_default();
        assert!(before <= seq, "a log that was at {before} is at {seq}");
    }
}

/// Where these events lead from here.
fn follow(from: Seq, events: &[Event]) -> Seq {
    events.iter().fold(from, |at, event| {
        assert_eq!(event.envelope.seq, at.next(), "each event comes once, in order");
        event.envelope.seq
    })
}
