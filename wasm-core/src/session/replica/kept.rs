//! Own ops that the relay acknowledged, kept for a while: one that was restored from a backup may lack them, and
//! then they are offered again.

use std::collections::VecDeque;

use protocol::{MessageId, Millis, Op, SpaceId};
use serde::{Deserialize, Serialize};

use super::put;
use crate::record::{Write, kept_key};

/// At most so many of a space are kept; the oldest go first.
pub(super) const MOST: usize = 500;
/// They are kept for 30 days.
const LONGEST_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// An op as it is stored under `kept/{id}/{n}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredKept {
    pub(super) n: u64,
    pub(super) op: Op,
    /// When it was made.
    pub(super) made: Millis,
    /// When this device saw it in the log.
    pub(super) seen: Millis,
}

/// What is kept of one space, in the order of the numbers.
#[derive(Debug)]
pub(super) struct Kept {
    space: SpaceId,
    ops: VecDeque<StoredKept>,
}

impl Kept {
    pub(super) const fn new(space: SpaceId) -> Self {
        Self {
            space,
            ops: VecDeque::new(),
        }
    }

    pub(super) fn insert(&mut self, op: StoredKept) {
        let at = self.ops.partition_point(|other| other.n < op.n);
        self.ops.insert(at, op);
    }

    pub(super) fn keep(&mut self, op: StoredKept, writes: &mut Vec<Write>) {
        let now = op.seen;
        writes.push(put(kept_key(self.space, op.n), &op));
        self.insert(op);
        self.prune(now, writes);
    }

    /// Drops what is too old or too much.
    pub(super) fn prune(&mut self, now: Millis, writes: &mut Vec<Write>) {
        while self.ops.len() > MOST
            || self
                .ops
                .front()
                .is_some_and(|first| now.since(first.seen) > LONGEST_MS)
        {
            let Some(first) = self.ops.pop_front() else { break };
            writes.push(Write::Delete(kept_key(self.space, first.n)));
        }
    }

    /// What was deleted is not to come back: its text goes from here too.
    pub(super) fn forget_messages(&mut self, gone: impl Fn(MessageId) -> bool, writes: &mut Vec<Write>) {
        self.take(
            |kept| match kept.op {
                Op::MessageSent { message, .. } | Op::MessageEdited { message, .. } => gone(message),
                _ => false,
            },
            writes,
        );
    }

    /// Takes those with a higher number than this.
    pub(super) fn take_after(&mut self, last_n: u64, writes: &mut Vec<Write>) -> Vec<StoredKept> {
        self.take(|kept| kept.n > last_n, writes)
    }

    fn take(&mut self, which: impl Fn(&StoredKept) -> bool, writes: &mut Vec<Write>) -> Vec<StoredKept> {
        let (taken, rest): (Vec<_>, Vec<_>) = self.ops.drain(..).partition(which);
        self.ops.extend(rest);
        for kept in &taken {
            writes.push(Write::Delete(kept_key(self.space, kept.n)));
        }
        taken
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.ops.iter().map(|kept| kept.n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(n: u64, seen: i64) -> StoredKept {
        StoredKept {
            n,
            op: Op::MessageSent {
                message: MessageId::from_bits(u128::from(n)),
                text: "hello".into(),
            },
            made: Millis(seen),
            seen: Millis(seen),
        }
    }

    #[test]
    fn only_the_last_are_kept_and_not_for_ever() {
        let mut kept = Kept::new(SpaceId::from_bits(1));
        let mut writes = Vec::new();
        let count = MOST as u64 + 3;
        for n in 1..=count {
            kept.keep(sent(n, 0), &mut writes);
        }
        assert!(kept.numbers().eq(4..=count));
        let dropped = writes.iter().filter(|write| matches!(write, Write::Delete(_)));
        assert_eq!(dropped.count(), 3);

        kept.keep(sent(count + 1, LONGEST_MS + 1), &mut writes);
        assert!(kept.numbers().eq([count + 1]));
        kept.prune(Millis(2 * LONGEST_MS + 2), &mut writes);
        assert_eq!(kept.numbers().count(), 0);
    }

    #[test]
    fn the_text_of_a_deleted_message_is_not_kept() {
        let mut kept = Kept::new(SpaceId::from_bits(1));
        let mut writes = Vec::new();
        kept.keep(sent(1, 0), &mut writes);
        kept.keep(sent(2, 0), &mut writes);
        writes.clear();
        kept.forget_messages(|message| message == MessageId::from_bits(1), &mut writes);
        assert!(kept.numbers().eq([2]));
        assert_eq!(writes, vec![Write::Delete(kept_key(SpaceId::from_bits(1), 1))]);
    }
}
