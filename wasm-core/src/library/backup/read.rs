//! Reading the file: whole when it is as it was written, else what its checksums still prove.
//!
//! A file that is valid JSON may have other white space. One that is not (cut off, or damaged) is read by its lines:
//! no text holds a line break, so a space's first and last line are known by their indentation alone, and those of an
//! entry of the bin by what they begin with.

use std::borrow::Cow;

use protocol::op::Colour;
use protocol::{Millis, SpaceId};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::checksum::{self, Check};
use super::foreign;
use super::{
    Counts, Exact, FILE_BYTES, FORMAT, Group, Item, Kind, Library, Removed, Space, Tab, VERSION, time,
};
use crate::library::bin::BinId;
use crate::library::marks::Marks;

/// The line that a space begins with, and how the one that it ends with begins.
const SPACE_BEGINS: &str = "    {";
const SPACE_ENDS: &str = "    }";
/// How the first and the last line of an entry of the bin begin.
const REMOVED_BEGINS: &str = "    {\"removed\":";
const REMOVED_ENDS: &str = "    ],\"record\":";
/// Lines within which the head of a file stands.
const HEAD_LINES: usize = 12;

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// When it was made.
    pub made: Option<Millis>,
    /// What it says that it holds.
    pub announced: Option<Counts>,
    /// The spaces that are as they were written, or that some other program wrote.
    pub library: Library,
    /// The other spaces.
    pub set_aside: Vec<SetAside>,
    /// How many entries of the bin are not as they were written.
    pub removed_aside: usize,
    /// The whole file is as it was written.
    pub whole: bool,
}

/// A space that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Its name, if that can be told.
    pub name: Option<String>,
    /// Why.
    pub why: Damage,
}

/// Why a space was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// It is not as it was written.
    Changed,
    /// The file ends within it.
    CutOff,
    /// It is no space.
    Unreadable,
}

/// Why nothing was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// The file is too large.
    #[error("the file has {size_bytes} bytes; {FILE_BYTES} are read at most")]
    TooLarge {
        /// Its size.
        size_bytes: usize,
    },
    /// It is something else.
    #[error("the file is no backup, nor of another program that is known")]
    NotABackup,
    /// A newer TabSpace wrote it.
    #[error("the file is of version {version}; this TabSpace reads up to {VERSION} and must be updated")]
    Newer {
        /// Its version.
        version: u64,
    },
}

#[derive(Deserialize)]
struct Head {
    format: String,
    version: u64,
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(default)]
    made: Option<String>,
    #[serde(default)]
    holds: Option<Counts>,
    #[serde(borrow)]
    spaces: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    bin: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct FileSpace<'a> {
    name: String,
    #[serde(default)]
    colour: String,
    #[serde(default)]
    kind: FileKind,
    #[serde(default)]
    relay: String,
    #[serde(default)]
    id: Option<SpaceId>,
    #[serde(default)]
    changed: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    note: String,
    #[serde(default)]
    starred: bool,
    #[serde(default)]
    archived: bool,
    tabs: Vec<FileItem>,
    #[serde(borrow, default)]
    exact: Option<FileExact<'a>>,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum FileKind {
    #[default]
    Private,
    Shared,
}

#[derive(Deserialize)]
struct FileRemoved<'a> {
    removed: String,
    id: BinId,
    name: String,
    #[serde(default)]
    colour: String,
    #[serde(default)]
    whole: bool,
    tabs: Vec<FileItem>,
    #[serde(borrow)]
    record: &'a RawValue,
}

#[derive(Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other"
)]
struct FileItem {
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    colour: String,
    #[serde(default)]
    collapsed: bool,
    #[serde(default)]
    tabs: Vec<FileTab>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    pinned: bool,
    #[serde(default)]
    muted: bool,
    #[serde(default)]
    shown: bool,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    note: String,
    #[serde(default)]
    starred: bool,
}

#[derive(Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other"
)]
struct FileTab {
    #[serde(default)]
    title: String,
    url: String,
    #[serde(default)]
    pinned: bool,
    #[serde(default)]
    muted: bool,
    #[serde(default)]
    shown: bool,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    note: String,
    #[serde(default)]
    starred: bool,
}

#[derive(Deserialize)]
struct FileExact<'a> {
    #[serde(borrow)]
    snapshot: &'a RawValue,
    #[serde(borrow, default)]
    log: Vec<&'a RawValue>,
}

/// Reads a file: a backup, or one of another program.
///
/// # Errors
/// When nothing of it can be read; what to do then is said by [`Unreadable`].
pub fn read(bytes: &[u8]) -> Result<Found, Unreadable> {
    if bytes.len() > FILE_BYTES {
        return Err(Unreadable::TooLarge {
            size_bytes: bytes.len(),
        });
    }
    // Bytes that are no text were not written: their space's checksum does not hold.
    let text: Cow<'_, str> = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(Unreadable::Empty);
    }
    if let Ok(head) = serde_json::from_str::<Head>(text)
        && head.format == FORMAT
    {
        not_newer(head.version)?;
        if let Ok(file) = serde_json::from_str::<File<'_>>(text) {
            return Ok(whole(text, file));
        }
    }
    match by_lines(text) {
        Err(Unreadable::NotABackup) => foreign::read(text).ok_or(Unreadable::NotABackup),
        found => found,
    }
}

fn not_newer(version: u64) -> Result<(), Unreadable> {
    if version > VERSION {
        return Err(Unreadable::Newer { version });
    }
    Ok(())
}

/// A file that is JSON.
fn whole(text: &str, file: File<'_>) -> Found {
    let mut found = Found {
        made: file.made.as_deref().and_then(time::read),
        announced: file.holds,
        library: Library::default(),
        set_aside: Vec::new(),
        removed_aside: 0,
        whole: checksum::check(text) == Check::Holds,
    };
    for raw in file.spaces {
        let space = match checksum::check(raw.get()) {
            Check::Wrong => Err(Damage::Changed),
            // Other programs may write the format without.
            Check::Missing | Check::Holds => space(raw.get()),
        };
        found.add(space, || name_in(raw.get()));
    }
    for raw in file.bin {
        // Only TabSpace writes these.
        let holds = checksum::check(raw.get()) == Check::Holds;
        found.add_removed(holds.then(|| removed(raw.get())).flatten());
    }
    found
}

/// A file that is not: only what has a checksum that holds.
fn by_lines(text: &str) -> Result<Found, Unreadable> {
    let head = |name: &str| {
        let value = |line: &'_ str| {
            let line = line.trim().strip_prefix(name)?.trim_start().strip_prefix(':')?;
            serde_json::from_str::<serde_json::Value>(line.trim().trim_end_matches(',')).ok()
        };
        text.lines().take(HEAD_LINES).find_map(value)
    };
    let is_ours = head("\"format\"").is_some_and(|format| format == FORMAT);
    if is_ours && let Some(version) = head("\"version\"").and_then(|version| version.as_u64()) {
        not_newer(version)?;
    }
    let mut found = Found {
        made: head("\"made\"").and_then(|made| time::read(made.as_str()?)),
        announced: head("\"holds\"").and_then(|holds| serde_json::from_value(holds).ok()),
        library: Library::default(),
        set_aside: Vec::new(),
        removed_aside: 0,
        whole: false,
    };
    let mut begun: Option<usize> = None;
    let mut entry: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (begins, next) = (at, at + line.len());
        let line = line.trim_end_matches(['\n', '\r']);
        if line == SPACE_BEGINS {
            if let Some(lost) = begun.replace(begins) {
                found.add(Err(Damage::Changed), || name_in(&text[lost..begins]));
            }
        } else if line.starts_with(SPACE_ENDS)
            && let Some(from) = begun.take()
        {
            let object = text[from..begins + SPACE_ENDS.len()].trim_start();
            let read = match checksum::check(object) {
                Check::Holds => space(object),
                Check::Missing | Check::Wrong => Err(Damage::Changed),
            };
            found.add(read, || name_in(object));
        } else if line.starts_with(REMOVED_BEGINS) {
            if entry.replace(begins).is_some() {
                found.add_removed(None);
            }
        } else if line.starts_with(REMOVED_ENDS)
            && let Some(from) = entry.take()
        {
            let object = text[from..begins + line.len()].trim_end_matches(',').trim_start();
            let holds = checksum::check(object) == Check::Holds;
            found.add_removed(holds.then(|| removed(object)).flatten());
        }
        at = next;
    }
    // One of which nothing but its brace is there may be an entry of the bin as well.
    if let Some(from) = begun.filter(|from| text[*from..].trim() != "{") {
        found.add(Err(Damage::CutOff), || name_in(&text[from..]));
    }
    if entry.is_some() {
        found.add_removed(None);
    }
    if is_ours || !found.library.spaces.is_empty() {
        Ok(found)
    } else {
        Err(Unreadable::NotABackup)
    }
}

impl Found {
    fn add(&mut self, space: Result<Space, Damage>, name: impl FnOnce() -> Option<String>) {
        match space {
            Ok(space) => self.library.spaces.push(space),
            Err(why) => self.set_aside.push(SetAside { name: name(), why }),
        }
    }

    fn add_removed(&mut self, entry: Option<Removed>) {
        match entry {
            Some(entry) => self.library.bin.push(entry),
            None => self.removed_aside += 1,
        }
    }
}

/// The name in what was a space once.
fn name_in(text: &str) -> Option<String> {
    let value = |line: &str| {
        let name = line
            .trim()
            .strip_prefix("\"name\":")?
            .trim()
            .trim_end_matches(',');
        serde_json::from_str(name).ok()
    };
    text.lines().take(3).find_map(value)
}

fn space(text: &str) -> Result<Space, Damage> {
    let file: FileSpace<'_> = serde_json::from_str(text).map_err(|_| Damage::Unreadable)?;
    let items: Option<Vec<Item>> = file.tabs.into_iter().map(item).collect();
    Ok(Space {
        name: file.name,
        colour: Colour::from_name(&file.colour),
        id: file.id,
        kind: match file.kind {
            FileKind::Private => Kind::Private,
            FileKind::Shared => Kind::Shared { relay: file.relay },
        },
        changed: time::read(&file.changed).unwrap_or_default(),
        marks: Marks {
            tags: file.tags,
            note: file.note,
            starred: file.starred,
        },
        archived: file.archived,
        items: items.ok_or(Damage::Unreadable)?,
        exact: file.exact.map(|exact| Exact {
            snapshot: checksum::compact(exact.snapshot.get()),
            log: exact
                .log
                .iter()
                .map(|event| checksum::compact(event.get()))
                .collect(),
        }),
    })
}

fn removed(text: &str) -> Option<Removed> {
    let file: FileRemoved<'_> = serde_json::from_str(text).ok()?;
    let items: Option<Vec<Item>> = file.tabs.into_iter().map(item).collect();
    Some(Removed {
        id: file.id,
        removed: time::read(&file.removed)?,
        name: file.name,
        colour: Colour::from_name(&file.colour),
        whole: file.whole,
        items: items?,
        record: checksum::compact(file.record.get()),
    })
}

fn item(item: FileItem) -> Option<Item> {
    let Some(title) = item.group else {
        let tab = Tab {
            title: item.title,
            url: item.url,
            pinned: item.pinned,
            muted: item.muted,
            shown: item.shown,
            marks: Marks {
                tags: item.tags,
                note: item.note,
                starred: item.starred,
            },
        };
        return (!tab.url.is_empty()).then_some(Item::Tab(tab));
    };
    let tabs = item.tabs.into_iter().map(|tab| Tab {
        title: tab.title,
        url: tab.url,
        pinned: tab.pinned,
        muted: tab.muted,
        shown: tab.shown,
        marks: Marks {
            tags: tab.tags,
            note: tab.note,
            starred: tab.starred,
        },
    });
    Some(Item::Group(Group {
        title,
        colour: Colour::from_name(&item.colour),
        collapsed: item.collapsed,
        tabs: tabs.collect(),
    }))
}
