//! What whoever was away lacks: the events that were missed, or the whole state when that is less to send.
//!
//! Less is counted in bytes as they go over the wire. An event is weighed when somebody first lacks it, the state
//! now and then, so that a crowd that comes back costs no more than one who does.

use std::collections::VecDeque;
use std::io;

use protocol::{Event, Seq, SpaceState};
use serde::Serialize;

/// Events kept at hand, so that a short absence costs no query.
const RECENT: usize = 256;
/// Missed events come in one frame. It weighs no more than this, however large the state is.
pub(super) const MOST_BYTES: usize = 4 * 1024 * 1024;
/// No event weighs less.
const LEAST_EVENT_BYTES: usize = 100;
/// The state is weighed anew after one event for each so many bytes of it. To weigh is to encode, and an event
/// changes little of a large state.
const STATE_BYTES_PER_EVENT: usize = 64 * 1024;

/// Events that have to be read from the log before the room can say what is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unread {
    /// Those after this one,
    pub(crate) after: Seq,
    /// up to this one,
    pub(crate) through: Seq,
    /// unless together they weigh more than this: then a snapshot is less.
    pub(crate) most_bytes: usize,
}

/// Events that were read from the log because the room lacked them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Read {
    /// In order, without a gap.
    pub(crate) events: Vec<Event>,
    /// What they weigh, about.
    pub(crate) bytes: usize,
}

impl Read {
    /// Adds what comes behind that.
    pub(crate) fn extend(&mut self, more: Self) {
        self.events.extend(more.events);
        self.bytes += more.bytes;
    }
}

/// What somebody lacks.
#[derive(Debug)]
pub(super) enum Missed {
    /// These events, perhaps none.
    Events(Vec<Event>),
    /// Events that have to be read first.
    Unread(Unread),
    /// More than the state is.
    Much,
}

/// The last events of a room, and what they and its state weigh.
#[derive(Debug, Default)]
pub(super) struct CatchUp {
    /// Without a gap up to the head; with each what it weighs, once somebody lacked it.
    recent: VecDeque<(Event, Option<usize>)>,
    /// What the state weighed when this was its head.
    weighed: Option<(Seq, usize)>,
}

impl CatchUp {
    /// The next event.
    pub(super) fn push(&mut self, event: Event) {
        self.recent.push_back((event, None));
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    /// The last events, in order.
    pub(super) fn recent(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.recent.iter().map(|(event, _)| event)
    }

    /// What somebody lacks who has everything up to `since`, which is not behind the head, and for whom this was
    /// read.
    pub(super) fn missed(&mut self, state: &SpaceState, since: Seq, read: &Read) -> Missed {
        let reached = read.events.last().map_or(since, |event| event.envelope.seq);
        let oldest = self
            .recent()
            .next()
            .map_or(state.head.next(), |event| event.envelope.seq);
        let unread = oldest.0.saturating_sub(reached.next().0);
        let bytes = read.bytes + self.recent_bytes(reached);
        let least = unread
            .saturating_mul(LEAST_EVENT_BYTES as u64)
            .saturating_add(bytes as u64);
        if least > 0 {
            let most_bytes = self.state_bytes(state).min(MOST_BYTES);
            if least > most_bytes as u64 {
                return Missed::Much;
            }
            if unread > 0 {
                return Missed::Unread(Unread {
                    after: reached,
                    through: Seq(oldest.0 - 1),
                    most_bytes: most_bytes - bytes,
                });
            }
        }
        let recent = self.recent().filter(|event| event.envelope.seq > reached);
        Missed::Events(read.events.iter().chain(recent).cloned().collect())
    }

    /// What the events at hand weigh that come after this one.
    fn recent_bytes(&mut self, after: Seq) -> usize {
        let lacking = self
            .recent
            .iter_mut()
            .rev()
            .take_while(|(event, _)| event.envelope.seq > after);
        lacking
            .map(|(event, bytes)| *bytes.get_or_insert_with(|| encoded_bytes(event)))
            .sum()
    }

    /// What the state weighs, or did a moment ago.
    fn state_bytes(&mut self, state: &SpaceState) -> usize {
        let since = |at: Seq| state.head.0.saturating_sub(at.0);
        match self.weighed {
            Some((at, bytes)) if since(at) <= (bytes / STATE_BYTES_PER_EVENT) as u64 => bytes,
            _ => {
                let bytes = encoded_bytes(state);
                self.weighed = Some((state.head, bytes));
                bytes
            }
        }
    }
}

/// What something weighs on the wire.
pub(super) fn encoded_bytes(value: &impl Serialize) -> usize {
    let mut scale = Scale(0);
    serde_json::to_writer(&mut scale, value).expect("a room holds only what JSON can say");
    scale.0
}

/// Counts what is written.
struct Scale(usize);

impl io::Write for Scale {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
