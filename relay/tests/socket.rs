//! A socket's life: introductions, wrong frames, silence, slowness, and a relay or database that goes away.

mod harness;

use std::time::Duration;

use harness::{Place, Running, Socket, id, manual_clock, message, request};
use hyper::{Method, StatusCode};
use private_postgres::PrivatePostgres;
use protocol::{ClientFrame, Code, Millis, Op, Role, Seq, ServerFrame, limits};
use tokio_tungstenite::tungstenite::Message;

fn close_code(socket: &Socket) -> Option<u16> {
    socket.closed.as_ref().map(|frame| u16::from(frame.code))
}

#[tokio::test]
async fn a_wrong_frame_gets_its_code_and_the_socket_stays_open() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let mut socket = alice.live(space).await;
    let oversize = format!(
        r#"{{"type":"session:ping","data":{{"t":1,"x":"{}"}}}}"#,
        "x".repeat(limits::FRAME_BYTES)
    );
    let deep = "[".repeat(100_000);
    for (text, code) in [
        ("no json", Code::Malformed),
        (r#"{"type":"session:ping"}"#, Code::Malformed),
        (
            r#"{"type":"space:subscribe","data":{"space":"short"}}"#,
            Code::Malformed,
        ),
        (
            r#"{"type":"op:submit","data":{"space":1,"n":-1,"op":{}}}"#,
            Code::Malformed,
        ),
        (r#"{"type":"space:explode","data":{}}"#, Code::UnknownType),
        (&deep, Code::Malformed),
        (&oversize, Code::TooLarge),
    ] {
        socket.send_text(text).await;
        assert_eq!(socket.error().await, code, "{}", &text[..text.len().min(80)]);
    }
    socket.send_message(Message::binary(vec![0, 159, 146, 150])).await;
    assert_eq!(socket.error().await, Code::Malformed);
    socket.hello("again").await;
    assert_eq!(socket.error().await, Code::HelloFirst);
    socket.send(&ClientFrame::Ping { t: 7 }).await;
    socket
        .wait("still open", |frame| matches!(frame, ServerFrame::Pong { t: 7 }))
        .await;

    // What is far too large cannot be passed over: the socket ends, with the code.
    socket.send_text("x".repeat(3 * limits::FRAME_BYTES)).await;
    socket.until_closed().await;
    assert_eq!(close_code(&socket), Some(1009));
    relay.stop().await;
}

#[tokio::test]
async fn an_op_under_the_last_number_there_is_is_answered() {
    let relay = Running::on(&Place::memory().await).await;
    let (alice, space) = relay.alice().await;
    let mut socket = alice.live(space).await;
    assert_eq!(
        socket.op(space, u64::MAX, message("the last")).await,
        Err(Code::OpGap)
    );
    assert_eq!(socket.op(space, 1, message("the first")).await, Ok(Seq(2)));
    relay.stop().await;
}

#[tokio::test]
async fn an_op_that_may_not_be_has_its_code() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    let mut at_bob = bob.live(space).await;
    assert_eq!(at_bob.op(space, 1, message("may I?")).await, Err(Code::Forbidden));
    assert_eq!(at_bob.op(space, 3, message("skipping")).await, Err(Code::OpGap));
    let mut at_alice = alice.live(space).await;
    let mut n = 0;
    for (url, code) in [
        ("javascript:alert(1)", Code::AddressNotAllowed),
        ("data:text/html,<script>", Code::AddressNotAllowed),
        ("", Code::BadText),
    ] {
        n += 1;
        let op = Op::TabUpdated {
            tab: protocol::TabId::from_bits(1),
            url: Some(url.to_owned()),
            title: None,
            favicon: None,
            pinned: None,
        };
        assert_eq!(at_alice.op(space, n, op).await, Err(code));
    }
    let long = message(&"x".repeat(limits::MESSAGE_BYTES + 1));
    assert_eq!(at_alice.op(space, 4, long).await, Err(Code::TooLarge));
    assert_eq!(
        at_alice.op(id(), 1, message("where?")).await,
        Err(Code::NoSuchSpace)
    );
    assert_eq!(
        alice.see(space).await.unwrap().state.head,
        Seq(2),
        "none of it is in the log"
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_socket_has_to_introduce_itself() {
    let place = Place::folder();
    let mut config = place.config();
    let clock = manual_clock(&mut config);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;

    let mut socket = Socket::open(&relay.address, &[]).await.unwrap();
    socket
        .send(&ClientFrame::Subscribe {
            space,
            epoch: None,
            since: Seq(0),
        })
        .await;
    assert_eq!(socket.error().await, Code::HelloFirst);
    socket.until_closed().await;

    let ticket = alice.ticket().await.unwrap();
    let mut socket = Socket::open(&relay.address, &[]).await.unwrap();
    socket.hello(&ticket).await;
    socket
        .wait("a welcome", |frame| matches!(frame, ServerFrame::Welcome { .. }))
        .await;
    let old = alice.ticket().await.unwrap();
    clock.set(Millis(clock.now().0 + limits::TICKET_LIFE_MS));
    for bad in [ticket.as_str(), &old, "never made", ""] {
        let mut socket = Socket::open(&relay.address, &[]).await.unwrap();
        socket.hello(bad).await;
        assert_eq!(socket.error().await, Code::BadTicket);
        socket.until_closed().await;
    }

    let mut socket = Socket::open(&relay.address, &[]).await.unwrap();
    socket
        .send(&ClientFrame::Hello {
            versions: vec![99],
            ticket: alice.ticket().await.unwrap(),
        })
        .await;
    assert_eq!(socket.error().await, Code::Version);
    socket.until_closed().await;
    relay.stop().await;
}

#[tokio::test]
async fn strangers_are_few_and_soon_gone() {
    let place = Place::folder();
    let mut config = place.config();
    config.strangers = 2;
    config.timings.introduction = Duration::from_secs(1);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let mut one = Socket::open(&relay.address, &[]).await.unwrap();
    let mut other = Socket::open(&relay.address, &[]).await.unwrap();
    assert_eq!(
        Socket::open(&relay.address, &[]).await.err(),
        Some(StatusCode::TOO_MANY_REQUESTS)
    );
    // Who says nothing is closed, and makes room.
    one.until_closed().await;
    other.until_closed().await;
    // Who has said who he is counts no more.
    let mut live = Vec::new();
    for name in ["Bob", "Carol", "Dora"] {
        let guest = relay.invited(&alice, space, name, Role::Viewer).await;
        live.push(guest.live(space).await);
    }
    relay.stop().await;
}

#[tokio::test]
async fn an_introduction_is_short() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let mut socket = Socket::open(&relay.address, &[]).await.unwrap();
    socket.hello(&"x".repeat(10_000)).await;
    assert_eq!(socket.error().await, Code::TooLarge);
    socket.until_closed().await;
    relay.stop().await;
}

#[tokio::test]
async fn what_is_no_upgrade_gets_a_refusal() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let offer = [("sec-websocket-protocol", protocol::SUBPROTOCOL)];
    let path = "/api/v1/realtime";
    for (headers, code) in [(offer.as_slice(), Code::Malformed), (&[], Code::Version)] {
        let answer = request(&relay.address, Method::GET, path, headers, Vec::new()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (code.status(), code));
    }
    relay.stop().await;
}

#[tokio::test]
async fn pages_of_other_origins_open_no_socket() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let own = format!("http://{}", relay.address);
    for good in [
        own.as_str(),
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    ] {
        assert!(
            Socket::open(&relay.address, &[("origin", good)]).await.is_ok(),
            "{good}"
        );
    }
    for bad in [
        "https://evil.example",
        "http://127.0.0.1:1",
        "null",
        "http://evil.example:80",
    ] {
        let refused = Socket::open(&relay.address, &[("origin", bad)]).await.err();
        assert_eq!(refused, Some(StatusCode::FORBIDDEN), "{bad}");
    }
    relay.stop().await;
}

#[tokio::test]
async fn who_does_not_listen_is_closed_and_harms_nobody() {
    let place = Place::folder();
    let mut config = place.config();
    config.outbox_bytes = 256 * 1024;
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    let (mut at_alice, mut at_bob) = (alice.live(space).await, bob.live(space).await);
    let gone = |frame: &ServerFrame| matches!(frame, ServerFrame::PresenceGone { device, .. } if *device == bob.device);
    let text = "x".repeat(limits::MESSAGE_BYTES);
    let mut n = 0;
    while !at_alice.heard.iter().any(gone) {
        n += 1;
        assert!(n < 4_000, "Bob is still served");
        at_alice.op(space, n, message(&text)).await.unwrap();
        let last = at_alice.heard.len().saturating_sub(100);
        at_alice.heard.drain(..last);
    }
    // Bob hears a beginning without a gap, then comes again.
    at_bob.until_closed().await;
    assert_eq!(close_code(&at_bob), Some(1008));
    let seqs = at_bob.seqs();
    assert!(seqs.iter().copied().eq(3..3 + seqs.len() as u64) && (seqs.len() as u64) < n);
    let mut at_bob = bob.live(space).await;
    let seq = at_alice.op(space, n + 1, message("welcome back")).await.unwrap();
    at_bob.event(seq).await;
    relay.stop().await;
}

#[tokio::test]
async fn a_slow_line_has_time_for_a_large_snapshot() {
    let place = Place::folder();
    let mut config = place.config();
    config.timings.dead_after = Duration::from_millis(500);
    config.timings.introduction = Duration::from_millis(1_500);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    // More than the sockets between them hold.
    let text = "x".repeat(limits::MESSAGE_BYTES);
    let url = format!("https://example.org/{}", "x".repeat(limits::URL_BYTES - 100));
    let tab = |position| {
        Op::TabAdded(protocol::op::NewTab {
            tab: id(),
            url: url.clone(),
            title: String::new(),
            favicon: None,
            pinned: false,
            group: None,
            position,
        })
    };
    let mut ops: Vec<Op> = (0..limits::RECENT_MESSAGES).map(|_| message(&text)).collect();
    ops.extend(protocol::Position::spread(None, None, 1_200).into_iter().map(tab));
    let ops: Vec<(u64, Op)> = (1..).zip(ops).collect();
    for ops in ops.chunks(100) {
        alice.submit(space, ops.to_vec()).await.unwrap();
    }
    let mut socket = alice.connect().await;
    let subscribe = ClientFrame::Subscribe {
        space,
        epoch: None,
        since: Seq(0),
    };
    socket.send(&subscribe).await;
    // Nothing gets through for longer than the silence after which a connection is dead: meanwhile the relay gives
    // up a stranger, for whom it waits longer than that.
    let mut stranger = Socket::open(&relay.address, &[]).await.unwrap();
    stranger.until_closed().await;
    let snapshot = |frame: &ServerFrame| matches!(frame, ServerFrame::Snapshot { .. });
    socket.wait("the snapshot", snapshot).await;
    socket.op(space, 1_401, message("still here")).await.unwrap();
    relay.stop().await;
}

#[tokio::test]
async fn silence_is_asked_after_and_then_taken_for_death() {
    let place = Place::folder();
    let mut config = place.config();
    config.timings.heartbeat = Duration::from_millis(50);
    config.timings.dead_after = Duration::from_millis(1_500);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    // Alice answers, Bob does not.
    let mut at_alice = alice.live(space).await;
    let device = bob.device;
    let answering = tokio::spawn(async move {
        loop {
            match at_alice.next().await.expect("Alice stays connected") {
                ServerFrame::Ping { t } => at_alice.send(&ClientFrame::Pong { t }).await,
                ServerFrame::PresenceGone { device: gone, .. } if gone == device => break,
                _ => {}
            }
        }
    });
    let mut at_bob = bob.live(space).await;
    answering.await.unwrap();
    at_bob.until_closed().await;
    assert!(
        at_bob
            .heard
            .iter()
            .any(|frame| matches!(frame, ServerFrame::Ping { .. }))
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_relay_that_stops_says_so() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let mut socket = alice.live(space).await;
    for n in 1..=20 {
        socket
            .send(&ClientFrame::Submit {
                space,
                n,
                op: message("just before"),
            })
            .await;
    }
    socket.event(Seq(21)).await;
    relay.stop().await;
    assert_eq!(socket.error().await, Code::GoingAway);
    socket.until_closed().await;
    assert_eq!(close_code(&socket), Some(1001));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_while_the_database_is_away() {
    let postgres = PrivatePostgres::start().expect("a Postgres");
    let place = Place::Postgres(postgres.fresh_database());
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    let (mut at_alice, mut at_bob) = (alice.live(space).await, bob.live(space).await);
    at_alice.op(space, 1, message("before")).await.unwrap();
    postgres.stop().unwrap();
    let lost = message("meanwhile");
    assert_eq!(at_alice.op(space, 2, lost.clone()).await, Err(Code::StoreAway));
    assert_eq!(alice.see(space).await, Err(Code::StoreAway));
    let other = id();
    at_bob
        .send(&ClientFrame::Subscribe {
            space: other,
            epoch: None,
            since: Seq(0),
        })
        .await;
    assert_eq!(at_bob.error().await, Code::StoreAway);
    postgres.start_again().unwrap();
    let mut fate = Err(Code::StoreAway);
    for _ in 0..50 {
        fate = at_alice.op(space, 2, lost.clone()).await;
        if fate != Err(Code::StoreAway) {
            break;
        }
    }
    assert_eq!(fate, Ok(Seq(4)));
    at_bob.event(Seq(4)).await;
    assert_eq!(at_bob.seqs(), [3, 4]);
    relay.stop().await;
}
