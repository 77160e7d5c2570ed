//! Sessions over a bad network towards a model of the relay, in simulated time: connections break, frames
//! are lost with them, clients crash and lose what was not on disk, roles change while ops are on their way.
//! Whatever happens, when the network heals everybody has the same state and every op that was
//! acknowledged stands in the log exactly once.
#![cfg(not(target_arch = "wasm32"))]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the numbers of a simulation are small"
)]

mod outbox;
mod streams;
mod subscriptions;
mod world;

use proptest::prelude::*;
use tabspace_wasm_core::command::Command;

use world::{SPACE, World};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn everybody_ends_in_the_same_state(seed: u64, steps in 50_usize..400) {
        let mut world = World::new(seed);
        for _ in 0..steps {
            world.step(false);
        }
        for _ in 0..200 {
            world.step(true);
        }
        world.check();
    }

    #[test]
    fn garbage_from_the_relay_changes_nothing_and_never_panics(seed: u64, texts in prop::collection::vec(".{0,60}", 0..20)) {
        let mut world = World::new(seed);
        for _ in 0..50 {
            world.step(true);
        }
        let before = world.clients[0].session.confirmed(SPACE).cloned();
        for text in texts {
            world.clients[0].session.frame_arrived(world.now, &text);
        }
        prop_assert_eq!(world.clients[0].session.confirmed(SPACE).cloned(), before);
    }
}

#[test]
fn what_is_typed_offline_is_sent_once() {
    let mut world = World::new(7);
    for _ in 0..50 {
        world.step(true);
    }
    world.clients[1].cut(world.now);
    world.clients[1]
        .session
        .command(world.now, SPACE, Command::Send("while away".into()));
    let view = world.clients[1].session.view(SPACE).expect("bob has the space");
    assert!(
        view.messages
            .last()
            .is_some_and(|message| message.waiting && message.text == "while away")
    );
    for _ in 0..200 {
        world.step(true);
    }
    world.check();
    let said = world
        .relay
        .state
        .messages
        .iter()
        .filter(|message| message.text == "while away");
    assert_eq!(said.count(), 1);
}

#[test]
fn a_session_with_nothing_to_do_sleeps() {
    let mut world = World::new(3);
    for _ in 0..50 {
        world.step(true);
    }
    for client in &mut world.clients {
        client.session.tick(world.now);
        assert!(
            client.session.wake_at().is_some_and(|at| at > world.now),
            "{} spins",
            client.name
        );
    }
}
