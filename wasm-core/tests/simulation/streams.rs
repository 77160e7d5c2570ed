//! A stream ends: whoever took part is told.

use protocol::event::Author;
use protocol::frame::{Present, ServerFrame};
use protocol::op::StreamEnd;
use protocol::signal::Presence;
use protocol::{MemberId, Op, Role, Signal, StreamId, limits};
use tabspace_wasm_core::command::Command;
use tabspace_wasm_core::session::{Effect, PeerCommand};
use tabspace_wasm_core::view::{MediaView, NoticeKind};

use crate::world::{SPACE, World};

const ALICE: usize = 0;
const BOB: usize = 1;
const CLARA: usize = 2;

/// Bob streams, Alice and Clara watch.
fn streaming(seed: u64) -> (World, StreamId) {
    let mut world = World::new(seed);
    world.settle();
    let bob = &mut world.clients[BOB].session;
    let stream = bob.get_ready(world.now, SPACE);
    bob.start_stream(world.now, SPACE, stream, None, "Film".into(), true)
        .expect("an editor may");
    world.settle();
    for viewer in [ALICE, CLARA] {
        assert_ne!(media(&world, viewer), Some(MediaView::Off), "it watches");
    }
    (world, stream)
}

fn media(world: &World, who: usize) -> Option<MediaView> {
    let view = world.clients[who].session.view(SPACE)?;
    view.streams.first().map(|stream| stream.media)
}

fn ended(world: &World, who: usize) -> Vec<NoticeKind> {
    let view = world.clients[who]
        .session
        .view(SPACE)
        .expect("the space is there");
    let notices = view.notices.into_iter().map(|notice| notice.kind);
    notices
        .filter(|kind| matches!(kind, NoticeKind::StreamEnded { .. }))
        .collect()
}

fn notice(yours: bool, reason: StreamEnd) -> Vec<NoticeKind> {
    vec![NoticeKind::StreamEnded {
        name: "bob".into(),
        yours,
        reason,
    }]
}

#[test]
fn a_stream_that_the_relay_ends_is_told_to_host_and_viewers() {
    let (mut world, stream) = streaming(21);
    let author = Author {
        member: world.clients[BOB].member,
        op: None,
    };
    let reason = StreamEnd::HostGone;
    world
        .relay
        .order(world.now, author, Op::StreamEnded { stream, reason });
    world.fan_out();
    world.settle();
    assert_eq!(ended(&world, BOB), notice(true, reason));
    assert_eq!(ended(&world, CLARA), notice(false, reason));
    assert!(!world.clients[BOB].session.is_hosting());
}

#[test]
fn a_stream_that_an_owner_ends_names_its_host() {
    let (mut world, stream) = streaming(22);
    world.clients[ALICE]
        .session
        .command(world.now, SPACE, Command::StopStream(stream));
    world.settle();
    assert_eq!(ended(&world, ALICE), vec![], "the owner knows");
    assert_eq!(ended(&world, BOB), notice(true, StreamEnd::Stopped));
    assert_eq!(ended(&world, CLARA), notice(false, StreamEnd::Stopped));
}

#[test]
fn a_host_reads_of_a_tab_that_was_closed_but_not_of_an_own_click() {
    for (reason, host) in [
        (StreamEnd::Stopped, vec![]),
        (StreamEnd::TabClosed, notice(true, StreamEnd::TabClosed)),
    ] {
        let (mut world, stream) = streaming(23);
        world.clients[BOB].session.end_stream(world.now, stream, reason);
        world.settle();
        assert_eq!(ended(&world, BOB), host);
        assert_eq!(ended(&world, CLARA), notice(false, reason));
    }
}

#[test]
fn a_stream_that_goes_with_the_right_to_stream_is_told_too() {
    let (mut world, _) = streaming(24);
    let wish = Command::SetRole {
        member: MemberId::from_bits(2),
        role: Role::Viewer,
    };
    world.clients[ALICE].session.command(world.now, SPACE, wish);
    world.settle();
    assert_eq!(ended(&world, BOB), notice(true, StreamEnd::HostGone));
    assert_eq!(ended(&world, CLARA), notice(false, StreamEnd::HostGone));
}

#[test]
fn a_stream_that_ended_while_a_viewer_was_away_is_told_on_the_return() {
    let (mut world, stream) = streaming(25);
    world.clients[CLARA].cut(world.now);
    let reason = StreamEnd::Stopped;
    world.clients[BOB].session.end_stream(world.now, stream, reason);
    world.settle();
    assert_eq!(ended(&world, CLARA), notice(false, reason));
}

#[test]
fn a_stream_that_a_dead_session_left_behind_is_ended_and_told() {
    let (mut world, stream) = streaming(26);
    let dice = world.dice.clone();
    world.clients[BOB].crash(world.now, &dice);
    world.settle();
    assert!(!world.relay.state.streams.contains_key(&stream));
    assert_eq!(ended(&world, BOB), notice(true, StreamEnd::HostGone));
}

#[test]
fn a_viewer_that_is_not_in_the_room_any_more_is_let_go() {
    let (mut world, stream) = streaming(27);
    let (from, device) = (world.clients[CLARA].member, world.clients[CLARA].device);
    let bob = &mut world.clients[BOB].session;
    let signal = Signal::Watch { stream, attempt: 1 };
    let frames = [
        ServerFrame::Signal {
            space: SPACE,
            from,
            device,
            signal,
        },
        ServerFrame::PresenceListed {
            space: SPACE,
            present: vec![],
        },
    ];
    for frame in frames {
        bob.frame_arrived(
            world.now,
            &serde_json::to_string(&frame).expect("frames are JSON"),
        );
    }
    let mut commands = Vec::new();
    while let Some(effect) = bob.poll() {
        if let Effect::Peer(peer, command) = effect {
            assert_eq!(peer.device, device);
            commands.push(command);
        }
    }
    // The connection that was made ready for her goes too.
    let expected = [
        PeerCommand::Close,
        PeerCommand::Offer { restart: false },
        PeerCommand::Close,
    ];
    assert_eq!(commands, expected);
}

/// What the others are told of the stream: paused, muted.
fn held(world: &World, who: usize) -> Option<(bool, bool)> {
    let view = world.clients[who].session.view(SPACE)?;
    let stream = view.streams.first()?;
    Some((stream.paused, stream.muted))
}

fn pause(world: &mut World, who: usize, stream: StreamId, paused: bool) {
    let wish = Command::PauseStream { stream, paused };
    world.clients[who].session.command(world.now, SPACE, wish);
    world.settle();
}

#[test]
fn what_the_host_holds_back_is_told_and_kept_from_the_capture() {
    let (mut world, stream) = streaming(28);
    let wish = Command::MuteStream { stream, muted: true };
    world.clients[BOB].session.command(world.now, SPACE, wish);
    pause(&mut world, BOB, stream, true);
    for who in [ALICE, BOB, CLARA] {
        assert_eq!(held(&world, who), Some((true, true)));
    }
    pause(&mut world, BOB, stream, false);
    for who in [ALICE, BOB, CLARA] {
        assert_eq!(held(&world, who), Some((false, true)));
    }
    let told = world.clients[BOB]
        .held
        .iter()
        .map(|held| (held.paused, held.muted));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(false, true), (true, true), (false, true)]
    );
}

#[test]
fn only_the_host_pauses_a_stream() {
    let (mut world, stream) = streaming(29);
    pause(&mut world, ALICE, stream, true);
    for who in [ALICE, BOB, CLARA] {
        assert_eq!(held(&world, who), Some((false, false)));
        assert!(world.clients[who].held.is_empty());
    }
}

#[test]
fn a_paused_stream_stays_paused_over_a_lost_connection_and_ends_with_the_stream() {
    let (mut world, stream) = streaming(30);
    pause(&mut world, BOB, stream, true);
    world.clients[BOB].cut(world.now);
    assert_eq!(held(&world, BOB), Some((true, false)));
    world.settle();
    for who in [BOB, CLARA] {
        assert_eq!(held(&world, who), Some((true, false)));
    }
    // Nothing of it is left on the next ones.
    let mut stream = stream;
    for _ in 0..2 * limits::STREAMS {
        let end = StreamEnd::Stopped;
        let bob = &mut world.clients[BOB].session;
        bob.end_stream(world.now, stream, end);
        stream = bob.get_ready(world.now, SPACE);
        bob.start_stream(world.now, SPACE, stream, None, "Play".into(), true)
            .expect("an editor may");
        world.settle();
        assert_eq!(held(&world, CLARA), Some((false, false)));
        pause(&mut world, BOB, stream, true);
        assert_eq!(held(&world, CLARA), Some((true, false)));
    }
}

/// Who comes while a stream runs watches at once: that is said before the relay's list of who is here arrives.
#[test]
fn a_viewer_counts_itself_whatever_the_relay_knew_when_it_listed_who_is_here() {
    let (mut world, _) = streaming(28);
    let (member, device) = (world.clients[CLARA].member, world.clients[CLARA].device);
    let watchers = |world: &World| {
        let view = world.clients[CLARA].session.view(SPACE).expect("a view");
        view.streams[0].watchers.clone()
    };
    assert!(watchers(&world).contains(&member), "she watches");
    let listed = ServerFrame::PresenceListed {
        space: SPACE,
        present: vec![Present {
            member,
            device,
            presence: Presence::default(),
        }],
    };
    let text = serde_json::to_string(&listed).expect("frames are JSON");
    let now = world.now;
    world.clients[CLARA].session.frame_arrived(now, &text);
    assert_eq!(watchers(&world), [member]);
}
