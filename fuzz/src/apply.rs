//! The fold: a log of any ops, told in letters.
//!
//! Every letter of the input says the kind of an op, the letters behind it what it is about. There are few members,
//! tabs, groups, messages and streams, so that ops meet. The log is folded as everybody folds it: at once, in pieces
//! with what was stored in between, with events that come again and events that come too early; all must be in
//! the same state, and that state must be whole. Nothing here is authorised: any op may be in any log. Whether it may
//! be submitted is asked too, and answered without a panic.

use protocol::event::{Author, Envelope, Event, OpName, Payload};
use protocol::op::{Created, NewGroup, NewTab, StreamEnd};
use protocol::{
    Action, Colour, DeviceId, GroupId, MemberId, MessageId, Millis, Op, Position, Role, SpaceState, StreamId,
    TabId, authorise, limits,
};

/// The letters of an input; `0` when there are no more.
struct Letters<'a>(std::slice::Iter<'a, u8>);

impl Letters<'_> {
    fn next(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(b'0')
    }

    /// A number below `end`: digits stand for themselves.
    fn below(&mut self, end: u8) -> u8 {
        self.next().wrapping_sub(b'0') % end
    }

    fn id<T>(&mut self, make: fn(u128) -> T, count: u8) -> T {
        make(u128::from(self.below(count)))
    }

    fn member(&mut self) -> MemberId {
        self.id(MemberId::from_bits, 5)
    }

    fn tab(&mut self) -> TabId {
        self.id(TabId::from_bits, 9)
    }

    fn group(&mut self) -> GroupId {
        self.id(GroupId::from_bits, 4)
    }

    fn message(&mut self) -> MessageId {
        self.id(MessageId::from_bits, 250)
    }

    fn stream(&mut self) -> StreamId {
        self.id(StreamId::from_bits, 4)
    }

    fn role(&mut self) -> Role {
        Role::ALL[usize::from(self.below(4))]
    }

    fn colour(&mut self) -> Colour {
        Colour::ALL[usize::from(self.below(9))]
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(2) == 1).then(|| make(self))
    }

    /// Any position, valid or not: what a snapshot or a stored row holds may be anything.
    fn position(&mut self) -> Position {
        let text: String = (0..self.below(4)).map(|_| char::from(self.next())).collect();
        serde_json::from_value(text.into()).expect("a position is a text")
    }

    fn text(&mut self) -> String {
        char::from(self.next()).to_string()
    }

    fn new_tab(&mut self) -> NewTab {
        NewTab {
            tab: self.tab(),
            url: format!("https://example.org/{}", self.text()),
            title: self.text(),
            favicon: self.maybe(Self::text),
            pinned: self.below(2) == 1,
            group: self.maybe(Self::group),
            position: self.position(),
        }
    }

    fn new_group(&mut self) -> NewGroup {
        NewGroup {
            group: self.group(),
            title: self.text(),
            colour: self.colour(),
            collapsed: self.below(2) == 1,
            position: self.position(),
        }
    }

    /// The next op; `None` at the end.
    fn op(&mut self) -> Option<Op> {
        let kind = *self.0.next()?;
        Some(match kind.wrapping_sub(b'a') % 20 {
            0 => Op::SpaceCreated(Created {
                name: self.text(),
                colour: self.colour(),
                groups: (0..self.below(3)).map(|_| self.new_group()).collect(),
                tabs: (0..self.below(4)).map(|_| self.new_tab()).collect(),
            }),
            1 => Op::SpaceRenamed { name: self.text() },
            2 => Op::SpaceRecoloured {
                colour: self.colour(),
            },
            3 => Op::SpaceDeleted {},
            4 => Op::GroupAdded(self.new_group()),
            5 => Op::GroupUpdated {
                group: self.group(),
                title: self.maybe(Self::text),
                colour: self.maybe(Self::colour),
                collapsed: self.maybe(|letters| letters.below(2) == 1),
            },
            6 => Op::GroupMoved {
                group: self.group(),
                position: self.position(),
            },
            7 => Op::GroupRemoved { group: self.group() },
            8 => Op::TabAdded(self.new_tab()),
            9 => Op::TabUpdated {
                tab: self.tab(),
                url: self.maybe(Self::text),
                title: self.maybe(Self::text),
                favicon: self.maybe(Self::text),
                pinned: self.maybe(|letters| letters.below(2) == 1),
            },
            10 => Op::TabMoved {
                tab: self.tab(),
                group: self.maybe(Self::group),
                position: self.position(),
            },
            11 => Op::TabRemoved { tab: self.tab() },
            12 => Op::MemberJoined {
                member: self.member(),
                role: self.role(),
            },
            13 => Op::MemberLeft {
                member: self.member(),
            },
            14 => Op::MemberRole {
                member: self.member(),
                role: self.role(),
            },
            15 => Op::MessageSent {
                message: self.message(),
                text: self.text(),
            },
            16 => Op::MessageEdited {
                message: self.message(),
                text: self.text(),
            },
            17 => Op::MessageDeleted {
                message: self.message(),
            },
            18 => Op::StreamStarted {
                stream: self.stream(),
                tab: self.maybe(Self::tab),
                title: self.text(),
                audio: self.below(2) == 1,
            },
            _ => Op::StreamEnded {
                stream: self.stream(),
                reason: StreamEnd::Stopped,
            },
        })
    }
}

pub(crate) fn run(bytes: &[u8]) {
    let mut letters = Letters(bytes.iter());
    // Where the log is cut in two.
    let cut = usize::from(letters.below(64));
    let mut log: Vec<Event> = Vec::new();
    let mut state = SpaceState::default();
    while let Some(op) = letters.op() {
        let member = letters.member();
        // The clock may run back; the state's time does not.
        let time = Millis(i64::from(letters.next()));
        authorised(&state, member, &op);
        let payload = match time.0 {
            250 => Payload::Erased,
            251 => Payload::Unknown("of a newer version".into()),
            _ => Payload::Op(op.clone()),
        };
        let n = log.len() as u64;
        let device = DeviceId::from_bits(member.bits());
        let event = Event {
            envelope: Envelope {
                seq: state.head.next(),
                author: Author {
                    member,
                    op: (time.0 % 2 == 0).then_some(OpName { device, n }),
                },
                time,
                class: op.class(),
            },
            payload,
        };
        let before = state.time;
        assert!(state.apply(&event), "the next event is folded");
        assert!(state.time >= before, "time never runs back");
        log.push(event);
    }
    whole(&state);
    folds_in_pieces(&log, cut, &state);
}

/// Whatever is asked, the answer is a verdict.
fn authorised(state: &SpaceState, member: MemberId, op: &Op) {
    let verdict = authorise(state, member, &Action::Submit(op));
    if verdict.is_ok() {
        assert!(state.role_of(member).is_some(), "only members change something");
        assert!(!state.deleted && !state.read_only);
    }
    for action in [
        Action::See,
        Action::Signal,
        Action::Point,
        Action::ListInvites,
        Action::Invite(Role::Owner),
        Action::RevokeInvite(member),
    ] {
        let allowed = authorise(state, member, &action).is_ok();
        assert!(!allowed || state.role_of(member).is_some());
    }
    let _ = (op.check(), op.check_shared());
    assert!(
        state.has_room_for(op).is_err() || state.has_private_room_for(op).is_ok(),
        "a private space has more room"
    );
}

/// A state holds nothing that points nowhere, and all its tabs are to be seen.
pub(crate) fn whole(state: &SpaceState) {
    for tab in state.tabs.values() {
        assert!(tab.group.is_none_or(|group| state.groups.contains_key(&group)));
    }
    for stream in state.streams.values() {
        assert!(state.role_of(stream.by).is_some_and(|role| role >= Role::Editor));
    }
    assert!(state.messages.len() <= limits::RECENT_MESSAGES);
    let mut order = state.tab_order();
    assert_eq!(order.len(), state.tabs.len());
    order.sort_unstable();
    assert!(order.iter().eq(state.tabs.keys()));
    let created = state.as_created(|_, _| true);
    assert_eq!(created.tabs.len(), state.tabs.len());
}

/// Everybody who folds the log is in this state: who stored what he had and goes on with it, and who gets
/// events again, too early, or as they stand on the wire.
fn folds_in_pieces(log: &[Event], cut: usize, state: &SpaceState) {
    let cut = cut.min(log.len());
    let mut replica = SpaceState::default();
    for event in &log[..cut] {
        assert!(replica.apply(event));
    }
    let stored = serde_json::to_string(&replica).expect("a state is JSON");
    let mut replica: SpaceState = serde_json::from_str(&stored).expect("a stored state is read");
    if let Some(early) = log.get(cut + 1) {
        let before = replica.clone();
        assert!(!replica.apply(early), "an event behind a gap is not folded");
        assert_eq!(replica, before);
    }
    for event in log {
        let wire = serde_json::to_string(event).expect("an event is JSON");
        let event: Event = serde_json::from_str(&wire).expect("an event is read as it was written");
        assert!(replica.apply(&event), "what was folded changes nothing");
    }
    assert_eq!(&replica, state);
}
