//! Which of what waits may go to the relay now.

use protocol::{Millis, Op, limits};

use super::{Pending, Replica, Sync};

impl Replica {
    pub(crate) fn committed(&mut self, batch: u64) {
        for pending in &mut self.pending {
            if pending.storing.is_some_and(|storing| storing <= batch) {
                pending.storing = None;
            }
        }
    }

    /// The ops that are to be sent now, in order.
    pub(crate) fn take_sendable(&mut self, now: Millis) -> Vec<(u64, Op)> {
        // Over is over, also while nothing may be sent for another reason: nobody is to be woken for it any more.
        for hold in [&mut self.hold_until, &mut self.asked_until] {
            *hold = hold.filter(|until| *until > now);
        }
        if self.sync != Sync::Live || self.hold_until.max(self.asked_until).is_some() {
            return Vec::new();
        }
        let mut room =
            limits::OPS_IN_FLIGHT.saturating_sub(self.pending.iter().filter(|pending| pending.sent).count());
        let mut ops = Vec::new();
        for pending in &mut self.pending {
            if pending.sent {
                continue;
            }
            if pending.storing.is_some() || room == 0 {
                break;
            }
            pending.sent = true;
            pending.ever_sent = true;
            room -= 1;
            ops.push((pending.n, pending.op.clone()));
        }
        ops
    }

    /// Whether an op waits that could be sent by REST.
    pub(crate) fn has_waiting(&self) -> bool {
        self.waits() && self.waiting().next().is_some()
    }

    /// The first ops of the outbox, at most `most`, to be sent by REST: what they hold does not change any more.
    pub(crate) fn take_waiting(&mut self, most: usize) -> Vec<(u64, Op)> {
        if !self.waits() {
            return Vec::new();
        }
        // The relay takes no larger request; an op alone always fits.
        let mut bytes = 0;
        let fits = |pending: &&Pending| {
            let first = bytes == 0;
            bytes += serde_json::to_vec(&pending.op).map_or(0, |text| text.len());
            first || bytes <= limits::FRAME_BYTES / 2
        };
        let taken: Vec<(u64, Op)> = self
            .waiting()
            .take(most)
            .take_while(fits)
            .map(|pending| (pending.n, pending.op.clone()))
            .collect();
        let last = taken.last().map_or(0, |(n, _)| *n);
        for pending in self.pending.iter_mut().filter(|pending| pending.n <= last) {
            pending.ever_sent = true;
        }
        taken
    }

    const fn waits(&self) -> bool {
        !matches!(self.sync, Sync::Ended(_))
    }

    /// An op that is not on disk yet holds back those after it.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Pending> {
        self.pending
            .iter()
            .filter(|pending| pending.accepted.is_none())
            .take_while(|pending| pending.storing.is_none())
    }
}
