//! A room on its own: no sockets, no database, time as an argument.

use protocol::op::Created;
use protocol::{Author, Envelope, Millis, Role};

use super::*;

mod away;

const OWNER: MemberId = MemberId::from_bits(1);
const GUEST: MemberId = MemberId::from_bits(2);

fn device(member: MemberId) -> DeviceId {
    DeviceId::from_bits(100 + member.bits())
}

fn event(seq: u64, by: MemberId, op: Op) -> Event {
    let author = Author { member: by, op: None };
    let envelope = Envelope {
        seq: Seq(seq),
        author,
        time: Millis(0),
        class: op.class(),
    };
    Event {
        envelope,
        payload: Payload::Op(op),
    }
}

/// A room with an owner and a guest; the guest's line is "guest".
fn room(now: Instant) -> Room<&'static str> {
    let created = Created {
        name: "Lisbon".into(),
        colour: protocol::Colour::Grey,
        groups: vec![],
        tabs: vec![],
    };
    let mut state = SpaceState::default();
    state.apply(&event(1, OWNER, Op::SpaceCreated(created)));
    state.apply(&event(
        2,
        GUEST,
        Op::MemberJoined {
            member: GUEST,
            role: Role::Viewer,
        },
    ));
    let mut room = Room::new(SpaceId::from_bits(1), Epoch::from_bits(1), state, Vec::new());
    for (connection, line, member) in [(1, "owner", OWNER), (2, "guest", GUEST)] {
        assert!(matches!(
            room.ask(ask(connection, line, member, 0), now),
            Asked::In(_)
        ));
    }
    // As after a while.
    room.news.clear();
    room.silent_until = None;
    room
}

fn ask(connection: u64, line: &'static str, member: MemberId, since: u64) -> Ask<&'static str> {
    Ask {
        connection,
        line,
        member,
        device: device(member),
        epoch: Some(Epoch::from_bits(1)),
        since: Seq(since),
        last_n: 0,
        head: Seq(0),
        read: Read::default(),
    }
}

#[test]
fn a_gap_is_refused_and_what_is_known_is_passed_over() {
    let now = Instant::now();
    let mut room = room(now);
    let renamed = |seq| {
        event(
            seq,
            OWNER,
            Op::SpaceRenamed {
                name: format!("name {seq}"),
            },
        )
    };
    assert!(room.publish(&[renamed(4)], &[], now).is_none());
    assert_eq!(
        room.publish(&[renamed(3), renamed(4)], &[], now)
            .map(|effects| effects.len()),
        Some(1)
    );
    assert_eq!(
        room.publish(&[renamed(3)], &[], now).map(|effects| effects.len()),
        Some(0)
    );
    assert_eq!((room.head(), room.state.name.as_str()), (Seq(4), "name 4"));
}

#[test]
fn a_room_that_lags_behind_the_asker_says_so() {
    let now = Instant::now();
    let mut room = room(now);
    let ahead = Ask {
        head: Seq(3),
        ..ask(3, "guest", GUEST, 2)
    };
    assert!(matches!(room.ask(ahead, now), Asked::Behind));
    // The room was opened at 2 and has nothing older at hand.
    assert!(matches!(
        room.ask(ask(3, "owner", OWNER, 1), now),
        Asked::Needs(Unread {
            after: Seq(1),
            through: Seq(2),
            ..
        })
    ));
}

#[test]
fn who_was_removed_is_told_and_only_then_gone() {
    let now = Instant::now();
    let mut room = room(now);
    room.publish(&[event(3, OWNER, Op::MemberLeft { member: GUEST })], &[], now);
    let effects = room.dismiss(now);
    assert!(matches!(
        effects.as_slice(),
        [
            Effect::One { line: "guest", frame: ServerFrame::Closed { reason, .. }, .. },
            Effect::Together(told),
        ] if matches!(told.as_slice(), [(ServerFrame::PresenceGone { .. }, _)]) && reason.code == Code::Removed
    ));
    assert_eq!(room.lines().len(), 1);
}

#[test]
fn the_end_of_an_older_connection_leaves_the_newer_one_seated() {
    let now = Instant::now();
    let mut room = room(now);
    assert!(matches!(room.ask(ask(9, "newer", GUEST, 0), now), Asked::In(_)));
    assert!(room.leave(device(GUEST), 2, now).is_empty());
    assert_eq!(room.leave(device(GUEST), 9, now).len(), 1);
}

#[test]
fn an_older_connection_that_comes_late_takes_no_seat() {
    let now = Instant::now();
    let mut room = room(now);
    assert!(matches!(room.ask(ask(9, "newer", GUEST, 0), now), Asked::In(_)));
    assert!(matches!(
        room.ask(ask(8, "older", GUEST, 0), now),
        Asked::Replaced
    ));
    assert!(room.lines().contains(&(device(GUEST), "newer")));
    // The same connection may ask again.
    assert!(matches!(room.ask(ask(9, "newer", GUEST, 0), now), Asked::In(_)));
}

#[test]
fn who_comes_and_goes_is_told_in_a_way_that_may_be_dropped_and_listed_anew() {
    let now = Instant::now();
    let mut room = room(now);
    let presence = Kind::Presence(SpaceId::from_bits(1), device(GUEST));
    let is_presence = |effect: Option<&Effect<&str>>| match effect {
        Some(Effect::Together(told)) => matches!(told.as_slice(), [(_, kind)] if *kind == presence),
        _ => false,
    };
    assert!(is_presence(room.leave(device(GUEST), 2, now).last()));
    let Asked::In(effects) = room.ask(ask(3, "guest", GUEST, 0), now + PAUSE) else {
        panic!("the guest comes again")
    };
    assert!(is_presence(effects.last()));
    assert!(matches!(
        room.list(device(OWNER), 1).as_slice(),
        [Effect::One { line: "owner", frame: ServerFrame::PresenceListed { present, .. }, .. }]
            if present.len() == 2
    ));
    assert!(
        room.list(device(OWNER), 7).is_empty(),
        "a connection that is over"
    );
}

#[test]
fn a_hosts_absence_counts_from_its_beginning() {
    let now = Instant::now();
    let mut room = room(now);
    let stream = StreamId::from_bits(5);
    let op = Op::StreamStarted {
        stream,
        tab: None,
        title: String::new(),
        audio: false,
    };
    let mut started = event(3, OWNER, op);
    started.envelope.author.op = Some(protocol::event::OpName {
        device: device(OWNER),
        n: 1,
    });
    room.publish(&[started], &[], now);
    let (later, patience) = (now + Duration::from_secs(100), Duration::from_mins(1));
    assert_eq!(room.hosts_gone(patience, later), []);
    room.leave(device(OWNER), 1, later);
    assert_eq!(room.hosts_gone(patience, later + Duration::from_secs(59)), []);
    assert_eq!(
        room.hosts_gone(patience, later + Duration::from_mins(1)),
        [stream]
    );
    assert!(matches!(room.ask(ask(3, "owner", OWNER, 0), later), Asked::In(_)));
    assert_eq!(room.hosts_gone(patience, later + Duration::from_mins(10)), []);
}

/// What a room tells of who is present: each device, and whether it is here.
fn told(effects: &[Effect<&'static str>]) -> Vec<(DeviceId, bool)> {
    let together = effects.iter().filter_map(|effect| match effect {
        Effect::Together(frames) => Some(frames),
        _ => None,
    });
    together
        .flatten()
        .map(|(frame, _)| match frame {
            ServerFrame::PresenceChanged { present, .. } => (present.device, true),
            ServerFrame::PresenceGone { device, .. } => (*device, false),
            frame => panic!("{frame:?} tells of something else"),
        })
        .collect()
}

/// Somebody comes to the room on another device.
fn come(room: &mut Room<&'static str>, number: u128, now: Instant) -> Vec<Effect<&'static str>> {
    let asks = Ask {
        device: DeviceId::from_bits(number),
        ..ask(9, "more", OWNER, 0)
    };
    match room.ask(asks, now) {
        Asked::In(effects) => effects,
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_comes_alone_is_told_at_once_and_a_crowd_together() {
    let now = Instant::now();
    let mut room = room(now);
    assert_eq!(told(&come(&mut room, 1, now)), [(DeviceId::from_bits(1), true)]);
    for number in [2, 3, 4] {
        assert_eq!(told(&come(&mut room, number, now)), []);
    }
    assert!(told(&room.leave(DeviceId::from_bits(3), 9, now)).is_empty());
    assert!(room.has_news() && room.tell_if_due(now).is_none());
    let effects: Vec<_> = room.tell_if_due(now + PAUSE).into_iter().collect();
    let device = DeviceId::from_bits;
    assert_eq!(
        told(&effects),
        [(device(2), true), (device(3), false), (device(4), true)]
    );
    assert!(!room.has_news());
}

#[test]
fn whoever_is_spoken_to_has_heard_of_who_speaks() {
    let now = Instant::now();
    let mut room = room(now);
    come(&mut room, 1, now);
    come(&mut room, 2, now);
    let signal = Signal::Watch {
        stream: StreamId::from_bits(1),
        attempt: 1,
    };
    let said = room.signal(DeviceId::from_bits(2), Some(device(OWNER)), signal, now);
    let effects = said.expect("members may watch");
    assert!(told(&effects).contains(&(DeviceId::from_bits(2), true)));
    assert!(matches!(effects.last(), Some(Effect::One { line: "owner", .. })));
}
