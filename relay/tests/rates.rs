//! What is too fast, what the answer says, and that it is right.

mod harness;

use harness::{MINUTE_MS, Place, Running, Socket, id, manual_clock, message, renamed_tab, request};
use hyper::{Method, StatusCode};
use protocol::op::{Created, NewTab};
use protocol::recovery::RecoveryKey;
use protocol::rest::{InviteSecret, Me, NewSpace, Recover, RecoveryMade};
use protocol::{ClientFrame, Code, Op, Position, Refusal, Role, ServerFrame, SpaceId, TabId, limits};
use relay::clock::Clock;
use relay::{Config, Rates};

fn limited(place: &Place) -> (Config, Clock) {
    let mut config = place.config();
    config.rates = Rates::default();
    let clock = manual_clock(&mut config);
    (config, clock)
}

fn later(clock: &Clock, ms: u64) {
    clock.set(clock.now().plus(i64::try_from(ms).expect("a time")));
}

/// An hour later nobody is new any more.
fn grow_old(clock: &Clock) {
    later(clock, 3_600_000);
}

async fn send(socket: &mut Socket, space: SpaceId, n: u64, op: Op) {
    socket.send(&ClientFrame::Submit { space, n, op }).await;
}

/// The fate of the next op that is answered.
async fn fate(socket: &mut Socket) -> (u64, Result<u64, Refusal>) {
    let answered =
        |frame: &ServerFrame| matches!(frame, ServerFrame::Accepted { .. } | ServerFrame::Refused { .. });
    match socket.wait("an answer", answered).await {
        ServerFrame::Accepted { n, seq, .. } => (n, Ok(seq.0)),
        ServerFrame::Refused { n, reason, .. } => (n, Err(reason)),
        _ => unreachable!("it was waited for"),
    }
}

#[tokio::test]
async fn the_sixty_first_message_waits_as_told_and_those_behind_it_wait_for_it() {
    let place = Place::folder();
    let (config, clock) = limited(&place);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    grow_old(&clock);
    let mut socket = alice.live(space).await;
    let ops: Vec<Op> = (1..=64).map(|n| message(&format!("message {n}"))).collect();
    for (n, op) in (1..).zip(&ops) {
        send(&mut socket, space, n, op.clone()).await;
    }
    let mut refused = Vec::new();
    for _ in 1..=64 {
        if let (n, Err(reason)) = fate(&mut socket).await {
            refused.push((n, reason.code, reason.retry_after_ms));
        }
    }
    refused.sort_by_key(|(n, ..)| *n);
    let wait = (Code::TooFast, Some(1_000));
    let expected: Vec<_> = (61..=64).map(|n| (n, wait.0, wait.1)).collect();
    assert_eq!(refused, expected);

    // Early, it is still too fast, and the time that is told is still right.
    later(&clock, 400);
    send(&mut socket, space, 61, ops[60].clone()).await;
    let (_, answer) = fate(&mut socket).await;
    assert_eq!(answer.unwrap_err().retry_after_ms, Some(600));
    later(&clock, 600);
    send(&mut socket, space, 61, ops[60].clone()).await;
    assert!(matches!(fate(&mut socket).await, (61, Ok(_))));
    // A second later the next, under the number that was not used up.
    later(&clock, 1_000);
    send(&mut socket, space, 62, ops[61].clone()).await;
    assert!(matches!(fate(&mut socket).await, (62, Ok(_))));
    // What was decided comes again without costing a message.
    send(&mut socket, space, 5, ops[4].clone()).await;
    assert!(matches!(fate(&mut socket).await, (5, Ok(_))));
    // Tabs are another kind.
    send(&mut socket, space, 63, renamed_tab("moved on")).await;
    assert!(matches!(fate(&mut socket).await, (63, Ok(_))));
    relay.stop().await;
}

#[tokio::test]
async fn over_rest_the_rest_is_not_tried_and_the_answer_says_when() {
    let place = Place::folder();
    let (config, clock) = limited(&place);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    grow_old(&clock);
    let ops: Vec<(u64, Op)> = (1..=70).map(|n| (n, message("hello"))).collect();
    let answers = alice.submit(space, ops.clone()).await.unwrap();
    assert_eq!(answers.len(), 61);
    assert!(answers[..60].iter().all(|answer| answer.seq.is_some()));
    let refused = answers[60].refused.as_ref().unwrap();
    assert_eq!(
        (refused.code, refused.retry_after_ms),
        (Code::TooFast, Some(1_000))
    );

    let body = serde_json::json!({"device": alice.device, "ops": [{"n": 61, "op": ops[60].1}]});
    let path = format!("spaces/{space}/ops");
    let answer = alice
        .request(Method::POST, &path, serde_json::to_vec(&body).unwrap())
        .await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::TOO_MANY_REQUESTS, Code::TooFast)
    );
    assert_eq!(answer.header("retry-after"), "1");
    // Everything again, as a client does that heard no answer: only the new one costs a message.
    later(&clock, 1_000);
    let answers = alice.submit(space, ops).await.unwrap();
    assert_eq!(answers.iter().filter(|answer| answer.seq.is_some()).count(), 61);
    assert_eq!(answers.len(), 62);
    relay.stop().await;
}

#[tokio::test]
async fn a_new_guest_may_do_half() {
    let place = Place::folder();
    let (config, clock) = limited(&place);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let ops: Vec<(u64, Op)> = (1..=70).map(|n| (n, message("hello"))).collect();
    let answers = alice.submit(space, ops).await.unwrap();
    assert_eq!(answers.len(), 31);
    let bob = relay.guest("Bob").await;
    assert!(bob.create(id()).await.is_ok());
    assert!(bob.create(id()).await.is_ok());
    assert_eq!(bob.create(id()).await.unwrap_err(), Code::TooFast);
    // The next minutes' worth is that of somebody who is known.
    grow_old(&clock);
    for _ in 0..3 {
        assert!(bob.create(id()).await.is_ok());
    }
    let again = id();
    assert_eq!(bob.create(again).await.unwrap_err(), Code::TooFast);
    later(&clock, 20_000);
    assert!(bob.create(again).await.is_ok());
    assert!(bob.create(again).await.is_ok(), "the same again costs nothing");
    relay.stop().await;
}

#[tokio::test]
async fn ten_joins_a_minute_and_a_member_who_comes_again_pays_nothing() {
    let place = Place::folder();
    let (mut config, clock) = limited(&place);
    config.rates.spaces = 0;
    config.rates.invites = 0;
    let relay = Running::with(config).await;
    let (alice, first) = relay.alice().await;
    let bob = relay.guest("Bob").await;
    grow_old(&clock);
    let mut secrets = vec![alice.invite(first, Role::Viewer).await.unwrap()];
    for _ in 0..10 {
        let space = id();
        alice.create(space).await.unwrap();
        secrets.push(alice.invite(space, Role::Viewer).await.unwrap());
    }
    for secret in &secrets[..10] {
        bob.redeem(secret).await.unwrap();
    }
    bob.redeem(&secrets[0]).await.unwrap();
    assert_eq!(bob.redeem(&secrets[10]).await.unwrap_err(), Code::TooFast);
    later(&clock, 6_000);
    bob.redeem(&secrets[10]).await.unwrap();
    relay.stop().await;
}

#[tokio::test]
async fn who_guesses_secrets_is_soon_too_fast_and_only_at_the_own_address() {
    let place = Place::folder();
    let (config, _clock) = limited(&place);
    let relay = Running::with(config).await;
    let guess = InviteSecret {
        secret: "guess".to_owned(),
    };
    let body = || serde_json::to_vec(&guess).unwrap();
    let json = ("content-type", "application/json");
    let mut codes = Vec::new();
    for _ in 0..13 {
        let from = [json, ("x-forwarded-for", "192.0.2.1")];
        let answer = request(
            &relay.address,
            Method::POST,
            "/api/v1/invites/preview",
            &from,
            body(),
        )
        .await;
        codes.push(answer.code());
    }
    assert!(codes[..12].iter().all(|code| *code == Code::NoSuchInvite));
    assert_eq!(codes[12], Code::TooFast);
    let elsewhere = [json, ("x-forwarded-for", "192.0.2.1, 192.0.2.2")];
    let answer = request(
        &relay.address,
        Method::POST,
        "/api/v1/invites/preview",
        &elsewhere,
        body(),
    )
    .await;
    assert_eq!(answer.code(), Code::NoSuchInvite);
    relay.stop().await;
}

#[tokio::test]
async fn who_is_no_trusted_proxy_cannot_say_where_it_is() {
    let place = Place::folder();
    let (mut config, _clock) = limited(&place);
    config.rates.trusted_proxies = Vec::new();
    config.rates.guests = 2;
    let relay = Running::with(config).await;
    let make = async |from: &str| {
        let headers = [("content-type", "application/json"), ("x-forwarded-for", from)];
        let body = br#"{"name":"Eve","credential":"token"}"#.to_vec();
        let answer = request(&relay.address, Method::POST, "/api/v1/guests", &headers, body).await;
        (answer.status, answer.header("retry-after").to_owned())
    };
    assert_eq!(make("192.0.2.1").await.0, StatusCode::CREATED);
    assert_eq!(make("192.0.2.2").await.0, StatusCode::CREATED);
    assert_eq!(
        make("192.0.2.3").await,
        (StatusCode::TOO_MANY_REQUESTS, "30".to_owned())
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_person_is_in_so_many_spaces_and_no_more() {
    let place = Place::folder();
    let mut config = place.config();
    config.rates.spaces_per_person = 2;
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let second = id();
    alice.create(second).await.unwrap();
    assert_eq!(alice.create(id()).await.unwrap_err(), Code::TooMany);
    assert!(alice.create(second).await.is_ok(), "it is there already");
    let (bob, bobs) = relay.alice().await;
    let secret = bob.invite(bobs, Role::Editor).await.unwrap();
    assert_eq!(alice.redeem(&secret).await.unwrap_err(), Code::TooMany);
    // One that is over does not count.
    alice.op(space, 1, Op::SpaceDeleted {}).await.unwrap();
    alice.redeem(&secret).await.unwrap();
    relay.stop().await;
}

fn tabs(count: usize) -> Created {
    let positions = Position::spread(None, None, count);
    let tabs = (1..).zip(positions).map(|(number, position)| NewTab {
        tab: TabId::from_bits(number),
        url: "https://one.example/".to_owned(),
        title: String::new(),
        favicon: None,
        pinned: false,
        group: None,
        position,
    });
    Created {
        name: "Many".to_owned(),
        colour: protocol::op::Colour::default(),
        groups: Vec::new(),
        tabs: tabs.collect(),
    }
}

#[tokio::test]
async fn a_thousand_tabs_are_saved_at_once_and_no_more() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let alice = relay.guest("Alice").await;
    let save = async |count| {
        let new = NewSpace {
            space: id(),
            created: tabs(count),
        };
        alice
            .post::<protocol::rest::Joined>("spaces", &new)
            .await
            .map(drop)
    };
    assert_eq!(save(limits::SAVE_TABS + 1).await, Err(Code::TooLarge));
    assert_eq!(save(limits::SAVE_TABS).await, Ok(()));
    relay.stop().await;
}

#[tokio::test]
async fn signals_over_their_rate_are_dropped_without_a_word() {
    let place = Place::folder();
    let (mut config, clock) = limited(&place);
    config.rates.signals = 5;
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let mut alices = alice.live(space).await;
    let mut bobs = bob.live(space).await;
    let typing = || protocol::Signal::Typing { on: true };
    for _ in 0..9 {
        alices.signal(space, None, typing()).await;
    }
    // The answer to this comes after all of them.
    alices.send(&ClientFrame::Ping { t: 1 }).await;
    alices
        .wait("the pong", |frame| matches!(frame, ServerFrame::Pong { t: 1 }))
        .await;
    assert!(
        !alices
            .heard
            .iter()
            .any(|frame| matches!(frame, ServerFrame::Error { .. }))
    );
    bobs.send(&ClientFrame::Ping { t: 2 }).await;
    bobs.wait("the pong", |frame| matches!(frame, ServerFrame::Pong { t: 2 }))
        .await;
    let heard = |socket: &Socket| {
        let signals = socket.heard.iter();
        signals
            .filter(|frame| matches!(frame, ServerFrame::Signal { .. }))
            .count()
    };
    // Some may have replaced each other on the way.
    assert!((1..=5).contains(&heard(&bobs)), "{}", heard(&bobs));
    let text = request(&relay.address, Method::GET, "/metrics", &[], Vec::new()).await;
    let text = String::from_utf8(text.body.to_vec()).unwrap();
    assert!(
        text.contains("tabspace_signals_dropped_total{reason=\"rate\"} 4"),
        "{text}"
    );
    later(&clock, u64::try_from(MINUTE_MS).unwrap());
    let before = heard(&bobs);
    alices.signal(space, None, typing()).await;
    bobs.wait("a signal again", |frame| {
        matches!(frame, ServerFrame::Signal { .. })
    })
    .await;
    assert_eq!(heard(&bobs), before + 1);
    relay.stop().await;
}

#[tokio::test]
async fn who_guesses_recovery_keys_waits_and_a_right_key_waits_with_them() {
    let place = Place::folder();
    let (config, clock) = limited(&place);
    let relay = Running::with(config).await;
    let (alice, _space) = relay.alice().await;
    let right: RecoveryMade = alice.post("me/recovery", &()).await.unwrap();
    let recover = async |key: String| alice.post::<Me>("recovery", &Recover { key }).await;
    later(&clock, u64::try_from(MINUTE_MS).unwrap());
    // A wrong guess costs ten of an address' sixty, whatever it looks like.
    let other: RecoveryMade = relay.guest("Bob").await.post("me/recovery", &()).await.unwrap();
    later(&clock, u64::try_from(MINUTE_MS).unwrap());
    let mut guess = RecoveryKey::from_bits(7);
    for wrong in 0..6 {
        assert_eq!(
            recover(guess.to_string()).await,
            Err(Code::BadRecoveryKey),
            "guess {wrong}"
        );
        guess = RecoveryKey::from_bits(wrong);
    }
    for key in [guess.to_string(), right.key.clone(), other.key.clone()] {
        assert_eq!(recover(key).await, Err(Code::TooFast));
    }
    later(&clock, u64::try_from(MINUTE_MS).unwrap());
    assert_eq!(recover(right.key).await.unwrap().name, "Alice");
    relay.stop().await;
}
