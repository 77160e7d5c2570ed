//! The tables that pages read can be written anew from the log, and are then what they were.

use std::collections::{BTreeMap, BTreeSet};

use protocol::op::{NewGroup, NewTab};
use protocol::{Colour, GroupId, MemberId, MessageId, Op, Position, Role, SpaceId, TabId};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use relay::clock::Random;
use relay::rebuild::{self, Outcome};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::backup::{back_up, rows, shelf};
use crate::harness::{Person, Place, Running, id};
use crate::only_connection;

on_all! {
    a_rebuild_finds_what_was_there
    a_rebuild_mends_what_was_damaged
    a_log_with_a_gap_is_left_alone
}

/// Runs statements, as somebody with the database's own tools could.
pub(crate) async fn execute(place: &Place, statements: &str) {
    let statements = AssertSqlSafe(statements.to_owned());
    match place {
        Place::Memory(store) => {
            let mut hand = only_connection(store).await;
            for sql in [
                AssertSqlSafe("PRAGMA foreign_keys = OFF".to_owned()),
                statements,
                AssertSqlSafe("PRAGMA foreign_keys = ON".to_owned()),
            ] {
                hand.execute(sqlx::raw_sql(sql)).await.unwrap();
            }
        }
        Place::Folder(folder) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new();
            let options = options
                .filename(folder.path().join("tabspace.sqlite"))
                .foreign_keys(false);
            let mut hand = options.connect().await.unwrap();
            hand.execute(sqlx::raw_sql(statements)).await.unwrap();
            hand.close().await.unwrap();
        }
        Place::Postgres(url) => {
            let mut hand = sqlx::PgConnection::connect(url).await.unwrap();
            hand.execute(sqlx::raw_sql(statements)).await.unwrap();
            hand.close().await.unwrap();
        }
    }
}

async fn rebuild(place: &Place) -> BTreeMap<SpaceId, Outcome> {
    let config = place.config();
    let mut outcomes = BTreeMap::new();
    let patience = config.timings.store_patience;
    rebuild::rebuild(&config.backend, patience, &Random::default(), |space, outcome| {
        assert_eq!(outcomes.insert(space, outcome), None, "{space} once");
    })
    .await
    .unwrap();
    outcomes
}

async fn tables(place: &Place) -> BTreeSet<String> {
    let (_shelf, file) = shelf();
    back_up(place, &file).await.unwrap();
    rows(&file)
}

/// What people in a space have seen of it, as ids.
#[derive(Default)]
struct Seen {
    tabs: Vec<TabId>,
    groups: Vec<GroupId>,
    messages: Vec<MessageId>,
}

impl Seen {
    /// Something that somebody might do; the relay refuses what may not be done.
    fn op(&mut self, dice: &mut StdRng, members: &[MemberId]) -> Op {
        let position = || Position::first();
        let some =
            |ids: &[TabId], dice: &mut StdRng| ids.choose(dice).copied().unwrap_or(TabId::from_bits(1));
        let roles = [Role::Viewer, Role::Commenter, Role::Editor];
        match dice.random_range(0..20) {
            0..4 => {
                let tab = id();
                self.tabs.push(tab);
                Op::TabAdded(NewTab {
                    tab,
                    url: "https://trains.example/".to_owned(),
                    title: format!("tab {}", dice.random::<u16>()),
                    favicon: dice.random::<bool>().then(|| "0".repeat(64)),
                    pinned: dice.random(),
                    group: self.groups.choose(dice).copied(),
                    position: position(),
                })
            }
            4 => {
                let group = id();
                self.groups.push(group);
                Op::GroupAdded(NewGroup {
                    group,
                    title: "group".to_owned(),
                    colour: Colour::Blue,
                    collapsed: false,
                    position: position(),
                })
            }
            5 => Op::GroupRemoved {
                group: self.groups.choose(dice).copied().unwrap_or(GroupId::from_bits(1)),
            },
            6..8 => Op::TabUpdated {
                tab: some(&self.tabs, dice),
                url: dice.random::<bool>().then(|| "https://ships.example/".to_owned()),
                title: Some(format!("title {}", dice.random::<u16>())),
                favicon: None,
                pinned: dice.random::<bool>().then(|| dice.random()),
            },
            8 => Op::TabMoved {
                tab: some(&self.tabs, dice),
                group: self.groups.choose(dice).copied(),
                position: position(),
            },
            9 => Op::TabRemoved {
                tab: some(&self.tabs, dice),
            },
            10..13 => {
                let message = id();
                self.messages.push(message);
                Op::MessageSent {
                    message,
                    text: format!("message {}", dice.random::<u16>()),
                }
            }
            13 => Op::MessageEdited {
                message: self
                    .messages
                    .choose(dice)
                    .copied()
                    .unwrap_or(MessageId::from_bits(1)),
                text: "edited".to_owned(),
            },
            14 => Op::MessageDeleted {
                message: self
                    .messages
                    .choose(dice)
                    .copied()
                    .unwrap_or(MessageId::from_bits(1)),
            },
            15..17 => Op::MemberLeft {
                member: *members.choose(dice).unwrap(),
            },
            17..19 => Op::MemberRole {
                member: *members.choose(dice).unwrap(),
                role: *roles.choose(dice).unwrap(),
            },
            _ => Op::SpaceRenamed {
                name: format!("space {}", dice.random::<u16>()),
            },
        }
    }
}

/// A space with a history that nobody would believe; it is the same for the same seed but for its ids.
async fn history(relay: &Running, seed: u64) -> (Person, SpaceId, u64) {
    let mut dice = StdRng::seed_from_u64(seed);
    let (alice, space) = relay.alice().await;
    let mut people = vec![alice.clone()];
    for name in ["Bob", "Carol", "Dave", "Erin", "Frank"] {
        people.push(relay.invited(&alice, space, name, Role::Editor).await);
    }
    let members: Vec<MemberId> = people.iter().map(|person| person.member).collect();
    let mut numbers = vec![0; people.len()];
    let mut seen = Seen::default();
    for _ in 0..60 {
        // Many ops of one person come in one request, and so in one transaction.
        let who = dice.random_range(0..people.len());
        let count = dice.random_range(1..6);
        let ops: Vec<(u64, Op)> = (1..=count)
            .map(|at| (numbers[who] + at, seen.op(&mut dice, &members)))
            .collect();
        let answers = people[who].submit(space, ops).await.unwrap();
        // Removed people's ops take no number.
        let decided = answers.iter().filter(|answer| {
            let code = answer.refused.as_ref().map(|refused| refused.code);
            code != Some(protocol::Code::Removed) && code != Some(protocol::Code::OpGap)
        });
        numbers[who] += decided.count() as u64;
        if dice.random_range(0..4) == 0 {
            // Somebody comes again, if he may.
            let link = alice
                .invite(space, *[Role::Editor, Role::Viewer].choose(&mut dice).unwrap())
                .await;
            let _ = people.choose(&mut dice).unwrap().redeem(&link.unwrap()).await;
        }
    }
    // Alice is the only owner, so she is there to the end.
    (alice, space, numbers[0])
}

/// Three spaces, one of them deleted.
async fn relay_with_a_past(place: &Place) -> [SpaceId; 3] {
    let relay = Running::on(place).await;
    let (_, one, _) = history(&relay, 1).await;
    let (_, other, _) = history(&relay, 2).await;
    let (alice, deleted, n) = history(&relay, 3).await;
    // Left and deleted at once.
    let last = vec![
        (
            n + 1,
            Op::MessageSent {
                message: id(),
                text: "the last".to_owned(),
            },
        ),
        (n + 2, Op::SpaceDeleted {}),
    ];
    let answers = alice.submit(deleted, last).await.unwrap();
    assert!(answers.iter().all(|answer| answer.seq.is_some()), "{answers:?}");
    relay.stop().await;
    [one, other, deleted]
}

async fn a_rebuild_finds_what_was_there(place: Place) {
    let spaces = relay_with_a_past(&place).await;
    let before = tables(&place).await;
    for kind in [
        "\"tabs\"",
        "\"messages\"",
        "\"left\"",
        "\"removed\"",
        "\"edited\"",
    ] {
        assert!(
            before.iter().any(|row| row.contains(kind)),
            "no {kind} in this past"
        );
    }
    for _ in 0..2 {
        let outcomes = rebuild(&place).await;
        assert_eq!(
            outcomes.keys().copied().collect::<BTreeSet<_>>(),
            BTreeSet::from(spaces)
        );
        assert!(
            outcomes.values().all(|outcome| *outcome == Outcome::Same),
            "{outcomes:?}"
        );
        let after = tables(&place).await;
        let (gone, new): (Vec<_>, Vec<_>) = (
            before.difference(&after).collect(),
            after.difference(&before).collect(),
        );
        assert!(gone.is_empty() && new.is_empty(), "{gone:#?}\nbecame\n{new:#?}");
    }
}

async fn a_rebuild_mends_what_was_damaged(place: Place) {
    let [one, other, deleted] = relay_with_a_past(&place).await;
    let before = tables(&place).await;
    execute(
        &place,
        &format!(
            "UPDATE tabs SET title = 'wrong', tab_group = NULL WHERE space = '{one}';
             DELETE FROM messages WHERE space = '{one}' AND seq % 2 = 0;
             INSERT INTO messages (space, message, seq, member, time, text, edited, deleted)
                 VALUES ('{other}', 'nobody', 99999, 'nobody', 0, 'never said', false, false);
             INSERT INTO tabs (space, tab, url, title, pinned, position)
                 VALUES ('{deleted}', 'ghost', 'https://x.example/', '', false, 'V');
             UPDATE members SET role = 'owner', status = 'active', since = 0 WHERE space <> '{deleted}';
             UPDATE members SET role = 'owner', status = 'left' WHERE space = '{deleted}';
             UPDATE spaces SET name = 'wrong', streams = 7 WHERE space = '{other}';
             UPDATE spaces SET deleted = false, head = 1 WHERE space = '{deleted}';"
        ),
    )
    .await;
    assert_ne!(tables(&place).await, before);
    let outcomes = rebuild(&place).await;
    let mended = |space: SpaceId| match &outcomes[&space] {
        Outcome::Mended(differences) => differences.iter().map(|(table, _)| *table).collect::<Vec<_>>(),
        outcome => panic!("{outcome:?}"),
    };
    assert_eq!(mended(one), ["tabs", "messages", "members"]);
    assert_eq!(mended(other), ["spaces", "messages", "members"]);
    assert_eq!(mended(deleted), ["spaces", "tabs", "members"]);
    let after = tables(&place).await;
    let (gone, new): (Vec<_>, Vec<_>) = (
        before.difference(&after).collect(),
        after.difference(&before).collect(),
    );
    assert!(gone.is_empty() && new.is_empty(), "{gone:#?}\nbecame\n{new:#?}");
    assert!(
        rebuild(&place)
            .await
            .values()
            .all(|outcome| *outcome == Outcome::Same)
    );

    // A snapshot that the log does not fold into is written anew, too.
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let right = alice.see(space).await.unwrap();
    relay.stop().await;
    damage_snapshot(&place, one, &serde_json::to_string(&right.state).unwrap()).await;
    let outcomes = rebuild(&place).await;
    assert_eq!(outcomes[&one], Outcome::Mended(vec![("snapshots", 1)]));
    assert_eq!(rebuild(&place).await[&one], Outcome::Same);
    let relay = Running::on(&place).await;
    let alice = Person {
        address: relay.address.clone(),
        ..alice
    };
    assert_eq!(alice.see(space).await.unwrap().state, right.state);
    relay.stop().await;
}

async fn damage_snapshot(place: &Place, space: SpaceId, state: &str) {
    let version = protocol::state::FOLD_VERSION;
    let wrong = state.replace('\'', "''");
    execute(
        place,
        &format!(
            "DELETE FROM snapshots WHERE space = '{space}';
             INSERT INTO snapshots (space, seq, fold_version, state) VALUES ('{space}', 1, {version}, '{wrong}');"
        ),
    )
    .await;
}

async fn a_log_with_a_gap_is_left_alone(place: Place) {
    let [one, other, _] = relay_with_a_past(&place).await;
    execute(
        &place,
        &format!(
            "DELETE FROM events WHERE space = '{one}' AND seq = 9;
             UPDATE tabs SET title = 'wrong';
             DELETE FROM members WHERE space = '{other}' AND status = 'active' AND role = 'owner'"
        ),
    )
    .await;
    let before = tables(&place).await;
    let outcomes = rebuild(&place).await;
    let problem = |space: SpaceId| match &outcomes[&space] {
        Outcome::Damaged(problem) => problem.clone(),
        outcome => panic!("{outcome:?}"),
    };
    assert!(problem(one).contains("gap before event 10"), "{}", problem(one));
    assert!(
        problem(other).contains("1 of its members have no row"),
        "{}",
        problem(other)
    );
    assert_eq!(tables(&place).await, before, "nothing was changed");
}
