//! The readable backup: a person's library as one JSON file, written, read, and proven to bring everything back.
//!
//! `docs/formats.md` describes the file. For people it lists every tab with its title and address; for TabSpace it
//! also holds each private space's records as they stand on disk. Checksums tell which spaces are as they were
//! written: a damaged one is set aside, the others are read. What a person marked stands with what is marked; what is
//! in the bin stands behind the spaces.
//!
//! - [`write()`] makes the file of a [`Library`], [`read()`] the library of a file, [`prove()`] compares both.
//! - [`read()`] also reads what other programs write: bookmarks, and the exports of two tab managers.
//! - [`bookmarks`] writes the library as an HTML file that browsers import.
//! - `folder` names the files of a folder and says which may go, and what is to be done next.
//!
//! What becomes of a space that was read decides [`crate::library::engine::Engine::bring_in`], of an entry of the bin
//! [`crate::library::engine::Engine::bring_removed`]; where a library comes from, [`crate::library::engine::library_of`].
//! Nothing here reads a clock.

pub mod bookmarks;
mod checksum;
#[cfg(not(feature = "popup"))]
pub mod folder;
mod foreign;
mod proof;
mod read;
mod time;
mod write;

use protocol::op::Colour;
use protocol::{Millis, SpaceId};
use serde::{Deserialize, Serialize};

use super::bin::BinId;
use super::marks::Marks;

pub use proof::{Proof, Verdict, prove};
pub use read::{Damage, Found, SetAside, Unreadable, read};
pub use time::{TIMES, day_of};
pub use write::{Written, write};

/// What the file calls itself.
pub const FORMAT: &str = "tabspace-library";

/// Rises when an older TabSpace would misread the file; what is only added does not raise it.
pub const VERSION: u64 = 1;

/// Bytes of a file that is read. A library of 100,000 tabs takes about half of it.
pub const FILE_BYTES: usize = 96 * 1024 * 1024;

/// A person's spaces, and what is in the bin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Library {
    /// By their ids.
    pub spaces: Vec<Space>,
    /// The oldest first.
    pub bin: Vec<Removed>,
}

/// A space as a person sees it, and as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// Its name.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// Its id, when it was TabSpace that wrote it.
    pub id: Option<SpaceId>,
    /// Where it is ordered.
    pub kind: Kind,
    /// When it was changed last; within [`TIMES`].
    pub changed: Millis,
    /// Its own tags, note and star.
    pub marks: Marks,
    /// It is put aside.
    pub archived: bool,
    /// Its tabs and groups in order.
    pub items: Vec<Item>,
    /// The records of a private space.
    pub exact: Option<Exact>,
}

/// Where a space is ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// In this browser alone.
    Private,
    /// By a relay.
    Shared {
        /// Its address.
        relay: String,
    },
}

/// What stands at one place of a space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// A tab outside of any group.
    Tab(Tab),
    /// A group.
    Group(Group),
}

/// A tab.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tab {
    /// Its title; may be empty.
    pub title: String,
    /// Its address.
    pub url: String,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Whether it is muted.
    pub muted: bool,
    /// Whether it was the one that is shown, when the window of its space was last seen.
    pub shown: bool,
    /// Its tags, note and star.
    pub marks: Marks,
}

/// A group of tabs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its title; may be empty.
    pub title: String,
    /// Its colour.
    pub colour: Colour,
    /// Whether its tabs are folded away.
    pub collapsed: bool,
    /// Its tabs in order.
    pub tabs: Vec<Tab>,
}

/// A private space's records, as JSON without white space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exact {
    /// The record under `space/{id}`.
    pub snapshot: String,
    /// Those under `log/{id}/{seq}`, in order. Events of a newer version are as they came.
    pub log: Vec<String>,
}

/// Something that is in the bin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// The name of its record.
    pub id: BinId,
    /// When it was removed; within [`TIMES`].
    pub removed: Millis,
    /// The name of the space, or of the one the tabs were in.
    pub name: String,
    /// The colour of that space.
    pub colour: Colour,
    /// Whether it is a whole space.
    pub whole: bool,
    /// Its tabs and groups.
    pub items: Vec<Item>,
    /// The record under `bin/{time}/{number}` as JSON without white space; it tells nothing of a past.
    pub record: String,
}

/// How much a library holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Its spaces.
    pub spaces: usize,
    /// Their tabs.
    pub tabs: usize,
    /// The entries of the bin. Files that were written before the bin went into them say nothing of it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub removed: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_none(number: &usize) -> bool {
    *number == 0
}

impl Library {
    /// How much it holds.
    pub fn counts(&self) -> Counts {
        Counts {
            spaces: self.spaces.len(),
            tabs: self.spaces.iter().map(|space| space.tabs().count()).sum(),
            removed: self.bin.len(),
        }
    }
}

impl Space {
    /// Its tabs in order, in groups and outside of them.
    pub fn tabs(&self) -> impl Iterator<Item = &Tab> {
        self.items.iter().flat_map(Item::tabs)
    }

    /// Whether a person sees the same tabs in both; what is marked does not count.
    pub fn looks_like(&self, other: &Self) -> bool {
        let same = |(item, other): (&Item, &Item)| item.looks_like(other);
        self.name == other.name
            && self.colour == other.colour
            && self.items.len() == other.items.len()
            && self.items.iter().zip(&other.items).all(same)
    }
}

impl Item {
    /// The tab, or those of the group.
    pub fn tabs(&self) -> std::slice::Iter<'_, Tab> {
        match self {
            Self::Tab(tab) => std::slice::from_ref(tab).iter(),
            Self::Group(group) => group.tabs.iter(),
        }
    }

    fn looks_like(&self, other: &Self) -> bool {
        let frame = |item: &Self| match item {
            Self::Tab(_) => None,
            Self::Group(group) => Some((group.title.clone(), group.colour, group.collapsed)),
        };
        let same = |(tab, other): (&Tab, &Tab)| {
            tab.title == other.title && tab.url == other.url && tab.pinned == other.pinned
        };
        frame(self) == frame(other)
            && self.tabs().len() == other.tabs().len()
            && self.tabs().zip(other.tabs()).all(same)
    }
}
