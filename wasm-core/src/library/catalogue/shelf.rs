//! A space as the library's page has read it, with what is asked of it again and again. It is read once and kept as long
//! as it has the same print.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;

use protocol::TabId;

use crate::ask::library::ShelfView;
use crate::library::duplicates::normalise;
use crate::library::follow::is_blank;
use crate::library::marks::Marks;
use crate::view::{GroupView, ItemView, TabView};

/// A tab's place among the items of its space, and in its group.
type At = (usize, Option<usize>);

/// A space that was read.
#[derive(Debug)]
pub struct Shelf {
    view: ShelfView,
    print: u64,
    places: HashMap<TabId, At>,
    pages: Vec<(TabId, Option<u64>)>,
    live: bool,
}

impl Deref for Shelf {
    type Target = ShelfView;

    fn deref(&self) -> &ShelfView {
        &self.view
    }
}

impl Shelf {
    /// One that was read with this print.
    pub fn new(view: ShelfView, print: u64) -> Self {
        let mut places = HashMap::new();
        let mut pages = Vec::new();
        let mut live = false;
        for (tab, at) in tabs_of(&view) {
            live |= tab.stream.is_some();
            places.insert(tab.tab, at);
            pages.push((tab.tab, page_of(&tab.url)));
        }
        Self {
            view,
            print,
            places,
            pages,
            live,
        }
    }

    /// By what it is known: another one when something in it changed.
    pub const fn print(&self) -> u64 {
        self.print
    }

    /// How many tabs it has.
    pub const fn size(&self) -> usize {
        self.pages.len()
    }

    /// Whether a tab of it is streamed.
    pub const fn is_live(&self) -> bool {
        self.live
    }

    /// Its tabs in order, each with what two have in common that show the same page.
    pub fn pages(&self) -> &[(TabId, Option<u64>)] {
        &self.pages
    }

    /// A tab of it, with its group.
    pub fn tab(&self, tab: TabId) -> Option<(Option<&GroupView>, &TabView)> {
        let (item, inside) = *self.places.get(&tab)?;
        match (self.view.items.get(item)?, inside) {
            (ItemView::Tab(tab), _) => Some((None, tab)),
            (ItemView::Group(group), at) => Some((Some(group), group.tabs.get(at?)?)),
        }
    }

    /// Whether it has a tab.
    pub fn holds(&self, tab: TabId) -> bool {
        self.places.contains_key(&tab)
    }

    /// How many stars there are in it: its own and those of its tabs.
    pub fn stars(&self) -> usize {
        let starred = |(tab, marks): &(&TabId, &Marks)| marks.starred && self.holds(**tab);
        let own = usize::from(self.view.marks.own.starred);
        own + self.view.marks.tabs.iter().filter(starred).count()
    }
}

fn tabs_of(view: &ShelfView) -> impl Iterator<Item = (&TabView, At)> {
    view.items.iter().enumerate().flat_map(|(item, held)| match held {
        ItemView::Tab(tab) => vec![(tab, (item, None))],
        ItemView::Group(group) => {
            let tabs = group.tabs.iter().enumerate();
            tabs.map(|(at, tab)| (tab, (item, Some(at)))).collect()
        }
    })
}

/// The same for two addresses of one page by `docs/duplicates.md`; nothing for empty pages.
pub fn page_of(url: &str) -> Option<u64> {
    if is_blank(url) {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    normalise(url).hash(&mut hasher);
    Some(hasher.finish())
}
