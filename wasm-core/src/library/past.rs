//! What a private space was: the events that its snapshots dropped, kept under `past/{space}/…`.
//!
//! A chunk is what one snapshot dropped. Now and then a chunk also holds the state after it, so that the ones before
//! it can go: at most [`SPACE_BYTES`] are kept of a space, and [`ALL_BYTES`] of all, the oldest go. Chunks are not
//! read when the engine starts; what there is of them says a small record under `history/{space}`. Who wants to see
//! the past reads it with `log_of`.

#[cfg(not(feature = "popup"))]
mod reading;

use std::collections::BTreeMap;

use protocol::event::Event;
use protocol::{Millis, Seq, SpaceId, SpaceState};
use serde::{Deserialize, Serialize};

use super::private::Private;
use crate::record::{PAST, Write, history_key, past_key};
use crate::session::replica::put;

#[cfg(not(feature = "popup"))]
pub use reading::log_of;

/// Bytes of a space's past: some thousand events.
pub const SPACE_BYTES: usize = 2 * 1024 * 1024;

/// Bytes of the past of all spaces together.
pub const ALL_BYTES: usize = 64 * 1024 * 1024;

/// Chunks of a space's past.
const CHUNKS: usize = 128;

/// A state that takes more is not kept: what is older than its chunk is guessed then.
const STATE_BYTES: usize = SPACE_BYTES / 4;

/// What one snapshot dropped. Stored under `past/{space}/{first}`.
#[derive(Debug, Serialize, Deserialize)]
struct Chunk<'a> {
    events: std::borrow::Cow<'a, [Event]>,
    /// The state after the last of them, now and then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<std::borrow::Cow<'a, SpaceState>>,
}

/// A chunk that is on disk: its first event, the time of its last one, its bytes, and those of the state in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Kept(Seq, Millis, usize, usize);

/// What there is of a space's past. Stored under `history/{space}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Past {
    /// In order.
    chunks: Vec<Kept>,
}

impl Past {
    /// Keeps events that a snapshot drops: in order, and all that were not kept before. `state` is what they lead to,
    /// and `state_bytes` what that takes.
    pub(crate) fn keep(
        &mut self,
        space: SpaceId,
        events: &[Event],
        (state, state_bytes): (&SpaceState, usize),
        writes: &mut Vec<Write>,
    ) {
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return;
        };
        let (first, until) = (first.envelope.seq, last.envelope.time);
        // A write that failed is made again, with what came since.
        self.chunks.retain(|kept| kept.0 < first);
        let since_state = self.chunks.iter().rev().take_while(|kept| kept.3 == 0);
        let since_state: usize = since_state.map(|kept| kept.2).sum();
        let is_due = state_bytes <= STATE_BYTES && since_state >= state_bytes;
        let chunk = Chunk {
            events: events.into(),
            after: is_due.then_some(std::borrow::Cow::Borrowed(state)),
        };
        let write = put(past_key(space, first), &chunk);
        let bytes = bytes_of(&write);
        writes.push(write);
        let of_state = if is_due { state_bytes } else { 0 };
        self.chunks.push(Kept(first, until, bytes, of_state));
        while self.chunks.len() > CHUNKS || self.bytes() > SPACE_BYTES {
            self.drop_oldest(space, writes);
        }
        writes.push(put(history_key(space), self));
    }

    /// How much is on disk.
    pub(crate) fn bytes(&self) -> usize {
        self.chunks.iter().map(|kept| kept.2).sum()
    }

    fn drop_oldest(&mut self, space: SpaceId, writes: &mut Vec<Write>) {
        if !self.chunks.is_empty() {
            let oldest = self.chunks.remove(0);
            writes.push(Write::Delete(past_key(space, oldest.0)));
        }
    }

    /// The writes that remove it from the disk.
    pub(crate) fn removal(&self, space: SpaceId) -> Vec<Write> {
        let mut writes = self.removal_from_bin(space);
        writes.push(Write::Delete(history_key(space)));
        writes
    }

    /// The same of a space in the bin, whose entry says what there is of its past. The record that says so of a space that is
    /// there may be that of another one under its id, which a backup brought.
    pub(crate) fn removal_from_bin(&self, space: SpaceId) -> Vec<Write> {
        let chunks = self.chunks.iter();
        chunks
            .map(|kept| Write::Delete(past_key(space, kept.0)))
            .collect()
    }
}

/// How much a write puts on the disk.
pub(crate) fn bytes_of(write: &Write) -> usize {
    match write {
        Write::Put(_, text) => text.len(),
        Write::Delete(_) => 0,
    }
}

/// Lets the oldest go of what all spaces together keep too much.
pub(crate) fn trim(spaces: &mut BTreeMap<SpaceId, Private>, most_bytes: usize, writes: &mut Vec<Write>) {
    let mut bytes: usize = spaces.values().map(|private| private.past.bytes()).sum();
    while bytes > most_bytes {
        let oldest = |private: &&mut Private| private.past.chunks.first().map(|kept| kept.1);
        let with_past = spaces
            .values_mut()
            .filter(|private| !private.past.chunks.is_empty());
        let Some(private) = with_past.min_by_key(oldest) else {
            return;
        };
        let before = private.past.bytes();
        private.past.drop_oldest(private.space, writes);
        writes.push(put(history_key(private.space), &private.past));
        bytes -= before - private.past.bytes();
    }
}

/// The beginning of the keys of a space's past.
pub fn prefix(space: SpaceId) -> String {
    format!("{PAST}{space}/")
}

#[cfg(test)]
mod tests {
    use protocol::event::{Author, Envelope, Payload};
    use protocol::{MemberId, Op};

    use super::*;

    fn events(first: u64, count: u64, name: &str) -> Vec<Event> {
        let event = |seq| Event {
            envelope: Envelope {
                seq: Seq(seq),
                author: Author {
                    member: MemberId::from_bits(1),
                    op: None,
                },
                time: Millis(1),
                class: protocol::event::Class::Space,
            },
            payload: Payload::Op(Op::SpaceRenamed {
                name: name.to_owned(),
            }),
        };
        (first..first + count).map(event).collect()
    }

    #[test]
    fn the_past_of_a_space_is_bounded_and_begins_with_a_state() {
        let space = SpaceId::from_bits(1);
        let mut past = Past::default();
        let mut disk = BTreeMap::new();
        let mut state = SpaceState::default();
        for chunk in 0..400 {
            let events = events(chunk * 50 + 1, 50, &"long ".repeat(20));
            for event in &events {
                assert!(state.apply(event));
            }
            let mut writes = Vec::new();
            past.keep(space, &events, (&state, 20_000), &mut writes);
            for write in writes {
                match write {
                    Write::Put(key, text) => drop(disk.insert(key, text)),
                    Write::Delete(key) => drop(disk.remove(&key)),
                }
            }
        }
        let bytes: usize = disk.values().map(String::len).sum();
        assert!(bytes < SPACE_BYTES + 10_000, "{bytes}");
        assert!(disk.len() <= CHUNKS + 1, "{}", disk.len());
        disk.remove(&history_key(space));
        let records: Vec<(String, String)> = disk.into_iter().collect();
        let (log, damaged) = log_of(space, &records);
        assert_eq!(damaged, Vec::<String>::new());
        assert_eq!(log.at(Seq(20_000), None), Some(state));
        assert_eq!(log.at(Seq(1), None), None);
    }
}
