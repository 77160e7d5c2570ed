//! The index in which saved tabs are looked up, kept up to date: of each space and each entry of the bin it knows a print, and
//! only what has another one is looked at again. What is unchanged costs nothing, however many tabs it has.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use protocol::{Millis, SpaceId, TabId};

use super::filling::opens;
use super::{Engine, Saved};
use crate::find::{Document, Index, Query};
use crate::library::bin::BinId;
use crate::library::uses::Uses;

/// The index. It holds nothing that the library does not: whoever keeps it may drop it at any time.
#[derive(Debug, Default)]
pub struct Lookup {
    index: Index<Saved>,
    spaces: HashMap<SpaceId, KnownSpace>,
    bin: HashMap<BinId, KnownEntry>,
    /// What is to be looked at again, the next at the end.
    pending: Vec<Part>,
}

/// What can change by itself.
#[derive(Debug, Clone, Copy)]
enum Part {
    Space(SpaceId),
    Entry(BinId),
}

/// A space as it is in the index.
#[derive(Debug)]
struct KnownSpace {
    print: u64,
    marks: MarksPrint,
    /// What the documents of its tabs were made of, in the order of their ids.
    tabs: Vec<(TabId, u64)>,
}

/// What stood in the marks of a space when any marks last changed.
#[derive(Debug, Clone, Copy)]
struct MarksPrint {
    /// Of [`Engine::marked`].
    as_of: u64,
    print: u64,
}

/// An entry of the bin as it is in the index: to read one takes long.
#[derive(Debug, PartialEq, Eq)]
struct KnownEntry {
    removed: Millis,
    size_bytes: usize,
    /// The tabs that are out of it.
    apart: Option<BTreeSet<TabId>>,
    /// How many tabs it has.
    tabs: usize,
}

impl Lookup {
    /// The best, at most `limit`, in what it was last told.
    pub(super) fn search(&self, query: &Query, now: Millis, limit: usize) -> Vec<Saved> {
        self.index.search(query, now, limit).keys
    }

    /// Takes in everything that changed.
    pub(super) fn refresh(&mut self, engine: &Engine) {
        self.look_for_changes(engine);
        while !self.take_in_some(engine, usize::MAX) {}
    }

    /// Takes in some of what changed, about so many tabs, the spaces that changed last before others; whether that was
    /// all.
    pub fn prepare(&mut self, engine: &Engine, most: usize) -> bool {
        if self.pending.is_empty() {
            self.look_for_changes(engine);
        }
        self.take_in_some(engine, most)
    }

    fn take_in_some(&mut self, engine: &Engine, most: usize) -> bool {
        let mut taken = 0;
        while taken < most
            && let Some(part) = self.pending.pop()
        {
            // What has no tabs is not for nothing.
            taken += 1 + match part {
                Part::Space(space) => self.take_in_space(engine, space),
                Part::Entry(id) => self.take_in_entry(engine, id),
            };
        }
        self.pending.is_empty()
    }

    fn look_for_changes(&mut self, engine: &Engine) {
        self.pending.clear();
        let there = engine.findable_spaces();
        let gone = self.spaces.keys().filter(|space| !there.contains(space));
        for space in gone.copied().collect::<Vec<_>>() {
            self.forget_space(space);
        }
        let gone = self.bin.keys().filter(|id| engine.bin.get(**id).is_none());
        for id in gone.copied().collect::<Vec<_>>() {
            self.forget_entry(id);
        }
        for (id, entry) in engine.bin.entries() {
            let as_it_is = (entry.removed, engine.bin.size_bytes(id), entry.apart());
            let as_known =
                |known: &KnownEntry| (known.removed, known.size_bytes, known.apart.as_ref()) == as_it_is;
            if !self.bin.get(&id).is_some_and(as_known) {
                self.pending.push(Part::Entry(id));
            }
        }
        let mut changed = Vec::new();
        for space in there {
            let known = self.spaces.get_mut(&space);
            let marks = engine.marks_print(space, known.as_ref().map(|known| known.marks));
            let print = engine.found_by(space, &engine.open_tabs_of(space), marks);
            match known {
                // Who knows that the marks are the same need not look again.
                Some(known) if known.print == print => known.marks = marks,
                _ => changed.push((engine.here(space).map(|state| state.time), space)),
            }
        }
        changed.sort_unstable();
        self.pending
            .extend(changed.into_iter().map(|(_, space)| Part::Space(space)));
    }

    /// How many tabs were looked at.
    fn take_in_space(&mut self, engine: &Engine, space: SpaceId) -> usize {
        if engine.here(space).is_none() {
            self.forget_space(space);
            return 0;
        }
        let open = engine.open_tabs_of(space);
        let marks = engine.marks_print(space, None);
        let print = engine.found_by(space, &open, marks);
        let before = self.spaces.remove(&space).map_or(Vec::new(), |known| known.tabs);
        let mut before = before.into_iter().peekable();
        let mut tabs = Vec::new();
        let index = &mut self.index;
        let mut looked = 0;
        engine.documents_of(space, &open, &mut |tab, document| {
            looked += 1;
            if !opens(document.address) {
                return;
            }
            while let Some((gone, _)) = before.next_if(|(other, _)| *other < tab) {
                index.remove(Saved::Tab(space, gone));
            }
            let key = Saved::Tab(space, tab);
            let made_of = made_of(document);
            if before.next_if(|(other, _)| *other == tab) == Some((tab, made_of)) {
                index.saw(key, document.seen, document.uses);
            } else {
                index.put(key, document);
            }
            tabs.push((tab, made_of));
        });
        for (gone, _) in before {
            index.remove(Saved::Tab(space, gone));
        }
        self.spaces.insert(space, KnownSpace { print, marks, tabs });
        looked
    }

    /// How many tabs were looked at.
    fn take_in_entry(&mut self, engine: &Engine, id: BinId) -> usize {
        self.forget_entry(id);
        let Some(entry) = engine.bin.get(id) else {
            return 0;
        };
        let mut tabs = 0;
        entry.documents(id, &mut |saved, document| {
            tabs += 1;
            if opens(document.address) {
                self.index.put(saved, document);
            }
        });
        let known = KnownEntry {
            removed: entry.removed,
            size_bytes: engine.bin.size_bytes(id),
            apart: entry.apart().cloned(),
            tabs,
        };
        self.bin.insert(id, known);
        tabs
    }

    fn forget_space(&mut self, space: SpaceId) {
        let known = self.spaces.remove(&space);
        for (tab, _) in known.map_or(Vec::new(), |known| known.tabs) {
            self.index.remove(Saved::Tab(space, tab));
        }
    }

    fn forget_entry(&mut self, id: BinId) {
        let tabs = self.bin.remove(&id).map_or(0, |known| known.tabs);
        for at in 0..tabs {
            self.index.remove(Saved::Binned(id, at));
        }
    }
}

impl Engine {
    /// A number that is another one when anything of a space may have changed that its tabs are found by. A private space
    /// is the same as long as its log has no further event.
    fn found_by(&self, space: SpaceId, open: &BTreeSet<TabId>, marks: MarksPrint) -> u64 {
        let is_private = self.privates.contains_key(&space);
        let state = self.here(space);
        print_of((
            is_private,
            self.session.changes(space),
            state.map(|state| (state.head.0, state.time.0, state.tabs.len())),
            open,
            marks.print,
            self.uses.get(&space).map_or(0, Uses::changes),
        ))
    }

    /// What stands in the marks of a space; they are read only if any marks changed since it was known.
    fn marks_print(&self, space: SpaceId, known: Option<MarksPrint>) -> MarksPrint {
        if let Some(known) = known.filter(|known| known.as_of == self.marked) {
            return known;
        }
        let tabs = self.marks.get(&space).map(|marks| &marks.tabs);
        let mut hasher = DefaultHasher::new();
        for (tab, marks) in tabs.into_iter().flatten() {
            (tab, &marks.tags, &marks.note).hash(&mut hasher);
        }
        MarksPrint {
            as_of: self.marked,
            print: hasher.finish(),
        }
    }
}

fn print_of(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// A number that changes when anything changes that a document is found by; how often it was seen, and when last, is not
/// among that.
fn made_of(document: &Document<'_>) -> u64 {
    let words = (document.title, document.address, document.group, document.note);
    print_of((
        words,
        document.tags,
        document.space,
        document.open,
        document.pinned,
    ))
}
