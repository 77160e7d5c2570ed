//! What is written at the same time comes into one order, and each op is decided once.

use protocol::rest::MessagePage;
use protocol::{Code, Millis, Op, Role, Seq, TabId, limits};

use crate::fold;
use crate::harness::{Place, Running, id, manual_clock, message, renamed_tab, until};

on_all! {
    the_log_has_no_gap_whoever_writes_at_the_same_time
    an_op_under_its_name_is_decided_once
    refusals_are_remembered_and_use_up_their_number
    roles_count_at_the_moment_of_ordering
    time_never_runs_back
    old_messages_cannot_be_taken_over
}

async fn the_log_has_no_gap_whoever_writes_at_the_same_time(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..6 {
        let writer = relay
            .invited(&alice, space, &format!("Writer {number}"), Role::Editor)
            .await;
        writers.spawn(async move {
            for batch in 0..5_u64 {
                let ops = (1..=4)
                    .map(|at| (batch * 4 + at, message("at the same time")))
                    .collect();
                let answers = writer.submit(space, ops).await.unwrap();
                assert!(answers.iter().all(|answer| answer.seq.is_some()), "{answers:?}");
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let events = alice.events(space, 0).await.unwrap();
    let seqs: Vec<u64> = events.iter().map(|event| event.envelope.seq.0).collect();
    assert_eq!(seqs, (1..=1 + 6 + 6 * 20).collect::<Vec<_>>());
    assert_eq!(fold(&events), alice.see(space).await.unwrap().state);
    relay.stop().await;
}

async fn an_op_under_its_name_is_decided_once(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let hello = message("hello");
    let seq = alice.op(space, 1, hello.clone()).await.unwrap();
    assert_eq!(alice.op(space, 1, hello.clone()).await, Ok(seq));
    assert_eq!(alice.op(space, 1, message("other")).await, Err(Code::OpConflict));
    assert_eq!(alice.op(space, 3, message("too far")).await, Err(Code::OpGap));
    assert_eq!(alice.op(space, 0, message("nothing")).await, Err(Code::OpGap));
    let mixed = vec![
        (1, hello),
        (2, message("two")),
        (3, message("three")),
        (5, message("five")),
        (6, message("six")),
    ];
    let answers = alice.submit(space, mixed).await.unwrap();
    let places: Vec<_> = answers
        .iter()
        .map(|answer| (answer.n, answer.seq.map(|seq| seq.0)))
        .collect();
    assert_eq!(
        places,
        [(1, Some(2)), (2, Some(3)), (3, Some(4)), (5, None)],
        "after a gap nothing is tried"
    );
    assert_eq!(alice.op(space, 4, message("four")).await, Ok(Seq(5)));

    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let mut thief = bob.clone();
    thief.device = alice.device;
    assert_eq!(thief.op(space, 5, message("mine")).await, Err(Code::DeviceTaken));
    relay.stop().await;
}

async fn refusals_are_remembered_and_use_up_their_number(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Viewer).await;
    let hello = message("may I?");
    assert_eq!(bob.op(space, 1, hello.clone()).await, Err(Code::Forbidden));
    let promote = Op::MemberRole {
        member: bob.member,
        role: Role::Commenter,
    };
    alice.op(space, 1, promote).await.unwrap();
    assert_eq!(
        bob.op(space, 1, hello).await,
        Err(Code::Forbidden),
        "the first answer stays"
    );
    bob.op(space, 2, message("now I may")).await.unwrap();

    let bad = Op::TabUpdated {
        tab: TabId::from_bits(1),
        url: Some("javascript:alert(1)".to_owned()),
        title: None,
        favicon: None,
        pinned: None,
    };
    assert_eq!(alice.op(space, 2, bad).await, Err(Code::AddressNotAllowed));
    let long = "x".repeat(limits::MESSAGE_BYTES + 1);
    assert_eq!(alice.op(space, 3, message(&long)).await, Err(Code::TooLarge));
    let joined = Op::MemberJoined {
        member: id(),
        role: Role::Owner,
    };
    assert_eq!(alice.op(space, 4, joined).await, Err(Code::OpNotAllowed));
    let leave = Op::MemberLeft { member: alice.member };
    assert_eq!(alice.op(space, 5, leave).await, Err(Code::LastOwner));
    alice
        .op(space, 6, message("all of these had their number"))
        .await
        .unwrap();
    relay.stop().await;
}

async fn roles_count_at_the_moment_of_ordering(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Editor).await;
    let writing = {
        let bob = bob.clone();
        tokio::spawn(async move {
            let mut fates = Vec::new();
            for n in 1..=60 {
                fates.push(bob.op(space, n, renamed_tab(&format!("title {n}"))).await);
            }
            fates
        })
    };
    // In the middle of it.
    until("Bob writes", async || {
        alice.see(space).await.unwrap().state.head.0 > 8
    })
    .await;
    let demote = Op::MemberRole {
        member: bob.member,
        role: Role::Viewer,
    };
    let demoted = alice.op(space, 1, demote).await.unwrap();
    let fates = writing.await.unwrap();
    let accepted = fates.iter().filter(|fate| fate.is_ok()).count();
    assert!(
        fates[..accepted]
            .iter()
            .all(|fate| fate.is_ok_and(|seq| seq < demoted))
    );
    assert!(fates[accepted..].iter().all(|fate| *fate == Err(Code::Forbidden)));
    assert_eq!(alice.see(space).await.unwrap().state.head, demoted);
    relay.stop().await;
}

async fn time_never_runs_back(place: Place) {
    let mut config = place.config();
    let clock = manual_clock(&mut config);
    let relay = Running::with(config).await;
    let (alice, space) = relay.alice().await;
    let start = clock.now().0;
    for (n, moved) in (1..).zip([1_000, -5_000, 500, 2_000]) {
        clock.set(Millis(start + moved));
        alice.op(space, n, message("when?")).await.unwrap();
    }
    let times: Vec<i64> = alice
        .events(space, 0)
        .await
        .unwrap()
        .iter()
        .map(|event| event.envelope.time.0 - start)
        .collect();
    assert_eq!(times, [0, 1_000, 1_000, 1_000, 2_000]);
    relay.stop().await;
}

async fn old_messages_cannot_be_taken_over(place: Place) {
    let relay = Running::on(&place).await;
    let (alice, space) = relay.alice().await;
    let bob = relay.invited(&alice, space, "Bob", Role::Commenter).await;
    let old = id();
    let mut ops = vec![(
        1,
        Op::MessageSent {
            message: old,
            text: "by Alice".to_owned(),
        },
    )];
    ops.extend((2..=limits::RECENT_MESSAGES as u64 + 1).map(|n| (n, message("and then"))));
    alice.submit(space, ops).await.unwrap();
    let fake = Op::MessageSent {
        message: old,
        text: "by Bob".to_owned(),
    };
    assert_eq!(bob.op(space, 1, fake).await, Err(Code::OpNotAllowed));
    let page: MessagePage = alice.get(&format!("spaces/{space}/messages")).await.unwrap();
    assert_eq!(page.messages.last().unwrap().message.text, "by Alice");
    relay.stop().await;
}
