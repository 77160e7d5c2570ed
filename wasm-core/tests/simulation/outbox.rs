//! The outbox goes by REST when nothing live is open.

use protocol::{Op, TabId, limits};
use tabspace_wasm_core::command::Command;

use crate::world::{SPACE, World};

const TAB: TabId = TabId::from_bits(100);

fn rename(world: &mut World, title: &str) {
    let now = world.now;
    let client = &mut world.clients[1];
    client.session.command(
        now,
        SPACE,
        Command::RenameTab {
            tab: TAB,
            title: title.into(),
        },
    );
    client.perform();
}

fn write_all(world: &mut World) {
    while !world.clients[1].writing.is_empty() {
        let now = world.now;
        world.clients[1].write_one(now);
        world.clients[1].perform();
    }
}

/// Sends what was taken, and tells the session what the relay answered.
fn relay_answers(world: &mut World, ops: Vec<(u64, Op)>) {
    let now = world.now;
    let (member, device) = (world.clients[1].member, world.clients[1].device);
    for (n, op) in ops {
        let answer = world.relay.submit(now, member, device, n, op);
        let answer = answer.map_err(Into::into);
        world.clients[1].session.answered(now, SPACE, n, answer);
        world.clients[1].perform();
    }
    world.fan_out();
}

#[test]
fn what_is_done_while_an_op_is_on_its_way_by_rest_is_an_op_of_its_own() {
    let mut world = World::new(11);
    world.settle();
    world.clients[1].cut(world.now);

    rename(&mut world, "First");
    rename(&mut world, "Second");
    write_all(&mut world);
    let taken = world.clients[1].session.take_waiting(SPACE, 500);
    assert_eq!(taken.len(), 1, "what nobody saw need not be sent");

    rename(&mut world, "Third");
    write_all(&mut world);
    relay_answers(&mut world, taken);
    let rest = world.clients[1].session.take_waiting(SPACE, 500);
    relay_answers(&mut world, rest);

    assert_eq!(world.relay.state.tabs[&TAB].title, "Third");
    world.settle();
    world.check();
}

#[test]
fn what_is_not_on_disk_yet_holds_back_what_comes_after_it() {
    let mut world = World::new(12);
    world.settle();
    world.clients[1].cut(world.now);
    rename(&mut world, "Not written yet");
    world.clients[1]
        .session
        .command(world.now, SPACE, Command::Send("later".into()));
    world.clients[1].perform();
    assert_eq!(world.clients[1].session.take_waiting(SPACE, 500), vec![]);
    write_all(&mut world);
    assert!(world.clients[1].session.has_waiting(SPACE));
    assert_eq!(world.clients[1].session.take_waiting(SPACE, 1).len(), 1);
    assert_eq!(world.clients[1].session.take_waiting(SPACE, 500).len(), 2);
    world.settle();
    world.check();
}

#[test]
fn what_goes_at_once_by_rest_is_no_larger_than_the_relay_takes() {
    let mut world = World::new(13);
    world.settle();
    world.clients[1].cut(world.now);

    let long = "x".repeat(limits::MESSAGE_BYTES);
    let count = limits::FRAME_BYTES / limits::MESSAGE_BYTES;
    for _ in 0..count {
        let now = world.now;
        let client = &mut world.clients[1];
        client.session.command(now, SPACE, Command::Send(long.clone()));
        client.perform();
    }
    write_all(&mut world);
    let taken = world.clients[1].session.take_waiting(SPACE, usize::MAX);
    let bytes = serde_json::to_vec(&taken).map_or(0, |text| text.len());
    assert!(!taken.is_empty() && taken.len() < count && bytes < limits::FRAME_BYTES);
}
