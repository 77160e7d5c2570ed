//! What is sought: an index of the tabs of all spaces, of windows that no space follows, and of the bin.
//!
//! It is made once the page is painted, a little at a time, so that the page listens meanwhile: what is sought before it is
//! whole is found in what there is, and once more when it is. What did not change since it was last fed stays in it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use protocol::{SpaceId, TabId};

use crate::ask::library::BinnedView;
use crate::find::{Document, Index, Query};
use crate::library::catalogue::{Catalogue, Shelf, Spot, page_of};
use crate::library::duplicates::Place;
use crate::library::uses::Use;
use crate::ui::chrome_page::OpenTab;
use crate::ui::clock;

/// At most so many rows are shown for what is sought.
const MOST: usize = 2_000;
/// So many tabs are put into the index between two looks at the clock.
const AT_ONCE: usize = 50;
/// A frame has 16 ms, and the page has other things to do in it.
const SLICE_MS: i64 = 6;

#[derive(Debug, Default)]
struct Making {
    index: Index<Spot>,
    /// What stands in the index, and what it looked like.
    known: HashMap<Spot, u64>,
    /// What may have changed, the next at the end.
    pending: Vec<Spot>,
    shelves: BTreeMap<SpaceId, Rc<Shelf>>,
    bin: BTreeMap<(i64, u32), BinnedView>,
    /// The tabs of windows that no space follows.
    open: BTreeMap<i32, Rc<OpenTab>>,
    /// The pages that windows show.
    open_pages: HashSet<u64>,
    /// Somebody sees to it that it becomes whole.
    attended: bool,
    /// What was found last: several parts of the page ask for it.
    found: Option<(String, Rc<Vec<Spot>>, usize)>,
}

/// The index. A copy is the same one.
#[derive(Debug, Clone, Default)]
pub struct Finder(Rc<RefCell<Making>>);

impl PartialEq for Finder {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Finder {
    /// These are the spaces and the open tabs from now on.
    pub fn feed(&self, catalogue: &Catalogue, open: &[Rc<OpenTab>]) {
        let mut making = self.0.borrow_mut();
        let mut before = std::mem::take(&mut making.shelves);
        // The last changed ones are the first to be found.
        for shelf in catalogue.shelves().iter().rev() {
            let known = before.remove(&shelf.space);
            if !known.as_ref().is_some_and(|known| Rc::ptr_eq(known, shelf)) {
                let gone = known.iter().flat_map(|known| known.pages());
                let gone = gone.filter(|(tab, _)| !shelf.holds(*tab));
                making.forget(gone.map(|(tab, _)| saved(shelf.space, *tab)));
                let tabs = shelf.pages().iter().rev();
                making
                    .pending
                    .extend(tabs.map(|(tab, _)| saved(shelf.space, *tab)));
            }
            making.shelves.insert(shelf.space, Rc::clone(shelf));
        }
        for (space, shelf) in before {
            making.forget(shelf.pages().iter().map(|(tab, _)| saved(space, *tab)));
        }
        making.show(open.iter().filter_map(|tab| page_of(&tab.url)).collect());
        let followed: BTreeSet<i32> = catalogue
            .shelves()
            .iter()
            .filter_map(|shelf| shelf.window)
            .collect();
        let mut before = std::mem::take(&mut making.open);
        for tab in open.iter().filter(|tab| !followed.contains(&tab.window)) {
            if before.remove(&tab.id).as_ref() != Some(tab) {
                making.pending.push(Spot::Open(tab.id));
            }
            making.open.insert(tab.id, Rc::clone(tab));
        }
        making.forget(before.into_keys().map(Spot::Open));
        making.found = None;
    }

    /// This is in the bin from now on.
    pub fn feed_bin(&self, bin: &[BinnedView]) {
        let mut making = self.0.borrow_mut();
        let mut before = std::mem::take(&mut making.bin);
        for entry in bin {
            let known = before.remove(&(entry.id.0.0, entry.id.1));
            if known.as_ref() != Some(entry) {
                let there = known.map_or(0, |known| known.tabs.len());
                making.forget((entry.tabs.len()..there).map(|at| Spot::binned(entry.id, at)));
                making
                    .pending
                    .extend((0..entry.tabs.len()).map(|at| Spot::binned(entry.id, at)));
            }
            making.bin.insert((entry.id.0.0, entry.id.1), entry.clone());
        }
        for entry in before.into_values() {
            making.forget((0..entry.tabs.len()).map(|at| Spot::binned(entry.id, at)));
        }
        making.found = None;
    }

    /// Whether there is something to be put into the index, and nobody sees to it yet: who asks does.
    pub fn wants_attention(&self) -> bool {
        let mut making = self.0.borrow_mut();
        let alone = !making.pending.is_empty() && !making.attended;
        making.attended |= alone;
        alone
    }

    /// Whether everything there is can be found.
    pub fn is_whole(&self) -> bool {
        self.0.borrow().pending.is_empty()
    }

    /// Puts some of what there is into the index; whether it is whole.
    pub fn make(&self) -> bool {
        let mut making = self.0.borrow_mut();
        let until = clock::now().0 + SLICE_MS;
        while !making.pending.is_empty() {
            making.make(AT_ONCE);
            // A clock that is put back ends a slice.
            if !(until - SLICE_MS..until).contains(&clock::now().0) {
                break;
            }
        }
        let whole = making.pending.is_empty();
        if whole {
            making.attended = false;
            making.found = None;
        }
        whole
    }

    /// What is found, the best first.
    pub fn find(&self, typed: &str) -> Rc<Vec<Spot>> {
        let mut making = self.0.borrow_mut();
        if let Some((sought, found, _)) = &making.found
            && sought == typed
        {
            return Rc::clone(found);
        }
        // Few are put into it at once.
        if making.pending.len() <= AT_ONCE {
            making.make(AT_ONCE);
        }
        let found = making.index.search(&Query::parse(typed), clock::now(), MOST);
        // What is in the bin stands behind all else.
        let (gone, mut keys): (Vec<Spot>, Vec<Spot>) = found
            .keys
            .into_iter()
            .partition(|spot| matches!(spot, Spot::Binned(..)));
        keys.extend(gone);
        let keys = Rc::new(keys);
        making.found = Some((typed.to_owned(), Rc::clone(&keys), found.total));
        keys
    }

    /// How many there are, also beyond those that [`Finder::find`] gave last.
    pub fn total(&self) -> usize {
        self.0.borrow().found.as_ref().map_or(0, |(.., total)| *total)
    }
}

const fn saved(space: SpaceId, tab: TabId) -> Spot {
    Spot::Saved(Place { space, tab })
}

impl Making {
    /// Windows show these pages from now on: what is known of their tabs may change.
    fn show(&mut self, pages: HashSet<u64>) {
        let before = std::mem::replace(&mut self.open_pages, pages);
        let changed: HashSet<u64> = before.symmetric_difference(&self.open_pages).copied().collect();
        if changed.is_empty() {
            return;
        }
        for (&space, shelf) in &self.shelves {
            let of_page =
                |(_, page): &&(TabId, Option<u64>)| page.is_some_and(|page| changed.contains(&page));
            let tabs = shelf.pages().iter().filter(of_page);
            self.pending.extend(tabs.map(|(tab, _)| saved(space, *tab)));
        }
    }

    fn forget(&mut self, spots: impl Iterator<Item = Spot>) {
        for spot in spots {
            self.known.remove(&spot);
            self.index.remove(spot);
        }
    }

    /// Puts at most so many into the index.
    fn make(&mut self, most: usize) {
        let Self {
            index,
            known,
            pending,
            shelves,
            bin,
            open,
            open_pages,
            ..
        } = self;
        let from = pending.len().saturating_sub(most);
        for spot in pending.drain(from..) {
            with_document((shelves, bin, open, open_pages), spot, |document| {
                let print = print_of(document);
                if known.insert(spot, print) != Some(print) {
                    index.put(spot, document);
                }
            });
        }
    }
}

fn print_of(document: &Document<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let Document {
        title,
        address,
        group,
        note,
        tags,
        space,
        open,
        saved,
        pinned,
        uses,
        seen,
    } = document;
    (title, address, group, note, tags).hash(&mut hasher);
    (space, open, saved, pinned, uses, seen.0).hash(&mut hasher);
    hasher.finish()
}

/// Where what is found is.
type There<'a> = (
    &'a BTreeMap<SpaceId, Rc<Shelf>>,
    &'a BTreeMap<(i64, u32), BinnedView>,
    &'a BTreeMap<i32, Rc<OpenTab>>,
    &'a HashSet<u64>,
);

fn with_document((shelves, bin, open, open_pages): There<'_>, spot: Spot, then: impl FnOnce(&Document<'_>)) {
    match spot {
        Spot::Saved(place) => {
            let Some(shelf) = shelves.get(&place.space) else {
                return;
            };
            let Some((group, tab)) = shelf.tab(place.tab) else {
                return;
            };
            let marks = shelf.marks.tabs.get(&place.tab);
            let tags: Vec<&str> = marks
                .map(|marks| marks.tags.iter().map(String::as_str).collect())
                .unwrap_or_default();
            let Use(uses, shown) = shelf.uses.get(&place.tab).copied().unwrap_or_default();
            then(&Document {
                title: &tab.title,
                address: &tab.url,
                group: group.map_or("", |group| &group.title),
                note: marks.map_or("", |marks| &marks.note),
                tags: &tags,
                space: &shelf.name,
                open: page_of(&tab.url).is_some_and(|page| open_pages.contains(&page)),
                saved: true,
                pinned: tab.pinned,
                uses,
                seen: shelf.changed.max(shown),
            });
        }
        Spot::Open(id) => {
            if let Some(tab) = open.get(&id) {
                then(&Document {
                    title: &tab.title,
                    address: &tab.url,
                    open: true,
                    pinned: tab.pinned,
                    seen: tab.seen,
                    ..Document::default()
                });
            }
        }
        Spot::Binned(time, number, at) => {
            let Some(entry) = bin.get(&(time, number)) else {
                return;
            };
            let Some(tab) = entry.tabs.get(at) else {
                return;
            };
            let tags: Vec<&str> = tab.tags.iter().map(String::as_str).collect();
            then(&Document {
                title: &tab.title,
                address: &tab.url,
                group: &tab.group,
                note: &tab.note,
                tags: &tags,
                space: &entry.name,
                saved: true,
                seen: entry.removed,
                ..Document::default()
            });
        }
    }
}
