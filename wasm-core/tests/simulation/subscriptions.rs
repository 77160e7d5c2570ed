//! The relay answers, but cannot give the space just now.

use protocol::event::{Author, Class, Envelope, Event, Payload};
use protocol::{Code, MemberId, Millis, Refusal, ServerFrame};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::view::LinkView;

use crate::world::{SPACE, World};

fn trouble(retry_after_ms: Option<u64>) -> Refusal {
    Refusal {
        retry_after_ms,
        ..Code::StoreAway.into()
    }
}

#[test]
fn a_relay_that_lost_its_database_for_a_while_is_asked_again_on_the_same_socket() {
    let mut world = World::new(5);
    world.settle();
    world.relay.trouble = Some(trouble(None));
    world.clients[1].cut(world.now);
    world.clients[1]
        .session
        .command(world.now, SPACE, Command::Send("meanwhile".into()));
    for _ in 0..50 {
        world.step(true);
    }
    assert!(world.clients[1].connected, "the socket stays");
    assert_eq!(world.clients[1].link(), LinkView::Reconnecting);

    world.relay.trouble = None;
    world.settle();
    assert_eq!(world.clients[1].link(), LinkView::Live);
    world.check();
    assert!(
        world
            .relay
            .state
            .messages
            .iter()
            .any(|message| message.text == "meanwhile")
    );
}

#[test]
fn the_pause_is_what_the_relay_asks_for_and_the_session_wakes_for_it() {
    let mut world = World::new(6);
    world.settle();
    world.relay.trouble = Some(trouble(Some(5_000)));
    world.clients[2].cut(world.now);
    let asked = world.relay.subscriptions;
    world.settle_until("a subscription", |world| world.relay.subscriptions > asked);
    world.step(true);
    let refused = world.now;
    let wakes = world.clients[2].session.wake_at().expect("it is not forgotten");
    assert!(wakes > world.now, "it spins");
    assert!(wakes <= world.now.plus(7_500), "it sleeps too long");
    world.settle_until("another one", |world| world.relay.subscriptions > asked + 1);
    let pause = world.now.since(refused);
    assert!((4_000..=8_500).contains(&pause), "asked again after {pause} ms");

    // Somebody who says "try now" need not wait.
    world.step(true);
    world.relay.trouble = None;
    world.clients[2].session.network_changed(world.now);
    let before = world.now;
    world.settle_until("the space", |world| world.clients[2].link() == LinkView::Live);
    assert!(
        world.now < before.plus(1_000),
        "{:?}",
        Millis(world.now.since(before))
    );
}

#[test]
fn a_space_that_is_refused_for_good_is_not_asked_for_again() {
    let mut world = World::new(8);
    world.relay.trouble = Some(Code::NotAMember.into());
    world.settle();
    let asked = world.relay.subscriptions;
    world.settle();
    assert_eq!(world.relay.subscriptions, asked);
    assert!(matches!(world.clients[0].link(), LinkView::Ended { .. }));
}

#[test]
fn a_pause_that_is_over_wakes_nobody_while_a_subscription_waits_for_its_answer() {
    let mut world = World::new(9);
    world.settle();
    let session = &mut world.clients[1].session;
    let head = session.confirmed(SPACE).expect("it has the space").head;
    let refused = ServerFrame::Refused {
        space: SPACE,
        n: 1,
        reason: Code::TooFast.into(),
    };
    // What came before it is missing: the space is asked for again.
    let ahead = ServerFrame::Events {
        space: SPACE,
        events: vec![Event {
            envelope: Envelope {
                seq: head.next().next(),
                author: Author {
                    member: MemberId::from_bits(1),
                    op: None,
                },
                time: world.now,
                class: Class::Space,
            },
            payload: Payload::Erased,
        }],
        people: Vec::new(),
    };
    for frame in [ahead, refused] {
        let text = serde_json::to_string(&frame).expect("JSON");
        session.frame_arrived(world.now, &text);
    }
    // The relay is there, but has much to do.
    let later = world.now.plus(10_000);
    let sign = serde_json::to_string(&ServerFrame::Pong { t: 1 }).expect("JSON");
    session.frame_arrived(later, &sign);
    assert!(session.wake_at().is_none_or(|at| at > later), "it spins");
}
