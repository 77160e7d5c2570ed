//! What the database holds is what the log says, after a restart too.

use std::collections::BTreeMap;

use protocol::rest::MessagePage;
use protocol::{Code, Event, Op, Payload, Position, Role, Seq, SpaceId, TabId};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;

use crate::harness::{Place, Running, id, message, renamed_tab};
use crate::{fold, only_connection};

on_all! {
    the_read_tables_say_what_the_state_says
    a_restart_keeps_everything
    a_space_begins_once
    spaces_are_listed_by_name
}

type TabRow = (String, String, String, Option<String>, bool, String);
type MemberRow = (String, String, i64, String);

const TABS: &str = "SELECT tab, url, title, tab_group, pinned, position FROM tabs WHERE space = $1";
const MEMBERS: &str = "SELECT member, role, since, status FROM members WHERE space = $1";

/// A space's rows, read on a connection to either database.
macro_rules! rows {
    ($reader:expr, $space:expr) => {{
        let reader = $reader;
        let tabs = sqlx::query_as(TABS).bind($space).fetch_all(&mut *reader).await;
        let members = sqlx::query_as(MEMBERS).bind($space).fetch_all(reader).await;
        (tabs.unwrap(), members.unwrap())
    }};
}

async fn tables(place: &Place, space: String) -> (Vec<TabRow>, Vec<MemberRow>) {
    match place {
        Place::Memory(store) => rows!(&mut *only_connection(store).await, &space),
        Place::Folder(folder) => rows!(&mut open(folder).await, &space),
        Place::Postgres(url) => rows!(&mut sqlx::PgConnection::connect(url).await.unwrap(), &space),
    }
}

/// How many decided ops of a space are kept.
pub(crate) async fn count_ops(place: &Place, space: SpaceId) -> i64 {
    let ops = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM ops WHERE space = '{space}'"));
    let counted = match place {
        Place::Memory(store) => {
            sqlx::query_scalar(ops)
                .fetch_one(&mut *only_connection(store).await)
                .await
        }
        Place::Folder(folder) => sqlx::query_scalar(ops).fetch_one(&mut open(folder).await).await,
        Place::Postgres(url) => {
            let mut reader = sqlx::PgConnection::connect(url).await.unwrap();
            sqlx::query_scalar(ops).fetch_one(&mut reader).await
        }
    };
    counted.unwrap()
}

/// Looks into a folder's database beside the relay.
async fn open(folder: &TempDir) -> SqliteConnection {
    let options = SqliteConnectOptions::new();
    let options = options
        .filename(folder.path().join("tabspace.sqlite"))
        .read_only(true);
    options.connect().await.unwrap()
}

async fn the_read_tables_say_what_the_state_says(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    let carol = relay.invited(&alice, space, "Carol", Role::Viewer).await;
    let group = id();
    let mut ops = vec![Op::GroupAdded(protocol::op::NewGroup {
        group,
        title: "Trains".to_owned(),
        colour: protocol::Colour::Blue,
        collapsed: false,
        position: Position::first(),
    })];
    let tabs: Vec<TabId> = (0..6).map(|_| id()).collect();
    for (tab, position) in tabs.iter().zip(Position::spread(None, None, 6)) {
        ops.push(Op::TabAdded(protocol::op::NewTab {
            tab: *tab,
            url: "https://trains.example/".to_owned(),
            title: String::new(),
            favicon: None,
            pinned: false,
            group: Some(group),
            position,
        }));
    }
    let sent = id();
    ops.extend([
        Op::TabUpdated {
            tab: tabs[0],
            url: None,
            title: Some("Porto".to_owned()),
            favicon: None,
            pinned: Some(true),
        },
        Op::TabMoved {
            tab: tabs[1],
            group: None,
            position: Position::first(),
        },
        Op::TabRemoved { tab: tabs[2] },
        Op::GroupRemoved { group },
        Op::TabRemoved { tab: id() },
        Op::MemberRole {
            member: bob.member,
            role: Role::Editor,
        },
        Op::MemberLeft { member: carol.member },
        Op::MessageSent {
            message: sent,
            text: "first".to_owned(),
        },
        Op::MessageEdited {
            message: sent,
            text: "second".to_owned(),
        },
        message("gone"),
    ]);
    if let Some(Op::MessageSent { message, .. }) = ops.last() {
        let message = *message;
        ops.push(Op::MessageDeleted { message });
    }
    let answers = alice.submit(space, (1..).zip(ops).collect()).await.unwrap();
    assert!(answers.iter().all(|answer| answer.seq.is_some()), "{answers:?}");

    let state = alice.see(space).await.unwrap().state;
    let (tab_rows, member_rows) = tables(&place, space.to_string()).await;
    let mut kept: Vec<TabRow> = tab_rows;
    kept.sort();
    let said: Vec<TabRow> = state
        .tabs
        .iter()
        .map(|(id, tab)| {
            let group = tab.group.map(|group| group.to_string());
            (
                id.to_string(),
                tab.url.clone(),
                tab.title.clone(),
                group,
                tab.pinned,
                tab.position.as_str().to_owned(),
            )
        })
        .collect();
    assert_eq!(kept, said);
    let kept: BTreeMap<String, (String, i64)> = member_rows
        .iter()
        .filter(|(.., status)| status == "active")
        .map(|(member, role, since, _)| (member.clone(), (role.clone(), *since)))
        .collect();
    let said: BTreeMap<String, (String, i64)> = state
        .members
        .iter()
        .map(|(id, member)| {
            (
                id.to_string(),
                (member.role.as_str().to_owned(), member.since.0.cast_signed()),
            )
        })
        .collect();
    assert_eq!(kept, said);
    assert!(
        member_rows
            .iter()
            .any(|(member, .., status)| *member == carol.member.to_string() && status == "removed")
    );
    let page: MessagePage = alice.get(&format!("spaces/{space}/messages")).await.unwrap();
    let mut kept: Vec<_> = page
        .messages
        .into_iter()
        .map(|numbered| numbered.message)
        .collect();
    kept.reverse();
    assert_eq!(kept, Vec::from(state.messages));
    relay.stop().await;
}

async fn a_restart_keeps_everything(place: Place) {
    let relay = Running::on(&place).await;
    let (mut alice, space) = relay.alice().await;
    let secret = alice.invite(space, Role::Editor).await.unwrap();
    // Past the first snapshot, so that opening folds a snapshot and what lies behind it.
    let hello = message("hello");
    let mut ops = vec![(1, hello.clone())];
    ops.extend((2..=70).map(|n| (n, renamed_tab(&format!("title {n}")))));
    ops.push((
        71,
        Op::TabRemoved {
            tab: TabId::from_bits(1),
        },
    ));
    alice.submit(space, ops).await.unwrap();
    alice.op(space, 72, message("after the snapshot")).await.unwrap();
    assert_eq!(
        alice.op(space, 73, Op::MemberLeft { member: alice.member }).await,
        Err(Code::LastOwner)
    );
    let before = alice.see(space).await.unwrap();
    let log = alice.events(space, 0).await.unwrap();
    relay.stop().await;

    let relay = Running::on(&place).await;
    alice.address.clone_from(&relay.address);
    assert_eq!(alice.see(space).await.unwrap(), before);
    assert_eq!(alice.events(space, 0).await.unwrap(), log);
    assert_eq!(fold(&log), before.state);
    assert_eq!(alice.op(space, 1, hello).await, Ok(Seq(2)));
    assert_eq!(
        alice.op(space, 73, Op::MemberLeft { member: alice.member }).await,
        Err(Code::LastOwner)
    );
    assert_eq!(
        alice.op(space, 74, message("goes on")).await,
        Ok(Seq(before.state.head.0 + 1))
    );
    relay.guest("Bob").await.redeem(&secret).await.unwrap();
    relay.stop().await;
}

async fn a_space_begins_once(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, bob) = (relay.guest("Alice").await, relay.guest("Bob").await);
    let space = id();
    let (one, other) = tokio::join!(alice.create(space), alice.create(space));
    let joined = one.unwrap();
    assert_eq!(other.unwrap(), joined);
    assert_eq!(alice.create(space).await.unwrap(), joined);
    assert_eq!(bob.create(space).await, Err(Code::OpConflict));
    let mut other: protocol::op::Created = fold_created(&alice.events(space, 0).await.unwrap());
    "Porto".clone_into(&mut other.name);
    let again = protocol::rest::NewSpace {
        space,
        created: other,
    };
    assert_eq!(
        alice.post::<protocol::rest::Joined>("spaces", &again).await,
        Err(Code::OpConflict)
    );
    let mut bad = again;
    (bad.space, bad.created.tabs[0].url) = (id(), "data:text/html,hi".to_owned());
    assert_eq!(
        alice.post::<protocol::rest::Joined>("spaces", &bad).await,
        Err(Code::AddressNotAllowed)
    );
    assert_eq!(alice.see(bad.space).await, Err(Code::NoSuchSpace));
    relay.stop().await;
}

async fn spaces_are_listed_by_name(place: Place) {
    let place = locale_of_words(place).await;
    let relay = Running::on(&place).await;
    let alice = relay.guest("Alice").await;
    for name in ["a-c", "ab", "B", "a-b", "é"] {
        let space = id();
        alice.create(space).await.unwrap();
        let name = name.to_owned();
        alice.op(space, 1, Op::SpaceRenamed { name }).await.unwrap();
    }
    let me: protocol::rest::Me = alice.get("me").await.unwrap();
    let names: Vec<_> = me.spaces.iter().map(|mine| mine.name.as_str()).collect();
    assert_eq!(
        names,
        ["B", "a-b", "a-c", "ab", "é"],
        "the same on every database"
    );
    relay.stop().await;
}

/// On Postgres a database that orders texts as an English dictionary does.
async fn locale_of_words(place: Place) -> Place {
    let Place::Postgres(url) = &place else {
        return place;
    };
    let (server, rest) = url.split_once("/fresh_").unwrap();
    let (number, query) = rest.split_once('?').unwrap();
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    let create = format!(
        "CREATE DATABASE words_{number} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'"
    );
    sqlx::query(sqlx::AssertSqlSafe(create))
        .execute(&mut connection)
        .await
        .unwrap();
    Place::Postgres(format!("{server}/words_{number}?{query}"))
}

fn fold_created(events: &[Event]) -> protocol::op::Created {
    match &events[0].payload {
        Payload::Op(Op::SpaceCreated(created)) => created.clone(),
        other => panic!("a log begins with its creation, not with {other:?}"),
    }
}
