//! What was removed, for [`KEEP_MS`]: the records under `bin/…`.
//!
//! What goes into the bin and how it comes out decides the engine (`library/engine/bin.rs`); here are its records, and
//! what is let go when there are too many: at most [`ENTRIES`] of [`BYTES`] together, the oldest go first. The last
//! one stays however large it is.

use std::collections::{BTreeMap, BTreeSet};
#[cfg(not(feature = "popup"))]
use std::hash::Hash;

use protocol::op::{NewGroup, NewTab};
use protocol::{Colour, Millis, SpaceId, TabId};
use serde::{Deserialize, Serialize};

use super::backup::Exact;
use super::marks::SpaceMarks;
use super::past::{Past, bytes_of};
use crate::record::{Write, bin_key};
use crate::session::replica::put;

/// How long something stays in the bin: 30 days.
pub const KEEP_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Entries of the bin.
pub const ENTRIES: usize = 1_000;

/// Bytes of all entries together, with the past of the spaces in it.
pub const BYTES: usize = 24 * 1024 * 1024;

/// The name of something in the bin: when it was put there, and a number that tells it from what was put there in the
/// same millisecond. Later ones are larger, also when the clock was put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BinId(pub Millis, pub u32);

/// Something in the bin. Stored under `bin/{time}/{number}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Binned {
    /// When it was put there, by the clock.
    pub(crate) removed: Millis,
    /// The space, or where the tabs were.
    pub(crate) space: SpaceId,
    /// The name of the space.
    pub(crate) name: String,
    /// Its colour.
    pub(crate) colour: Colour,
    /// What it is.
    pub(crate) held: Held,
    /// What was marked of it.
    #[serde(default)]
    pub(crate) marks: SpaceMarks,
    /// The person was told of it in its space and has not answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unread: bool,
}

/// What an entry of the bin holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Held {
    /// A private space: its record; its past stays where it is on disk.
    Space {
        /// Without a log.
        exact: Exact,
        /// What there is of its past.
        #[serde(default)]
        past: Past,
        /// Those of its tabs that were taken out alone: they are not in it when it comes out.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        apart: BTreeSet<TabId>,
    },
    /// Tabs of a space, and the groups that they were in.
    Tabs {
        /// As they were.
        groups: Vec<NewGroup>,
        /// As they were, in the order in which they stood.
        tabs: Vec<NewTab>,
        /// They were closed in a window that the space follows.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        closed: bool,
        /// They are not removed: they all went to this page, and were this before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        page: Option<String>,
    },
}

impl Binned {
    /// The writes that remove from the disk what the entry keeps beside its own record.
    fn removal(&self) -> Vec<Write> {
        match &self.held {
            Held::Space { past, .. } => past.removal_from_bin(self.space),
            Held::Tabs { .. } => Vec::new(),
        }
    }

    /// The tabs of a whole space that were taken out alone; `None` when it is none.
    pub(crate) const fn apart(&self) -> Option<&BTreeSet<TabId>> {
        match &self.held {
            Held::Space { apart, .. } => Some(apart),
            Held::Tabs { .. } => None,
        }
    }

    /// The same, to be changed.
    pub(crate) const fn apart_mut(&mut self) -> Option<&mut BTreeSet<TabId>> {
        match &mut self.held {
            Held::Space { apart, .. } => Some(apart),
            Held::Tabs { .. } => None,
        }
    }
}

/// The bin.
#[derive(Debug, Default)]
pub(crate) struct Bin {
    entries: BTreeMap<BinId, (Binned, usize)>,
    /// Those that were put since the engine was loaded, should it turn out that they were not written.
    fresh: BTreeSet<BinId>,
    /// The last name that was given: none is given twice, also when what had it is gone.
    last: Option<BinId>,
}

impl Bin {
    /// Takes up a record that is on disk; whether it is one.
    pub(crate) fn restore(&mut self, key: &str, text: &str) -> bool {
        let id = key.strip_prefix(BIN).and_then(|rest| rest.split_once('/'));
        let id = id.and_then(|(time, number)| Some(BinId(Millis(time.parse().ok()?), number.parse().ok()?)));
        let (Some(id), Ok(entry)) = (id, serde_json::from_str::<Binned>(text)) else {
            return false;
        };
        if bin_key(id) != key {
            return false;
        }
        let bytes = text.len() + past_bytes(&entry);
        self.entries.insert(id, (entry, bytes));
        true
    }

    /// Puts something in, and lets go what is too old or too much.
    pub(crate) fn put(&mut self, now: Millis, entry: Binned, writes: &mut Vec<Write>) -> BinId {
        let last = self.entries.last_key_value().map(|(id, _)| *id);
        let id = match last.max(self.last) {
            Some(BinId(time, number)) if time >= now => BinId(time, number.saturating_add(1)),
            _ => BinId(now.max(Millis(0)), 0),
        };
        self.last = Some(id);
        self.put_as(id, entry, writes);
        self.trim(now, id, writes);
        id
    }

    /// Puts an entry in place of one that is there.
    pub(crate) fn put_as(&mut self, id: BinId, entry: Binned, writes: &mut Vec<Write>) {
        let write = put(bin_key(id), &entry);
        let bytes = bytes_of(&write) + past_bytes(&entry);
        writes.push(write);
        self.entries.insert(id, (entry, bytes));
        self.fresh.insert(id);
    }

    /// Puts in what a backup has of it, under its name if that is free, else under the next one; `None` when there is no
    /// room for it.
    pub(crate) fn put_back(
        &mut self,
        now: Millis,
        id: BinId,
        entry: Binned,
        writes: &mut Vec<Write>,
    ) -> Option<BinId> {
        let mut id = BinId(id.0.clamp(Millis(0), now.max(Millis(0))), id.1);
        while self.entries.contains_key(&id) {
            id.1 = id.1.checked_add(1)?;
        }
        let bytes = bytes_of(&put(bin_key(id), &entry)) + self.bytes();
        if self.entries.len() >= ENTRIES || bytes > BYTES {
            return None;
        }
        self.put_as(id, entry, writes);
        Some(id)
    }

    fn bytes(&self) -> usize {
        self.entries.values().map(|(_, bytes)| bytes).sum()
    }

    /// An entry.
    pub(crate) fn get(&self, id: BinId) -> Option<&Binned> {
        self.entries.get(&id).map(|(entry, _)| entry)
    }

    /// How many bytes an entry takes.
    #[cfg(not(feature = "popup"))]
    pub(crate) fn size_bytes(&self, id: BinId) -> usize {
        self.entries.get(&id).map_or(0, |(_, bytes)| *bytes)
    }

    /// All entries, the oldest first.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = (BinId, &Binned)> {
        self.entries.iter().map(|(id, (entry, _))| (*id, entry))
    }

    /// The entries with their bytes and what is out of them: others than before when something changed.
    #[cfg(not(feature = "popup"))]
    pub(crate) fn prints(&self) -> impl Iterator<Item = impl Hash> {
        let entries = self.entries.iter();
        entries.map(|(id, (entry, bytes))| (id.0.0, id.1, *bytes, entry.apart()))
    }

    /// Takes an entry out: only its record goes.
    pub(crate) fn take(&mut self, id: BinId, writes: &mut Vec<Write>) -> Option<Binned> {
        let (entry, _) = self.entries.remove(&id)?;
        self.fresh.remove(&id);
        writes.push(Write::Delete(bin_key(id)));
        Some(entry)
    }

    /// An entry goes for good.
    pub(crate) fn drop_for_good(&mut self, id: BinId, writes: &mut Vec<Write>) {
        if let Some(entry) = self.take(id, writes) {
            writes.extend(entry.removal());
        }
    }

    /// What is too old goes, and the oldest of what is too much; never the last one.
    pub(crate) fn trim(&mut self, now: Millis, last: BinId, writes: &mut Vec<Write>) {
        let old = |entry: &Binned| now.since(entry.removed) >= KEEP_MS;
        let old: Vec<BinId> = self
            .entries()
            .filter(|(id, entry)| *id != last && old(entry))
            .map(|(id, _)| id)
            .collect();
        for id in old {
            self.drop_for_good(id, writes);
        }
        let mut bytes = self.bytes();
        while self.entries.len() > 1 && (self.entries.len() > ENTRIES || bytes > BYTES) {
            let Some((&id, (_, size))) = self.entries.first_key_value() else {
                return;
            };
            bytes -= size;
            self.drop_for_good(id, writes);
        }
    }

    /// A write failed: what was put since the start is written again.
    pub(crate) fn write_anew(&self, writes: &mut Vec<Write>) {
        let fresh = self.fresh.iter().filter_map(|id| Some((id, self.get(*id)?)));
        writes.extend(fresh.map(|(id, entry)| put(bin_key(*id), entry)));
    }

    /// The storage was cleared: everything is written again.
    pub(crate) fn write_all(&self, writes: &mut Vec<Write>) {
        writes.extend(self.entries().map(|(id, entry)| put(bin_key(id), entry)));
    }
}

/// The beginning of the keys of the bin.
const BIN: &str = "bin/";

fn past_bytes(entry: &Binned) -> usize {
    match &entry.held {
        Held::Space { past, .. } => past.bytes(),
        Held::Tabs { .. } => 0,
    }
}
