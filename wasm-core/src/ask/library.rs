//! What the library's page asks: of tabs in several spaces at once, of the bin, of the past.
//!
//! Every deed that takes something away answers with an [`Undo`]; asked back, it is as it was.

use std::collections::BTreeMap;

use protocol::{Colour, GroupId, Millis, Role, Seq, SpaceId, TabId};
use serde::{Deserialize, Serialize};

use crate::library::bin::BinId;
use crate::library::duplicates::{Place, SamePage};
use crate::library::marks::{Marking, SpaceMarks};
use crate::library::undo::Undo;
use crate::library::uses::Use;
use crate::view::{ItemView, LinkView};

/// An ask of the library's page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LibraryAsk {
    /// All spaces with all tabs. Answer: [`LibraryAnswer::Shelves`].
    Shelves,
    /// What is new to a page that knows some spaces, each as of a print. Answer: [`LibraryAnswer::News`], which carries as
    /// much as one answer should: the page asks again until nothing is new.
    News(Vec<(SpaceId, u64)>),
    /// Takes tabs out of a space; they are in the bin then. Answer: [`LibraryAnswer::Changed`].
    Remove {
        /// Which space.
        space: SpaceId,
        /// Its tabs; those that are gone are passed over.
        tabs: Vec<TabId>,
    },
    /// Puts tabs of a space somewhere else, in their order. Answer: [`LibraryAnswer::Changed`], or
    /// [`LibraryAnswer::Lacking`] when some may not go there.
    Move {
        /// From where.
        from: SpaceId,
        /// Its tabs.
        tabs: Vec<TabId>,
        /// To where; the space itself for another place in it.
        to: Target,
        /// Whether they stay where they are, too.
        copy: bool,
    },
    /// Puts all tabs and groups of a space at the end of another; the emptied one goes to the bin. Answer:
    /// [`LibraryAnswer::Changed`], or [`LibraryAnswer::Lacking`] when some may not go there.
    Merge {
        /// The one that goes.
        from: SpaceId,
        /// The one that stays.
        into: SpaceId,
    },
    /// Sorts the tabs of a space: those of each group, and those outside of any, which stand behind the groups then.
    /// Answer: [`LibraryAnswer::Changed`].
    Sort {
        /// Which.
        space: SpaceId,
        /// By what.
        by: Order,
    },
    /// Makes a group of tabs at the place of the first. Answer: [`LibraryAnswer::Changed`].
    Group {
        /// In which space.
        space: SpaceId,
        /// Its tabs.
        tabs: Vec<TabId>,
        /// Its title; may be empty.
        title: String,
        /// Its colour.
        colour: Colour,
    },
    /// Gives a space another name or colour, or both. Answer: [`LibraryAnswer::Changed`].
    EditSpace {
        /// Which.
        space: SpaceId,
        /// The name.
        name: Option<String>,
        /// The colour.
        colour: Option<Colour>,
    },
    /// Gives a group another title or colour. Answer: [`LibraryAnswer::Changed`].
    EditGroup {
        /// In which space.
        space: SpaceId,
        /// Which.
        group: GroupId,
        /// The title; may be empty.
        title: String,
        /// The colour.
        colour: Colour,
    },
    /// Dissolves a group; its tabs stay. Answer: [`LibraryAnswer::Changed`].
    Ungroup {
        /// In which space.
        space: SpaceId,
        /// Which.
        group: GroupId,
    },
    /// Pins tabs, or unpins them. Answer: [`LibraryAnswer::Changed`].
    Pin {
        /// In which space.
        space: SpaceId,
        /// Its tabs.
        tabs: Vec<TabId>,
        /// Whether they are pinned then.
        pinned: bool,
    },
    /// Marks tabs, or a space. Marks are this person's alone. Answer: [`LibraryAnswer::Changed`].
    Mark {
        /// Which space.
        space: SpaceId,
        /// Which of its tabs; `None` for the space itself.
        tabs: Option<Vec<TabId>>,
        /// What is marked; all else stays as it is then, whatever the page has seen of it.
        marking: Marking,
    },
    /// Puts a space aside, or back among the others. Answer: [`LibraryAnswer::Changed`].
    Archive {
        /// Which.
        space: SpaceId,
        /// Whether it is put aside then.
        archived: bool,
    },
    /// Makes an empty space. Answer: [`LibraryAnswer::Made`].
    NewSpace {
        /// Its name.
        name: String,
        /// Its colour.
        colour: Colour,
    },
    /// Deletes a space of this browser (a shared one that this person owns: for everybody; else this person leaves).
    /// What was in it is in the bin. Answer: [`LibraryAnswer::Changed`].
    Forget(SpaceId),
    /// What is in the bin. Answer: [`LibraryAnswer::Bin`].
    Bin,
    /// Takes something out of the bin, back to where it was, or as near as that is there. Answer:
    /// [`LibraryAnswer::Changed`].
    TakeOut(BinId),
    /// Takes one of the tabs of an entry out of the bin; the others stay. One of a whole space becomes a space of its own.
    /// Answer: [`LibraryAnswer::Changed`].
    TakeOutTab {
        /// Of which entry.
        id: BinId,
        /// Which tab.
        tab: TabId,
    },
    /// Empties the bin, for good; only of this if one is named. Answer: [`LibraryAnswer::Done`].
    EmptyBin(Option<BinId>),
    /// The pages that are in the library more than once. Answer: [`LibraryAnswer::Duplicates`].
    Duplicates,
    /// Merges tabs that are one page: `keep` stays, or the best of them; the others are in the bin then. Answer:
    /// [`LibraryAnswer::Changed`].
    MergeDuplicates {
        /// Where they are.
        places: Vec<Place>,
        /// The one that stays.
        keep: Option<Place>,
    },
    /// Takes a deed back. Answer: [`LibraryAnswer::Changed`], whose undo does it again.
    Undo(Box<Undo>),
    /// What happened in a space, the latest first. Answer: [`LibraryAnswer::History`].
    History {
        /// Which space.
        space: SpaceId,
        /// What happened before this event; `None` for the latest.
        before: Option<Seq>,
    },
    /// A space as it was after an event. Answer: [`LibraryAnswer::At`].
    At {
        /// Which space.
        space: SpaceId,
        /// The event.
        seq: Seq,
    },
    /// Brings back what a space held after an event: some tabs into the space, or all of it as a space of its own.
    /// Answer: [`LibraryAnswer::Changed`] or [`LibraryAnswer::Made`].
    BringBack {
        /// Which space.
        space: SpaceId,
        /// The event.
        seq: Seq,
        /// The tabs; `None` for all of it.
        tabs: Option<Vec<TabId>>,
        /// The name of a space of its own.
        name: String,
    },
    /// Opens tabs of a space. Answer: [`LibraryAnswer::Opened`] with the windows as they were when some are replaced.
    Open {
        /// Which space.
        space: SpaceId,
        /// The tabs; `None` for all, with the window following the space.
        tabs: Option<Vec<TabId>>,
        /// Where.
        place: OpenIn,
    },
    /// Saves what is open in the browser. Answer: [`LibraryAnswer::Made`].
    Save {
        /// What.
        what: SaveWhat,
        /// Where to: a place in a space, or a new one.
        to: Target,
    },
}

/// Where tabs go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A new space, with this name; one that is made of the date when there is none.
    New(Option<String>),
    /// A space of this browser.
    Space {
        /// Which.
        space: SpaceId,
        /// The group they go into.
        group: Option<GroupId>,
        /// What they stand before; `None` for the end.
        before: Option<crate::command::Neighbour>,
    },
}

/// By what tabs are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By title, letter case and accents not counting.
    Title,
    /// By host, then by address.
    Site,
}

/// Where tabs are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenIn {
    /// In a new window.
    NewWindow,
    /// At the end of this window.
    Window(i32),
    /// In this window, in place of its tabs.
    Replacing(i32),
}

/// What is saved of the browser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaveWhat {
    /// A window, by Chrome's id.
    Window(i32),
    /// Every window, each as a space of its own.
    AllWindows,
    /// These tabs, by Chrome's ids.
    Tabs(Vec<i32>),
    /// A group, by Chrome's id.
    Group(i32),
    /// A page by its address.
    Link {
        /// The address.
        url: String,
        /// Its title; may be empty.
        title: String,
    },
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LibraryAnswer {
    /// It is done.
    Done,
    /// It is done, and can be taken back.
    Changed(Box<Undo>),
    /// The spaces that were made or added to.
    Made {
        /// Which.
        spaces: Vec<SpaceId>,
        /// How many tabs were kept.
        tabs: usize,
        /// How many were left out, because their addresses are ignored or too long.
        #[serde(default)]
        left_out: usize,
        /// To take it back.
        undo: Box<Undo>,
    },
    /// Tabs were opened.
    Opened {
        /// How many were not, because Chrome does not open them from an extension. They stay in the space.
        skipped: usize,
        /// To take it back.
        undo: Box<Undo>,
    },
    /// It is done but for some tabs, which may not enter the space that was meant, and can be taken back.
    Lacking {
        /// How many stay where they are.
        left_out: usize,
        /// To take it back.
        undo: Box<Undo>,
    },
    /// All spaces with all tabs.
    Shelves(Vec<ShelfView>),
    /// What is new.
    News {
        /// All spaces there are, the last changed first, each with the print that it has now.
        order: Vec<(SpaceId, u64)>,
        /// Some of those that the page does not know like this.
        shelves: Vec<ShelfView>,
        /// The print of the bin: another one when something in it changed.
        bin: u64,
    },
    /// What is in the bin, the latest first.
    Bin(Vec<BinnedView>),
    /// The pages that are there more than once.
    Duplicates(Vec<SamePage>),
    /// What happened.
    History(HistoryView),
    /// A space as it was.
    At {
        /// Its name.
        name: String,
        /// Tabs and groups in order.
        items: Vec<ItemView>,
    },
}

/// A space with all tabs, and what this person marked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShelfView {
    /// Which.
    pub space: SpaceId,
    /// The id that it had before it was shared from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<SpaceId>,
    /// Its name.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// How it stands with the relay.
    pub link: LinkView,
    /// What this person may do.
    pub role: Role,
    /// The others who are in it, as far as is known: names and colours.
    #[serde(default)]
    pub people: Vec<(String, Colour)>,
    /// The Chrome window that follows it.
    pub window: Option<i32>,
    /// When it last changed.
    pub changed: Millis,
    /// Tabs and groups in order.
    pub items: Vec<ItemView>,
    /// Tags, notes, stars.
    pub marks: SpaceMarks,
    /// How its tabs are used, as it was when something else of the space last changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub uses: BTreeMap<TabId, Use>,
}

/// Something in the bin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinnedView {
    /// Which.
    pub id: BinId,
    /// When it was put there.
    pub removed: Millis,
    /// Whether it is a whole space.
    pub whole: bool,
    /// The space, or where the tabs were.
    pub space: SpaceId,
    /// The name of the space.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// The tabs, in the order in which they stood.
    pub tabs: Vec<BinnedTab>,
}

/// A tab in the bin, with all by which it is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinnedTab {
    /// Which it was in its space.
    pub tab: TabId,
    /// Its title; may be empty.
    pub title: String,
    /// Its address.
    pub url: String,
    /// The title of its group; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Its tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What was noted of it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What happened in a space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryView {
    /// The latest first.
    pub moments: Vec<Moment>,
    /// Where to go on; `None` when that is all that is kept.
    pub before: Option<Seq>,
}

/// Events that one person made at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// The last of them.
    pub seq: Seq,
    /// When that was.
    pub time: Millis,
    /// The name of who made them; `None` for this person.
    pub by: Option<String>,
    /// What was done.
    pub deed: Deed,
    /// The tabs that it took away, which can be brought back: as of the event before.
    pub taken: Vec<TabId>,
    /// The event before them.
    pub seq_before: Seq,
}

/// What was done in a space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// The space was made, of so many tabs.
    Made(usize),
    /// It was given this name.
    Renamed(String),
    /// It was given this colour.
    Recoloured(Colour),
    /// Tabs were added: their titles.
    Added(Vec<String>),
    /// Tabs were removed: their titles.
    Removed(Vec<String>),
    /// A tab went to another page: the title then.
    Navigated(String),
    /// Tabs were moved: their titles.
    Moved(Vec<String>),
    /// Tabs were grouped, or a group was changed: its title and colour, and how many tabs it has.
    Grouped(String, Colour, usize),
    /// A group was dissolved: its title.
    Ungrouped(String),
    /// Somebody joined: the name.
    Joined(String),
    /// Somebody left: the name.
    Left(String),
    /// A stream was started: the tab's title.
    Streamed(String),
    /// Something else.
    Other,
}
