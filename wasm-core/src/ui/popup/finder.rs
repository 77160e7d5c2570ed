//! What is found while something is typed: an index of the tabs, spaces and deeds there are.
//!
//! It is made once they are painted, a few at a time, and finished when the first letter is typed.

use std::cell::RefCell;
use std::rc::Rc;

use crate::find::{Document, Index, Query};
use crate::ui::chrome_page::OpenTab;
use crate::ui::clock;
use crate::ui::popup::state::{Deed, Popup, Row};
use crate::view::SpaceSummary;

/// The place of something among its like. The order of equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    Tab(usize),
    Space(usize),
    Deed(usize),
}

#[derive(Debug)]
struct Making {
    index: Index<Place>,
    /// How much of all there is, is in it.
    made: usize,
}

/// The index. A copy is the same one.
#[derive(Debug, Clone)]
pub struct Finder(Rc<RefCell<Making>>);

impl Default for Finder {
    fn default() -> Self {
        Self(Rc::new(RefCell::new(Making {
            index: Index::new(),
            made: 0,
        })))
    }
}

impl PartialEq for Finder {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Finder {
    /// What is found: tabs, then spaces, then deeds, the best first.
    pub fn rows(&self, popup: &Popup, label: impl Fn(Deed) -> &'static str) -> Vec<Row> {
        self.make(popup, usize::MAX, label);
        let query = Query::parse(&popup.query);
        let making = self.0.borrow();
        let found = making.index.search(&query, clock::now(), usize::MAX);
        let (mut tabs, mut spaces, mut deeds) = (Vec::new(), Vec::new(), Vec::new());
        for place in found.keys {
            match place {
                Place::Tab(at) => tabs.extend(popup.tabs().nth(at).cloned().map(Row::Tab)),
                Place::Space(at) => spaces.extend(popup.spaces().nth(at).cloned().map(Row::Space)),
                Place::Deed(at) => deeds.extend(popup.deeds().get(at).copied().map(Row::Deed)),
            }
        }
        tabs.append(&mut spaces);
        tabs.append(&mut deeds);
        tabs
    }

    /// Adds at most so many to the index; whether it is whole.
    pub fn make(&self, popup: &Popup, most: usize, label: impl Fn(Deed) -> &'static str) -> bool {
        let mut making = self.0.borrow_mut();
        let tabs = (0..popup.tabs().count()).map(Place::Tab);
        let spaces = (0..popup.spaces().count()).map(Place::Space);
        let deeds = popup.deeds();
        let all = tabs.chain(spaces).chain((0..deeds.len()).map(Place::Deed));
        let before = making.made;
        for place in all.skip(before).take(most) {
            let document = match place {
                Place::Tab(at) => popup.tabs().nth(at).map(|tab| document_of_tab(popup, tab)),
                Place::Space(at) => popup.spaces().nth(at).map(document_of_space),
                Place::Deed(at) => deeds.get(at).map(|deed| Document {
                    title: label(*deed),
                    ..Document::default()
                }),
            };
            making.made += 1;
            if let Some(document) = document {
                making.index.put(place, &document);
            }
        }
        making.made - before < most
    }
}

fn document_of_tab<'a>(popup: &'a Popup, tab: &'a OpenTab) -> Document<'a> {
    let space = popup.spaces().find(|space| space.window == Some(tab.window));
    Document {
        title: &tab.title,
        address: &tab.url,
        group: popup.group_of(tab).map_or("", |(_, title)| title),
        space: space.map_or("", |space| &space.name),
        open: true,
        pinned: tab.pinned,
        seen: tab.seen,
        ..Document::default()
    }
}

fn document_of_space(space: &SpaceSummary) -> Document<'_> {
    Document {
        title: &space.name,
        space: &space.name,
        seen: space.changed,
        ..Document::default()
    }
}
