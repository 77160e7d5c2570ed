//! The relay was restored from a backup and lacks what it had acknowledged.

use protocol::{Code, MemberId, Op};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::view::{LinkView, NoticeKind};

use crate::world::{Pace, SPACE, World};

fn say(world: &mut World, who: usize, text: &str) {
    let now = world.now;
    world.clients[who]
        .session
        .command(now, SPACE, Command::Send(text.into()));
    world.clients[who].perform();
}

/// What a person reads, and which of it waits.
fn conversation(world: &World, who: usize) -> Vec<(String, bool)> {
    let view = world.clients[who]
        .session
        .view(SPACE)
        .expect("the space is there");
    view.messages
        .iter()
        .map(|message| (message.text.clone(), message.waiting))
        .collect()
}

fn lines(texts: &[(&str, bool)]) -> Vec<(String, bool)> {
    texts
        .iter()
        .map(|(text, waiting)| ((*text).into(), *waiting))
        .collect()
}

/// A backup, then "lost" from Bob, then the restore.
fn restored(seed: u64) -> World {
    let mut world = World::new(seed);
    world.settle();
    say(&mut world, 1, "kept");
    world.settle();
    world.relay.back_up_only();
    say(&mut world, 1, "lost");
    world.settle();
    assert_eq!(
        conversation(&world, 1),
        lines(&[("kept", false), ("lost", false)])
    );
    world.restore_relay();
    assert_eq!(world.relay.state.messages.len(), 1);
    world
}

#[test]
fn what_the_backup_lacks_is_offered_again_once_and_never_disappears_from_its_author() {
    let mut world = restored(1);
    say(&mut world, 1, "typed meanwhile");
    for _ in 0..100 {
        world.step(true);
        let texts: Vec<String> = conversation(&world, 1)
            .into_iter()
            .map(|(text, _)| text)
            .collect();
        assert_eq!(texts, ["kept", "lost", "typed meanwhile"]);
    }
    assert!(conversation(&world, 0).iter().all(|(_, waiting)| !waiting));
    world.check();
    assert_eq!(world.relay.state.messages.len(), 3);
}

#[test]
fn what_is_offered_again_waits_and_is_on_disk_before_it_is_sent() {
    let mut world = restored(2);
    let bob = world.clients[1].device;
    // Nothing of his reaches the disk for a while.
    world.clients[1].disk_pace = Pace::Stopped;
    world.settle();
    assert_eq!(conversation(&world, 1), lines(&[("kept", false), ("lost", true)]));
    let decided = world.relay.last_n[&bob];

    // So a crash loses nothing and sends nothing twice.
    let dice = world.dice.clone();
    let now = world.now;
    world.clients[1].crash(now, &dice);
    assert_eq!(world.relay.last_n[&bob], decided);
    world.clients[1].disk_pace = Pace::Usual;
    world.settle();
    assert_eq!(world.relay.last_n[&bob], decided + 1);
    assert_eq!(
        conversation(&world, 1),
        lines(&[("kept", false), ("lost", false)])
    );
    world.check();
}

#[test]
fn what_is_not_permitted_any_more_is_refused_with_its_text() {
    let mut world = World::new(3);
    world.settle();
    let role = |role| Command::SetRole {
        member: MemberId::from_bits(2),
        role,
    };
    world.clients[0]
        .session
        .command(world.now, SPACE, role(protocol::Role::Viewer));
    world.settle();
    world.relay.back_up_only();
    world.clients[0]
        .session
        .command(world.now, SPACE, role(protocol::Role::Editor));
    world.settle();
    say(&mut world, 1, "as an editor");
    world.settle();
    // Her device is gone, so nobody makes Bob an editor again.
    world.restore_relay();
    world.clients.remove(0);
    world.settle();
    let view = world.clients[0].session.view(SPACE).expect("the space is there");
    assert_eq!(view.unsent, 0);
    assert!(view.notices.iter().any(|notice| matches!(
        &notice.kind,
        NoticeKind::Refused { reason, text: Some(text) } if reason.code == Code::Forbidden && text == "as an editor"
    )));
    world.check();
}

#[test]
fn a_deleted_message_does_not_come_back() {
    let mut world = restored(4);
    world.settle();
    world.relay.back_up_only();
    say(&mut world, 1, "regretted");
    world.settle();
    let message = world.relay.state.messages.back().expect("it was sent").id;
    world.clients[0]
        .session
        .command(world.now, SPACE, Command::DeleteMessage(message));
    world.settle();
    assert!(
        !world.clients[1]
            .disk
            .values()
            .any(|text| text.contains("regretted"))
    );
    world.restore_relay();
    world.settle();
    world.check_same();
    assert!(world.relay.state.message(message).is_none());
    assert!(world.clients[0].session.notices().next().is_none());
}

#[test]
fn a_space_that_the_backup_does_not_hold_stays_on_disk_and_is_offered_to_again_after_a_new_link() {
    let mut world = restored(5);
    say(&mut world, 1, "typed meanwhile");
    world.clients = vec![world.clients.remove(1)];
    world.relay.trouble = Some(Code::NoSuchSpace.into());
    world.settle();
    assert!(matches!(world.clients[0].link(), LinkView::Ended { .. }));
    let texts = [("kept", false), ("lost", false), ("typed meanwhile", true)];
    assert_eq!(conversation(&world, 0), lines(&texts));
    let name = "Lisbon".into();
    let answer = world.clients[0]
        .session
        .submit(world.now, SPACE, Op::SpaceRenamed { name });
    assert_eq!(answer, Err(Code::NoSuchSpace));
    let (now, dice) = (world.now, world.dice.clone());
    world.clients[0].crash(now, &dice);
    assert_eq!(conversation(&world, 0), lines(&texts));

    // He comes by a new link, as another member.
    world.relay.trouble = None;
    let member = MemberId::from_bits(77);
    world.join(0, member);
    world.settle();
    world.check();
    for text in ["lost", "typed meanwhile"] {
        let messages = &world.relay.state.messages;
        assert!(
            messages
                .iter()
                .any(|message| message.text == text && message.by == member)
        );
    }
}

#[test]
fn a_stream_that_still_runs_is_told_of_again_and_one_that_ended_is_not() {
    let mut world = World::new(6);
    world.settle();
    world.relay.back_up_only();
    let now = world.now;
    let bob = &mut world.clients[1].session;
    let [running, ended] = ["Film", "Slides"].map(|title| {
        let stream = bob.get_ready(now, SPACE);
        bob.start_stream(now, SPACE, stream, None, title.into(), true)
            .expect("an editor may");
        stream
    });
    world.settle();
    world.clients[1]
        .session
        .command(world.now, SPACE, Command::StopStream(ended));
    world.settle();
    let decided = world.relay.last_n[&world.clients[1].device];

    world.restore_relay();
    world.settle();
    assert!(world.relay.state.streams.keys().eq([&running]));
    assert!(world.clients[1].session.is_hosting());
    assert_eq!(world.clients[1].session.notices().count(), 0);
    assert!(world.relay.last_n[&world.clients[1].device] < decided);
}
