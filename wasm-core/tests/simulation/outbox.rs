//! The outbox goes by REST when nothing live is open.

use protocol::rest::SpaceNow;
use protocol::{ClientFrame, Code, MemberId, Op, Refusal, ServerFrame, TabId, limits};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::view::LinkView;

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

/// The numbers of the ops that Bob sent.
fn submitted(world: &mut World) -> Vec<u64> {
    let frames = world.clients[1].to_relay.drain(..);
    let n = |frame| match frame {
        ClientFrame::Submit { n, .. } => Some(n),
        _ => None,
    };
    frames.filter_map(n).collect()
}

/// The relay tells Bob that an op was too fast.
fn too_fast(world: &mut World, n: u64, wait_ms: u64) {
    let reason = Refusal {
        retry_after_ms: Some(wait_ms),
        ..Code::TooFast.into()
    };
    let refused = ServerFrame::Refused {
        space: SPACE,
        n,
        reason,
    };
    let text = serde_json::to_string(&refused).expect("frames are JSON");
    world.clients[1].session.frame_arrived(world.now, &text);
    world.clients[1].perform();
}

#[test]
fn an_op_that_was_too_fast_waits_as_long_as_the_relay_says_and_those_behind_it_wait_too() {
    let mut world = World::new(14);
    world.settle();
    rename(&mut world, "Too fast");
    world.clients[1]
        .session
        .command(world.now, SPACE, Command::Send("behind it".into()));
    world.clients[1].perform();
    write_all(&mut world);
    let sent = submitted(&mut world);
    assert_eq!(sent.len(), 2);
    // Longer than any pause of the client's own.
    let wait_ms = 300_000;
    for n in &sent {
        too_fast(&mut world, *n, wait_ms);
    }
    let until = world.now.plus(i64::try_from(wait_ms).expect("a time"));
    // The relay is heard all the time.
    let alive = r#"{"type":"session:ping","data":{"t":1}}"#;
    let mut now = world.now;
    while now < until {
        world.clients[1].session.frame_arrived(now, alive);
        world.clients[1].session.tick(now);
        world.clients[1].perform();
        assert_eq!(submitted(&mut world), Vec::<u64>::new());
        now = now.plus(20_000).min(until);
    }
    world.clients[1].session.tick(until);
    world.clients[1].perform();
    assert_eq!(submitted(&mut world), sent);
}

#[test]
fn the_relays_wish_to_wait_outlives_the_connection() {
    let mut world = World::new(16);
    world.settle();
    rename(&mut world, "Too fast");
    write_all(&mut world);
    let sent = submitted(&mut world);
    let wait_ms = 60_000;
    too_fast(&mut world, sent[0], wait_ms);
    let until = world.now.plus(i64::try_from(wait_ms).expect("a time"));
    let title = |world: &World| world.relay.state.tabs[&TAB].title.clone();

    world.clients[1].cut(world.now);
    // Connected and live again long before it is over.
    world.settle();
    assert_eq!(world.clients[1].link(), LinkView::Live);
    assert!(world.now < until);
    assert_eq!(title(&world), "");
    assert_eq!(
        world.clients[1].session.wake_at().map(|wake| wake <= until),
        Some(true)
    );
    while world.now < until {
        assert_eq!(title(&world), "");
        world.step(true);
    }
    world.settle();
    assert_eq!(title(&world), "Too fast");
    world.check();
}

#[test]
fn what_a_restored_relay_lacks_is_offered_again_by_rest() {
    let mut world = World::new(14);
    world.settle();
    world.relay.back_up_only();
    rename(&mut world, "Acknowledged and lost");
    world.settle();
    world.restore_relay();
    world.clients[1].session.close(world.now, SPACE);
    let now = world.now;
    let said = Command::Send("later".into());
    world.clients[1].session.command(now, SPACE, said);
    world.clients[1].perform();
    write_all(&mut world);

    let (member, device) = (world.clients[1].member, world.clients[1].device);
    let taken = world.clients[1].session.take_waiting(SPACE, 500);
    assert_eq!(taken.len(), 1);
    let (n, op) = taken[0].clone();
    assert_eq!(world.relay.submit(now, member, device, n, op), Err(Code::OpGap));

    let found = space_now(&world);
    let session = &mut world.clients[1].session;
    session.caught_up(now, SPACE, found);
    assert_eq!(
        session.state(SPACE).expect("it is there").tabs[&TAB].title,
        "Acknowledged and lost"
    );
    assert_eq!(
        session.take_waiting(SPACE, 500),
        vec![],
        "the new numbers are not on disk yet"
    );
    world.clients[1].perform();
    write_all(&mut world);
    let taken = world.clients[1].session.take_waiting(SPACE, 500);
    assert_eq!(taken.len(), 2);
    relay_answers(&mut world, taken);
    assert_eq!(world.relay.state.tabs[&TAB].title, "Acknowledged and lost");

    world.clients[1].session.open(now, SPACE, member);
    world.settle();
    world.check();
}

/// What the relay tells over REST of the space, to Bob.
fn space_now(world: &World) -> SpaceNow {
    let (you, device) = (world.clients[1].member, world.clients[1].device);
    SpaceNow {
        epoch: world.relay.epoch,
        you,
        state: world.relay.state.clone(),
        people: vec![],
        last_n: world.relay.last_n.get(&device).copied().or(Some(0)),
    }
}

#[test]
fn a_request_from_before_a_restore_is_not_decided_although_its_number_is_free() {
    let mut world = World::new(15);
    world.settle();
    world.relay.back_up_only();
    let (member, device) = (world.clients[1].member, world.clients[1].device);
    let now = world.now;
    world.clients[1].session.close(now, SPACE);
    rename(&mut world, "On its way");
    write_all(&mut world);
    let epoch = world.clients[1].session.epoch(SPACE);
    let taken = world.clients[1].session.take_waiting(SPACE, 500);
    let (n, op) = taken[0].clone();

    world.restore_relay();
    let late = world.relay.submit_in(epoch, now, (member, device), n, op.clone());
    assert_eq!(late, Err(Code::OpGap));
    // As on a socket: what the relay has now, and the op again under its epoch, once.
    let found = space_now(&world);
    let session = &mut world.clients[1].session;
    session.caught_up(now, SPACE, found);
    assert_eq!(session.epoch(SPACE), Some(world.relay.epoch));
    assert_eq!(
        session.state(SPACE).expect("it is there").tabs[&TAB].title,
        "On its way"
    );
    world.clients[1].perform();
    write_all(&mut world);
    let epoch = world.clients[1].session.epoch(SPACE);
    let taken = world.clients[1].session.take_waiting(SPACE, 500);
    assert_eq!(taken, vec![(n, op.clone())]);
    let answer = world.relay.submit_in(epoch, now, (member, device), n, op.clone());
    assert!(answer.is_ok());
    world.clients[1]
        .session
        .answered(now, SPACE, n, answer.map_err(Into::into));
    world.clients[1].perform();
    assert_eq!(world.relay.count(device, &op), 1);

    world.clients[1].session.open(now, SPACE, member);
    world.settle();
    world.check();
}

#[test]
fn what_waits_is_the_new_member_s_as_soon_as_the_person_is_another_member() {
    let mut world = World::new(10);
    world.settle();
    let session = &mut world.clients[1].session;
    session.disconnected(world.now, None);
    session.command(world.now, SPACE, Command::Send("while away".into()));
    let other = MemberId::from_bits(77);
    session.open(world.now, SPACE, other);
    let state = session.state(SPACE).expect("the space is there");
    let last = state.messages.back().expect("it was said");
    assert_eq!((last.text.as_str(), last.by), ("while away", other));
}
