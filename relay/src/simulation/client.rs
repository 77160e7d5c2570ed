//! A client: its session, its disk, and its end of a connection.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use protocol::{
    ClientFrame, Code, DeviceId, Epoch, GroupId, MemberId, MessageId, Millis, Op, Position, ServerFrame,
    SpaceId, TabId,
};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::Deserialize;
use wasm_core::command::Command;
use wasm_core::record::{Batch, Write};
use wasm_core::session::{Effect, Session};

use super::hearing::Hearing;

/// Where all chance of a world comes from.
#[derive(Debug, Clone)]
pub(super) struct Dice(Arc<Mutex<StdRng>>);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    pub(super) fn below(&self, end: u64) -> u64 {
        self.0.lock().unwrap().random_range(0..end)
    }

    /// Once in so many times.
    pub(super) fn once_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(super) fn bits(&self) -> u128 {
        self.0.lock().unwrap().random()
    }

    fn one_of<T: Copy>(&self, things: &[T]) -> Option<T> {
        (!things.is_empty()).then(|| things[self.below(things.len() as u64) as usize])
    }
}

/// What is read of an op that waits on the disk.
#[derive(Deserialize)]
struct OnDisk {
    n: u64,
    op: Op,
}

pub(super) struct Client {
    pub(super) name: String,
    pub(super) device: DeviceId,
    /// Who the person is in each space.
    pub(super) members: BTreeMap<SpaceId, MemberId>,
    pub(super) session: Session,
    dice: Dice,
    disk: BTreeMap<String, String>,
    /// Batches that are on their way to the disk.
    writing: VecDeque<Batch>,
    /// The connection's number at the relay; `None` while there is none.
    pub(super) line: Option<u64>,
    pub(super) wants_line: bool,
    pub(super) to_relay: VecDeque<String>,
    pub(super) from_relay: VecDeque<ServerFrame>,
    hearing: Hearing,
    /// What the relay acknowledged, and where it said that it stands.
    pub(super) acknowledged: BTreeMap<(SpaceId, u64), u64>,
    pub(super) refused: BTreeSet<(SpaceId, u64)>,
    /// Messages that reached the disk before they were sent, and were not refused since.
    pub(super) written: BTreeMap<(SpaceId, u64), MessageId>,
    /// The same of before a backup was restored: what it lacks has to come back, under other numbers.
    pub(super) promised: BTreeSet<(SpaceId, MessageId)>,
    /// Messages that the author takes back: of these nothing has to come back.
    taken_back: BTreeSet<MessageId>,
}

impl Client {
    pub(super) fn new(name: String, members: BTreeMap<SpaceId, MemberId>, dice: &Dice) -> Self {
        let device = DeviceId::from_bits(dice.bits());
        let mut client = Self {
            name,
            device,
            members,
            session: session(device, dice),
            dice: dice.clone(),
            disk: BTreeMap::new(),
            writing: VecDeque::new(),
            line: None,
            wants_line: false,
            to_relay: VecDeque::new(),
            from_relay: VecDeque::new(),
            hearing: Hearing::default(),
            acknowledged: BTreeMap::new(),
            refused: BTreeSet::new(),
            written: BTreeMap::new(),
            promised: BTreeSet::new(),
            taken_back: BTreeSet::new(),
        };
        client.open(Millis(0));
        client
    }

    fn open(&mut self, now: Millis) {
        for (space, member) in self.members.clone() {
            self.session.open(now, space, member);
        }
    }

    /// What was on its way is lost.
    fn lose(&mut self) {
        self.to_relay.clear();
        self.from_relay.clear();
        self.hearing = Hearing::default();
    }

    /// The connection breaks.
    pub(super) fn cut(&mut self, now: Millis) {
        self.lose();
        if self.line.take().is_some() || self.wants_line {
            self.wants_line = false;
            self.session.disconnected(now, None);
        }
    }

    /// The context is killed: what was not on disk is gone.
    pub(super) fn crash(&mut self, now: Millis) {
        self.cut(now);
        self.writing.clear();
        self.session = session(self.device, &self.dice);
        let damaged = self.session.restore(self.disk.clone());
        assert_eq!(damaged, Vec::<String>::new());
        self.open(now);
    }

    pub(super) fn perform(&mut self) {
        while let Some(effect) = self.session.poll() {
            match effect {
                Effect::Connect => self.wants_line = true,
                Effect::Disconnect => {
                    self.line = None;
                    self.wants_line = false;
                    self.lose();
                }
                Effect::Send(frame) if self.line.is_some() => self.say(&frame),
                Effect::Commit(batch) => self.writing.push_back(batch),
                Effect::Hold(_)
                | Effect::Send(_)
                | Effect::Peer(..)
                | Effect::EndCapture(_)
                | Effect::Changed(_) => {}
            }
        }
    }

    pub(super) fn write_one(&mut self, now: Millis) {
        let Some(batch) = self.writing.pop_front() else {
            return;
        };
        for write in batch.writes {
            match write {
                Write::Put(key, value) => {
                    self.remember(&key, &value);
                    self.disk.insert(key, value);
                }
                Write::Delete(key) => {
                    self.disk.remove(&key);
                }
            }
        }
        self.session.committed(now, batch.number);
        self.perform();
    }

    /// Hears the next frame.
    pub(super) fn hear_one(&mut self, now: Millis) {
        let Some(frame) = self.from_relay.pop_front() else {
            return;
        };
        if !self.hearing.hears(&frame) {
            return;
        }
        match &frame {
            ServerFrame::Accepted { space, n, seq } => {
                let before = self.acknowledged.insert((*space, *n), seq.0);
                assert!(
                    before.is_none_or(|before| before == seq.0),
                    "the first answer stays"
                );
            }
            ServerFrame::Refused { space, n, reason }
                if !reason.code.is_transient() && reason.code != Code::OpGap =>
            {
                self.refused.insert((*space, *n));
                if let Some(message) = self.written.remove(&(*space, *n)) {
                    self.promised.remove(&(*space, message));
                }
            }
            _ => {}
        }
        let text = serde_json::to_string(&frame).expect("frames are JSON");
        self.session.frame_arrived(now, &text);
        if let ServerFrame::Accepted { space, n, .. } = frame {
            self.still_shows(space, n);
        }
        self.perform();
    }

    /// What was acknowledged stays in sight, also before its event comes.
    fn still_shows(&self, space: SpaceId, n: u64) {
        if let (Some(message), Some(state)) = (self.written.get(&(space, n)), self.session.state(space)) {
            assert!(
                state.message(*message).is_some(),
                "{}'s message is not shown any more",
                self.name
            );
        }
    }

    /// Whether everything reached the disk.
    pub(super) fn has_written(&self) -> bool {
        self.writing.is_empty()
    }

    /// What the session was promised of what is on the disk: nothing waits there.
    pub(super) fn keeps_an_outbox(&self) -> bool {
        self.disk.keys().any(|key| key.starts_with("outbox/"))
    }

    fn say(&mut self, frame: &ClientFrame) {
        self.hearing.said(frame);
        self.to_relay
            .push_back(serde_json::to_string(frame).expect("frames are JSON"));
    }

    /// Notes a message that is on the disk from now on: it must not get lost any more.
    fn remember(&mut self, key: &str, value: &str) {
        let Some(space) = key.strip_prefix("outbox/").and_then(|key| key.split('/').next()) else {
            return;
        };
        let stored: OnDisk = serde_json::from_str(value).expect("an op that waits");
        let space = space.parse().expect("a space");
        match stored.op {
            Op::MessageSent { message, .. } => {
                self.written.insert((space, stored.n), message);
            }
            Op::MessageDeleted { message } => {
                self.taken_back.insert(message);
                self.promised.remove(&(space, message));
            }
            _ => {}
        }
    }

    /// The relay's database is of an earlier time now: its answers since are void, but not what they promised.
    pub(super) fn goes_back(&mut self) {
        let written = std::mem::take(&mut self.written).into_iter();
        let promised = written.map(|((space, _), message)| (space, message));
        let stays = |(_, message): &(SpaceId, MessageId)| !self.taken_back.contains(message);
        self.promised.extend(promised.filter(stays));
        self.acknowledged.clear();
        self.refused.clear();
    }

    /// Sends again what it sent before, as a client that forgot would: under the same name.
    pub(super) fn repeat(&mut self, space: SpaceId, n: u64, op: Op) {
        self.say(&ClientFrame::Submit { space, n, op });
    }

    /// Sends something else under a name that is taken.
    pub(super) fn borrow_a_name(&mut self, space: SpaceId, n: u64) {
        self.hearing.borrowed(space, n);
        let op = Op::MessageSent {
            message: MessageId::from_bits(self.dice.bits()),
            text: "not what it was".into(),
        };
        let frame = ClientFrame::Submit { space, n, op };
        self.to_relay
            .push_back(serde_json::to_string(&frame).expect("frames are JSON"));
    }

    /// Asks for what happened in another life of the database.
    pub(super) fn name_another_epoch(&mut self, space: SpaceId) {
        let since = self.session.confirmed(space).map(|state| state.head);
        self.say(&ClientFrame::Subscribe {
            space,
            epoch: Some(Epoch::from_bits(self.dice.bits())),
            since: since.unwrap_or_default(),
        });
    }

    /// Does something in a space, going by what is seen there.
    pub(super) fn act(&mut self, now: Millis, space: SpaceId) {
        let dice = self.dice.clone();
        let Some(state) = self.session.state(space) else {
            return;
        };
        let tabs: Vec<TabId> = state.tabs.keys().copied().collect();
        let groups: Vec<GroupId> = state.groups.keys().copied().collect();
        let own: Vec<_> = state
            .messages
            .iter()
            .filter(|message| Some(&message.by) == self.members.get(&space))
            .map(|message| message.id)
            .collect();
        let (tab, group, message) = (dice.one_of(&tabs), dice.one_of(&groups), dice.one_of(&own));
        let command = match (dice.below(12), tab, message) {
            (0, ..) => Command::AddTab {
                url: format!("example.org/{}", dice.below(1_000)),
                title: String::new(),
            },
            (1, Some(tab), _) => Command::RemoveTab(tab),
            (2, Some(tab), _) => Command::RenameTab {
                tab,
                title: format!("title {}", dice.below(1_000)),
            },
            (3 | 4, Some(tab), _) => Command::MoveTab {
                tab,
                group,
                before: None,
            },
            (5, ..) => {
                let op = match group {
                    Some(group) if dice.once_in(2) => Op::GroupRemoved { group },
                    _ => Op::GroupAdded(protocol::op::NewGroup {
                        group: GroupId::from_bits(dice.bits()),
                        title: "group".into(),
                        colour: protocol::Colour::Pink,
                        collapsed: false,
                        position: Position::first(),
                    }),
                };
                // What this person may not do now is not even tried.
                let _refused = self.session.submit(now, space, op);
                return;
            }
            (6, _, Some(message)) => Command::Edit {
                message,
                text: format!("changed {}", dice.below(1_000)),
            },
            (7, _, Some(message)) => Command::DeleteMessage(message),
            (8, ..) => Command::Rename(format!("space {}", dice.below(1_000))),
            _ => Command::Send(format!("{} says {}", self.name, dice.below(1_000_000))),
        };
        self.session.command(now, space, command);
    }
}

fn session(device: DeviceId, dice: &Dice) -> Session {
    let dice = dice.clone();
    Session::new(device, Box::new(move || dice.bits()), true)
}
