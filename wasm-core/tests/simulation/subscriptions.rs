//! The relay answers, but cannot give the space just now.

use protocol::{Code, Millis, Refusal};
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
