//! A way out on its own, before a line that takes what the test says.

use super::*;
use crate::health::Metrics;

/// Takes so many more bytes.
#[derive(Debug, Default)]
struct Pipe {
    room: usize,
    taken: Vec<u8>,
    broken: bool,
}

impl Line for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, bytes: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if self.room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let before = self.taken.len();
        for part in bytes {
            let count = part.len().min(self.room);
            self.taken.extend_from_slice(&part[..count]);
            self.room -= count;
        }
        Ok(self.taken.len() - before)
    }

    fn poll_writable(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.room > 0 {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }
}

/// An outbox of so many bytes before a line that takes nothing yet.
fn outbox(limit: usize) -> Outbox<Pipe> {
    Outbox::new(Pipe::default(), limit, Metrics::default().signals_too_slow)
}

fn put(outbox: &Outbox<Pipe>, text: &'static str, kind: Kind) {
    outbox.push(&Bytes::from_static(text.as_bytes()), kind);
}

/// What the line has got once it took so much more.
fn after(outbox: &Outbox<Pipe>, room: usize) -> String {
    let mut queue = outbox.queue();
    queue.line.as_mut().unwrap().room = room;
    let _ = queue.poll_flush(&mut Context::from_waker(Waker::noop()));
    let line = queue.line.as_mut().unwrap();
    line.room = 0;
    String::from_utf8(std::mem::take(&mut line.taken)).unwrap()
}

fn key(device: u128) -> Kind {
    Kind::Signal(Some((
        SpaceId::from_bits(1),
        DeviceId::from_bits(device),
        "cursor",
    )))
}

const ALL: usize = 1_000;

#[test]
fn what_the_line_takes_at_once_does_not_wait() {
    let outbox = outbox(100);
    outbox.queue().line.as_mut().unwrap().room = ALL;
    put(&outbox, "now ", Kind::Event);
    assert!(outbox.queue().waiting.is_none());
    outbox.push_for_later(&Bytes::from_static(b"soon "));
    put(&outbox, "with it", key(1));
    assert_eq!(outbox.queue().line.as_ref().unwrap().taken, b"now ");
    assert_eq!(after(&outbox, ALL), "now soon with it");
    assert!(outbox.queue().waiting.is_none());
}

#[test]
fn what_the_line_took_a_part_of_goes_on_where_it_stopped() {
    let outbox = outbox(100);
    outbox.queue().line.as_mut().unwrap().room = 3;
    put(&outbox, "cursor 1,", key(1));
    put(&outbox, "event,", Kind::Event);
    put(&outbox, "cursor 2,", key(1));
    put(&outbox, "cursor 3", key(1));
    let mut got = String::new();
    while !got.ends_with('3') {
        got += &after(&outbox, 1);
    }
    assert_eq!(got, "cursor 1,event,cursor 3", "what is begun is not replaced");
}

#[test]
fn of_frames_that_come_together_only_what_the_line_left_waits_each_in_its_own_way() {
    let outbox = outbox(100);
    outbox.queue().line.as_mut().unwrap().room = 5;
    let joined = Bytes::from_static(b"one,two,three");
    outbox.push_together(&joined, &[(4, key(1)), (4, key(2)), (5, key(3))]);
    put(&outbox, "TWO,", key(2));
    put(&outbox, "THREE", key(3));
    let got = after(&outbox, 0) + &after(&outbox, ALL);
    assert_eq!(
        got, "one,two,THREETWO,",
        "what is begun goes on, the third is replaced"
    );
}

#[test]
fn of_signals_that_replace_each_other_the_last_waits() {
    let outbox = outbox(100);
    put(&outbox, "a1 ", key(1));
    put(&outbox, "e ", Kind::Event);
    put(&outbox, "b1 ", key(2));
    put(&outbox, "a2 longer ", key(1));
    assert_eq!(after(&outbox, ALL), "a2 longer e b1 ");
    put(&outbox, "a3 ", key(1));
    put(&outbox, "b2 ", key(2));
    assert_eq!(after(&outbox, 4), "a3 b", "the second is begun");
    put(&outbox, "b3 ", key(2));
    assert_eq!(after(&outbox, ALL), "2 b3 ");
}

#[test]
fn signals_are_dropped_over_half_and_events_never() {
    let outbox = outbox(10);
    put(&outbox, "123456", Kind::Event);
    put(&outbox, "s", Kind::Signal(None));
    put(&outbox, "7890", Kind::Event);
    assert!(!outbox.has_room());
    assert_eq!(outbox.queue().dropped.get(), 1);
    assert_eq!(after(&outbox, ALL), "1234567890");
    assert!(outbox.has_room());
}

#[test]
fn who_is_ended_is_not_heard_any_more() {
    let outbox = outbox(10);
    assert!(outbox.has_room());
    outbox.end(End::Replaced);
    assert!(!outbox.has_room());
}

#[test]
fn who_has_too_many_undecided_ops_is_not_heard_until_one_is_answered() {
    let outbox = outbox(10);
    (0..limits::OPS_IN_FLIGHT).for_each(|_| outbox.op_sent());
    assert!(!outbox.has_room());
    outbox.ops_dropped(1);
    assert!(outbox.has_room());
}

#[test]
fn of_who_is_present_the_last_waits_and_what_was_dropped_is_listed_anew() {
    let (space, other) = (SpaceId::from_bits(1), SpaceId::from_bits(2));
    let device = DeviceId::from_bits(7);
    let outbox = outbox(10);
    put(&outbox, "come", Kind::Presence(space, device));
    put(&outbox, "gone", Kind::Presence(space, device));
    put(&outbox, "123456", Kind::Event);
    put(&outbox, "idle", Kind::Presence(space, device));
    put(&outbox, "come", Kind::Presence(other, device));
    put(&outbox, "gone", Kind::Presence(other, device));
    assert_eq!(outbox.queue().take_unlisted(), None, "something waits");
    assert_eq!(after(&outbox, ALL), "idle123456");
    assert_eq!(outbox.queue().take_unlisted(), Some(BTreeSet::from([other])));
    assert_eq!(outbox.queue().take_unlisted(), None);
    assert_eq!(outbox.queue().end, None);
}

#[test]
fn nothing_takes_a_place_before_a_list_that_it_came_after() {
    let outbox = outbox(100);
    let presence = Kind::Presence(SpaceId::from_bits(1), DeviceId::from_bits(7));
    put(&outbox, "gone ", presence);
    put(&outbox, "list ", Kind::Snapshot);
    put(&outbox, "come", presence);
    assert_eq!(after(&outbox, ALL), "gone list come");
}

#[test]
fn over_the_bound_the_connection_ends() {
    let outbox = outbox(10);
    put(&outbox, "a snapshot of any size does not count", Kind::Snapshot);
    assert!(!outbox.has_room());
    put(&outbox, "123456", Kind::Event);
    put(&outbox, "123456", Kind::Event);
    assert_eq!(outbox.queue().end, None);
    put(&outbox, "1", Kind::Event);
    assert_eq!(outbox.queue().end, Some(End::Slow));
    assert!(outbox.queue().waiting.is_none(), "what waited is freed");
}

#[test]
fn last_words_come_behind_the_rest_of_a_frame_and_before_nothing_else() {
    let outbox = outbox(10);
    put(&outbox, "begun ", Kind::Event);
    put(&outbox, "forgotten", Kind::Event);
    assert_eq!(after(&outbox, 2), "be");
    outbox.end(End::Slow);
    put(&outbox, "too late", Kind::Event);
    outbox.push_last_words(Bytes::from_static(b"bye"));
    assert_eq!(after(&outbox, ALL), "gun bye");
}

#[test]
fn a_line_that_breaks_ends_the_connection() {
    let outbox = outbox(10);
    outbox.queue().line.as_mut().unwrap().broken = true;
    put(&outbox, "who hears it?", Kind::Event);
    assert_eq!(outbox.queue().end, Some(End::Gone));
}

#[test]
fn a_line_is_stuck_from_the_first_byte_that_it_does_not_take_until_it_took_what_waited_then() {
    let outbox = outbox(100);
    put(&outbox, "123456", Kind::Event);
    assert_eq!(after(&outbox, 1), "1");
    let first = outbox.stuck().unwrap();
    assert_eq!(first.size_bytes, 5);
    put(&outbox, "abc", Kind::Event);
    assert_eq!(after(&outbox, 4), "2345");
    assert_eq!(outbox.stuck().unwrap().since, first.since);
    assert_eq!(after(&outbox, 2), "6a");
    let second = outbox.stuck().unwrap();
    assert!(second.since > first.since);
    assert_eq!(second.size_bytes, 2);
    assert_eq!(after(&outbox, ALL), "bc");
    assert!(outbox.stuck().is_none());
}
