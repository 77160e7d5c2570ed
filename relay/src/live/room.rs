//! A live space: its state, who is in it, and who hears what. A plain value without IO or clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocol::frame::{Person, Present};
use protocol::signal::Presence;
use protocol::{
    Action, Code, DeviceId, Epoch, Event, MemberId, Op, Payload, Seq, ServerFrame, Signal, SpaceId,
    SpaceState, StreamId, authorise,
};
use tokio::time::Instant;

use self::catch_up::{CatchUp, Missed, Read, Unread};
use super::outbox::Kind;

pub(crate) mod catch_up;

/// How long a room waits, for each who is in it, before it tells again of who came and went: in a crowd that
/// comes all at once, everyone would hear of everyone else by itself.
const PAUSE_EACH: Duration = Duration::from_millis(5);
/// It waits no longer than this.
const PAUSE: Duration = Duration::from_millis(500);

/// What is to be sent. `L` is the way to a connection.
#[derive(Debug)]
pub(crate) enum Effect<L> {
    /// To everyone in the room, but perhaps one.
    All {
        /// Who does not get it.
        but: Option<DeviceId>,
        /// What.
        frame: ServerFrame,
        /// How it queues.
        kind: Kind,
    },
    /// To everyone in the room, one after the other and at once.
    Together(Vec<(ServerFrame, Kind)>),
    /// To one connection.
    One {
        /// Which.
        line: L,
        /// What.
        frame: ServerFrame,
        /// How it queues.
        kind: Kind,
    },
}

/// A connection's wish to be in the room.
#[derive(Debug, Clone)]
pub(crate) struct Ask<L> {
    /// The connection's number.
    pub(crate) connection: u64,
    /// The way to it.
    pub(crate) line: L,
    /// Whose it is in this space.
    pub(crate) member: MemberId,
    /// From which device.
    pub(crate) device: DeviceId,
    /// The epoch of what it has.
    pub(crate) epoch: Option<Epoch>,
    /// The last event it has.
    pub(crate) since: Seq,
    /// The number of its last op that was decided.
    pub(crate) last_n: u64,
    /// The head of the log when `last_n` was read: a room that is behind it might not show that op.
    pub(crate) head: Seq,
    /// Events after `since` that were read from the log because the room said they are needed.
    pub(crate) read: Read,
}

/// What came of an [`Ask`].
#[derive(Debug)]
pub(crate) enum Asked<L> {
    /// It is in.
    In(Vec<Effect<L>>),
    /// The room has not heard of the ask's head yet.
    Behind,
    /// These events have to be read from the log first.
    Needs(Unread),
    /// A newer connection of its device is in.
    Replaced,
    /// It may not.
    Refused(Code),
}

#[derive(Debug)]
struct Seat {
    connection: u64,
    /// Where its line is in the room's.
    place: usize,
    member: MemberId,
    presence: Presence,
}

impl Seat {
    fn present(&self, device: DeviceId) -> Present {
        Present {
            member: self.member,
            device,
            presence: self.presence.clone(),
        }
    }
}

/// A live space.
#[derive(Debug)]
pub(crate) struct Room<L = std::sync::Arc<super::outbox::Outbox>> {
    space: SpaceId,
    epoch: Epoch,
    state: SpaceState,
    /// Names of everyone who ever was a member.
    people: BTreeMap<MemberId, String>,
    seats: BTreeMap<DeviceId, Seat>,
    /// The ways to everyone who is here, side by side: each of them is taken for each event.
    lines: Vec<(DeviceId, L)>,
    catch_up: CatchUp,
    /// Devices that came or went and of which the others have not heard yet.
    news: BTreeSet<DeviceId>,
    /// Before this the room tells of no more of them.
    silent_until: Option<Instant>,
    /// Streams whose host's device is not in the room, and since when.
    absent: BTreeMap<StreamId, Instant>,
    /// The hub has let go of this room; another may have taken its place.
    pub(super) closed: bool,
}

impl<L: Clone> Room<L> {
    /// The room of a space in this state, empty.
    pub(crate) fn new(space: SpaceId, epoch: Epoch, state: SpaceState, people: Vec<Person>) -> Self {
        Self {
            space,
            epoch,
            state,
            people: people
                .into_iter()
                .map(|person| (person.member, person.name))
                .collect(),
            seats: BTreeMap::new(),
            lines: Vec::new(),
            catch_up: CatchUp::default(),
            news: BTreeSet::new(),
            silent_until: None,
            absent: BTreeMap::new(),
            closed: false,
        }
    }

    /// The last event that the room knows.
    pub(crate) fn head(&self) -> Seq {
        self.state.head
    }

    /// Nobody is here and nothing has to be watched.
    pub(crate) fn is_idle(&self) -> bool {
        self.seats.is_empty() && self.state.streams.is_empty()
    }

    /// The ways to everyone who is here, with their devices.
    pub(crate) fn lines(&self) -> &[(DeviceId, L)] {
        &self.lines
    }

    /// Takes a seat away; gives back its line with it.
    fn unseat(&mut self, device: DeviceId) -> Option<(Seat, L)> {
        let seat = self.seats.remove(&device)?;
        let (_, line) = self.lines.swap_remove(seat.place);
        if let Some((moved, _)) = self.lines.get(seat.place)
            && let Some(moved) = self.seats.get_mut(moved)
        {
            moved.place = seat.place;
        }
        Some((seat, line))
    }

    fn line_of(&self, seat: &Seat) -> L {
        self.lines[seat.place].1.clone()
    }

    /// Seats a connection and tells it what it lacks.
    pub(crate) fn ask(&mut self, ask: Ask<L>, now: Instant) -> Asked<L> {
        let newer = |seat: &Seat| seat.connection > ask.connection;
        if self.seats.get(&ask.device).is_some_and(newer) {
            return Asked::Replaced;
        }
        if self.state.head < ask.head {
            return Asked::Behind;
        }
        if let Err(code) = authorise(&self.state, ask.member, &Action::See) {
            return Asked::Refused(code);
        }
        let first = match self.first_frame(&ask) {
            Ok(frame) => frame,
            Err(needs) => return Asked::Needs(needs),
        };
        let Ask {
            connection,
            line,
            member,
            device,
            ..
        } = ask;
        let before = self.unseat(device);
        let was_here = before.is_some();
        let presence = before.map(|(seat, _)| seat.presence).unwrap_or_default();
        self.seats.insert(
            device,
            Seat {
                connection,
                place: self.lines.len(),
                member,
                presence,
            },
        );
        self.lines.push((device, line.clone()));
        self.note_absent(now);
        let listed = ServerFrame::PresenceListed {
            space: self.space,
            present: self.present(),
        };
        let mut effects = vec![
            Effect::One {
                line: line.clone(),
                frame: first,
                kind: Kind::Snapshot,
            },
            Effect::One {
                line,
                frame: listed,
                kind: Kind::Event,
            },
        ];
        if !was_here {
            effects.extend(self.came_or_went(device, now));
        }
        Asked::In(effects)
    }

    /// What a connection lacks: events, or a snapshot when that is less. `Err` names events that have to be read
    /// first.
    fn first_frame(&mut self, ask: &Ask<L>) -> Result<ServerFrame, Unread> {
        let (space, epoch, you, last_n) = (self.space, self.epoch, ask.member, ask.last_n);
        let granted = self
            .state
            .members
            .get(&ask.member)
            .is_some_and(|member| ask.since.next() >= member.since);
        let has_some = ask.since > Seq::default() && ask.since <= self.state.head;
        let missed = if ask.epoch == Some(epoch) && has_some && granted {
            self.catch_up.missed(&self.state, ask.since, &ask.read)
        } else {
            Missed::Much
        };
        match missed {
            Missed::Unread(unread) => Err(unread),
            Missed::Events(events) => Ok(ServerFrame::Resumed {
                space,
                epoch,
                you,
                last_n,
                events,
                people: self.names(),
            }),
            Missed::Much => Ok(ServerFrame::Snapshot {
                space,
                epoch,
                you,
                last_n,
                state: Box::new(self.state.clone()),
                people: self.names(),
            }),
        }
    }

    /// Names of the members and of the authors of recent messages.
    fn names(&self) -> Vec<Person> {
        let shown = |id: &MemberId| {
            self.state.members.contains_key(id) || self.state.messages.iter().any(|message| message.by == *id)
        };
        let person = |(member, name): (&MemberId, &String)| Person {
            member: *member,
            name: name.clone(),
        };
        self.people
            .iter()
            .filter(|(id, _)| shown(id))
            .map(person)
            .collect()
    }

    fn present(&self) -> Vec<Present> {
        let present = |(device, seat): (&DeviceId, &Seat)| seat.present(*device);
        self.seats.iter().map(present).collect()
    }

    /// Has the others hear that a device is here or is not: now, or with the next that [`Room::tell_if_due`] tells.
    fn came_or_went(&mut self, device: DeviceId, now: Instant) -> Option<Effect<L>> {
        self.news.insert(device);
        self.tell_if_due(now)
    }

    /// Whether there is something to [`tell`](Room::tell_if_due), now or later.
    pub(crate) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// Tells everyone who came and who went since the last time, unless that was a moment ago. A device hears of
    /// itself too.
    pub(crate) fn tell_if_due(&mut self, now: Instant) -> Option<Effect<L>> {
        let due = self.silent_until.is_none_or(|until| until <= now);
        if due { self.tell(now) } else { None }
    }

    fn tell(&mut self, now: Instant) -> Option<Effect<L>> {
        if self.news.is_empty() {
            return None;
        }
        let pause = PAUSE_EACH.saturating_mul(u32::try_from(self.lines.len()).unwrap_or(u32::MAX));
        self.silent_until = Some(now + pause.min(PAUSE));
        let news = std::mem::take(&mut self.news);
        let frames = news.into_iter().map(|device| self.how_present(device));
        Some(Effect::Together(frames.collect()))
    }

    fn how_present(&self, device: DeviceId) -> (ServerFrame, Kind) {
        let space = self.space;
        let frame = match self.seats.get(&device) {
            Some(seat) => ServerFrame::PresenceChanged {
                space,
                present: seat.present(device),
            },
            None => ServerFrame::PresenceGone { space, device },
        };
        (frame, Kind::Presence(space, device))
    }

    /// Tells a connection anew who is here.
    pub(crate) fn list(&self, device: DeviceId, connection: u64) -> Vec<Effect<L>> {
        let own = |seat: &&Seat| seat.connection == connection;
        let Some(seat) = self.seats.get(&device).filter(own) else {
            return Vec::new();
        };
        let frame = ServerFrame::PresenceListed {
            space: self.space,
            present: self.present(),
        };
        vec![Effect::One {
            line: self.line_of(seat),
            frame,
            kind: Kind::Snapshot,
        }]
    }

    /// What was committed. Events that the room knows are passed over; `None` when there is a gap before
    /// these. The caller performs the effects, then those of [`Room::dismiss`].
    pub(crate) fn publish(
        &mut self,
        events: &[Event],
        people: &[Person],
        now: Instant,
    ) -> Option<Vec<Effect<L>>> {
        let new: Vec<Event> = events
            .iter()
            .filter(|event| event.envelope.seq > self.state.head)
            .cloned()
            .collect();
        let Some(first) = new.first() else {
            return Some(Vec::new());
        };
        if first.envelope.seq != self.state.head.next() {
            return None;
        }
        for event in &new {
            self.state.apply(event);
            self.catch_up.push(event.clone());
        }
        let joined = |person: &&Person| {
            new.iter().any(|event| {
                matches!(&event.payload, Payload::Op(Op::MemberJoined { member, .. }) if *member == person.member)
            })
        };
        let people: Vec<Person> = people.iter().filter(joined).cloned().collect();
        self.people
            .extend(people.iter().map(|person| (person.member, person.name.clone())));
        self.note_absent(now);
        let frame = ServerFrame::Events {
            space: self.space,
            events: new,
            people,
        };
        Some(vec![Effect::All {
            but: None,
            frame,
            kind: Kind::Event,
        }])
    }

    /// Unseats those who lost the space with the last event.
    pub(crate) fn dismiss(&mut self, now: Instant) -> Vec<Effect<L>> {
        let state = &self.state;
        let lost: Vec<DeviceId> = self
            .seats
            .iter()
            .filter(|(_, seat)| authorise(state, seat.member, &Action::See).is_err())
            .map(|(device, _)| *device)
            .collect();
        let mut effects = Vec::new();
        for device in lost {
            let Some((seat, line)) = self.unseat(device) else {
                continue;
            };
            let frame = ServerFrame::Closed {
                space: self.space,
                reason: self.why_lost(seat.member).into(),
            };
            effects.push(Effect::One {
                line,
                frame,
                kind: Kind::Event,
            });
            self.news.insert(device);
        }
        if !effects.is_empty() {
            self.note_absent(now);
            effects.extend(self.tell(now));
        }
        effects
    }

    fn why_lost(&self, member: MemberId) -> Code {
        if self.state.deleted {
            return Code::SpaceDeleted;
        }
        let removed = |event: &&Event| match &event.payload {
            Payload::Op(Op::MemberLeft { member: whom }) => *whom == member,
            _ => false,
        };
        match self.catch_up.recent().rev().find(removed) {
            Some(event) if event.envelope.author.member != member => Code::Removed,
            _ => Code::NotAMember,
        }
    }

    /// A connection ends or wants no more.
    pub(crate) fn leave(&mut self, device: DeviceId, connection: u64, now: Instant) -> Vec<Effect<L>> {
        if self
            .seats
            .get(&device)
            .is_none_or(|seat| seat.connection != connection)
        {
            return Vec::new();
        }
        self.unseat(device);
        self.note_absent(now);
        self.came_or_went(device, now).into_iter().collect()
    }

    /// A member has another name.
    pub(crate) fn rename(&mut self, person: Person) -> Vec<Effect<L>> {
        self.people.insert(person.member, person.name.clone());
        let frame = ServerFrame::People {
            space: self.space,
            people: vec![person],
        };
        vec![Effect::All {
            but: None,
            frame,
            kind: Kind::Event,
        }]
    }

    /// A device in the room says something.
    pub(crate) fn signal(
        &mut self,
        device: DeviceId,
        to: Option<DeviceId>,
        signal: Signal,
        now: Instant,
    ) -> Result<Vec<Effect<L>>, Code> {
        signal.check()?;
        let space = self.space;
        let seat = self.seats.get_mut(&device).ok_or(Code::NotAMember)?;
        let from = seat.member;
        authorise(&self.state, from, &signal.action())?;
        if let Signal::Presence(presence) = signal {
            seat.presence = presence;
            self.news.remove(&device);
            let (frame, kind) = self.how_present(device);
            return Ok(vec![Effect::All {
                but: Some(device),
                frame,
                kind,
            }]);
        }
        // Whoever is spoken to has heard of who speaks.
        let before = if to.is_some() && self.news.contains(&device) {
            self.tell(now)
        } else {
            None
        };
        let directed = signal.is_directed();
        let key = signal.coalesces_as().map(|name| (space, device, name));
        let frame = ServerFrame::Signal {
            space,
            from,
            device,
            signal,
        };
        let kind = Kind::Signal(key);
        let said = match to {
            Some(to) => {
                let line = self.line_of(self.seats.get(&to).ok_or(Code::NoSuchThing)?);
                Effect::One { line, frame, kind }
            }
            None if directed => return Err(Code::Malformed),
            None => Effect::All {
                but: Some(device),
                frame,
                kind,
            },
        };
        Ok(before.into_iter().chain([said]).collect())
    }

    /// Streams whose host was not here for this long.
    pub(crate) fn hosts_gone(&self, patience: Duration, now: Instant) -> Vec<StreamId> {
        let gone = |(_, since): &(&StreamId, &Instant)| now.saturating_duration_since(**since) >= patience;
        self.absent
            .iter()
            .filter(gone)
            .map(|(stream, _)| *stream)
            .collect()
    }

    /// Notes which hosts are not here, from now on if they were before.
    pub(crate) fn note_absent(&mut self, now: Instant) {
        let seats = &self.seats;
        let here = |device: Option<DeviceId>| device.is_some_and(|device| seats.contains_key(&device));
        let streams = &self.state.streams;
        self.absent
            .retain(|stream, _| streams.get(stream).is_some_and(|stream| !here(stream.device)));
        for (id, _) in streams.iter().filter(|(_, stream)| !here(stream.device)) {
            self.absent.entry(*id).or_insert(now);
        }
    }
}

#[cfg(test)]
mod tests;
