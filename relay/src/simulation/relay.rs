//! The relay of a world: the real writer, rooms and statements, on a database in memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use protocol::frame::{ClientFrame, Person};
use protocol::rest::OpAnswer;
use protocol::{Code, DeviceId, Epoch, Event, MemberId, Millis, Op, Seq, ServerFrame, SpaceId, limits};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::clock::{Clock, Random};
use crate::health::Metrics;
use crate::live::{Ask, Asked, Effect, Hub, Read, Room};
use crate::log::shelf::Shelf;
use crate::log::snapshots::Snapshots;
use crate::log::writer::{Desk, Writer};
use crate::log::{Answer, Job, Proposal, Task, store};
use crate::store::Store;
use crate::store::trouble::Trouble;

/// A frame for a connection, by its number.
pub(super) type Said = (u64, ServerFrame);

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is made and heard of.
    Heard,
    /// It goes wrong, and the relay goes on.
    Goes(Trouble),
    /// The relay dies before it.
    DiesBefore,
    /// The relay dies after it, before anybody is told.
    DiesAfter,
}

impl Fate {
    fn trouble(self) -> Option<Trouble> {
        match self {
            Self::Goes(trouble) => Some(trouble),
            Self::Heard | Self::DiesBefore | Self::DiesAfter => None,
        }
    }
}

/// An op that waits for the writer.
struct Waiting {
    line: u64,
    space: SpaceId,
    member: MemberId,
    device: DeviceId,
    n: u64,
    op: Result<Op, Code>,
}

pub(super) struct Relay {
    pub(super) store: Store,
    clock: Clock,
    writer: Writer,
    began: Instant,
    rooms: BTreeMap<SpaceId, Room<u64>>,
    waiting: Vec<Waiting>,
    _stop: watch::Sender<bool>,
}

/// A new database in memory.
pub(super) async fn empty_store() -> Store {
    Store::in_memory(Duration::from_secs(5), &Random::from_seed(1))
        .await
        .expect("a database in memory")
}

impl Relay {
    /// A relay that just started on this database.
    pub(super) async fn start(store: Store, clock: Clock, seed: u64) -> Self {
        let metrics = Metrics::default();
        let shelf = Arc::new(Shelf::default());
        let (stop, stopped) = watch::channel(false);
        let (snapshots, _) = Snapshots::start(
            store.clone(),
            Arc::clone(&shelf),
            metrics.snapshots.clone(),
            stopped,
        );
        let epoch = store.epoch().await.expect("the database has an epoch");
        let desk = Desk {
            store: store.clone(),
            hub: Hub::new(metrics.clone()),
            clock: clock.clone(),
            random: Random::from_seed(seed),
            metrics,
            epoch,
            shelf,
            snapshots,
        };
        Self {
            store,
            clock,
            writer: Writer::new(desk),
            began: Instant::now(),
            rooms: BTreeMap::new(),
            waiting: Vec::new(),
            _stop: stop,
        }
    }

    fn now(&self) -> Instant {
        self.began + Duration::from_millis(self.clock.now().0.unsigned_abs())
    }

    /// Has a task done at once.
    pub(super) async fn ask(&mut self, space: SpaceId, task: Task) -> Answer {
        let job = Job::new(space, task, drop);
        let settled = self.writer.commit(vec![job]).await;
        let (_, done) = settled.into_iter().next().expect("one batch");
        let done = done.expect("the database is there");
        done.answers
            .into_iter()
            .next()
            .expect("one answer")
            .expect("it may be done")
    }

    /// A frame from somebody's connection.
    pub(super) async fn take(
        &mut self,
        line: u64,
        device: DeviceId,
        members: &BTreeMap<SpaceId, MemberId>,
        text: &str,
    ) -> Vec<Said> {
        let one = |frame| vec![(line, frame)];
        match ClientFrame::parse(text).expect("sessions say what the protocol knows") {
            ClientFrame::Hello { .. } => one(ServerFrame::Welcome {
                version: protocol::VERSION,
                device,
                time: self.clock.now(),
                heartbeat_ms: limits::HEARTBEAT_MS,
                dead_after_ms: limits::DEAD_AFTER_MS,
                ice_servers: Vec::new(),
            }),
            ClientFrame::Ping { t } => one(ServerFrame::Pong { t }),
            ClientFrame::Pong { .. } => Vec::new(),
            ClientFrame::Unsubscribe { space } => self.leave(space, device, line),
            ClientFrame::Subscribe { space, epoch, since } => {
                self.subscribe(line, device, members[&space], space, epoch, since)
                    .await
            }
            ClientFrame::Submit { space, n, op } => {
                self.waiting.push(Waiting {
                    line,
                    space,
                    member: members[&space],
                    device,
                    n,
                    op: Ok(op),
                });
                Vec::new()
            }
            ClientFrame::Signal { space, to, signal } => {
                let now = self.now();
                let Some(room) = self.rooms.get_mut(&space) else {
                    return Vec::new();
                };
                match room.signal(device, to, signal, now) {
                    Ok(effects) => perform(room, effects),
                    Err(code) => one(code.into()),
                }
            }
        }
    }

    async fn subscribe(
        &mut self,
        line: u64,
        device: DeviceId,
        member: MemberId,
        space: SpaceId,
        epoch: Option<Epoch>,
        since: Seq,
    ) -> Vec<Said> {
        let mut tx = self.store.read().await.expect("the database is there");
        let last_n = store::last_n(&mut tx, space, device).await.expect("a number");
        let head = store::find_head(&mut tx, space).await.expect("a head");
        drop(tx);
        let mut ask = Ask {
            connection: line,
            line,
            member,
            device,
            epoch,
            since,
            last_n,
            head: head.expect("the space is there"),
            read: Read::default(),
        };
        loop {
            if !self.rooms.contains_key(&space) {
                let room = self.writer.read_room(space).await.expect("the database is there");
                self.rooms.insert(space, room.expect("the space is there"));
            }
            let now = self.now();
            let room = self.rooms.get_mut(&space).expect("it was just opened");
            match room.ask(ask.clone(), now) {
                Asked::In(effects) => return perform(room, effects),
                Asked::Replaced => return Vec::new(),
                Asked::Behind => {
                    let before = room.head();
                    let said = self.catch_up(space).await;
                    let now = self.rooms.get(&space).map(Room::head);
                    assert!(now > Some(before), "a room cannot follow the log");
                    // Whoever is in the room hears of it first.
                    let mut all = said.unwrap_or_default();
                    all.extend(Box::pin(self.subscribe(line, device, member, space, epoch, since)).await);
                    return all;
                }
                Asked::Needs(unread) => {
                    let mut tx = self.store.read().await.expect("the database is there");
                    let read = store::list_unread(&mut tx, space, unread).await;
                    match read.expect("the log can be read") {
                        Some(read) => ask.read.extend(read),
                        None => ask.epoch = None,
                    }
                }
                Asked::Refused(code) => {
                    let reason = code.into();
                    return vec![(line, ServerFrame::Closed { space, reason })];
                }
            }
        }
    }

    async fn events_after(&self, space: SpaceId, after: Seq) -> Vec<Event> {
        let mut tx = self.store.read().await.expect("the database is there");
        store::list_events(&mut tx, space, after, limits::PAGE)
            .await
            .expect("the log can be read")
    }

    /// Tells a room what it missed; `None` when that is nothing.
    pub(super) async fn catch_up(&mut self, space: SpaceId) -> Option<Vec<Said>> {
        let head = self.rooms.get(&space)?.head();
        let events = self.events_after(space, head).await;
        (!events.is_empty()).then(|| self.publish(space, &events, &[]))
    }

    /// Tells all rooms what they missed.
    pub(super) async fn resync(&mut self) -> Vec<Said> {
        let spaces: Vec<SpaceId> = self.rooms.keys().copied().collect();
        let mut said = Vec::new();
        for space in spaces {
            while let Some(more) = self.catch_up(space).await {
                said.extend(more);
            }
        }
        said
    }

    fn publish(&mut self, space: SpaceId, events: &[Event], people: &[Person]) -> Vec<Said> {
        let now = self.now();
        let Some(room) = self.rooms.get_mut(&space) else {
            return Vec::new();
        };
        // A gap is closed by the next `resync`, as the writer's suspects are.
        let Some(effects) = room.publish(events, people, now) else {
            return Vec::new();
        };
        let mut said = perform(room, effects);
        let effects = room.dismiss(now);
        said.extend(perform(room, effects));
        said
    }

    fn leave(&mut self, space: SpaceId, device: DeviceId, line: u64) -> Vec<Said> {
        let now = self.now();
        let Some(room) = self.rooms.get_mut(&space) else {
            return Vec::new();
        };
        let effects = room.leave(device, line, now);
        let said = perform(room, effects);
        if room.is_idle() {
            self.rooms.remove(&space);
        }
        said
    }

    /// A connection broke.
    pub(super) fn hang_up(&mut self, device: DeviceId, line: u64) -> Vec<Said> {
        let spaces: Vec<SpaceId> = self.rooms.keys().copied().collect();
        spaces
            .into_iter()
            .flat_map(|space| self.leave(space, device, line))
            .collect()
    }

    /// The writer takes up to so many of what waits and commits it. `None`: the relay died.
    pub(super) async fn commit(&mut self, most: usize, fate: Fate) -> Option<Vec<Said>> {
        if fate == Fate::DiesBefore {
            return None;
        }
        let take = most.min(self.waiting.len());
        let taken: Vec<Waiting> = self.waiting.drain(..take).collect();
        let mut replies = Vec::new();
        let jobs = taken.into_iter().map(|op| {
            let (sender, answer) = oneshot::channel();
            replies.push((op.line, op.space, op.n, answer));
            let task = Task::Submit {
                member: op.member,
                device: op.device,
                ops: vec![Proposal::new(op.n, op.op)],
            };
            Job::new(op.space, task, |answer| drop(sender.send(answer)))
        });
        let jobs = jobs.collect();
        self.store.doom(fate.trouble());
        let settled = self.writer.commit(jobs).await;
        self.store.doom(None);
        if fate == Fate::DiesAfter {
            return None;
        }
        let mut committed = Vec::new();
        for (jobs, done) in settled {
            match done {
                Ok(mut done) => {
                    for (job, answer) in jobs.into_iter().zip(done.answers) {
                        job.answer(answer);
                    }
                    committed.append(&mut done.committed);
                }
                Err(error) => {
                    assert!(fate.trouble().is_some(), "the database is there: {error}");
                    for job in jobs {
                        job.answer(Err(error.code()));
                    }
                }
            }
        }
        let mut said = Vec::new();
        for (line, space, n, answer) in replies {
            said.push((line, outcome(space, n, answer.await.expect("an answer"))));
        }
        for committed in committed {
            said.extend(self.publish(committed.space, &committed.events, &committed.people));
        }
        Some(said)
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn set_clock(&self, now: Millis) {
        self.clock.set(now);
    }
}

fn outcome(space: SpaceId, n: u64, answer: Result<Answer, Code>) -> ServerFrame {
    let refused = |reason| ServerFrame::Refused { space, n, reason };
    match answer {
        Ok(Answer::Ops(answers)) => match answers.into_iter().next().expect("one op, one answer") {
            OpAnswer { seq: Some(seq), .. } => ServerFrame::Accepted { space, n, seq },
            OpAnswer { refused: why, .. } => refused(why.expect("a reason")),
        },
        Ok(other) => panic!("ops are not answered with {other:?}"),
        Err(code) => refused(code.into()),
    }
}

fn perform(room: &Room<u64>, effects: Vec<Effect<u64>>) -> Vec<Said> {
    let mut said = Vec::new();
    for effect in effects {
        match effect {
            Effect::One { line, frame, .. } => said.push((line, frame)),
            Effect::All { but, frame, .. } => {
                let others = room.lines().iter().filter(|(device, _)| Some(*device) != but);
                said.extend(others.map(|(_, line)| (*line, frame.clone())));
            }
            Effect::Together(frames) => {
                for (frame, _) in frames {
                    said.extend(room.lines().iter().map(|(_, line)| (*line, frame.clone())));
                }
            }
        }
    }
    said
}
