//! What is asked while a commit runs is decided together next, and has to count as if it came one by one.

use std::time::Duration;

use hyper::Method;
use protocol::{ClientFrame, Code, Op, Role, ServerFrame, SpaceId};
use sha2::{Digest, Sha256};
use sqlx::{ConnectOptions, Connection, Executor};

use crate::harness::{Person, Place, Running, Socket, message, request, until};

on_both! {
    a_removal_counts_for_what_is_decided_with_it
}

/// Keeps the relay's writer from what it is about to write, so that what comes next gathers behind it.
enum Held {
    Folder(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

impl Held {
    async fn space(place: &Place, space: SpaceId) -> Self {
        match place {
            Place::Memory(_) => unreachable!("not in memory"),
            Place::Folder(folder) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new();
                let options = options.filename(folder.path().join("tabspace.sqlite"));
                let mut connection = options.connect().await.unwrap();
                connection.execute("BEGIN IMMEDIATE").await.unwrap();
                Self::Folder(connection)
            }
            Place::Postgres(url) => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                connection.execute("BEGIN").await.unwrap();
                sqlx::query("SELECT head FROM spaces WHERE space = $1 FOR UPDATE")
                    .bind(space.to_string())
                    .execute(&mut connection)
                    .await
                    .unwrap();
                Self::Postgres(connection)
            }
        }
    }

    async fn let_go(self) {
        match self {
            Self::Folder(mut connection) => connection.execute("ROLLBACK").await.map(|_| ()),
            Self::Postgres(mut connection) => connection.execute("ROLLBACK").await.map(|_| ()),
        }
        .unwrap();
    }
}

/// How much the writers have to do.
async fn jobs(relay: &Running) -> u64 {
    let metrics = request(&relay.address, Method::GET, "/metrics", &[], Vec::new()).await;
    let text = String::from_utf8(metrics.body.to_vec()).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("tabspace_jobs "));
    line.unwrap().parse().unwrap()
}

/// Sends an op that is not decided yet, and waits until it is with the writer.
async fn give(socket: &mut Socket, space: SpaceId, n: u64, op: Op) {
    socket.send(&ClientFrame::Submit { space, n, op }).await;
    socket.send(&ClientFrame::Ping { t: 1 }).await;
    socket
        .wait("a pong", |frame| matches!(frame, ServerFrame::Pong { .. }))
        .await;
}

async fn fate(socket: &mut Socket, n: u64) -> Option<Code> {
    let decided = |frame: &ServerFrame| match frame {
        ServerFrame::Accepted { n: of, .. } => (*of == n).then_some(None),
        ServerFrame::Refused { n: of, reason, .. } => (*of == n).then_some(Some(reason.code)),
        _ => None,
    };
    let frame = socket
        .wait("an op's fate", |frame| decided(frame).is_some())
        .await;
    decided(&frame).unwrap()
}

/// `SQLite` has one writer at a time; on Postgres others could come in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_and_a_favicon_are_not_made_while_the_right_to_is_lost() {
    let place = Place::postgres();
    let Place::Postgres(url) = &place else {
        unreachable!()
    };
    let mut config = place.config();
    config.timings.store_patience = Duration::from_secs(15);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let mut at_alice = alice.live(space).await;
    let mut reader = sqlx::PgConnection::connect(url).await.unwrap();
    let mut waiting = async || -> i64 {
        const WAITING: &str = "SELECT COUNT(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        sqlx::query_scalar(WAITING).fetch_one(&mut reader).await.unwrap()
    };

    let held = Held::space(&place, space).await;
    let demote = Op::MemberRole {
        member: bob.member,
        role: Role::Viewer,
    };
    give(&mut at_alice, space, 1, demote).await;
    until("the demotion waits", async || waiting().await == 1).await;
    let (link, favicon) = (bob.clone(), bob.clone());
    let link = tokio::spawn(async move { link.invite(space, Role::Viewer).await });
    let png = b"\x89PNG\r\n\x1a\n".to_vec();
    let path = format!("spaces/{space}/favicons/{:x}", Sha256::digest(&png));
    let favicon = tokio::spawn(async move { favicon.request(Method::PUT, &path, png).await.code() });
    until("both wait behind it", async || {
        waiting().await == 3 || link.is_finished() || favicon.is_finished()
    })
    .await;
    held.let_go().await;
    assert_eq!(fate(&mut at_alice, 1).await, None);
    assert_eq!(link.await.unwrap(), Err(Code::Forbidden));
    assert_eq!(favicon.await.unwrap(), Code::Forbidden);
    relay.stop().await;
}

async fn a_removal_counts_for_what_is_decided_with_it(place: Place) {
    let mut config = place.config();
    config.timings.store_patience = Duration::from_secs(15);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let secret = alice.invite(space, Role::Editor).await.unwrap();
    let (mut at_alice, mut at_bob) = (alice.live(space).await, bob.live(space).await);

    let held = Held::space(&place, space).await;
    give(
        &mut at_alice,
        space,
        1,
        message("the first of a batch of its own"),
    )
    .await;
    until("the writer is at it", async || jobs(&relay).await == 1).await;
    give(&mut at_alice, space, 2, Op::MemberLeft { member: bob.member }).await;
    give(&mut at_bob, space, 1, message("still here?")).await;
    let coming: Person = bob.clone();
    let coming = tokio::spawn(async move { coming.redeem(&secret).await });
    until("all wait", async || jobs(&relay).await == 4).await;
    held.let_go().await;

    assert_eq!(fate(&mut at_alice, 2).await, None);
    assert_eq!(fate(&mut at_bob, 1).await, Some(Code::Removed));
    assert_eq!(coming.await.unwrap(), Err(Code::Removed));
    assert_eq!(bob.see(space).await, Err(Code::Removed));
    assert!(
        !alice
            .see(space)
            .await
            .unwrap()
            .state
            .members
            .contains_key(&bob.member)
    );
    relay.stop().await;
}
