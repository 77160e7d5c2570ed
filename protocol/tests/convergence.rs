//! Whoever folds a log ends in the same state: in whatever pieces it arrives, however often, and from
//! whatever snapshot the folding goes on.

#![expect(clippy::cast_possible_wrap, reason = "the numbers of a short log are small")]

use proptest::prelude::*;
use protocol::event::{Author, Envelope, Event, OpName, Payload};
use protocol::op::{Created, NewGroup, NewTab, StreamEnd};
use protocol::{
    Action, Code, Colour, DeviceId, GroupId, MemberId, MessageId, Millis, Op, Position, Role, Seq,
    SpaceState, StreamId, TabId, authorise, limits,
};
use tabspace_protocol as protocol;

fn ids<T: std::fmt::Debug>(make: fn(u128) -> T, count: u128) -> impl Strategy<Value = T> {
    (1..=count).prop_map(make)
}

fn position() -> impl Strategy<Value = Position> {
    (0_usize..20).prop_map(|at| Position::spread(None, None, 20)[at].clone())
}

/// Few ids, so that ops meet: moves of what is removed, tabs of groups that go, messages of those who left.
fn op() -> impl Strategy<Value = Op> {
    let tab = || ids(TabId::from_bits, 6);
    let group = || ids(GroupId::from_bits, 3);
    let member = || ids(MemberId::from_bits, 4);
    let message = || ids(MessageId::from_bits, 8);
    let stream = || ids(StreamId::from_bits, 3);
    let role = prop::sample::select(Role::ALL.to_vec());
    prop_oneof![
        (tab(), prop::option::of(group()), position(), any::<bool>()).prop_map(
            |(tab, group, position, pinned)| Op::TabAdded(NewTab {
                tab,
                url: "https://example.org".into(),
                title: "t".into(),
                favicon: None,
                pinned,
                group,
                position
            })
        ),
        (tab(), prop::option::of(group()), position()).prop_map(|(tab, group, position)| Op::TabMoved {
            tab,
            group,
            position
        }),
        tab().prop_map(|tab| Op::TabRemoved { tab }),
        (tab(), prop::option::of("[a-z]{1,3}")).prop_map(|(tab, title)| Op::TabUpdated {
            tab,
            url: Some("https://example.org/2".into()),
            title,
            favicon: None,
            pinned: Some(true)
        }),
        (group(), position()).prop_map(|(group, position)| Op::GroupAdded(NewGroup {
            group,
            title: "g".into(),
            colour: Colour::Pink,
            collapsed: false,
            position
        })),
        (group(), position()).prop_map(|(group, position)| Op::GroupMoved { group, position }),
        group().prop_map(|group| Op::GroupRemoved { group }),
        (group(), "[a-z]{1,3}").prop_map(|(group, title)| Op::GroupUpdated {
            group,
            title: Some(title),
            colour: None,
            collapsed: None
        }),
        (member(), role.clone()).prop_map(|(member, role)| Op::MemberJoined { member, role }),
        member().prop_map(|member| Op::MemberLeft { member }),
        (member(), role).prop_map(|(member, role)| Op::MemberRole { member, role }),
        (message(), "[a-z]{1,3}").prop_map(|(message, text)| Op::MessageSent { message, text }),
        (message(), "[a-z]{1,3}").prop_map(|(message, text)| Op::MessageEdited { message, text }),
        message().prop_map(|message| Op::MessageDeleted { message }),
        stream().prop_map(|stream| Op::StreamStarted {
            stream,
            tab: None,
            title: String::new(),
            audio: true
        }),
        stream().prop_map(|stream| Op::StreamEnded {
            stream,
            reason: StreamEnd::Stopped
        }),
        "[a-z]{1,8}".prop_map(|name| Op::SpaceRenamed { name }),
    ]
}

/// A log as a relay would make it of what members ask for: what is not permitted does not get in.
fn ordered(asked: Vec<(u128, Op)>) -> (Vec<Event>, SpaceState) {
    let mut state = SpaceState::default();
    let mut log = Vec::new();
    let created = Created {
        name: "s".into(),
        colour: Colour::Grey,
        groups: vec![],
        tabs: vec![],
    };
    let first = (1_u128, Op::SpaceCreated(created));
    for (n, (member, op)) in std::iter::once(first).chain(asked).enumerate() {
        let member = MemberId::from_bits(member);
        let relays_own = matches!(op, Op::MemberJoined { .. } | Op::SpaceCreated(_));
        if !relays_own && authorise(&state, member, &Action::Submit(&op)).is_err() {
            continue;
        }
        let event = Event {
            envelope: Envelope {
                seq: state.head.next(),
                author: Author {
                    member,
                    op: Some(OpName {
                        device: DeviceId::from_bits(member.bits()),
                        n: n as u64,
                    }),
                },
                time: Millis(n as i64),
                class: op.class(),
            },
            payload: Payload::Op(op),
        };
        assert!(state.apply(&event));
        log.push(event);
    }
    (log, state)
}

fn log() -> impl Strategy<Value = (Vec<Event>, SpaceState)> {
    prop::collection::vec((1_u128..5, op()), 0..80).prop_map(ordered)
}

proptest! {
    #[test]
    fn duplicates_and_resubscription_at_any_point_change_nothing((log, state) in log(), cuts in prop::collection::vec(0_usize..80, 0..5)) {
        let mut replica = SpaceState::default();
        for cut in cuts {
            let cut = cut.min(log.len());
            // A piece from anywhere: what is old is skipped, what lies ahead is not folded.
            for event in &log[cut..] {
                let folds = event.envelope.seq <= replica.head.next();
                prop_assert_eq!(replica.apply(event), folds);
                if !folds { break; }
            }
            // The connection breaks; the replica comes back from its stored snapshot.
            let stored = serde_json::to_string(&replica).expect("JSON");
            replica = serde_json::from_str(&stored).expect("reads back");
        }
        for event in &log {
            prop_assert!(replica.apply(event));
        }
        prop_assert_eq!(replica, state);
    }

    #[test]
    fn a_state_is_always_whole((_, state) in log()) {
        for tab in state.tabs.values() {
            prop_assert!(tab.group.is_none_or(|group| state.groups.contains_key(&group)));
        }
        for stream in state.streams.values() {
            prop_assert!(state.role_of(stream.by).is_some_and(|role| role >= Role::Editor));
        }
        prop_assert!(state.members.values().any(|membership| membership.role == Role::Owner), "no owner");
        prop_assert_eq!(state.tab_order().len(), state.tabs.len());
        prop_assert!(state.messages.len() <= limits::RECENT_MESSAGES);
    }

    #[test]
    fn a_viewer_changes_nothing((log, _) in log(), op in op()) {
        let mut state = SpaceState::default();
        for event in &log {
            state.apply(event);
        }
        let viewers: Vec<MemberId> = state.members.iter().filter(|(_, m)| m.role == Role::Viewer).map(|(id, _)| *id).collect();
        for viewer in viewers {
            let own_leave = matches!(op, Op::MemberLeft { member } if member == viewer);
            let verdict = authorise(&state, viewer, &Action::Submit(&op));
            prop_assert!(own_leave || verdict.is_err(), "{op:?}");
        }
        prop_assert_eq!(authorise(&state, MemberId::from_bits(99), &Action::See), Err(Code::NotAMember));
    }
}

#[test]
fn tabs_of_a_removed_group_stay_in_its_place_and_order() {
    let tab = |bits, group, position: &Position| {
        (
            1,
            Op::TabAdded(NewTab {
                tab: TabId::from_bits(bits),
                url: "https://a".into(),
                title: String::new(),
                favicon: None,
                pinned: false,
                group,
                position: position.clone(),
            }),
        )
    };
    let top = Position::spread(None, None, 3);
    let inside = Position::spread(None, None, 2);
    let group = GroupId::from_bits(1);
    let (_, state) = ordered(vec![
        tab(10, None, &top[0]),
        (
            1,
            Op::GroupAdded(NewGroup {
                group,
                title: "g".into(),
                colour: Colour::Red,
                collapsed: false,
                position: top[1].clone(),
            }),
        ),
        tab(11, Some(group), &inside[0]),
        tab(12, Some(group), &inside[1]),
        tab(13, None, &top[2]),
        (1, Op::GroupRemoved { group }),
    ]);
    let order: Vec<u128> = state.tab_order().into_iter().map(TabId::bits).collect();
    assert_eq!(order, [10, 11, 12, 13]);
    assert_eq!(Seq(7), state.head);
}
