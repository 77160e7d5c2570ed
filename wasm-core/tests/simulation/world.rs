//! A model of the relay, its clients, and a bad network between them, in simulated time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use protocol::event::Author;
use protocol::frame::{ClientFrame, Person, Present, ServerFrame};
use protocol::op::{Created, NewTab};
use protocol::signal::Held;
use protocol::{
    Code, DeviceId, Epoch, GroupId, MemberId, Millis, Op, Position, Role, Seq, Signal, SpaceId, TabId,
};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::record::Write;
use tabspace_wasm_core::session::{Effect, Session};
use tabspace_wasm_core::view::LinkView;

use crate::model::Relay;

pub(crate) const SPACE: SpaceId = SpaceId::from_bits(1);

/// A small generator with a state that is handed around.
#[derive(Clone)]
pub(crate) struct Dice(Arc<Mutex<u64>>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(seed)))
    }

    /// `SplitMix64` (Steele, Lea and Flood, 2014).
    pub(crate) fn next(&self) -> u64 {
        let mut state = self.0.lock().expect("no test panics while it rolls");
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn bits(&self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
}

/// How fast a client's disk writes.
#[derive(PartialEq)]
pub(crate) enum Pace {
    Usual,
    /// Nothing is written for now.
    Stopped,
}

/// A client: a session, its disk, and its connection.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) member: MemberId,
    pub(crate) device: DeviceId,
    pub(crate) session: Session,
    pub(crate) disk: BTreeMap<String, String>,
    /// Batches that are on their way to the disk.
    pub(crate) writing: VecDeque<tabspace_wasm_core::record::Batch>,
    pub(crate) connected: bool,
    pub(crate) connecting: bool,
    pub(crate) subscribed: bool,
    pub(crate) sent: Seq,
    pub(crate) to_relay: VecDeque<ClientFrame>,
    pub(crate) from_relay: VecDeque<ServerFrame>,
    /// The ops that it was told are in the log, by the life of the relay and the number there.
    pub(crate) acknowledged: BTreeMap<(Epoch, u64), Op>,
    /// The ops that it was told are not, with the reasons.
    pub(crate) refused: Vec<(Op, Code)>,
    pub(crate) disk_pace: Pace,
    /// What the capture was told to hold back.
    pub(crate) held: Vec<Held>,
}

impl Client {
    pub(crate) fn new(name: &'static str, member: MemberId, dice: &Dice) -> Self {
        let device = DeviceId::from_bits(dice.bits());
        let random = dice.clone();
        let mut session = Session::new(device, Box::new(move || random.bits()), true);
        session.open(Millis(0), SPACE, member);
        Self {
            name,
            member,
            device,
            session,
            disk: BTreeMap::new(),
            writing: VecDeque::new(),
            connected: false,
            connecting: false,
            subscribed: false,
            sent: Seq(0),
            to_relay: VecDeque::new(),
            from_relay: VecDeque::new(),
            acknowledged: BTreeMap::new(),
            refused: Vec::new(),
            disk_pace: Pace::Usual,
            held: Vec::new(),
        }
    }

    pub(crate) fn cut(&mut self, now: Millis) {
        self.to_relay.clear();
        self.from_relay.clear();
        self.subscribed = false;
        if self.connected || self.connecting {
            self.connected = false;
            self.connecting = false;
            self.session.disconnected(now, None);
        }
    }

    /// How it stands with the relay.
    pub(crate) fn link(&self) -> LinkView {
        self.session.view(SPACE).expect("the space is there").link
    }

    /// The context is killed: what was not on disk is gone.
    pub(crate) fn crash(&mut self, now: Millis, dice: &Dice) {
        self.cut(now);
        self.writing.clear();
        let random = dice.clone();
        self.session = Session::new(self.device, Box::new(move || random.bits()), true);
        let damaged = self.session.restore(self.disk.clone());
        assert_eq!(damaged, Vec::<String>::new());
        self.session.open(now, SPACE, self.member);
    }

    pub(crate) fn perform(&mut self) {
        while let Some(effect) = self.session.poll() {
            match effect {
                Effect::Connect => self.connecting = true,
                Effect::Disconnect => {
                    self.connected = false;
                    self.connecting = false;
                    self.subscribed = false;
                    self.to_relay.clear();
                    self.from_relay.clear();
                }
                Effect::Send(frame) if self.connected => self.to_relay.push_back(frame),
                Effect::Commit(batch) => self.writing.push_back(batch),
                Effect::Hold(held) => self.held.push(held),
                Effect::Send(_) | Effect::Peer(..) | Effect::EndCapture(_) | Effect::Changed(_) => {}
            }
        }
    }

    /// Remembers what the relay said of its ops.
    fn hear(&mut self, relay: &Relay, frame: &ServerFrame) {
        match frame {
            ServerFrame::Accepted { n, .. } => {
                let (op, _) = &relay.answers[&(self.device, *n)];
                self.acknowledged.insert((relay.epoch, *n), op.clone());
            }
            ServerFrame::Refused { n, reason, .. } if reason.code != Code::OpGap => {
                let (op, _) = &relay.answers[&(self.device, *n)];
                self.refused.push((op.clone(), reason.code));
            }
            _ => {}
        }
    }

    pub(crate) fn write_one(&mut self, now: Millis) {
        if self.disk_pace == Pace::Stopped {
            return;
        }
        let Some(batch) = self.writing.pop_front() else {
            return;
        };
        for write in batch.writes {
            match write {
                Write::Put(key, value) => {
                    self.disk.insert(key, value);
                }
                Write::Delete(key) => {
                    self.disk.remove(&key);
                }
            }
        }
        self.session.committed(now, batch.number);
    }
}

pub(crate) struct World {
    pub(crate) now: Millis,
    pub(crate) dice: Dice,
    pub(crate) relay: Relay,
    pub(crate) clients: Vec<Client>,
    /// The relay is backed up now and then, and sometimes restored.
    pub(crate) disasters: bool,
}

impl World {
    /// Alice, who owns the space, Bob and Clara.
    pub(crate) fn new(seed: u64) -> Self {
        Self::of(seed, &["alice", "bob", "clara"])
    }

    /// The first of these owns the space, the others edit it.
    pub(crate) fn of(seed: u64, names: &[&'static str]) -> Self {
        let dice = Dice::new(seed);
        let owner = MemberId::from_bits(1);
        let mut relay = Relay::new();
        let tabs = Position::spread(None, None, 5)
            .into_iter()
            .enumerate()
            .map(|(at, position)| NewTab {
                tab: TabId::from_bits(100 + at as u128),
                url: format!("https://example.org/{at}"),
                title: String::new(),
                favicon: None,
                pinned: false,
                group: None,
                position,
            })
            .collect();
        let created = Created {
            name: "Trip".into(),
            colour: protocol::Colour::Blue,
            groups: vec![],
            tabs,
        };
        relay.order(
            Millis(1),
            Author {
                member: owner,
                op: None,
            },
            Op::SpaceCreated(created),
        );
        let mut clients = vec![Client::new(names[0], owner, &dice)];
        for (at, name) in names.iter().skip(1).enumerate() {
            let member = MemberId::from_bits(2 + at as u128);
            relay.order(
                Millis(1),
                Author { member, op: None },
                Op::MemberJoined {
                    member,
                    role: Role::Editor,
                },
            );
            clients.push(Client::new(name, member, &dice));
        }
        relay.back_up();
        Self {
            now: Millis(1_000),
            dice,
            relay,
            clients,
            disasters: false,
        }
    }

    /// The relay loses its database and goes on from one of its backups, under another epoch. Later backups are
    /// lost too.
    pub(crate) fn restore_relay(&mut self) {
        let at = self.dice.below(self.relay.backups.len() as u64) as usize;
        self.relay.backups.truncate(at + 1);
        self.relay.database = self.relay.backups[at].clone();
        self.relay.epoch = Epoch::from_bits(self.dice.bits());
        for client in &mut self.clients {
            client.cut(self.now);
        }
    }

    pub(crate) fn step(&mut self, calm: bool) {
        self.now = self
            .now
            .plus(if calm { 200 } else { self.dice.below(300) as i64 });
        let count = self.clients.len() as u64;
        for at in 0..self.clients.len() {
            let client = &mut self.clients[at];
            client.session.tick(self.now);
            client.perform();
            if client.connecting && (calm || self.dice.below(3) == 0) {
                client.connecting = false;
                client.connected = true;
                client.session.connected(self.now, "ticket".into());
                client.perform();
            }
            let writes = if calm { 100 } else { self.dice.below(3) };
            for _ in 0..writes {
                client.write_one(self.now);
                client.perform();
            }
            let frames = if calm { 1_000 } else { self.dice.below(4) };
            for _ in 0..frames {
                if let Some(frame) = self.clients[at].to_relay.pop_front() {
                    self.relay_takes(at, frame);
                }
                let client = &mut self.clients[at];
                if let Some(frame) = client.from_relay.pop_front() {
                    client.hear(&self.relay, &frame);
                    let text = serde_json::to_string(&frame).expect("frames are JSON");
                    client.session.frame_arrived(self.now, &text);
                    client.perform();
                }
            }
        }
        if calm {
            return;
        }
        let who = self.dice.below(count) as usize;
        match self.dice.below(if self.disasters { 26 } else { 24 }) {
            24 => self.relay.back_up(),
            25 if self.dice.below(4) == 0 => self.restore_relay(),
            0 | 1 => self.clients[who].cut(self.now),
            2 => {
                let dice = self.dice.clone();
                self.clients[who].crash(self.now, &dice);
            }
            3 => self.relay_changes_a_role(),
            4..=16 => self.act(who),
            _ => {}
        }
        let client = &mut self.clients[who];
        client.perform();
    }

    /// The network is good for a while.
    pub(crate) fn settle(&mut self) {
        for _ in 0..50 {
            self.step(true);
        }
    }

    /// The network is good until something is so.
    pub(crate) fn settle_until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..1_000 {
            if is_so(self) {
                return;
            }
            self.step(true);
        }
        panic!("{what} never came");
    }

    pub(crate) fn relay_changes_a_role(&mut self) {
        let role = if self.dice.below(2) == 0 {
            Role::Viewer
        } else {
            Role::Editor
        };
        let client = &mut self.clients[0];
        client.session.command(
            self.now,
            SPACE,
            Command::SetRole {
                member: MemberId::from_bits(2),
                role,
            },
        );
    }

    /// Somebody does something, going by what he sees.
    pub(crate) fn act(&mut self, who: usize) {
        let dice = self.dice.clone();
        let client = &mut self.clients[who];
        let Some(state) = client.session.state(SPACE) else {
            return;
        };
        let tabs: Vec<TabId> = state.tabs.keys().copied().collect();
        let groups: Vec<GroupId> = state.groups.keys().copied().collect();
        let some_tab = (!tabs.is_empty()).then(|| tabs[dice.below(tabs.len() as u64) as usize]);
        let some_group = (!groups.is_empty()).then(|| groups[dice.below(groups.len() as u64) as usize]);
        let command = match (dice.below(8), some_tab) {
            (0, _) => Command::AddTab {
                url: format!("example.org/{}", dice.below(1_000)),
                title: String::new(),
            },
            (1, Some(tab)) => Command::RemoveTab(tab),
            (2, Some(tab)) => Command::RenameTab {
                tab,
                title: format!("title {}", dice.next()),
            },
            (3 | 4, Some(tab)) => Command::MoveTab {
                tab,
                group: some_group,
                before: None,
            },
            (5, _) => {
                let op = match some_group {
                    Some(group) if dice.below(2) == 0 => Op::GroupRemoved { group },
                    _ => Op::GroupAdded(protocol::op::NewGroup {
                        group: GroupId::from_bits(dice.bits()),
                        title: "group".into(),
                        colour: protocol::Colour::Pink,
                        collapsed: false,
                        position: Position::first(),
                    }),
                };
                let _refused = client.session.submit(self.now, SPACE, op);
                return;
            }
            _ => Command::Send(format!("{} says {}", client.name, dice.next())),
        };
        client.session.command(self.now, SPACE, command);
    }

    pub(crate) fn relay_takes(&mut self, at: usize, frame: ClientFrame) {
        let (member, device) = (self.clients[at].member, self.clients[at].device);
        let people = self.clients.iter().map(|client| Person {
            member: client.member,
            name: client.name.to_owned(),
        });
        let people = people.collect();
        let client = &mut self.clients[at];
        match frame {
            ClientFrame::Hello { .. } => client.from_relay.push_back(ServerFrame::Welcome {
                version: 1,
                device,
                time: self.now,
                heartbeat_ms: 30_000,
                dead_after_ms: 60_000,
                ice_servers: vec![],
            }),
            ClientFrame::Ping { t } => client.from_relay.push_back(ServerFrame::Pong { t }),
            ClientFrame::Signal {
                space,
                signal: signal @ Signal::Presence(_),
                ..
            } => {
                signal.check().expect("the relay would refuse it");
                let Signal::Presence(presence) = signal else {
                    return;
                };
                let present = Present {
                    member,
                    device,
                    presence,
                };
                for other in self.clients.iter_mut().filter(|other| other.device != device) {
                    if other.subscribed {
                        let present = present.clone();
                        other
                            .from_relay
                            .push_back(ServerFrame::PresenceChanged { space, present });
                    }
                }
            }
            ClientFrame::Pong { .. } | ClientFrame::Unsubscribe { .. } | ClientFrame::Signal { .. } => {}
            ClientFrame::Subscribe { epoch, since, space } => {
                self.relay.subscriptions += 1;
                if let Some(reason) = self.relay.trouble.clone() {
                    let space = Some(space);
                    client.from_relay.push_back(ServerFrame::Error { space, reason });
                    return;
                }
                let last_n = self.relay.last_n.get(&device).copied().unwrap_or(0);
                client.subscribed = true;
                client.sent = self.relay.state.head;
                client
                    .from_relay
                    .push_back(if epoch == Some(self.relay.epoch) && since > Seq(0) {
                        let events = self.relay.log[since.0 as usize..].to_vec();
                        ServerFrame::Resumed {
                            space: SPACE,
                            epoch: self.relay.epoch,
                            you: member,
                            last_n,
                            events,
                            people,
                        }
                    } else {
                        let state = Box::new(self.relay.state.clone());
                        ServerFrame::Snapshot {
                            space: SPACE,
                            epoch: self.relay.epoch,
                            you: member,
                            last_n,
                            state,
                            people,
                        }
                    });
            }
            ClientFrame::Submit { n, op, space } => {
                let answer = self.relay.submit(self.now, member, device, n, op);
                client.from_relay.push_back(match answer {
                    Ok(seq) => ServerFrame::Accepted { space, n, seq },
                    Err(code) => ServerFrame::Refused {
                        space,
                        n,
                        reason: code.into(),
                    },
                });
                self.fan_out();
            }
        }
    }

    pub(crate) fn fan_out(&mut self) {
        for client in self.clients.iter_mut().filter(|client| client.subscribed) {
            let events = self.relay.log[client.sent.0 as usize..].to_vec();
            client.sent = self.relay.state.head;
            if !events.is_empty() {
                client.from_relay.push_back(ServerFrame::Events {
                    space: SPACE,
                    events,
                    people: vec![],
                });
            }
        }
    }

    /// Everybody is connected and has nothing to say.
    pub(crate) fn is_quiet(&self) -> bool {
        let quiet = |client: &Client| {
            client.subscribed
                && client.link() == LinkView::Live
                && !client.session.has_unsent()
                && client.writing.is_empty()
                && client.from_relay.is_empty()
                && client.session.confirmed(SPACE) == Some(&self.relay.state)
        };
        self.clients.iter().all(quiet)
    }

    /// A client becomes a member by a link.
    pub(crate) fn join(&mut self, who: usize, member: MemberId) {
        let role = Role::Editor;
        let author = Author { member, op: None };
        self.relay
            .order(self.now, author, Op::MemberJoined { member, role });
        self.fan_out();
        let client = &mut self.clients[who];
        client.member = member;
        client.session.close(self.now, SPACE);
        client.session.open(self.now, SPACE, member);
    }

    /// Everybody has the relay's state, and the relay all that they did.
    pub(crate) fn check_same(&self) {
        for client in &self.clients {
            let name = client.name;
            assert_eq!(
                client.session.confirmed(SPACE),
                Some(&self.relay.state),
                "{name} has another state"
            );
            assert_eq!(
                client.session.state(SPACE),
                Some(&self.relay.state),
                "{name} sees another state"
            );
            assert!(!client.session.has_unsent(), "{name} still has something to send");
            assert!(
                !client.disk.keys().any(|key| key.starts_with("outbox/")),
                "{name} keeps an outbox"
            );
        }
        for (at, event) in self.relay.log.iter().enumerate() {
            assert_eq!(event.envelope.seq, Seq(at as u64 + 1));
        }
    }

    /// That, and nothing that was acknowledged is lost or there twice.
    pub(crate) fn check(&self) {
        self.check_same();
        for client in &self.clients {
            let name = client.name;
            for ((_, n), op) in &client.acknowledged {
                let times = self.relay.count(client.device, op);
                let refused = client.refused.iter().any(|(other, _)| other == op);
                assert!(
                    times > 0 || refused,
                    "{name}'s op {n} was acknowledged and is lost: {op:?}"
                );
                assert!(
                    times <= 1 || !is_unique(op),
                    "{name}'s op {n} is in the log {times} times: {op:?}"
                );
            }
            for (op, code) in &client.refused {
                assert!(
                    !matches!(code, Code::OpNotAllowed | Code::OpConflict),
                    "{name} offered twice: {op:?}"
                );
            }
        }
    }
}

/// Nobody in this world makes the same op again.
const fn is_unique(op: &Op) -> bool {
    matches!(
        op,
        Op::MessageSent { .. } | Op::TabAdded(_) | Op::GroupAdded(_) | Op::TabUpdated { title: Some(_), .. }
    )
}
