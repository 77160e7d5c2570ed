//! People in two spaces, a relay, and everything that goes wrong between them.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::event::OpName;
use protocol::op::{Created, NewTab};
use protocol::{
    Action, Event, InviteId, MemberId, MessageId, Millis, Op, Payload, Position, Role, Seq, SpaceId,
    SpaceState, TabId, authorise,
};

use super::client::{Client, Dice};
use super::faults::Fault;
use super::relay::{Fate, Relay, Said};
use crate::account::PersonId;
use crate::account::store::insert_person;
use crate::backup::{backup_into, restore_from};
use crate::clock::{Clock, Random};
use crate::config::Backend;
use crate::invite::store::{InviteRow, insert as insert_invite};
use crate::log::{Answer, Task, store};
use crate::store::Store;
use crate::store::query::{fetch_one, natural};
use crate::store::trouble::Trouble;
use wasm_core::command::Command;

const NAMES: [&str; 4] = ["alice", "bob", "clara", "dan"];
/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Rounds without trouble after which nothing may be left to do.
const CALM: usize = 400;

pub(super) struct World {
    pub(super) dice: Dice,
    seed: u64,
    now: Millis,
    spaces: [SpaceId; 2],
    clients: Vec<Client>,
    relay: Relay,
    /// The number of the next connection.
    next_line: u64,
    /// What the relay does wrong, if it does.
    pub(super) fault: Option<Fault>,
}

impl World {
    pub(super) async fn new(seed: u64, store: Store) -> Self {
        let dice = Dice::new(seed);
        let spaces = [SpaceId::from_bits(dice.bits()), SpaceId::from_bits(dice.bits())];
        let people: Vec<PersonId> = NAMES.iter().map(|_| PersonId::from_bits(dice.bits())).collect();
        let mut tx = store.write().await.expect("the database is there");
        for (person, name) in people.iter().zip(NAMES) {
            let token = dice.bits().to_string();
            insert_person(&mut tx, *person, name, &token, Millis(1))
                .await
                .expect("somebody new");
        }
        tx.commit().await.expect("it is kept");
        let mut relay = Relay::start(store, Clock::manual(Millis(1_000)), seed).await;
        let mut members: Vec<BTreeMap<SpaceId, MemberId>> = vec![BTreeMap::new(); NAMES.len()];
        for space in spaces {
            for (at, person) in people.iter().enumerate() {
                let member = join(&mut relay, space, *person, at, &members[0], &dice).await;
                members[at].insert(space, member);
            }
        }
        let clients = NAMES.iter().zip(members);
        Self {
            clients: clients
                .map(|(name, members)| Client::new((*name).to_owned(), members, &dice))
                .collect(),
            seed,
            now: Millis(1_000),
            spaces,
            relay,
            next_line: 1,
            fault: None,
            dice,
        }
    }

    fn deliver(&mut self, said: Vec<Said>) {
        for (line, mut frame) in said {
            let times = match self.fault {
                Some(fault) => fault.spoil(&mut frame, &self.dice),
                None => 1,
            };
            // Who hung up in between does not hear it.
            if let Some(client) = self.clients.iter_mut().find(|client| client.line == Some(line)) {
                client.from_relay.extend(std::iter::repeat_n(frame, times));
            }
        }
    }

    /// What a connection leaves behind when it is gone.
    fn cut(&mut self, at: usize) {
        let client = &mut self.clients[at];
        let line = client.line;
        client.cut(self.now);
        client.perform();
        if let Some(line) = line {
            let said = self.relay.hang_up(client.device, line);
            self.deliver(said);
        }
    }

    /// The relay is killed and started again: whoever was connected is not, and what was not committed is gone.
    async fn relay_dies(&mut self) {
        let clock = Clock::manual(self.now);
        self.relay = Relay::start(
            self.relay.store.clone(),
            clock,
            self.seed ^ self.now.0.unsigned_abs(),
        )
        .await;
        for client in &mut self.clients {
            client.cut(self.now);
            client.perform();
        }
    }

    /// All that the database holds, as the relay's own backup has it.
    pub(super) async fn back_up(&self) -> Vec<u8> {
        let mut backup = Vec::new();
        let store = Backend::Open(self.relay.store.clone());
        let clock = Clock::manual(self.now);
        backup_into(&store, PATIENCE, &clock, "a backup", &mut backup)
            .await
            .expect("a backup");
        backup
    }

    /// The database is lost, and the relay starts again on what was backed up.
    pub(super) async fn restore(&mut self, backup: &[u8]) {
        let store = super::relay::empty_store().await;
        let random = Random::from_seed(self.seed ^ self.now.0.unsigned_abs());
        restore_from(
            &Backend::Open(store.clone()),
            PATIENCE,
            &random,
            "a backup",
            backup,
        )
        .await
        .expect("the backup is whole");
        self.relay.store = store;
        self.relay_dies().await;
        for client in &mut self.clients {
            client.goes_back();
        }
    }

    /// A connection that a client gave up by itself is noticed by the relay.
    async fn run_client(&mut self, at: usize, calm: bool) {
        let before = self.clients[at].line;
        let client = &mut self.clients[at];
        client.session.tick(self.now);
        client.perform();
        if client.wants_line && (calm || self.dice.once_in(3)) {
            client.wants_line = false;
            client.line = Some(self.next_line);
            self.next_line += 1;
            client.session.connected(self.now, "ticket".into());
            client.perform();
        }
        let writes = if calm { 50 } else { self.dice.below(3) };
        for _ in 0..writes {
            self.clients[at].write_one(self.now);
        }
        let frames = if calm { 200 } else { self.dice.below(5) };
        for _ in 0..frames {
            let client = &mut self.clients[at];
            if let (Some(line), Some(text)) = (client.line, client.to_relay.pop_front()) {
                let said = self.relay.take(line, client.device, &client.members, &text).await;
                self.deliver(said);
            }
            self.clients[at].hear_one(self.now);
        }
        if let Some(line) = before
            && self.clients[at].line != Some(line)
        {
            let device = self.clients[at].device;
            let said = self.relay.hang_up(device, line);
            self.deliver(said);
        }
    }

    async fn commit(&mut self, fate: Fate) {
        let forgets = self.fault == Some(Fault::Forgets) && self.dice.once_in(10);
        let fate = if forgets {
            Fate::Goes(Trouble::Forgotten)
        } else {
            fate
        };
        let most = if fate == Fate::Heard {
            1 + self.dice.below(40)
        } else {
            1 + self.dice.below(8)
        };
        match self.relay.commit(most as usize, fate).await {
            Some(said) => self.deliver(said),
            None => self.relay_dies().await,
        }
        if fate == Fate::Goes(Trouble::Forgotten) {
            self.hear_and_lose().await;
        }
    }

    /// Everybody hears what the relay said, and then it starts again with what the database has.
    async fn hear_and_lose(&mut self) {
        for client in &mut self.clients {
            while !client.from_relay.is_empty() {
                client.hear_one(self.now);
            }
        }
        self.relay_dies().await;
    }

    fn tick(&mut self, by: u64) {
        self.now = self.now.plus(i64::try_from(by).expect("a short time"));
        self.relay.set_clock(self.now);
    }

    /// A time in which things go wrong, and a good one; then all has to be as promised.
    pub(super) async fn live(&mut self) {
        for _ in 0..60 + self.dice.below(140) {
            self.step().await;
        }
        self.calm().await;
        self.check().await;
    }

    /// A moment in which things go wrong.
    pub(super) async fn step(&mut self) {
        self.tick(self.dice.below(300));
        for at in 0..self.clients.len() {
            self.run_client(at, false).await;
        }
        if self.relay.has_waiting() && !self.dice.once_in(3) {
            self.commit(Fate::Heard).await;
        }
        let who = self.dice.below(NAMES.len() as u64) as usize;
        let space = self.spaces[self.dice.below(2) as usize];
        match self.dice.below(40) {
            0 | 1 => self.cut(who),
            2 => {
                let (line, device) = (self.clients[who].line, self.clients[who].device);
                self.clients[who].crash(self.now);
                self.clients[who].perform();
                if let Some(line) = line {
                    let said = self.relay.hang_up(device, line);
                    self.deliver(said);
                }
            }
            3 => self.commit(Fate::DiesBefore).await,
            4 => self.commit(Fate::DiesAfter).await,
            5 => self.commit(Fate::Goes(Trouble::Unheard)).await,
            35 => self.commit(Fate::Goes(Trouble::Failed)).await,
            36 if self.clients[who].line.is_some() => self.clients[who].name_another_epoch(space),
            6 => self.change_a_role(space),
            7 => self.repeat_something(who, space).await,
            8 => {
                let said = self.relay.resync().await;
                self.deliver(said);
            }
            // The machine's clock is set back; the log's time does not run back.
            9 => {
                self.relay.set_clock(Millis(self.now.0 / 2));
                self.commit(Fate::Heard).await;
            }
            10..=34 => {
                self.clients[who].act(self.now, space);
                self.clients[who].perform();
            }
            _ => {}
        }
    }

    /// Alice, who owns the spaces, changes what somebody may do.
    fn change_a_role(&mut self, space: SpaceId) {
        let whom = 1 + self.dice.below(NAMES.len() as u64 - 1) as usize;
        let role = [Role::Viewer, Role::Commenter, Role::Editor][self.dice.below(3) as usize];
        let member = self.clients[whom].members[&space];
        self.clients[0]
            .session
            .command(self.now, space, Command::SetRole { member, role });
        self.clients[0].perform();
    }

    /// A client sends an op of its own a second time, and has to get the first answer; or another op under that
    /// name, and has to be refused.
    async fn repeat_something(&mut self, who: usize, space: SpaceId) {
        let client = &self.clients[who];
        let own: Vec<(u64, Op)> = self
            .log_of(space)
            .await
            .into_iter()
            .filter_map(|event| match (event.envelope.author.op, event.payload) {
                (Some(OpName { device, n }), Payload::Op(op)) if device == client.device => Some((n, op)),
                _ => None,
            })
            .collect();
        if !own.is_empty() && client.line.is_some() {
            let (n, op) = own[self.dice.below(own.len() as u64) as usize].clone();
            if self.dice.once_in(2) {
                self.clients[who].repeat(space, n, op);
            } else {
                self.clients[who].borrow_a_name(space, n);
            }
        }
    }

    /// The network is good and nobody dies, until nothing is left to do.
    pub(super) async fn calm(&mut self) {
        for round in 0..CALM {
            self.tick(200);
            for at in 0..self.clients.len() {
                self.run_client(at, true).await;
            }
            while self.relay.has_waiting() {
                self.commit(Fate::Heard).await;
            }
            let said = self.relay.resync().await;
            self.deliver(said);
            let done = self.clients.iter().all(|client| {
                client.line.is_some()
                    && !client.session.has_unsent()
                    && client.has_written()
                    && client.to_relay.is_empty()
                    && client.from_relay.is_empty()
            });
            // A few rounds more, for what was just heard.
            if done && round % 8 == 7 {
                break;
            }
        }
    }

    async fn log_of(&self, space: SpaceId) -> Vec<Event> {
        let mut tx = self.relay.store.read().await.expect("the database is there");
        let mut log: Vec<Event> = Vec::new();
        loop {
            let since = log.last().map_or(Seq(0), |event| event.envelope.seq);
            let page = store::list_events(&mut tx, space, since, 1_000)
                .await
                .expect("the log can be read");
            if page.is_empty() {
                return log;
            }
            log.extend(page);
        }
    }

    /// How many events both logs have.
    pub(super) async fn events(&self) -> usize {
        let mut count = 0;
        for space in self.spaces {
            count += self.log_of(space).await.len();
        }
        count
    }

    /// The logs as text.
    pub(super) async fn logs(&self) -> Vec<Vec<String>> {
        let mut logs = Vec::new();
        for space in self.spaces {
            let log = self.log_of(space).await;
            let texts = log
                .iter()
                .map(|event| serde_json::to_string(event).expect("events are JSON"));
            logs.push(texts.collect());
        }
        logs
    }

    /// What has to hold whatever happened.
    pub(super) async fn check(&self) {
        for space in self.spaces {
            let log = self.log_of(space).await;
            let mut state = SpaceState::default();
            let mut time = Millis(0);
            for (at, event) in log.iter().enumerate() {
                assert_eq!(event.envelope.seq, Seq(at as u64 + 1), "no gap and nothing twice");
                assert!(event.envelope.time >= time, "time does not run back");
                time = event.envelope.time;
                if let (Some(_), Payload::Op(op)) = (event.envelope.author.op, &event.payload) {
                    let permitted = authorise(&state, event.envelope.author.member, &Action::Submit(op));
                    assert_eq!(permitted, Ok(()), "what is in the log was permitted");
                }
                assert!(state.apply(event));
            }
            self.check_store(space, &state, &log).await;
            for client in &self.clients {
                check_client(client, space, &state, &log);
            }
        }
    }

    async fn check_store(&self, space: SpaceId, state: &SpaceState, log: &[Event]) {
        let mut tx = self.relay.store.read().await.expect("the database is there");
        let shelf = crate::log::shelf::Shelf::default();
        let folded = store::find_state(&mut tx, &shelf, space)
            .await
            .expect("the space can be read")
            .expect("the space is there");
        assert_eq!(
            *folded.state, *state,
            "the row and its snapshot lead to the same state"
        );
        let named = log.iter().filter(|event| event.envelope.author.op.is_some());
        let (accepted,): (i64,) = fetch_one!(
            &mut tx,
            (i64,),
            "SELECT COUNT(*) FROM ops WHERE space = $1 AND seq IS NOT NULL",
            space.to_string()
        )
        .expect("a number");
        assert_eq!(
            named.count() as u64,
            natural(accepted),
            "each op of the log was decided once"
        );
        let (tabs,): (i64,) = fetch_one!(
            &mut tx,
            (i64,),
            "SELECT COUNT(*) FROM tabs WHERE space = $1",
            space.to_string()
        )
        .expect("a number");
        assert_eq!(natural(tabs), state.tabs.len() as u64, "the table shows the tabs");
        let sent = log
            .iter()
            .filter(|event| matches!(event.payload, Payload::Op(Op::MessageSent { .. })));
        let (messages,): (i64,) = fetch_one!(
            &mut tx,
            (i64,),
            "SELECT COUNT(*) FROM messages WHERE space = $1",
            space.to_string()
        )
        .expect("a number");
        assert_eq!(
            natural(messages),
            sent.count() as u64,
            "the table shows the messages"
        );
    }
}

fn check_client(client: &Client, space: SpaceId, state: &SpaceState, log: &[Event]) {
    let name = &client.name;
    assert!(!client.session.has_unsent(), "{name} still has something to send");
    assert!(!client.keeps_an_outbox(), "{name} keeps an outbox");
    assert_eq!(
        client.session.confirmed(space),
        Some(state),
        "{name} has another state"
    );
    assert_eq!(
        client.session.state(space),
        Some(state),
        "{name} sees another state"
    );
    let stands = |n: u64| {
        let name = OpName {
            device: client.device,
            n,
        };
        log.iter()
            .filter(move |event| event.envelope.author.op == Some(name))
            .map(|event| event.envelope.seq.0)
            .collect::<Vec<_>>()
    };
    let times = |message: &MessageId| {
        let sent = log.iter().filter(|event| match &event.payload {
            Payload::Op(Op::MessageSent { message: id, .. }) => id == message,
            _ => false,
        });
        sent.count()
    };
    for ((of, _), message) in &client.written {
        assert!(*of != space || times(message) == 1, "{name}'s message is lost");
    }
    for (of, message) in &client.promised {
        let times = times(message);
        assert!(
            *of != space || times == 1,
            "{name}'s message of before the restore is there {times} times"
        );
    }
    for ((of, n), seq) in &client.acknowledged {
        if *of == space {
            assert_eq!(stands(*n), [*seq], "{name}'s op {n} was acknowledged");
        }
    }
    for (of, n) in &client.refused {
        if *of == space {
            assert_eq!(stands(*n), Vec::<u64>::new(), "{name}'s op {n} was refused");
        }
    }
}

/// Alice begins the space, the others come by a link.
async fn join(
    relay: &mut Relay,
    space: SpaceId,
    person: PersonId,
    at: usize,
    alice: &BTreeMap<SpaceId, MemberId>,
    dice: &Dice,
) -> MemberId {
    let task = match alice.get(&space) {
        None => Task::Create {
            person,
            created: trip(),
        },
        Some(&by) => {
            let invite = InviteRow {
                id: InviteId::from_bits(dice.bits()),
                space,
                role: Role::Editor,
                by,
                expires: Millis(i64::MAX),
                uses: 0,
                revoked: false,
            };
            let mut tx = relay.store.write().await.expect("the database is there");
            insert_invite(&mut tx, &invite, &dice.bits().to_string(), Millis(1))
                .await
                .expect("a link");
            tx.commit().await.expect("it is kept");
            Task::Join {
                person,
                invite: invite.id,
            }
        }
    };
    match relay.ask(space, task).await {
        Answer::Joined(joined) => joined.member,
        other => panic!("{} is not in but {other:?}", NAMES[at]),
    }
}

fn trip() -> Created {
    let tabs = Position::spread(None, None, 5).into_iter().enumerate();
    let tab = |(at, position)| NewTab {
        tab: TabId::from_bits(100 + at as u128),
        url: format!("https://example.org/{at}"),
        title: String::new(),
        favicon: None,
        pinned: false,
        group: None,
        position,
    };
    Created {
        name: "Trip".into(),
        colour: protocol::Colour::Blue,
        groups: vec![],
        tabs: tabs.map(tab).collect(),
    }
}
