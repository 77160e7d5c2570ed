//! Every frame and every op as it stands on the wire. A changed snapshot is a changed protocol: old clients
//! must still read it.

use protocol::event::{Author, Envelope, Event, OpName, Payload};
use protocol::frame::{ClientFrame, IceServer, Person, Present, ServerFrame};
use protocol::op::{Created, NewGroup, NewTab, StreamEnd};
use protocol::signal::{Candidate, Held, Presence, Signal};
use protocol::{
    Class, Code, Colour, DeviceId, Epoch, GroupId, MemberId, MessageId, Millis, Op, Position, Role, Seq,
    SpaceId, SpaceState, StreamId, TabId,
};
use tabspace_protocol as protocol;

const SPACE: SpaceId = SpaceId::from_bits(0x5EACE);
const ALICE: MemberId = MemberId::from_bits(0xA);
const BOB: MemberId = MemberId::from_bits(0xB);
const DEVICE: DeviceId = DeviceId::from_bits(0xD);
const TAB: TabId = TabId::from_bits(0x7AB);
const GROUP: GroupId = GroupId::from_bits(0x6);
const MESSAGE: MessageId = MessageId::from_bits(0x3E);
const STREAM: StreamId = StreamId::from_bits(0x57);
const EPOCH: Epoch = Epoch::from_bits(0xE);

fn new_tab() -> NewTab {
    NewTab {
        tab: TAB,
        url: "https://example.org/".into(),
        title: "Example".into(),
        favicon: Some("ab".repeat(32)),
        pinned: true,
        group: Some(GROUP),
        position: Position::first(),
    }
}

fn new_group() -> NewGroup {
    NewGroup {
        group: GROUP,
        title: "Lisbon".into(),
        colour: Colour::Orange,
        collapsed: true,
        position: Position::first(),
    }
}

fn ops() -> Vec<Op> {
    vec![
        Op::SpaceCreated(Created {
            name: "Trip".into(),
            colour: Colour::Blue,
            groups: vec![new_group()],
            tabs: vec![new_tab()],
        }),
        Op::SpaceRenamed {
            name: "Lisbon in May".into(),
        },
        Op::SpaceRecoloured {
            colour: Colour::Green,
        },
        Op::SpaceDeleted {},
        Op::GroupAdded(new_group()),
        Op::GroupUpdated {
            group: GROUP,
            title: Some("Porto".into()),
            colour: None,
            collapsed: Some(false),
        },
        Op::GroupMoved {
            group: GROUP,
            position: Position::first(),
        },
        Op::GroupRemoved { group: GROUP },
        Op::TabAdded(NewTab {
            favicon: None,
            pinned: false,
            group: None,
            ..new_tab()
        }),
        Op::TabUpdated {
            tab: TAB,
            url: None,
            title: Some("Better".into()),
            favicon: None,
            pinned: None,
        },
        Op::TabMoved {
            tab: TAB,
            group: None,
            position: Position::first(),
        },
        Op::TabRemoved { tab: TAB },
        Op::MemberJoined {
            member: BOB,
            role: Role::Commenter,
        },
        Op::MemberLeft { member: BOB },
        Op::MemberRole {
            member: BOB,
            role: Role::Viewer,
        },
        Op::MessageSent {
            message: MESSAGE,
            text: "Olá".into(),
        },
        Op::MessageEdited {
            message: MESSAGE,
            text: "Olá!".into(),
        },
        Op::MessageDeleted { message: MESSAGE },
        Op::StreamStarted {
            stream: STREAM,
            tab: Some(TAB),
            title: "Example".into(),
            audio: true,
        },
        Op::StreamEnded {
            stream: STREAM,
            reason: StreamEnd::TabClosed,
        },
    ]
}

fn signals() -> Vec<Signal> {
    vec![
        Signal::Presence(Presence {
            tab: Some(TAB),
            watching: Some(STREAM),
            idle: true,
            held: vec![Held {
                stream: STREAM,
                paused: true,
                muted: false,
            }],
        }),
        Signal::Cursor {
            stream: STREAM,
            at: Some((0.25, 0.5)),
        },
        Signal::Typing { on: true },
        Signal::Watch {
            stream: STREAM,
            attempt: 1,
        },
        Signal::Offer {
            stream: STREAM,
            attempt: 1,
            sdp: "v=0".into(),
        },
        Signal::Answer {
            stream: STREAM,
            attempt: 1,
            sdp: "v=0".into(),
        },
        Signal::Candidate {
            stream: STREAM,
            attempt: 1,
            candidate: Candidate {
                candidate: "candidate:1".into(),
                mid: Some("0".into()),
                line: Some(0),
            },
        },
        Signal::Bye {
            stream: STREAM,
            attempt: 1,
        },
    ]
}

fn event(op: Op) -> Event {
    Event {
        envelope: Envelope {
            seq: Seq(1),
            author: Author {
                member: ALICE,
                op: Some(OpName { device: DEVICE, n: 1 }),
            },
            time: Millis(1_700_000_000_000),
            class: op.class(),
        },
        payload: Payload::Op(op),
    }
}

fn state() -> SpaceState {
    let mut state = SpaceState::default();
    let log = [
        ops()[0].clone(),
        Op::MemberJoined {
            member: BOB,
            role: Role::Editor,
        },
        Op::MessageSent {
            message: MESSAGE,
            text: "Olá".into(),
        },
        Op::StreamStarted {
            stream: STREAM,
            tab: Some(TAB),
            title: "Example".into(),
            audio: true,
        },
    ];
    for (at, op) in log.into_iter().enumerate() {
        let mut event = event(op);
        event.envelope.seq = Seq(at as u64 + 1);
        assert!(state.apply(&event));
    }
    state
}

#[test]
fn client_frames_stand_as_they_are() {
    let mut frames = vec![
        ClientFrame::Hello {
            versions: vec![1],
            ticket: "t".into(),
        },
        ClientFrame::Ping { t: 7 },
        ClientFrame::Pong { t: 7 },
        ClientFrame::Subscribe {
            space: SPACE,
            epoch: Some(EPOCH),
            since: Seq(3),
        },
        ClientFrame::Unsubscribe { space: SPACE },
    ];
    frames.extend(ops().into_iter().map(|op| ClientFrame::Submit {
        space: SPACE,
        n: 1,
        op,
    }));
    frames.extend(signals().into_iter().map(|signal| ClientFrame::Signal {
        space: SPACE,
        to: signal.is_directed().then_some(DEVICE),
        signal,
    }));
    let lines: Vec<String> = frames
        .iter()
        .map(|frame| serde_json::to_string(frame).expect("JSON"))
        .collect();
    for (frame, line) in frames.iter().zip(&lines) {
        assert_eq!(ClientFrame::parse(line).as_ref(), Ok(frame));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn server_frames_stand_as_they_are() {
    let people = vec![Person {
        member: ALICE,
        name: "Alice".into(),
    }];
    let present = Present {
        member: ALICE,
        device: DEVICE,
        presence: Presence::default(),
    };
    let reason = protocol::Refusal::from(Code::Forbidden);
    let frames = vec![
        ServerFrame::Welcome {
            version: 1,
            device: DEVICE,
            time: Millis(5),
            heartbeat_ms: 30_000,
            dead_after_ms: 60_000,
            ice_servers: vec![IceServer {
                urls: vec!["stun:stun.example.org".into()],
            }],
        },
        ServerFrame::Ping { t: 7 },
        ServerFrame::Pong { t: 7 },
        ServerFrame::Snapshot {
            space: SPACE,
            epoch: EPOCH,
            you: ALICE,
            last_n: 4,
            state: Box::new(state()),
            people: people.clone(),
        },
        ServerFrame::Resumed {
            space: SPACE,
            epoch: EPOCH,
            you: ALICE,
            last_n: 4,
            events: vec![event(ops()[1].clone())],
            people: people.clone(),
        },
        ServerFrame::Events {
            space: SPACE,
            events: vec![event(ops()[12].clone())],
            people: people.clone(),
        },
        ServerFrame::Closed {
            space: SPACE,
            reason: reason.clone(),
        },
        ServerFrame::People { space: SPACE, people },
        ServerFrame::PresenceListed {
            space: SPACE,
            present: vec![present.clone()],
        },
        ServerFrame::PresenceChanged {
            space: SPACE,
            present,
        },
        ServerFrame::PresenceGone {
            space: SPACE,
            device: DEVICE,
        },
        ServerFrame::Accepted {
            space: SPACE,
            n: 4,
            seq: Seq(9),
        },
        ServerFrame::Refused {
            space: SPACE,
            n: 5,
            reason: reason.clone(),
        },
        ServerFrame::Signal {
            space: SPACE,
            from: BOB,
            device: DEVICE,
            signal: signals()[2].clone(),
        },
        ServerFrame::Error { space: None, reason },
    ];
    let lines: Vec<String> = frames
        .iter()
        .map(|frame| serde_json::to_string(frame).expect("JSON"))
        .collect();
    for (frame, line) in frames.iter().zip(&lines) {
        assert_eq!(ServerFrame::parse(line).as_ref(), Ok(frame));
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn frames_that_are_wrong_say_what_is() {
    for (text, code) in [
        ("", Code::Malformed),
        ("{}", Code::Malformed),
        ("[1,2", Code::Malformed),
        (r#"{"type":"op:submit"}"#, Code::Malformed),
        (
            r#"{"type":"op:submit","data":{"space":"x","n":1}}"#,
            Code::Malformed,
        ),
        (
            r#"{"type":"op:submit","data":{"space":"0000000000000000000000000f","n":1,"op":{"type":"tab:exploded"}}}"#,
            Code::UnknownType,
        ),
        (r#"{"type":"space:levitate","data":{}}"#, Code::UnknownType),
    ] {
        assert_eq!(ClientFrame::parse(text), Err(code), "{text}");
    }
    let long = format!(
        r#"{{"type":"session:ping","data":{{"t":{}}}}}"#,
        "1".repeat(protocol::limits::FRAME_BYTES)
    );
    assert_eq!(ClientFrame::parse(&long), Err(Code::TooLarge));
    assert_eq!(
        ServerFrame::parse(r#"{"type":"space:levitated","data":{}}"#),
        Err(Code::UnknownType)
    );
}

#[test]
fn an_op_is_named_even_when_it_cannot_be_read() {
    let submit = |rest: &str| format!(r#"{{"type":"op:submit","data":{{"space":"{SPACE}","n":7{rest}}}}}"#);
    let deep = format!(r#","op":{}1{}"#, "[".repeat(10_000), "]".repeat(10_000));
    let long = format!(r#","op":"{}""#, "x".repeat(protocol::limits::FRAME_BYTES));
    for (rest, code) in [
        ("", Code::Malformed),
        (
            r#","op":{"type":"space:recoloured","data":{"colour":"mauve"}}"#,
            Code::Malformed,
        ),
        (r#","op":{"type":"tab:painted","data":{}}"#, Code::UnknownType),
        (&deep, Code::Malformed),
        (&long, Code::TooLarge),
    ] {
        let text = submit(rest);
        assert_eq!(ClientFrame::parse(&text), Err(code));
        assert_eq!(ClientFrame::submitted_name(&text), Some((SPACE, 7)));
    }
    for other in [
        r#"{"type":"op:submit","data":{"space":"short","n":7}}"#.to_owned(),
        submit("").replace("op:submit", "signal:send"),
        submit("").replace('7', "-1"),
    ] {
        assert_eq!(ClientFrame::submitted_name(&other), None, "{other}");
    }
}

#[test]
fn an_event_of_a_newer_version_is_kept_and_stops_changes() {
    let text = r#"{"seq":5,"author":{"member":"0000000000000000000000000a"},"time":9,"class":"hologram","payload":{"type":"tab:exploded","data":{"loud":true}}}"#;
    let newer: Event = serde_json::from_str(text).expect("a newer event is read");
    assert_eq!(newer.envelope.class, Class::Unknown);
    assert_eq!(
        serde_json::to_value(&newer).expect("JSON")["payload"]["data"]["loud"],
        true
    );
    let mut state = state();
    assert!(state.apply(&newer));
    assert!(state.read_only);
    let op = Op::MessageSent {
        message: MessageId::from_bits(1),
        text: "?".into(),
    };
    assert_eq!(
        protocol::authorise(&state, ALICE, &protocol::Action::Submit(&op)),
        Err(Code::ReadOnly)
    );
}
