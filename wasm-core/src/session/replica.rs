//! One shared space on this device: the log as far as it is known, and the own ops that are not in it yet.

use std::collections::{BTreeMap, VecDeque};

use protocol::code::Refusal;
use protocol::event::{Event, Payload};
use protocol::{Code, DeviceId, Epoch, MemberId, Millis, Op, Seq, SpaceId, SpaceState, StreamId};

use crate::record::{Write, kept_key, outbox_key};

mod kept;
mod sendable;
mod stored;

use kept::Kept;
pub(crate) use kept::StoredKept;
use stored::put_pending;
pub(crate) use stored::{StoredPending, StoredReplica, put, text_of};

/// However long the relay asks to wait. Coming earlier makes it longer.
const LONGEST_PAUSE_MS: i64 = 60 * 60 * 1_000;

/// How a replica stands with the relay.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sync {
    /// Nothing was asked yet, or the connection is away.
    Away,
    /// The subscription was sent.
    Asked,
    /// The relay could not answer the subscription; it is sent again at this time.
    Paused(Millis),
    /// Events arrive.
    Live,
    /// Over.
    Ended(Refusal),
}

/// An own op that the relay has not acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pending {
    pub(crate) n: u64,
    pub(crate) op: Op,
    /// The number of the batch that puts it on disk, until that is done. It is not sent before.
    storing: Option<u64>,
    /// It was sent on this connection.
    sent: bool,
    /// It was sent at some time: its content must not change any more.
    ever_sent: bool,
    /// The relay acknowledged it; its event is on its way.
    accepted: Option<Seq>,
    /// When it was made.
    pub(crate) made: Millis,
}

/// One shared space on this device.
#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) space: SpaceId,
    pub(crate) you: MemberId,
    pub(crate) sync: Sync,
    pub(crate) epoch: Option<Epoch>,
    /// The next subscription asks for the whole state, whatever is here.
    pub(crate) ask_whole: bool,
    pub(crate) confirmed: SpaceState,
    pub(crate) people: BTreeMap<MemberId, String>,
    pending: VecDeque<Pending>,
    kept: Kept,
    next_n: u64,
    /// `confirmed` and what is pending.
    seen: SpaceState,
    /// How often `seen` became another one.
    changes: u64,
    device: DeviceId,
    /// Somebody looks at it: it is subscribed to.
    pub(crate) open: bool,
    /// No op is sent before this on this connection: the relay could not take one.
    hold_until: Option<Millis>,
    /// Nor before this on any: the relay said how long to wait.
    asked_until: Option<Millis>,
}

/// A state from the relay that replaces what is here.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) epoch: Epoch,
    pub(crate) state: SpaceState,
    /// The number of the last op of this device that the log decided.
    pub(crate) last_n: u64,
}

/// What follows from a refusal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refused {
    /// It will be sent again by itself.
    Later,
    /// The relay lacks ops before it: only a new subscription tells which.
    AskAnew,
    /// It was taken back.
    Final(Box<Op>, Refusal),
}

impl Replica {
    pub(crate) fn new(space: SpaceId, you: MemberId, device: DeviceId) -> Self {
        Self {
            space,
            you,
            sync: Sync::Away,
            epoch: None,
            ask_whole: false,
            confirmed: SpaceState::default(),
            people: BTreeMap::new(),
            pending: VecDeque::new(),
            kept: Kept::new(space),
            next_n: 1,
            seen: SpaceState::default(),
            changes: 0,
            device,
            open: false,
            hold_until: None,
            asked_until: None,
        }
    }

    pub(crate) fn restore(space: SpaceId, device: DeviceId, stored: StoredReplica) -> Self {
        let mut replica = Self::new(space, stored.you, device);
        replica.epoch = stored.epoch;
        replica.confirmed = stored.state;
        replica.confirmed.mend();
        replica.seen = replica.confirmed.clone();
        replica.people = stored
            .people
            .into_iter()
            .map(|person| (person.member, person.name))
            .collect();
        replica.next_n = stored.next_n.max(1);
        if let Some(reason) = stored.ended {
            replica.sync = Sync::Ended(reason);
        }
        replica
    }

    pub(crate) fn restore_pending(&mut self, stored: StoredPending) {
        self.next_n = self.next_n.max(after(stored.n));
        let at = self.pending.partition_point(|other| other.n < stored.n);
        self.pending.insert(
            at,
            Pending {
                n: stored.n,
                op: stored.op,
                storing: None,
                sent: false,
                // It may have been: whether was not written down.
                ever_sent: true,
                accepted: stored.accepted,
                made: stored.made,
            },
        );
        self.see_anew();
    }

    /// The person is this member from now on, also of what waits.
    pub(crate) fn becomes(&mut self, you: MemberId) {
        self.you = you;
        self.see_anew();
    }

    pub(crate) fn restore_kept(&mut self, stored: StoredKept) {
        self.kept.insert(stored);
    }

    /// The keys of everything that is stored beside the replica.
    pub(crate) fn keys(&self) -> impl Iterator<Item = String> {
        let waiting = self
            .pending
            .iter()
            .map(|pending| outbox_key(self.space, pending.n));
        waiting.chain(self.kept.numbers().map(|n| kept_key(self.space, n)))
    }

    /// The state as this person sees it: what is confirmed, and the own ops on top.
    pub(crate) fn seen(&self) -> &SpaceState {
        &self.seen
    }

    /// Rises whenever what this person sees may be something else.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    pub(crate) fn pending(&self) -> impl Iterator<Item = &Pending> {
        self.pending.iter()
    }

    pub(crate) fn unsent(&self) -> usize {
        self.pending
            .iter()
            .filter(|pending| pending.accepted.is_none())
            .count()
    }

    fn see_anew(&mut self) {
        self.changes += 1;
        self.seen = self.confirmed.clone();
        for pending in &self.pending {
            self.seen
                .apply_provisionally(&pending.op, self.you, self.device, pending.made);
        }
    }

    /// Takes an own op: it is seen at once. The writes are to be committed under this number; only then it
    /// is sent.
    pub(crate) fn push(&mut self, now: Millis, op: Op, batch: u64, writes: &mut Vec<Write>) {
        self.changes += 1;
        self.seen.apply_provisionally(&op, self.you, self.device, now);
        let space = self.space;
        if let Some(waiting) = self.merge_into_waiting(&op) {
            waiting.storing = Some(batch);
            writes.push(put_pending(space, waiting));
            return;
        }
        let pending = Pending {
            n: self.next_n,
            op,
            storing: Some(batch),
            sent: false,
            ever_sent: false,
            accepted: None,
            made: now,
        };
        self.next_n = after(self.next_n);
        writes.push(put_pending(self.space, &pending));
        self.pending.push_back(pending);
    }

    /// An update of a tab whose last waiting op is an update too replaces it: what nobody saw need not be
    /// sent.
    fn merge_into_waiting(&mut self, op: &Op) -> Option<&mut Pending> {
        let Op::TabUpdated {
            tab,
            url,
            title,
            favicon,
            pinned,
        } = op
        else {
            return None;
        };
        let last = self
            .pending
            .iter_mut()
            .rev()
            .find(|pending| names_tab(&pending.op) == Some(*tab))?;
        if last.ever_sent {
            return None;
        }
        let Op::TabUpdated {
            url: old_url,
            title: old_title,
            favicon: old_favicon,
            pinned: old_pinned,
            ..
        } = &mut last.op
        else {
            return None;
        };
        if url.is_some() {
            old_url.clone_from(url);
            old_favicon.clone_from(favicon);
        }
        if title.is_some() {
            old_title.clone_from(title);
        }
        if favicon.is_some() {
            old_favicon.clone_from(favicon);
        }
        *old_pinned = pinned.or(*old_pinned);
        Some(last)
    }

    pub(crate) fn connection_lost(&mut self) {
        if !matches!(self.sync, Sync::Ended(_)) {
            self.sync = Sync::Away;
        }
        self.hold_until = None;
        for pending in &mut self.pending {
            pending.sent = false;
        }
    }

    /// The relay answered a subscription: everything that waits is offered again, and what was decided
    /// already gets its first answer again.
    pub(crate) fn resumed(&mut self, now: Millis, last_n: u64, batch: u64, writes: &mut Vec<Write>) {
        self.sync = Sync::Live;
        self.ask_whole = false;
        self.kept.prune(now, writes);
        for pending in &mut self.pending {
            pending.sent = false;
        }
        self.close_gap(last_n, batch, writes);
    }

    /// Ops behind a gap that the relay never heard of take the numbers after those that it decided.
    pub(crate) fn close_gap(&mut self, last_n: u64, batch: u64, writes: &mut Vec<Write>) {
        self.next_n = self.next_n.max(after(last_n));
        let next = self.pending.iter().find(|pending| pending.n > last_n);
        if next.is_some_and(|next| next.n > after(last_n)) {
            self.renumber_after(last_n, batch, writes);
        }
    }

    /// Ops that the relay never decided take the numbers after those that it did. They are on disk under them
    /// before they are sent: one that was sent under a number that is forgotten would be sent twice.
    fn renumber_after(&mut self, last_n: u64, batch: u64, writes: &mut Vec<Write>) {
        let undecided = |pending: &&mut Pending| pending.n > last_n;
        self.next_n = after(last_n);
        for pending in self.pending.iter_mut().filter(undecided) {
            writes.push(Write::Delete(outbox_key(self.space, pending.n)));
        }
        for pending in self.pending.iter_mut().filter(undecided) {
            pending.n = self.next_n;
            pending.sent = false;
            pending.storing = Some(batch);
            self.next_n = after(self.next_n);
            writes.push(put_pending(self.space, pending));
        }
    }

    /// Begins with what this device has just shared, which is no event yet: the head stays at nothing, so that
    /// the relay sends all of it.
    pub(crate) fn adopt(&mut self, created: &protocol::op::Created) {
        self.confirmed.apply_provisionally(
            &Op::SpaceCreated(created.clone()),
            self.you,
            self.device,
            Millis(0),
        );
        self.see_anew();
    }

    /// Takes the relay's state. One of another epoch is that of a relay that was restored from a backup: own ops
    /// that its log lacks are offered again. `hosts` says which streams this device hosts.
    pub(crate) fn replace(
        &mut self,
        now: Millis,
        snapshot: Snapshot,
        hosts: &dyn Fn(StreamId) -> bool,
        batch: u64,
        writes: &mut Vec<Write>,
    ) {
        let restored = self.epoch.is_some_and(|epoch| epoch != snapshot.epoch);
        self.epoch = Some(snapshot.epoch);
        self.confirmed = snapshot.state;
        self.confirmed.mend();
        if restored {
            self.offer_again(snapshot.last_n, hosts, batch, writes);
        } else {
            let head = self.confirmed.head;
            self.keep(now, writes, |pending| {
                pending.accepted.is_some_and(|seq| seq <= head)
            });
        }
        self.forget_deleted(writes);
        self.see_anew();
    }

    /// The log begins anew after this number of this device: what was acknowledged above it waits again, in its
    /// old order, before what waited already.
    fn offer_again(
        &mut self,
        last_n: u64,
        hosts: &dyn Fn(StreamId) -> bool,
        batch: u64,
        writes: &mut Vec<Write>,
    ) {
        for pending in &mut self.pending {
            // It was the place in another log.
            pending.accepted = None;
            pending.sent = false;
        }
        let state = &self.confirmed;
        // Of what is past there is nothing to say to others, and the person need not read that it was refused.
        let means_something = |op: &Op| match op {
            Op::StreamStarted { stream, .. } => hosts(*stream),
            Op::StreamEnded { stream, .. } => state.streams.contains_key(stream),
            Op::MessageDeleted { message } => state.message(*message).is_some(),
            _ => true,
        };
        let lacking = self.kept.take_after(last_n, writes);
        let lacking = lacking.into_iter().filter(|kept| means_something(&kept.op));
        self.pending.extend(lacking.map(|kept| Pending {
            n: kept.n,
            op: kept.op,
            storing: None,
            sent: false,
            ever_sent: true,
            accepted: None,
            made: kept.made,
        }));
        self.pending.make_contiguous().sort_by_key(|pending| pending.n);
        self.renumber_after(last_n, batch, writes);
    }

    fn forget_deleted(&mut self, writes: &mut Vec<Write>) {
        let state = &self.confirmed;
        self.kept.forget_messages(
            |id| state.message(id).is_some_and(|message| message.deleted),
            writes,
        );
    }

    /// Folds events in. `false`: one is missing in between, and the space has to be asked for again.
    pub(crate) fn fold(&mut self, now: Millis, events: &[Event], writes: &mut Vec<Write>) -> bool {
        let mut whole = true;
        for event in events {
            whole = self.confirmed.apply(event);
            if !whole {
                break;
            }
            if let Some(name) = event.envelope.author.op.filter(|name| name.device == self.device) {
                self.keep(now, writes, |pending| pending.n == name.n);
            }
            if let Payload::Op(Op::MessageDeleted { message }) = event.payload {
                self.kept.forget_messages(|id| id == message, writes);
            }
        }
        let head = self.confirmed.head;
        self.keep(now, writes, |pending| {
            pending.accepted.is_some_and(|seq| seq <= head)
        });
        self.see_anew();
        whole
    }

    pub(crate) fn accepted(&mut self, now: Millis, n: u64, seq: Seq, writes: &mut Vec<Write>) {
        if seq <= self.confirmed.head {
            self.keep(now, writes, |pending| pending.n == n);
            self.forget_deleted(writes);
            self.see_anew();
        } else if let Some(pending) = self.pending.iter_mut().find(|pending| pending.n == n) {
            pending.accepted = Some(seq);
        }
    }

    /// The relay acknowledged an op over REST; its event comes with the next subscription.
    pub(crate) fn accepted_unseen(&mut self, now: Millis, n: u64, seq: Seq, writes: &mut Vec<Write>) {
        self.accepted(now, n, seq, writes);
        if let Some(pending) = self.pending.iter().find(|pending| pending.n == n) {
            writes.push(put_pending(self.space, pending));
        }
    }

    /// An op was refused. What was refused for good is taken back.
    pub(crate) fn refused(
        &mut self,
        now: Millis,
        n: u64,
        reason: Refusal,
        writes: &mut Vec<Write>,
    ) -> Refused {
        if reason.code == Code::OpGap || reason.code.is_transient() {
            let pause = reason
                .retry_after_ms
                .map_or(1_000, |ms| i64::try_from(ms).unwrap_or(LONGEST_PAUSE_MS))
                .clamp(100, LONGEST_PAUSE_MS);
            let until = now.plus(pause);
            let hold = match reason.retry_after_ms {
                Some(_) => &mut self.asked_until,
                None => &mut self.hold_until,
            };
            *hold = (*hold).max(Some(until));
            for pending in self.pending.iter_mut().filter(|pending| pending.n >= n) {
                pending.sent = false;
            }
            let first = self.pending.front().is_some_and(|first| first.n == n);
            return if first && reason.code == Code::OpGap {
                Refused::AskAnew
            } else {
                Refused::Later
            };
        }
        let Some(op) = self
            .pending
            .iter()
            .find(|pending| pending.n == n)
            .map(|pending| pending.op.clone())
        else {
            return Refused::Later;
        };
        self.settle(writes, |pending| pending.n == n);
        self.see_anew();
        Refused::Final(Box::new(op), reason)
    }

    /// Ops that stand in the state leave the outbox; they are kept for a while.
    fn keep(&mut self, now: Millis, writes: &mut Vec<Write>, done: impl Fn(&Pending) -> bool) {
        for Pending { n, op, made, .. } in self.settle(writes, done) {
            let seen = now;
            self.kept.keep(StoredKept { n, op, made, seen }, writes);
        }
    }

    /// Takes ops out of the outbox.
    fn settle(&mut self, writes: &mut Vec<Write>, done: impl Fn(&Pending) -> bool) -> Vec<Pending> {
        if !self.pending.iter().any(&done) {
            return Vec::new();
        }
        let (settled, rest): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(done);
        self.pending.extend(rest);
        for pending in &settled {
            writes.push(Write::Delete(outbox_key(self.space, pending.n)));
        }
        settled
    }

    /// When the relay is to be spoken to again.
    pub(crate) fn wake_at(&self) -> Option<Millis> {
        match self.sync {
            Sync::Paused(until) => Some(until),
            _ => self.hold_until.max(self.asked_until),
        }
    }
}

/// The number of the op after this one. No relay counts to the end, but one may say that it did, and so may a record.
const fn after(n: u64) -> u64 {
    n.saturating_add(1)
}

fn names_tab(op: &Op) -> Option<protocol::TabId> {
    match op {
        Op::TabAdded(new) => Some(new.tab),
        Op::TabUpdated { tab, .. } | Op::TabMoved { tab, .. } | Op::TabRemoved { tab } => Some(*tab),
        _ => None,
    }
}
