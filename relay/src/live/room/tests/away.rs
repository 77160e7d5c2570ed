//! Who was away gets the events or the state, whichever is less to send.

use protocol::op::NewTab;
use protocol::{Position, TabId};

use super::super::catch_up::{MOST_BYTES, encoded_bytes};
use super::*;

/// What somebody who came back was sent.
#[derive(Debug, PartialEq)]
enum Sent {
    /// The events of these places.
    Events(Vec<u64>),
    /// The state, and its head.
    State(u64),
}

/// The owner comes back with everything up to `since`. The log gives what has to be read, and says what that was.
fn come_back(room: &mut Room<&'static str>, since: u64, log: &[Event]) -> (Sent, Option<Unread>) {
    let mut asks = ask(3, "owner", OWNER, since);
    let mut read = None;
    loop {
        match room.ask(asks.clone(), Instant::now()) {
            Asked::Needs(unread) => {
                let lacking = |event: &&Event| {
                    event.envelope.seq > unread.after && event.envelope.seq <= unread.through
                };
                let events: Vec<Event> = log.iter().filter(lacking).cloned().collect();
                let bytes = events.iter().map(encoded_bytes).sum();
                if bytes > unread.most_bytes {
                    asks.epoch = None;
                } else {
                    asks.read.extend(Read { events, bytes });
                }
                assert_eq!(read.replace(unread), None, "it is read once");
            }
            Asked::In(effects) => {
                let sent = match effects.first() {
                    Some(Effect::One {
                        frame: ServerFrame::Resumed { events, .. },
                        ..
                    }) => Sent::Events(events.iter().map(|event| event.envelope.seq.0).collect()),
                    Some(Effect::One {
                        frame: ServerFrame::Snapshot { state, .. },
                        ..
                    }) => Sent::State(state.head.0),
                    other => panic!("{other:?}"),
                };
                return (sent, read);
            }
            other => panic!("{other:?}"),
        }
    }
}

fn tab_added(number: u128, url_bytes: usize) -> Op {
    Op::TabAdded(NewTab {
        tab: TabId::from_bits(number),
        url: "x".repeat(url_bytes),
        title: String::new(),
        favicon: None,
        pinned: false,
        group: None,
        position: Position::first(),
    })
}

/// The room's next events.
fn happens(room: &mut Room<&'static str>, ops: impl IntoIterator<Item = Op>) -> Vec<Event> {
    let first = room.head().next().0;
    let events: Vec<Event> = (first..)
        .zip(ops)
        .map(|(seq, op)| event(seq, OWNER, op))
        .collect();
    assert!(room.publish(&events, &[], Instant::now()).is_some());
    events
}

fn renames(count: usize) -> impl Iterator<Item = Op> {
    (0..count).map(|number| Op::SpaceRenamed {
        name: format!("name {number}"),
    })
}

#[test]
fn a_few_heavy_events_give_way_to_a_small_space() {
    let mut room = room(Instant::now());
    happens(&mut room, [tab_added(1, 10)]);
    let title = |letter: &str| Op::TabUpdated {
        tab: TabId::from_bits(1),
        url: None,
        title: Some(letter.repeat(200_000)),
        favicon: None,
        pinned: None,
    };
    happens(&mut room, [title("a"), title("b"), title("c")]);
    assert_eq!(come_back(&mut room, 3, &[]), (Sent::State(6), None));
    // What came after them is less than the title that stayed.
    happens(&mut room, renames(2));
    assert_eq!(come_back(&mut room, 6, &[]), (Sent::Events(vec![7, 8]), None));
    assert_eq!(come_back(&mut room, 8, &[]), (Sent::Events(vec![]), None));
}

#[test]
fn many_light_events_are_sent_where_the_space_is_larger_still() {
    let mut room = room(Instant::now());
    happens(&mut room, (0..600).map(|number| tab_added(number, 8_000)));
    let since = room.head().0;
    let log = happens(&mut room, renames(10_000));
    let (sent, read) = come_back(&mut room, since, &log);
    assert_eq!(sent, Sent::Events((since + 1..=since + 10_000).collect()));
    // The room has the last ones at hand.
    let read = read.expect("the first ones were read");
    assert_eq!(read.after, Seq(since));
    assert!(read.through < Seq(since + 10_000) && read.through > Seq(since + 9_000));
    assert!(read.most_bytes <= MOST_BYTES);
}

#[test]
fn as_many_are_not_even_read_where_the_space_is_small() {
    let mut room = room(Instant::now());
    let log = happens(&mut room, renames(10_000));
    assert_eq!(come_back(&mut room, 2, &log), (Sent::State(10_002), None));
}

#[test]
fn of_what_has_to_be_read_its_weight_decides() {
    let mut room = room(Instant::now());
    let message = protocol::MessageId::from_bits(1);
    let text = |letter: &str| letter.repeat(10_000);
    happens(
        &mut room,
        [Op::MessageSent {
            message,
            text: text("a"),
        }],
    );
    let edits = (0..30).map(|_| Op::MessageEdited {
        message,
        text: text("b"),
    });
    let mut log = happens(&mut room, edits);
    log.extend(happens(&mut room, renames(30)));
    // A room that begins at the head has nothing at hand.
    let mut room = Room::new(SpaceId::from_bits(1), Epoch::from_bits(1), room.state, Vec::new());
    let head = room.head().0;
    let (sent, read) = come_back(&mut room, head - 32, &log);
    assert!(read.is_some() && sent == Sent::State(head), "{sent:?}");
    let (sent, read) = come_back(&mut room, head - 30, &log);
    assert!(
        read.is_some() && sent == Sent::Events((head - 29..=head).collect()),
        "{sent:?}"
    );
}

#[test]
fn one_frame_takes_so_much_and_no_more_however_large_the_space() {
    let mut room = room(Instant::now());
    happens(&mut room, (0..1_500).map(|number| tab_added(number, 8_000)));
    let since = room.head().0;
    let log = happens(&mut room, renames(40_000));
    let all: usize = log.iter().map(encoded_bytes).sum();
    assert!(all > MOST_BYTES && all < encoded_bytes(&room.state));
    assert_eq!(come_back(&mut room, since, &log).0, Sent::State(since + 40_000));
}

#[test]
fn a_space_that_was_emptied_is_weighed_anew() {
    let mut room = room(Instant::now());
    happens(&mut room, (0..1_000).map(|number| tab_added(number, 8_000)));
    let since = room.head().0;
    happens(&mut room, renames(1));
    assert_eq!(come_back(&mut room, since, &[]).0, Sent::Events(vec![since + 1]));
    let since = room.head().0;
    let removed = |number| Op::TabRemoved {
        tab: TabId::from_bits(number),
    };
    happens(&mut room, (0..800).map(removed));
    happens(&mut room, (800..1_000).map(removed));
    let missed = room.head().0 - 200;
    assert_eq!(come_back(&mut room, missed, &[]).0, Sent::State(since + 1_000));
}
