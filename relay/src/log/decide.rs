//! Deciding: whether an op may be done, and which place it takes, inside a transaction that has locked the
//! space's row.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use protocol::event::OpName;
use protocol::frame::Person;
use protocol::rest::{Joined, OpAnswer};
use protocol::{
    Action, Author, Code, DeviceId, Envelope, Event, InviteId, MemberId, Millis, Op, Payload, Role, Seq,
    SpaceId, SpaceState, StreamId, authorise, limits, op,
};

use super::projection::{self, Touched};
use super::proposal::Proposal;
use super::rows::Rows;
use super::store::{self, Decided};
use crate::account::{self, PersonId};
use crate::clock::Random;
use crate::invite;
use crate::space::store::{self as members, Status};
use crate::store::{StoreError, Tx};

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

/// Devices whose last number is remembered for a space, so that a new op needs no query.
const DEVICES: usize = 1_024;

/// What a writer remembers of a space between its transactions.
#[derive(Debug)]
pub(super) struct Known {
    /// At the head.
    pub(super) state: Arc<SpaceState>,
    /// What the snapshot has folded, or will have soon.
    pub(super) snapshot: Seq,
    /// The number of the last op that was decided, of some devices.
    pub(super) last: HashMap<DeviceId, u64>,
}

/// A space whose row is locked, with what the transaction adds to it.
pub(super) struct Locked {
    pub(super) space: SpaceId,
    pub(super) known: Known,
    /// What was added, in order.
    pub(super) events: Vec<Event>,
    /// The names of those who joined.
    pub(super) people: Vec<Person>,
    /// What this transaction decided of ops, which no query finds yet.
    decided: BTreeMap<(DeviceId, u64), Decided>,
    touched: Touched,
    /// Name and number of streams as its row tells them.
    summary: (String, usize),
    now: Millis,
}

/// The transaction in which things are decided.
pub(super) struct Deciding<'a> {
    pub(super) tx: &'a mut Tx,
    /// What it writes at its end.
    pub(super) rows: &'a mut Rows,
    /// Whether ids of messages are looked up before: an earlier try found one taken.
    pub(super) careful: bool,
}

impl Locked {
    pub(super) fn new(space: SpaceId, known: Known, now: Millis) -> Self {
        // Time never runs back, whatever the machine's clock does.
        let now = now.max(known.state.time);
        let summary = (known.state.name.clone(), known.state.streams.len());
        Self {
            space,
            known,
            events: Vec::new(),
            people: Vec::new(),
            decided: BTreeMap::new(),
            touched: Touched::default(),
            summary,
            now,
        }
    }

    fn state(&self) -> &SpaceState {
        &self.known.state
    }

    /// Gives an op that was decided its place. `None` when it would reuse the id of an old message.
    async fn append(
        &mut self,
        at: &mut Deciding<'_>,
        op: Op,
        author: Author,
    ) -> Result<Option<Seq>, StoreError> {
        if let Op::MessageSent { message, .. } = &op
            && (at.rows.sends(self.space, *message)
                || at.careful && store::is_message(at.tx, self.space, *message).await?)
        {
            return Ok(None);
        }
        let seq = self.state().head.next();
        let envelope = Envelope {
            seq,
            author,
            time: self.now,
            class: op.class(),
        };
        projection::write_message(at.rows, self.space, &envelope, &op);
        self.touched.note(&self.known.state, &op, author.member);
        let event = Event {
            envelope,
            payload: Payload::Op(op),
        };
        at.rows.event(self.space, &event)?;
        Arc::make_mut(&mut self.known.state).apply(&event);
        self.events.push(event);
        Ok(Some(seq))
    }

    /// Notes what the events changed besides the log.
    pub(super) async fn write(&mut self, tx: &mut Tx, rows: &mut Rows) -> Result<(), StoreError> {
        if self.events.is_empty() {
            return Ok(());
        }
        let state = &self.known.state;
        rows.head(self.space, state.head);
        if state.deleted || (self.summary.0.as_str(), self.summary.1) != (&state.name, state.streams.len()) {
            store::update_summary(tx, self.space, state).await?;
        }
        if state.deleted {
            // What it held must not stand in an old snapshot.
            store::put_snapshot(tx, self.space, state).await?;
            self.known.snapshot = state.head;
        }
        std::mem::take(&mut self.touched)
            .write(tx, rows, self.space, state)
            .await
    }

    /// The ops of a device, in order.
    pub(super) async fn submit(
        &mut self,
        at: &mut Deciding<'_>,
        member: MemberId,
        device: DeviceId,
        ops: &[Proposal],
    ) -> Result<Vec<OpAnswer>, StoreError> {
        let Some(first) = ops.first().map(|op| op.n) else {
            return Ok(Vec::new());
        };
        let mut last = match self.known.last.get(&device) {
            Some(last) => *last,
            None => store::last_n(at.tx, self.space, device).await?,
        };
        // Only what comes again has to be looked up.
        let mut known = BTreeMap::new();
        if first <= last {
            let stored = store::list_decided(at.tx, self.space, device, first, ops.len()).await?;
            known.extend(stored);
            let here = (device, first)..=(device, last);
            known.extend(
                self.decided
                    .range(here)
                    .map(|((_, n), decided)| (*n, decided.clone())),
            );
        }
        let removed = self.state().role_of(member).is_none()
            && !self.state().deleted
            && self.status_of(at.tx, member).await? == Status::Removed;
        let mut answers = Vec::with_capacity(ops.len());
        for (place, proposal) in (0_u64..).zip(ops) {
            let n = proposal.n;
            let answer = if n == 0 || n < first || n > first.saturating_add(place) {
                Err(Code::OpGap)
            } else if let Some(decided) = known.get(&n) {
                decided.again(&proposal.hash)
            } else if self.state().deleted {
                // No op will be decided here any more, so nobody needs to remember this one.
                Err(Code::SpaceDeleted)
            } else if removed {
                Err(Code::Removed)
            } else if n != last + 1 {
                Err(Code::OpGap)
            } else {
                let name = OpName { device, n };
                let decided = Decided {
                    hash: proposal.hash.clone(),
                    answer: self.decide(at, member, name, &proposal.op).await?,
                };
                at.rows.decided(self.space, name, &decided);
                let answer = decided.answer;
                last = n;
                // Within one request the same number may come twice.
                known.insert(n, decided.clone());
                self.decided.insert((device, n), decided);
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
        if self.known.last.len() >= DEVICES {
            self.known.last.clear();
        }
        self.known.last.insert(device, last);
        Ok(answers)
    }

    async fn decide(
        &mut self,
        at: &mut Deciding<'_>,
        member: MemberId,
        name: OpName,
        op: &Result<Op, Code>,
    ) -> Result<Result<Seq, Code>, StoreError> {
        let permitted = op.as_ref().map_err(|code| *code).and_then(|op| {
            op.check_shared()?;
            authorise(self.state(), member, &Action::Submit(op))?;
            Ok(op)
        });
        match permitted {
            Ok(op) => {
                let seq = self
                    .append(
                        at,
                        op.clone(),
                        Author {
                            member,
                            op: Some(name),
                        },
                    )
                    .await?;
                Ok(seq.ok_or(Code::OpNotAllowed))
            }
            Err(Code::NotAMember) => Ok(Err(self.status_of(at.tx, member).await?.refusal())),
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
        at: &mut Deciding<'_>,
        person: PersonId,
        invite: InviteId,
        random: &Random,
    ) -> Result<Joined, Stop> {
        if self.state().deleted {
            return Err(Code::SpaceDeleted.into());
        }
        let before = members::find_member(at.tx, self.space, person).await?;
        if let Some(before) = before {
            if let Some(role) = self.state().role_of(before.member) {
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
        let invite = invite::store::find(at.tx, invite)
            .await?
            .ok_or(Code::NoSuchInvite)?;
        invite.check(self.state(), self.now)?;
        if self.state().read_only {
            return Err(Code::ReadOnly.into());
        }
        if self.state().members.len() >= limits::MEMBERS {
            return Err(Code::SpaceFull.into());
        }
        // Nothing is written before the last reason to refuse: the rest of the batch goes on.
        if !invite::store::count_use(at.tx, invite.id).await? {
            return Err(Code::InviteRevoked.into());
        }
        let name = account::store::get_name(at.tx, person).await?;
        let member = match before {
            Some(before) => before.member,
            None => self.insert_member(at.tx, person, invite.role, random).await?,
        };
        let op = Op::MemberJoined {
            member,
            role: invite.role,
        };
        self.append(at, op, Author { member, op: None }).await?;
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
        members::insert_member(tx, self.space, person, member, role, self.state().head.next()).await?;
        Ok(member)
    }

    /// The first event of a log that was just begun.
    pub(super) async fn begin(
        &mut self,
        at: &mut Deciding<'_>,
        person: PersonId,
        created: &op::Created,
        random: &Random,
    ) -> Result<Joined, Stop> {
        let name = account::store::get_name(at.tx, person).await?;
        let member = self.insert_member(at.tx, person, Role::Owner, random).await?;
        self.append(at, Op::SpaceCreated(created.clone()), Author { member, op: None })
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
        let stored = store::list_events(tx, self.space, Seq(0), 1).await?;
        // Perhaps it began in this very transaction.
        let first = stored.first().or(self.events.first());
        let same = first.is_some_and(|event| match &event.payload {
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
        authorise(self.state(), member, &Action::See)?;
        let role = self.state().role_of(member).ok_or(Code::NotAMember)?;
        Ok(Joined {
            space: self.space,
            member,
            role,
        })
    }

    /// The relay ends a stream whose host is gone.
    pub(super) async fn end_stream(&mut self, at: &mut Deciding<'_>, stream: StreamId) -> Result<(), Stop> {
        let by = self.state().streams.get(&stream).ok_or(Code::NoSuchThing)?.by;
        let op = Op::StreamEnded {
            stream,
            reason: op::StreamEnd::HostGone,
        };
        self.append(at, op, Author { member: by, op: None }).await?;
        Ok(())
    }
}
