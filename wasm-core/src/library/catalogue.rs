//! What the library's page has read of all spaces, in the order in which it is shown: which lines each of its parts
//! has, and which tabs are one page.
//!
//! Pure, so that it is tested natively; it is made anew whenever the spaces were read.

mod shelf;

use std::collections::HashMap;
use std::rc::Rc;

use hashbrown::HashTable;
use protocol::{GroupId, SpaceId};

use super::bin::BinId;
use super::duplicates::Place;
use super::marks::Marks;
use crate::ask::library::ShelfView;
use crate::view::{GroupView, ItemView, LinkView, TabView};
pub use shelf::{Shelf, page_of};

/// A part of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All spaces that are not put aside, the last changed first.
    Recent,
    /// What has a star.
    Starred,
    /// Spaces that are shared.
    Shared,
    /// Spaces that were put aside.
    Archive,
    /// A space.
    Space(SpaceId),
    /// What was removed.
    Bin,
    /// Pages that are there more than once.
    Duplicates,
}

/// What can be selected and found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spot {
    /// A tab of a space.
    Saved(Place),
    /// A tab of a window that no space follows: Chrome's id.
    Open(i32),
    /// A tab in the bin: of which entry (its [`BinId`]), and which.
    Binned(i64, u32, usize),
}

impl Spot {
    /// The tab of a space.
    pub const fn saved(self) -> Option<Place> {
        match self {
            Self::Saved(place) => Some(place),
            Self::Open(_) | Self::Binned(..) => None,
        }
    }

    /// A tab in the bin.
    pub const fn binned(id: BinId, at: usize) -> Self {
        Self::Binned(id.0.0, id.1, at)
    }
}

/// A line of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// The title of a space, where several are in one list.
    Space(SpaceId),
    /// The title of a group: its space and its place there.
    Group(SpaceId, usize),
    /// The title of the tabs behind the groups.
    Rest(SpaceId),
    /// A tab.
    Tab(Spot),
}

/// A tab with what it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Its space.
    pub shelf: &'a ShelfView,
    /// Its group.
    pub group: Option<&'a GroupView>,
    /// The tab.
    pub tab: &'a TabView,
}

impl Shown<'_> {
    /// Where it is.
    pub const fn place(&self) -> Place {
        Place {
            space: self.shelf.space,
            tab: self.tab.tab,
        }
    }

    /// What is noted of it.
    pub fn marks(&self) -> Option<&Marks> {
        self.shelf.marks.tabs.get(&self.tab.tab)
    }

    /// Whether it has a star.
    pub fn is_starred(&self) -> bool {
        self.marks().is_some_and(|marks| marks.starred)
    }
}

/// All spaces.
#[derive(Debug, Default)]
pub struct Catalogue {
    shelves: Vec<Rc<Shelf>>,
    by_space: HashMap<SpaceId, usize>,
    same: Vec<Vec<Place>>,
    same_of: HashMap<Place, usize>,
}

/// Two are equal when they are one: another is made whenever something changed.
impl PartialEq for Catalogue {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Catalogue {
    /// Of these spaces, the last changed first.
    pub fn new(shelves: Vec<Rc<Shelf>>) -> Self {
        let by_space = shelves.iter().map(|shelf| shelf.space).zip(0..).collect();
        let same = same_pages(&shelves);
        let mut same_of = HashMap::new();
        for (at, places) in same.iter().enumerate() {
            same_of.extend(places.iter().map(|place| (*place, at)));
        }
        Self {
            shelves,
            by_space,
            same,
            same_of,
        }
    }

    /// Whether it is of these very spaces.
    pub fn is_of(&self, shelves: &[Rc<Shelf>]) -> bool {
        let mut both = self.shelves.iter().zip(shelves);
        self.shelves.len() == shelves.len() && both.all(|(one, other)| Rc::ptr_eq(one, other))
    }

    /// The spaces, the last changed first.
    pub fn shelves(&self) -> &[Rc<Shelf>] {
        &self.shelves
    }

    /// A space.
    pub fn shelf(&self, space: SpaceId) -> Option<&Shelf> {
        self.shelves
            .get(*self.by_space.get(&space)?)
            .map(|shelf| &**shelf)
    }

    /// The space that was this one before it was shared.
    pub fn shared_as(&self, space: SpaceId) -> Option<SpaceId> {
        let shelf = self.shelves.iter().find(|shelf| shelf.was == Some(space));
        shelf.map(|shelf| shelf.space)
    }

    /// A group of a space.
    pub fn group(&self, space: SpaceId, group: GroupId) -> Option<&GroupView> {
        let items = self.shelf(space)?.items.iter();
        items
            .filter_map(|item| match item {
                ItemView::Group(view) => Some(view),
                ItemView::Tab(_) => None,
            })
            .find(|view| view.group == group)
    }

    /// A tab.
    pub fn tab(&self, place: Place) -> Option<Shown<'_>> {
        let shelf = self.shelf(place.space)?;
        let (group, tab) = shelf.tab(place.tab)?;
        Some(Shown { shelf, group, tab })
    }

    /// The pages that are there more than once, each with the tabs that show it.
    pub fn same_pages(&self) -> &[Vec<Place>] {
        &self.same
    }

    /// The other tabs that show the page of this one.
    pub fn others(&self, place: Place) -> impl Iterator<Item = Place> {
        let same = self.same_of.get(&place).and_then(|at| self.same.get(*at));
        same.into_iter()
            .flatten()
            .copied()
            .filter(move |other| *other != place)
    }

    /// The spaces of a part.
    pub fn spaces_of(&self, part: Part) -> impl Iterator<Item = &Shelf> {
        let shelves = self.shelves.iter().map(|shelf| &**shelf);
        shelves.filter(move |shelf| match part {
            Part::Recent => !shelf.marks.archived,
            Part::Shared => shelf.link != LinkView::Private,
            Part::Archive => shelf.marks.archived,
            Part::Space(space) => shelf.space == space,
            Part::Starred => shelf.marks.own.starred || shelf.marks.tabs.values().any(|marks| marks.starred),
            Part::Bin | Part::Duplicates => false,
        })
    }

    /// How many a part holds: stars, else spaces.
    pub fn size_of(&self, part: Part) -> usize {
        match part {
            Part::Starred => self.shelves.iter().map(|shelf| shelf.stars()).sum(),
            Part::Space(space) => self.shelf(space).map_or(0, Shelf::size),
            Part::Duplicates => self.same.len(),
            Part::Recent | Part::Shared | Part::Archive | Part::Bin => self.spaces_of(part).count(),
        }
    }

    /// The lines of a part's list.
    pub fn lines(&self, part: Part) -> Vec<Line> {
        let mut lines = Vec::new();
        let alone = matches!(part, Part::Space(_));
        for shelf in self.spaces_of(part) {
            if !alone {
                lines.push(Line::Space(shelf.space));
            }
            let wanted = |tab: &TabView| {
                part != Part::Starred || shelf.marks.tabs.get(&tab.tab).is_some_and(|marks| marks.starred)
            };
            let line = |tab: &TabView| {
                Line::Tab(Spot::Saved(Place {
                    space: shelf.space,
                    tab: tab.tab,
                }))
            };
            let mut behind_group = false;
            for (at, item) in shelf.items.iter().enumerate() {
                match item {
                    ItemView::Tab(tab) if wanted(tab) => {
                        if alone && std::mem::take(&mut behind_group) {
                            lines.push(Line::Rest(shelf.space));
                        }
                        lines.push(line(tab));
                    }
                    ItemView::Group(group) => {
                        if alone {
                            lines.push(Line::Group(shelf.space, at));
                            behind_group = true;
                        }
                        lines.extend(group.tabs.iter().filter(|tab| wanted(tab)).map(line));
                    }
                    ItemView::Tab(_) => {}
                }
            }
        }
        lines
    }
}

/// The pages that are there more than once, each with the tabs that show it, in the order in which they are found.
fn same_pages(shelves: &[Rc<Shelf>]) -> Vec<Vec<Place>> {
    struct First {
        page: u64,
        place: Place,
        /// Where it stands among those that are there more than once.
        at: Option<usize>,
    }
    let tabs = shelves.iter().map(|shelf| shelf.size()).sum();
    let mut firsts: Vec<First> = Vec::with_capacity(tabs);
    let mut known: HashTable<usize> = HashTable::with_capacity(tabs);
    let mut same: Vec<Vec<Place>> = Vec::new();
    for shelf in shelves {
        for &(tab, page) in shelf.pages() {
            let Some(page) = page else { continue };
            let place = Place {
                space: shelf.space,
                tab,
            };
            let first = known.find(page, |&at| firsts[at].page == page).copied();
            let Some(first) = first.and_then(|at| firsts.get_mut(at)) else {
                known.insert_unique(page, firsts.len(), |&at| firsts[at].page);
                firsts.push(First {
                    page,
                    place,
                    at: None,
                });
                continue;
            };
            let at = *first.at.get_or_insert_with(|| {
                same.push(vec![first.place]);
                same.len() - 1
            });
            same[at].push(place);
        }
    }
    same
}

/// How many tabs a space has.
pub fn tabs_in(shelf: &ShelfView) -> usize {
    let size = |item: &ItemView| match item {
        ItemView::Tab(_) => 1,
        ItemView::Group(group) => group.tabs.len(),
    };
    shelf.items.iter().map(size).sum()
}

/// How many groups a space has.
pub fn groups_in(shelf: &ShelfView) -> usize {
    let is_group = |item: &&ItemView| matches!(item, ItemView::Group(_));
    shelf.items.iter().filter(is_group).count()
}

#[cfg(test)]
mod tests {
    use protocol::{Colour, Millis, Role, TabId};

    use super::*;
    use crate::library::marks::SpaceMarks;

    fn tab(number: u128, url: &str) -> TabView {
        TabView {
            tab: TabId::from_bits(number),
            url: url.to_owned(),
            opens: true,
            title: url.to_owned(),
            favicon: None,
            pinned: false,
            viewers: Vec::new(),
            stream: None,
        }
    }

    fn shelf(number: u128, items: Vec<ItemView>) -> ShelfView {
        ShelfView {
            space: SpaceId::from_bits(number),
            was: None,
            name: format!("Space {number}"),
            colour: Colour::Blue,
            link: LinkView::Private,
            role: Role::Owner,
            people: Vec::new(),
            window: None,
            changed: Millis(0),
            items,
            marks: SpaceMarks::default(),
            uses: std::collections::BTreeMap::new(),
        }
    }

    fn group(number: u128, tabs: Vec<TabView>) -> ItemView {
        ItemView::Group(GroupView {
            group: GroupId::from_bits(number),
            title: String::new(),
            colour: Colour::Red,
            collapsed: false,
            tabs,
        })
    }

    fn place(space: u128, tab: u128) -> Place {
        Place {
            space: SpaceId::from_bits(space),
            tab: TabId::from_bits(tab),
        }
    }

    fn catalogue(shelves: Vec<ShelfView>) -> Catalogue {
        let read = |(print, shelf)| Rc::new(Shelf::new(shelf, print));
        Catalogue::new((0..).zip(shelves).map(read).collect())
    }

    fn two_spaces() -> Vec<ShelfView> {
        let one = vec![
            group(
                7,
                vec![tab(1, "https://example.org/a"), tab(2, "https://example.org/b")],
            ),
            ItemView::Tab(tab(3, "https://example.org/a/")),
        ];
        let two = vec![ItemView::Tab(tab(4, "https://EXAMPLE.org/a?utm_source=x"))];
        vec![shelf(1, one), shelf(2, two)]
    }

    #[test]
    fn a_space_is_shown_with_its_groups_and_what_stands_behind_them() {
        let catalogue = catalogue(two_spaces());
        let space = SpaceId::from_bits(1);
        let tab = |number| Line::Tab(Spot::Saved(place(1, number)));
        assert_eq!(
            catalogue.lines(Part::Space(space)),
            [Line::Group(space, 0), tab(1), tab(2), Line::Rest(space), tab(3)]
        );
        assert_eq!(catalogue.size_of(Part::Space(space)), 3);
    }

    #[test]
    fn a_page_knows_where_else_it_is() {
        let catalogue = catalogue(two_spaces());
        let others: Vec<Place> = catalogue.others(place(1, 1)).collect();
        assert_eq!(others, [place(1, 3), place(2, 4)]);
        assert_eq!(catalogue.others(place(1, 2)).count(), 0);
        assert_eq!(catalogue.same_pages().len(), 1);
    }

    #[test]
    fn only_what_has_a_star_is_among_the_starred_and_the_archive_is_apart() {
        let mut shelves = two_spaces();
        let starred = Marks {
            starred: true,
            ..Marks::default()
        };
        shelves[0].marks.tabs.insert(TabId::from_bits(2), starred);
        shelves[1].marks.archived = true;
        let catalogue = catalogue(shelves);
        let line = Line::Tab(Spot::Saved(place(1, 2)));
        let (one, two) = (SpaceId::from_bits(1), SpaceId::from_bits(2));
        assert_eq!(catalogue.lines(Part::Starred), [Line::Space(one), line]);
        assert_eq!(catalogue.lines(Part::Archive)[0], Line::Space(two));
        assert_eq!(catalogue.spaces_of(Part::Recent).count(), 1);
        assert_eq!(catalogue.tab(place(2, 3)).map(|shown| shown.place()), None);
    }

    #[test]
    fn a_space_with_a_star_is_among_the_starred() {
        let mut shelves = two_spaces();
        shelves[1].marks.own.starred = true;
        let catalogue = catalogue(shelves);
        assert_eq!(catalogue.size_of(Part::Starred), 1);
        assert_eq!(
            catalogue.lines(Part::Starred),
            [Line::Space(SpaceId::from_bits(2))]
        );
    }
}
