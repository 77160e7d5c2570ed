//! Deciding: whether an op may be done, and which place it takes, inside a transaction that has locked the
//! space's row.

use std::collections::BTreeMap;

use protocol::event::OpName;
use protocol::frame::Person;
use protocol::rest::{Joined, OpAnswer};
use protocol::{
    Action, Author, Code, DeviceId, Envelope, Event, InviteId, MemberId, Millis, Op, Payload, Role, Seq,
    SpaceId, SpaceState, StreamId, authorise, limits, op,
};

use super::projection::{self, Touched};
use super::proposal::Proposal;
use super::store::{self, Decided};
use crate::account::{self, PersonId};
use crate::clock::Random;
use crate::invite;
use crate::space::store::{self as members, Status};
use crate::store::{StoreError, Tx};

/// A snapshot is written when this many events lie behind the last one: opening a space folds at most so
/// many, and an op does not pay for writing the whole state.
const SNAPSHOT_EVERY: u64 = 64;

/// A refusal on the way to a decision, or a failure of the store, which undoes the transaction.
pub(super) enum Stop {
    /// Nothing was written for this request.
    Refused(Code),
    /// The transaction is lost.
    Store(StoreError),
}

impl From<Code> for Stop {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A space whose row is locked, with what the transaction adds to it.
pub(super) struct Locked {
    pub(super) space: SpaceId,
    pub(super) state: SpaceState,
    pub(super) snapshot: Seq,
    /// What was added, in order.
    pub(super) events: Vec<Event>,
    /// The names of those who joined.
    pub(super) people: Vec<Person>,
    touched: Touched,
    now: Millis,
}

impl Locked {
    pub(super) fn new(space: SpaceId, state: SpaceState, snapshot: Seq, now: Millis) -> Self {
        // Time never runs back, whatever the machine's clock does.
        let now = now.max(state.time);
        Self {
            space,
            state,
            snapshot,
            events: Vec::new(),
            people: Vec::new(),
            touched: Touched::default(),
            now,
        }
    }

    /// Gives an op that was decided its place. `None` when it would reuse the id of an old message.
    async fn append(&mut self, tx: &mut Tx, op: Op, author: Author) -> Result<Option<Seq>, StoreError> {
        let seq = self.state.head.next();
        let envelope = Envelope {
            seq,
            author,
            time: self.now,
            class: op.class(),
        };
        if !projection::write_message(tx, self.space, &envelope, &op).await? {
            return Ok(None);
        }
        self.touched.note(&self.state, &op, author.member);
        let event = Event {
            envelope,
            payload: Payload::Op(op),
        };
        store::insert_event(tx, self.space, &event).await?;
        self.state.apply(&event);
        self.events.push(event);
        Ok(Some(seq))
    }

    /// Writes what the events changed besides the log.
    pub(super) async fn write(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.events.is_empty() {
            return Ok(());
        }
        store::update_head(tx, self.space, &self.state).await?;
        if self.state.head.0.saturating_sub(self.snapshot.0) >= SNAPSHOT_EVERY || self.state.deleted {
            store::update_snapshot(tx, self.space, &self.state).await?;
            self.snapshot = self.state.head;
        }
        std::mem::take(&mut self.touched)
            .write(tx, self.space, &self.state)
            .await
    }

    /// The ops of a device, in order.
    pub(super) async fn submit(
        &mut self,
        tx: &mut Tx,
        member: MemberId,
        device: DeviceId,
        ops: &[Proposal],
    ) -> Result<Vec<OpAnswer>, StoreError> {
        let Some(first) = ops.first().map(|op| op.n) else {
            return Ok(Vec::new());
        };
        let known =
            store::list_decided(tx, self.space, device, first.saturating_sub(1), ops.len() + 1).await?;
        let mut known: BTreeMap<u64, Decided> = known.into_iter().collect();
        let removed = self.state.role_of(member).is_none()
            && !self.state.deleted
            && self.status_of(tx, member).await? == Status::Removed;
        let mut answers = Vec::with_capacity(ops.len());
        for (at, proposal) in (0_u64..).zip(ops) {
            let n = proposal.n;
            let answer = if n == 0 || n < first || n > first.saturating_add(at) {
                Err(Code::OpGap)
            } else if let Some(decided) = known.get(&n) {
                decided.again(&proposal.hash)
            } else if self.state.deleted {
                // No op will be decided here any more, so nobody needs to remember this one.
                Err(Code::SpaceDeleted)
            } else if removed {
                Err(Code::Removed)
            } else if n > 1 && !known.contains_key(&(n - 1)) {
                Err(Code::OpGap)
            } else {
                let name = OpName { device, n };
                let decided = Decided {
                    hash: proposal.hash.clone(),
                    answer: self.decide(tx, member, name, &proposal.op).await?,
                };
                store::insert_decided(tx, self.space, name, &decided).await?;
                let answer = decided.answer;
                known.insert(n, decided);
                answer
            };
            answers.push(OpAnswer {
                n,
                seq: answer.ok(),
                refused: answer.err().map(Into::into),
            });
            if answer == Err(Code::OpGap) {
                break;
            }
        }
        Ok(answers)
    }

    async fn decide(
        &mut self,
        tx: &mut Tx,
        member: MemberId,
        name: OpName,
        op: &Result<Op, Code>,
    ) -> Result<Result<Seq, Code>, StoreError> {
        let permitted = op.as_ref().map_err(|code| *code).and_then(|op| {
            op.check_shared()?;
            authorise(&self.state, member, &Action::Submit(op))?;
            Ok(op)
        });
        match permitted {
            Ok(op) => {
                let seq = self
                    .append(
                        tx,
                        op.clone(),
                        Author {
                            member,
                            op: Some(name),
                        },
                    )
                    .await?;
                Ok(seq.ok_or(Code::OpNotAllowed))
            }
            Err(Code::NotAMember) => Ok(Err(self.status_of(tx, member).await?.refusal())),
            Err(code) => Ok(Err(code)),
        }
    }

    /// What became of somebody who is not a member. The rows do not say yet what this transaction decided.
    async fn status_of(&self, tx: &mut Tx, member: MemberId) -> Result<Status, StoreError> {
        match self.touched.status(member) {
            Some(status) => Ok(status),
            None => members::find_status(tx, self.space, member).await,
        }
    }

    /// Somebody comes by an invite.
    pub(super) async fn join(
        &mut self,
        tx: &mut Tx,
        person: PersonId,
        invite: InviteId,
        random: &Random,
    ) -> Result<Joined, Stop> {
        if self.state.deleted {
            return Err(Code::SpaceDeleted.into());
        }
        let before = members::find_member(tx, self.space, person).await?;
        if let Some(before) = before {
            if let Some(role) = self.state.role_of(before.member) {
                return Ok(Joined {
                    space: self.space,
                    member: before.member,
                    role,
                });
            }
            if self.touched.status(before.member).unwrap_or(before.status) == Status::Removed {
                return Err(Code::Removed.into());
            }
        }
        let invite = invite::store::find(tx, invite).await?.ok_or(Code::NoSuchInvite)?;
        invite.check(&self.state, self.now)?;
        if self.state.read_only {
            return Err(Code::ReadOnly.into());
        }
        if self.state.members.len() >= limits::MEMBERS {
            return Err(Code::SpaceFull.into());
        }
        // Nothing is written before the last reason to refuse: the rest of the batch goes on.
        if !invite::store::count_use(tx, invite.id).await? {
            return Err(Code::InviteRevoked.into());
        }
        let name = account::store::get_name(tx, person).await?;
        let member = match before {
            Some(before) => before.member,
            None => self.insert_member(tx, person, invite.role, random).await?,
        };
        let op = Op::MemberJoined {
            member,
            role: invite.role,
        };
        self.append(tx, op, Author { member, op: None }).await?;
        self.people.push(Person { member, name });
        Ok(Joined {
            space: self.space,
            member,
            role: invite.role,
        })
    }

    async fn insert_member(
        &self,
        tx: &mut Tx,
        person: PersonId,
        role: Role,
        random: &Random,
    ) -> Result<MemberId, StoreError> {
        let member = MemberId::from_bits(random.id_bits());
        members::insert_member(tx, self.space, person, member, role, self.state.head.next()).await?;
        Ok(member)
    }

    /// The first event of a log that was just begun.
    pub(super) async fn begin(
        &mut self,
        tx: &mut Tx,
        person: PersonId,
        created: &op::Created,
        random: &Random,
    ) -> Result<Joined, Stop> {
        let name = account::store::get_name(tx, person).await?;
        let member = self.insert_member(tx, person, Role::Owner, random).await?;
        self.append(tx, Op::SpaceCreated(created.clone()), Author { member, op: None })
            .await?;
        self.people.push(Person { member, name });
        Ok(Joined {
            space: self.space,
            member,
            role: Role::Owner,
        })
    }

    /// The same space begun again: the first answer, or a conflict.
    pub(super) async fn begin_again(
        &mut self,
        tx: &mut Tx,
        person: PersonId,
        created: &op::Created,
    ) -> Result<Joined, Stop> {
        let first = store::list_events(tx, self.space, Seq(0), 1).await?;
        let same = first.first().is_some_and(|event| match &event.payload {
            Payload::Op(Op::SpaceCreated(before)) => before == created,
            _ => false,
        });
        let creator = store::find_creator(tx, self.space).await?;
        if creator != Some(person) || !same {
            return Err(Code::OpConflict.into());
        }
        let member = members::find_member(tx, self.space, person)
            .await?
            .ok_or(Code::NotAMember)?
            .member;
        authorise(&self.state, member, &Action::See)?;
        let role = self.state.role_of(member).ok_or(Code::NotAMember)?;
        Ok(Joined {
            space: self.space,
            member,
            role,
        })
    }

    /// The relay ends a stream whose host is gone.
    pub(super) async fn end_stream(&mut self, tx: &mut Tx, stream: StreamId) -> Result<(), Stop> {
        let by = self.state.streams.get(&stream).ok_or(Code::NoSuchThing)?.by;
        let op = Op::StreamEnded {
            stream,
            reason: op::StreamEnd::HostGone,
        };
        self.append(tx, op, Author { member: by, op: None }).await?;
        Ok(())
    }
}
