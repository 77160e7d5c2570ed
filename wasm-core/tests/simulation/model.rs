//! What a relay promises, in the simplest form.

use std::collections::BTreeMap;

use protocol::event::{Author, Envelope, Event, OpName, Payload};
use protocol::{Action, Code, DeviceId, Epoch, MemberId, Millis, Op, Refusal, Seq, SpaceState, authorise};

/// What the relay promises, in the simplest form.
pub(crate) struct Relay {
    pub(crate) database: Database,
    /// Copies of the database, the oldest first.
    pub(crate) backups: Vec<Database>,
    pub(crate) epoch: Epoch,
    /// It cannot reach its database: subscriptions are answered with this.
    pub(crate) trouble: Option<Refusal>,
    /// How many subscriptions it got.
    pub(crate) subscriptions: usize,
}

/// What a backup of the relay holds.
#[derive(Clone, Default)]
pub(crate) struct Database {
    pub(crate) log: Vec<Event>,
    pub(crate) state: SpaceState,
    pub(crate) answers: BTreeMap<(DeviceId, u64), (Op, Result<Seq, Code>)>,
    pub(crate) last_n: BTreeMap<DeviceId, u64>,
}

impl std::ops::Deref for Relay {
    type Target = Database;
    fn deref(&self) -> &Database {
        &self.database
    }
}

impl Relay {
    pub(crate) fn new() -> Self {
        Self {
            database: Database::default(),
            backups: Vec::new(),
            epoch: Epoch::from_bits(9),
            trouble: None,
            subscriptions: 0,
        }
    }

    pub(crate) fn back_up(&mut self) {
        self.backups.push(self.database.clone());
    }

    /// A backup, and no older one is left.
    pub(crate) fn back_up_only(&mut self) {
        self.backups.clear();
        self.back_up();
    }

    pub(crate) fn order(&mut self, now: Millis, author: Author, op: Op) -> Seq {
        self.database.order(now, author, op)
    }

    pub(crate) fn submit(
        &mut self,
        now: Millis,
        member: MemberId,
        device: DeviceId,
        n: u64,
        op: Op,
    ) -> Result<Seq, Code> {
        self.database.submit(now, member, device, n, op)
    }

    /// As [`Relay::submit`], by REST: numbers of another epoch say nothing here.
    pub(crate) fn submit_in(
        &mut self,
        epoch: Option<Epoch>,
        now: Millis,
        (member, device): (MemberId, DeviceId),
        n: u64,
        op: Op,
    ) -> Result<Seq, Code> {
        if epoch.is_some_and(|epoch| epoch != self.epoch) {
            return Err(Code::OpGap);
        }
        self.submit(now, member, device, n, op)
    }
}

impl Database {
    fn order(&mut self, now: Millis, author: Author, op: Op) -> Seq {
        let seq = self.state.head.next();
        let event = Event {
            envelope: Envelope {
                seq,
                author,
                time: now.max(self.state.time),
                class: op.class(),
            },
            payload: Payload::Op(op),
        };
        assert!(self.state.apply(&event));
        self.log.push(event);
        seq
    }

    fn submit(
        &mut self,
        now: Millis,
        member: MemberId,
        device: DeviceId,
        n: u64,
        op: Op,
    ) -> Result<Seq, Code> {
        if let Some((first, answer)) = self.answers.get(&(device, n)) {
            return if *first == op {
                *answer
            } else {
                Err(Code::OpConflict)
            };
        }
        let last = self.last_n.get(&device).copied().unwrap_or(0);
        if n != last + 1 {
            return Err(Code::OpGap);
        }
        let answer = op
            .check_shared()
            .and_then(|()| authorise(&self.state, member, &Action::Submit(&op)))
            .and_then(|()| self.is_new(&op))
            .map(|()| {
                self.order(
                    now,
                    Author {
                        member,
                        op: Some(OpName { device, n }),
                    },
                    op.clone(),
                )
            });
        self.answers.insert((device, n), (op, answer));
        self.last_n.insert(device, n);
        answer
    }

    /// A message is sent under a new id.
    fn is_new(&self, op: &Op) -> Result<(), Code> {
        let Op::MessageSent { message, .. } = op else {
            return Ok(());
        };
        let same = |event: &&Event| matches!(&event.payload, Payload::Op(Op::MessageSent { message: id, .. }) if id == message);
        match self.log.iter().find(same) {
            Some(_) => Err(Code::OpNotAllowed),
            None => Ok(()),
        }
    }

    /// How often an op of a device stands in the log.
    pub(crate) fn count(&self, device: DeviceId, op: &Op) -> usize {
        let of_device = |event: &&Event| event.envelope.author.op.is_some_and(|name| name.device == device);
        let is_it = |event: &&Event| matches!(&event.payload, Payload::Op(known) if known == op);
        self.log.iter().filter(of_device).filter(is_it).count()
    }
}
