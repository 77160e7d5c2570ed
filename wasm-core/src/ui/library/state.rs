//! What the library's page shows, and how it changes.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use protocol::{GroupId, Millis, SpaceId};
use yew::prelude::*;

use crate::ask::library::{BinnedTab, BinnedView};
use crate::library::bin::BinId;
use crate::library::catalogue::{Catalogue, Line, Part, Shelf, Spot};
use crate::library::duplicates::normalise;
use crate::library::follow::is_blank;
use crate::library::undo::Undo;
use crate::selection::Selection;
use crate::ui::chrome_page::OpenTab;
use crate::ui::library::finder::Finder;
use crate::view::{LinkView, Projection};

/// So many deeds can be taken back.
const UNDOS: usize = 50;

/// In which direction deeds are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Back.
    Back,
    /// Done again after that.
    Again,
}

/// What stands over the page.
#[derive(Debug, Clone, PartialEq)]
pub enum Over {
    /// Where the selected tabs go; copied or moved.
    To {
        /// They stay where they are, too.
        copy: bool,
    },
    /// Into which space a space is merged.
    Merge(SpaceId),
    /// A name for a new space.
    NewSpace,
    /// Another name and colour for a space.
    Edit(SpaceId),
    /// Another title and colour for a group of a space.
    EditGroup(SpaceId, GroupId),
    /// A title for a new group of the selected tabs.
    Group,
    /// A tag for the selected tabs.
    Tag,
    /// Whether a space shall really be deleted.
    Delete(SpaceId),
    /// Whether this window's tabs shall really make room.
    Replace(SpaceId),
    /// Whether the bin shall really be emptied.
    EmptyBin,
    /// Sharing and its links.
    Share(SpaceId),
    /// The keys.
    Keys,
}

/// A word about what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Tells it from the one before.
    pub number: u32,
    /// The words.
    pub text: String,
    /// It can be taken back.
    pub undo: bool,
}

/// The page's state.
#[derive(Debug, Clone, PartialEq)]
pub struct Library {
    /// All spaces; `None` while they are read.
    pub catalogue: Option<Rc<Catalogue>>,
    /// The bin; empty while it is read.
    pub bin: Rc<Vec<BinnedView>>,
    /// By what the bin that was read is known.
    pub bin_print: Option<u64>,
    /// The tabs of all windows.
    pub open: Rc<Vec<Rc<OpenTab>>>,
    /// The pages that they show, each by its normalised address.
    pub open_pages: Rc<HashSet<String>>,
    /// The name that others see; empty before it was given.
    pub your_name: String,
    /// Chrome's id of the page's window.
    pub window: Option<i32>,
    /// Which part is shown.
    pub part: Part,
    /// What is sought; shown in place of the part unless empty.
    pub query: String,
    /// Finds it.
    pub finder: Finder,
    /// How often the finder became whole.
    pub indexed: u32,
    /// Which rows are selected.
    pub selection: Selection<Spot>,
    /// What is dragged.
    pub dragged: Rc<Vec<Spot>>,
    /// What stands over the page.
    pub over: Option<Over>,
    /// Why a deed was not done, in words; until it is read, or the next deed is done.
    pub trouble: Option<String>,
    /// Why the spaces could not be read, in words; until they are.
    pub unread: Option<String>,
    /// What was just done.
    pub word: Option<Word>,
    /// What takes the last deeds back, the last at the end.
    pub undos: Vec<Rc<Undo>>,
    /// What does again what was taken back, the last at the end.
    pub redos: Vec<Rc<Undo>>,
    /// Rises when something may have changed: then all is read again.
    pub revision: u32,
    /// Rises when a tab was opened or closed, or shows another page: then the open tabs are read again.
    pub tabs_revision: u32,
    words: u32,
    laid: Laid,
}

/// The lines as they were last laid out, and of what: several parts of the page ask for them.
#[derive(Debug, Clone, Default)]
struct Laid(Rc<RefCell<Option<(Of, Lines)>>>);

/// It follows from all else.
impl PartialEq for Laid {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What lines depend on.
#[derive(Debug, Clone, PartialEq)]
struct Of {
    catalogue: Option<Rc<Catalogue>>,
    part: Part,
    query: String,
    indexed: u32,
    bin: Rc<Vec<BinnedView>>,
    open: Rc<Vec<Rc<OpenTab>>>,
}

#[derive(Debug, Clone, Default)]
struct Lines {
    lines: Rc<Vec<Line>>,
    spots: Rc<Vec<Spot>>,
}

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// The spaces were read, the last changed first; perhaps not all of them yet.
    ShelvesRead(Vec<Rc<Shelf>>),
    /// The bin was read, and by what it is known.
    BinRead(Vec<BinnedView>, u64),
    /// All that there is can be found.
    Indexed,
    /// The tabs of all windows were read.
    OpenRead(Vec<Rc<OpenTab>>),
    /// The page's window is known.
    WindowKnown(i32),
    /// Everything in short was told: something changed.
    Told(Projection),
    /// Something may have changed.
    Changed,
    /// Open tabs may have changed.
    TabsChanged,
    /// A deed was not done; or it was read that it was not.
    WentWrong(Option<String>),
    /// The spaces could not be read; or it was read that they could not.
    NotRead(Option<String>),
    /// Something is said, as why a key does nothing.
    Says(String),
    /// A deed is done.
    Done {
        /// In words; none when there is nothing to take back and it is seen anyway.
        words: Option<String>,
        /// What takes it back.
        undo: Option<Undo>,
    },
    /// The last deed is being taken back, or done again.
    Takes(Way),
    /// It is; what takes that back in turn.
    Took(Way, Option<Undo>, String),
    /// It is not, but may be asked for once more.
    NotTaken(Way, Rc<Undo>),
    /// Another part was chosen.
    Chose(Part),
    /// Something else is sought.
    Typed(String),
    /// Other rows are selected.
    Selected(Selection<Spot>),
    /// Rows are dragged, or not any more.
    Dragged(Vec<Spot>),
    /// Something stands over the page, or nothing.
    Opened(Option<Over>),
    /// The word was read.
    WordRead,
}

impl Library {
    /// At first.
    pub fn new(space: Option<SpaceId>) -> Self {
        Self {
            catalogue: None,
            bin: Rc::default(),
            bin_print: None,
            open: Rc::default(),
            open_pages: Rc::default(),
            your_name: String::new(),
            window: None,
            part: space.map_or(Part::Recent, Part::Space),
            query: String::new(),
            finder: Finder::default(),
            indexed: 0,
            selection: Selection::default(),
            dragged: Rc::default(),
            over: None,
            trouble: None,
            unread: None,
            word: None,
            undos: Vec::new(),
            redos: Vec::new(),
            revision: 0,
            tabs_revision: 0,
            words: 0,
            laid: Laid::default(),
        }
    }

    /// The shared space whose tabs are in sight: what others do in it is to be seen.
    pub fn shared_in_sight(&self) -> Option<SpaceId> {
        let Part::Space(space) = self.part else {
            return None;
        };
        let shelf = self.catalogue.as_ref()?.shelf(space)?;
        (shelf.link != LinkView::Private).then_some(space)
    }

    /// Whether something is sought.
    pub fn is_searching(&self) -> bool {
        !self.query.trim().is_empty()
    }

    /// The lines that are shown.
    pub fn lines(&self) -> Rc<Vec<Line>> {
        self.laid_out().lines
    }

    /// The tabs among them.
    pub fn order(&self) -> Rc<Vec<Spot>> {
        self.laid_out().spots
    }

    fn laid_out(&self) -> Lines {
        let of = Of {
            catalogue: self.catalogue.clone(),
            part: self.part,
            query: self.query.clone(),
            indexed: self.indexed,
            bin: self.bin.clone(),
            open: self.open.clone(),
        };
        if let Some((known, lines)) = &*self.laid.0.borrow()
            && *known == of
        {
            return lines.clone();
        }
        let lines = if self.is_searching() {
            let spots = self.finder.find(&self.query);
            Lines {
                lines: Rc::new(spots.iter().copied().map(Line::Tab).collect()),
                spots,
            }
        } else {
            let lines = self
                .catalogue
                .as_ref()
                .map(|catalogue| catalogue.lines(self.part));
            let lines = lines.unwrap_or_default();
            Lines {
                spots: Rc::new(spots(&lines)),
                lines: Rc::new(lines),
            }
        };
        self.laid.0.replace(Some((of, lines.clone())));
        lines
    }

    /// Rows that are not shown any more are not selected any more.
    fn keep_selected(&mut self, before: &Self) {
        if self.selection.is_empty() && self.selection.cursor().is_none() {
            return;
        }
        let (old, new) = (before.order(), self.order());
        if !Rc::ptr_eq(&old, &new) {
            let there: HashSet<Spot> = new.iter().copied().collect();
            self.selection.keep(&old, |spot| there.contains(&spot));
        }
    }

    /// What is selected, in the order of the list.
    pub fn selected(&self) -> Vec<Spot> {
        if self.selection.is_empty() {
            return Vec::new();
        }
        self.selection.of(&self.order())
    }

    /// An open tab that no space follows.
    pub fn open_tab(&self, id: i32) -> Option<&Rc<OpenTab>> {
        self.open.iter().find(|tab| tab.id == id)
    }

    /// A tab in the bin, with its entry.
    pub fn binned(&self, spot: Spot) -> Option<(&BinnedView, &BinnedTab)> {
        let Spot::Binned(time, number, at) = spot else {
            return None;
        };
        let id = BinId(Millis(time), number);
        let entry = self.bin.iter().find(|entry| entry.id == id)?;
        Some((entry, entry.tabs.get(at)?))
    }

    /// Whether a window shows this page.
    pub fn is_open(&self, url: &str) -> bool {
        !self.open_pages.is_empty() && self.open_pages.contains(&normalise(url))
    }

    fn stack(&mut self, way: Way) -> &mut Vec<Rc<Undo>> {
        match way {
            Way::Back => &mut self.undos,
            Way::Again => &mut self.redos,
        }
    }

    fn may_take(&mut self, way: Way, undo: Rc<Undo>) {
        let stack = self.stack(way);
        stack.push(undo);
        if stack.len() > UNDOS {
            stack.remove(0);
        }
    }

    fn say(&mut self, text: String, undo: bool) {
        self.words += 1;
        self.word = Some(Word {
            number: self.words,
            text,
            undo,
        });
    }

    fn feed_finder(&self) {
        let catalogue = self.catalogue.clone().unwrap_or_default();
        self.finder.feed(&catalogue, &self.open);
    }
}

/// The tabs among lines.
fn spots(lines: &[Line]) -> Vec<Spot> {
    let spot = |line: &Line| match line {
        Line::Tab(spot) => Some(*spot),
        Line::Space(_) | Line::Group(..) | Line::Rest(_) => None,
    };
    lines.iter().filter_map(spot).collect()
}

impl Reducible for Library {
    type Action = Input;

    fn reduce(self: Rc<Self>, input: Input) -> Rc<Self> {
        let mut next = (*self).clone();
        match input {
            Input::ShelvesRead(shelves) => {
                let catalogue = Rc::new(Catalogue::new(shelves));
                if let Part::Space(space) = next.part
                    && catalogue.shelf(space).is_none()
                {
                    // Shared, it is another one.
                    next.part = catalogue.shared_as(space).map_or(Part::Recent, Part::Space);
                }
                next.catalogue = Some(catalogue);
                next.unread = None;
                next.feed_finder();
                next.keep_selected(&self);
            }
            Input::BinRead(bin, print) => {
                next.finder.feed_bin(&bin);
                next.bin = Rc::new(bin);
                next.bin_print = Some(print);
                next.keep_selected(&self);
            }
            Input::Indexed => {
                next.indexed += 1;
                next.keep_selected(&self);
            }
            Input::OpenRead(open) => {
                let pages = open.iter().filter(|tab| !is_blank(&tab.url));
                next.open_pages = Rc::new(pages.map(|tab| normalise(&tab.url)).collect());
                next.open = Rc::new(open);
                next.feed_finder();
                next.keep_selected(&self);
            }
            Input::WindowKnown(window) => next.window = Some(window),
            Input::Told(projection) => {
                next.your_name = projection.your_name;
                next.revision += 1;
            }
            Input::Changed => next.revision += 1,
            Input::TabsChanged => next.tabs_revision += 1,
            Input::WentWrong(words) => next.trouble = words,
            Input::NotRead(words) => next.unread = words,
            Input::Says(words) => next.say(words, false),
            Input::Done { words, undo } => {
                next.revision += 1;
                next.trouble = None;
                if let Some(words) = words {
                    next.say(words, undo.is_some());
                } else if undo.is_some() {
                    // What is said of another deed is not what an undo would take back now.
                    next.word = None;
                }
                if let Some(undo) = undo {
                    next.may_take(Way::Back, Rc::new(undo));
                    next.redos.clear();
                }
            }
            Input::Takes(way) => {
                next.stack(way).pop();
                next.word = None;
            }
            Input::Took(way, undo, words) => {
                next.revision += 1;
                next.trouble = None;
                let other = match way {
                    Way::Back => Way::Again,
                    Way::Again => Way::Back,
                };
                let undo_it = way == Way::Again && undo.is_some();
                if let Some(undo) = undo {
                    next.may_take(other, Rc::new(undo));
                }
                next.say(words, undo_it);
            }
            Input::NotTaken(way, undo) => next.may_take(way, undo),
            Input::Chose(part) => {
                next.part = part;
                next.query.clear();
                next.selection = Selection::default();
            }
            Input::Typed(query) => {
                next.query = query;
                next.selection = Selection::default();
            }
            Input::Selected(selection) => next.selection = selection,
            Input::Dragged(spots) => next.dragged = Rc::new(spots),
            Input::Opened(over) => next.over = over,
            Input::WordRead => next.word = None,
        }
        Rc::new(next)
    }
}
