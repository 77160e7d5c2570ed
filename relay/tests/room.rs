//! Alice, Bob and Carol in a live space: who hears what, and when it ends.

mod harness;

use std::time::Duration;

use harness::{Place, Running, id, long_tab, message, renamed_tab, until};
use protocol::op::StreamEnd;
use protocol::rest::{Me, Rename};
use protocol::signal::Presence;
use protocol::{ClientFrame, Code, DeviceId, Event, Op, Payload, Role, Seq, ServerFrame, Signal, limits};

fn closed(frame: &ServerFrame) -> bool {
    matches!(frame, ServerFrame::Closed { .. })
}

fn why_closed(frame: &ServerFrame) -> Code {
    match frame {
        ServerFrame::Closed { reason, .. } => reason.code,
        other => panic!("not closed but {other:?}"),
    }
}

#[tokio::test]
async fn both_hear_everything_once_in_one_order() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let (mut at_alice, mut at_bob) = (alice.live(space).await, bob.live(space).await);
    let bob_came = |frame: &ServerFrame| match frame {
        ServerFrame::PresenceChanged { present, .. } => {
            (present.member, present.device) == (bob.member, bob.device)
        }
        _ => false,
    };
    at_alice.wait("Bob", bob_came).await;
    // Many in flight at once, from both.
    for n in 1..=30 {
        at_alice
            .send(&ClientFrame::Submit {
                space,
                n,
                op: message("from Alice"),
            })
            .await;
        at_bob
            .send(&ClientFrame::Submit {
                space,
                n,
                op: message("from Bob"),
            })
            .await;
    }
    let last = Seq(2 + 60);
    at_alice.event(last).await;
    at_bob.event(last).await;
    assert_eq!(at_alice.seqs(), (3..=62).collect::<Vec<_>>());
    assert_eq!(at_bob.seqs(), (3..=62).collect::<Vec<_>>());
    relay.stop().await;
}

#[tokio::test]
async fn who_was_away_gets_exactly_what_was_missed() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    // The space is larger than what will be missed.
    alice
        .submit(space, (1..=20).map(long_tab).collect())
        .await
        .unwrap();
    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let epoch = bob.see(space).await.unwrap().epoch;
    let ops = (21..=320).map(|n| (n, message("while Bob was away"))).collect();
    alice.submit(space, ops).await.unwrap();
    bob.op(space, 1, message("by REST")).await.unwrap();

    let mut at_bob = bob.connect().await;
    let resumed =
        |frame: &ServerFrame| matches!(frame, ServerFrame::Resumed { .. } | ServerFrame::Snapshot { .. });
    // From the log, as the room was just opened; then from the room.
    for (n, since) in (321..).zip([22, 309]) {
        at_bob
            .send(&ClientFrame::Subscribe {
                space,
                epoch: Some(epoch),
                since: Seq(since),
            })
            .await;
        match at_bob.wait("what was missed", resumed).await {
            ServerFrame::Resumed {
                events,
                last_n,
                you,
                people,
                ..
            } => {
                let seqs: Vec<u64> = events.iter().map(|event| event.envelope.seq.0).collect();
                let head = n + 2;
                assert_eq!(seqs, (since + 1..=head).collect::<Vec<_>>());
                assert_eq!((last_n, you, people.len()), (1, bob.member, 2));
            }
            other => panic!("no events but {other:?}"),
        }
        alice.op(space, n, message("one more")).await.unwrap();
        at_bob.event(Seq(n + 3)).await;
    }
    for (epoch, since) in [
        (None, 30),
        (Some(id()), 30),
        (Some(epoch), 0),
        (Some(epoch), 1),
        (Some(epoch), 9_999),
    ] {
        at_bob
            .send(&ClientFrame::Subscribe {
                space,
                epoch,
                since: Seq(since),
            })
            .await;
        let answer = at_bob.wait("a snapshot", resumed).await;
        assert!(
            matches!(&answer, ServerFrame::Snapshot { state, .. } if state.head == Seq(325)),
            "{epoch:?} {since}"
        );
    }
    relay.stop().await;
}

#[tokio::test]
async fn a_removed_guest_is_out_at_once() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let carol = relay.invited(&alice, space, "Carol", Role::Viewer).await;
    let (mut at_bob, mut at_carol) = (bob.live(space).await, carol.live(space).await);
    let ops = vec![
        (1, Op::MemberLeft { member: bob.member }),
        (2, message("Bob is gone")),
    ];
    alice.submit(space, ops).await.unwrap();
    at_carol.event(Seq(5)).await;
    assert_eq!(why_closed(&at_bob.wait("the end", closed).await), Code::Removed);
    assert_eq!(at_bob.seqs(), [4], "the removal is the last that Bob hears");
    let gone = |frame: &ServerFrame| matches!(frame, ServerFrame::PresenceGone { .. });
    assert!(at_carol.heard.iter().any(gone));
    assert_eq!(at_bob.op(space, 1, message("but")).await, Err(Code::Removed));
    at_bob
        .send(&ClientFrame::Subscribe {
            space,
            epoch: None,
            since: Seq(0),
        })
        .await;
    assert_eq!(why_closed(&at_bob.wait("no", closed).await), Code::Removed);
    at_bob.signal(space, None, Signal::Typing { on: true }).await;
    assert_eq!(at_bob.error().await, Code::NotAMember);

    carol
        .op(space, 1, Op::MemberLeft { member: carol.member })
        .await
        .unwrap();
    assert_eq!(
        why_closed(&at_carol.wait("the end", closed).await),
        Code::NotAMember
    );
    relay.stop().await;
}

#[tokio::test]
async fn a_deleted_space_closes_for_everyone() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    let (mut at_alice, mut at_bob) = (alice.live(space).await, bob.live(space).await);
    at_alice.op(space, 1, Op::SpaceDeleted {}).await.unwrap();
    assert_eq!(
        why_closed(&at_bob.wait("the end", closed).await),
        Code::SpaceDeleted
    );
    assert_eq!(
        at_alice.op(space, 2, message("hello?")).await,
        Err(Code::SpaceDeleted)
    );
    at_bob
        .send(&ClientFrame::Subscribe {
            space,
            epoch: None,
            since: Seq(0),
        })
        .await;
    assert_eq!(why_closed(&at_bob.wait("no", closed).await), Code::SpaceDeleted);
    at_bob
        .send(&ClientFrame::Subscribe {
            space: id(),
            epoch: None,
            since: Seq(0),
        })
        .await;
    assert_eq!(why_closed(&at_bob.wait("no", closed).await), Code::NoSuchSpace);
    relay.stop().await;
}

#[tokio::test]
async fn losing_a_role_counts_on_open_sockets() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let mut at_bob = bob.live(space).await;
    at_bob.op(space, 1, renamed_tab("mine")).await.unwrap();
    alice
        .op(
            space,
            1,
            Op::MemberRole {
                member: bob.member,
                role: Role::Viewer,
            },
        )
        .await
        .unwrap();
    assert_eq!(
        at_bob.op(space, 2, renamed_tab("mine again")).await,
        Err(Code::Forbidden)
    );
    let cursor = Signal::Cursor {
        stream: id(),
        at: Some((0.5, 0.5)),
    };
    at_bob.signal(space, None, cursor).await;
    assert_eq!(at_bob.error().await, Code::Forbidden);
    relay.stop().await;
}

#[tokio::test]
async fn signals_reach_whom_they_are_for() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Commenter).await;
    let carol = relay.invited(&alice, space, "Carol", Role::Commenter).await;
    let mut at_alice = alice.live(space).await;
    let (mut at_bob, mut at_carol) = (bob.live(space).await, carol.live(space).await);
    let signal = |frame: &ServerFrame| matches!(frame, ServerFrame::Signal { .. });
    let watch = Signal::Watch {
        stream: id(),
        attempt: 1,
    };
    at_bob.signal(space, Some(alice.device), watch.clone()).await;
    match at_alice.wait("the wish to watch", signal).await {
        ServerFrame::Signal {
            from, device, signal, ..
        } => {
            assert_eq!((from, device, signal), (bob.member, bob.device, watch.clone()));
        }
        _ => unreachable!(),
    }
    let typing = Signal::Typing { on: true };
    at_bob.signal(space, None, typing.clone()).await;
    // The first that Carol hears: what was for Alice was for her alone.
    let heard = at_carol.wait("typing", signal).await;
    assert!(matches!(heard, ServerFrame::Signal { signal, .. } if signal == typing));

    let stranger: DeviceId = id();
    at_bob.signal(space, Some(stranger), watch.clone()).await;
    assert_eq!(at_bob.error().await, Code::NoSuchThing);
    at_bob.signal(space, None, watch).await;
    assert_eq!(at_bob.error().await, Code::Malformed);
    let off = Signal::Cursor {
        stream: id(),
        at: Some((2.0, 0.0)),
    };
    at_bob.signal(space, None, off).await;
    assert_eq!(at_bob.error().await, Code::Malformed);
    let sdp = "x".repeat(limits::SIGNAL_BYTES + 1);
    let long = Signal::Offer {
        stream: id(),
        attempt: 1,
        sdp,
    };
    at_bob.signal(space, Some(alice.device), long).await;
    assert_eq!(at_bob.error().await, Code::TooLarge);

    let presence = Presence {
        idle: true,
        ..Presence::default()
    };
    at_bob
        .signal(space, None, Signal::Presence(presence.clone()))
        .await;
    let idle = |frame: &ServerFrame| matches!(frame, ServerFrame::PresenceChanged { present, .. } if present.presence == presence);
    at_carol.wait("Bob is idle", idle).await;
    // The relay remembers it for those who come.
    at_carol
        .send(&ClientFrame::Subscribe {
            space,
            epoch: None,
            since: Seq(0),
        })
        .await;
    let listed = |frame: &ServerFrame| match frame {
        ServerFrame::PresenceListed { present, .. } => {
            present.len() == 3
                && present
                    .iter()
                    .any(|one| one.device == bob.device && one.presence == presence)
        }
        _ => false,
    };
    at_carol.wait("who is here", listed).await;
    at_bob.send(&ClientFrame::Unsubscribe { space }).await;
    at_carol
        .wait(
            "Bob went",
            |frame| matches!(frame, ServerFrame::PresenceGone { device, .. } if *device == bob.device),
        )
        .await;
    relay.stop().await;
}

#[tokio::test]
async fn a_device_that_connects_again_replaces_itself() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    let mut at_bob = bob.live(space).await;
    let (mut older, mut newer) = (alice.live(space).await, alice.live(space).await);
    older.until_closed().await;
    assert_eq!(older.closed.map(|frame| u16::from(frame.code)), Some(4001));
    // The end of the older takes nothing from the newer.
    let seq = newer.op(space, 1, message("here")).await.unwrap();
    newer.event(seq).await;
    at_bob
        .send(&ClientFrame::Subscribe {
            space,
            epoch: None,
            since: Seq(0),
        })
        .await;
    let listed = at_bob
        .wait("who is here", |frame| {
            matches!(frame, ServerFrame::PresenceListed { .. })
        })
        .await;
    let ServerFrame::PresenceListed { present, .. } = listed else {
        unreachable!()
    };
    assert_eq!(present.len(), 2);
    relay.stop().await;
}

fn ended(event: &Event) -> bool {
    matches!(
        &event.payload,
        Payload::Op(Op::StreamEnded {
            reason: StreamEnd::HostGone,
            ..
        })
    )
}

#[tokio::test]
async fn a_stream_ends_when_its_host_does_not_come_back() {
    let place = Place::folder();
    let config = || {
        let mut config = place.config();
        config.timings.host_gone = Duration::from_millis(200);
        config
    };
    let relay = Running::with(config()).await;
    let (mut alice, space) = relay.alice().await;
    let mut bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    let mut at_bob = bob.live(space).await;
    let start = |n| Op::StreamStarted {
        stream: id(),
        tab: None,
        title: format!("stream {n}"),
        audio: true,
    };
    let mut at_alice = alice.live(space).await;
    at_alice.op(space, 1, start(1)).await.unwrap();
    drop(at_alice);
    let end = at_bob.event(Seq(4)).await;
    assert!(ended(&end) && end.envelope.author.op.is_none() && end.envelope.author.member == alice.member);

    // The relay goes away with a stream running, and nobody comes back.
    let mut at_alice = alice.live(space).await;
    at_alice.op(space, 2, start(2)).await.unwrap();
    relay.stop().await;
    let relay = Running::with(config()).await;
    (alice.address, bob.address) = (relay.address.clone(), relay.address.clone());
    until("the stream ended", async || {
        alice.see(space).await.unwrap().state.streams.is_empty()
    })
    .await;
    assert!(ended(alice.events(space, 5).await.unwrap().last().unwrap()));
    relay.stop().await;
}

#[tokio::test]
async fn a_stream_that_nobody_live_began_ends_too() {
    let place = Place::folder();
    let mut config = place.config();
    config.timings.host_gone = Duration::from_millis(200);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let started = Op::StreamStarted {
        stream: id(),
        tab: None,
        title: String::new(),
        audio: true,
    };
    alice.op(space, 1, started).await.unwrap();
    until("the stream ended", async || {
        alice.see(space).await.unwrap().state.streams.is_empty()
    })
    .await;
    assert!(ended(alice.events(space, 2).await.unwrap().last().unwrap()));
    relay.stop().await;
}

#[tokio::test]
async fn a_new_name_shows_only_where_one_still_is() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, left) = relay.alice().await;
    let (removed_from, still) = (id(), id());
    let bob = relay.invited(&alice, left, "Bob", Role::Viewer).await;
    let mut sockets = vec![(left, alice.live(left).await)];
    for space in [removed_from, still] {
        let mut host = relay.guest("Carol").await;
        host.member = host.create(space).await.unwrap().member;
        let member = bob
            .redeem(&host.invite(space, Role::Viewer).await.unwrap())
            .await
            .unwrap()
            .member;
        sockets.push((space, host.live(space).await));
        if space == removed_from {
            host.op(space, 1, Op::MemberLeft { member }).await.unwrap();
        }
    }
    bob.op(left, 1, Op::MemberLeft { member: bob.member })
        .await
        .unwrap();
    let name = Rename {
        name: "Robert".to_owned(),
    };
    bob.patch::<Me>("me", &name).await.unwrap();
    for (space, socket) in &mut sockets {
        // The writer tells of a name before it decides what comes later.
        let seq = socket.op(*space, 2, message("next")).await;
        let seq = if seq == Err(Code::OpGap) {
            socket.op(*space, 1, message("next")).await
        } else {
            seq
        };
        socket.event(seq.unwrap()).await;
        let told = socket
            .heard
            .iter()
            .any(|frame| matches!(frame, ServerFrame::People { .. }));
        assert_eq!(told, *space == still);
    }
    relay.stop().await;
}

#[tokio::test]
async fn a_new_name_shows_at_once() {
    let place = Place::folder();
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    let mut at_alice = alice.live(space).await;
    let me: Me = bob
        .patch(
            "me",
            &Rename {
                name: " Robert ".to_owned(),
            },
        )
        .await
        .unwrap();
    assert_eq!(me.name, "Robert");
    let changed = at_alice
        .wait("a name", |frame| matches!(frame, ServerFrame::People { .. }))
        .await;
    match changed {
        ServerFrame::People { people, .. } => {
            assert_eq!(
                (people[0].member, people[0].name.as_str()),
                (bob.member, "Robert")
            );
        }
        _ => unreachable!(),
    }
    // Who joins comes with the name, too.
    let carol = relay.invited(&alice, space, "Carol", Role::Viewer).await;
    let joined =
        |frame: &ServerFrame| matches!(frame, ServerFrame::Events { people, .. } if !people.is_empty());
    let ServerFrame::Events { people, .. } = at_alice.wait("Carol", joined).await else {
        unreachable!()
    };
    assert_eq!(
        (people[0].member, people[0].name.as_str()),
        (carol.member, "Carol")
    );
    relay.stop().await;
}
