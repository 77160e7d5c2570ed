//! Sessions over a bad network towards a model of the relay, in simulated time: connections break, frames
//! are lost with them, clients crash and lose what was not on disk, roles change while ops are on their way.
//! the relay is restored from a backup. Whatever happens, when the network heals everybody has the same state,
//! and every op that was acknowledged stands in the log exactly once or was refused with a reason.
//!
//! Every run is made by a seed. One that fails says which: `SIMULATION_SEED=… cargo test -p tabspace-wasm-core
//! --test simulation` repeats it alone; `SIMULATION_SEEDS=100000` tries more of them.
#![cfg(not(target_arch = "wasm32"))]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the numbers of a simulation are small"
)]

mod crowd;
mod model;
mod outbox;
mod restored;
mod seeds;
mod streams;
mod subscriptions;
mod world;

use proptest::prelude::*;
use tabspace_wasm_core::command::Command;

use world::{SPACE, World};

/// Some time in a bad network, then a good one.
fn live_through(seed: u64, disasters: bool) -> World {
    let mut world = World::new(seed);
    world.disasters = disasters;
    for _ in 0..30 + world.dice.below(170) {
        world.step(false);
    }
    world.settle_until("peace", World::is_quiet);
    world.check();
    world
}

#[test]
fn everybody_ends_in_the_same_state() {
    seeds::each(500, |seed| drop(live_through(seed, false)));
}

#[test]
fn after_restores_everybody_ends_in_the_same_state_and_nothing_acknowledged_is_missing() {
    seeds::each(1_500, |seed| drop(live_through(seed, true)));
}

proptest! {
    #[test]
    fn garbage_from_the_relay_changes_nothing_and_never_panics(texts in prop::collection::vec(".{0,60}", 0..20)) {
        let mut world = World::new(4);
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
