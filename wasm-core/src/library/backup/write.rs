//! Writing the file: one line a tab, in an order that stays, so that two backups differ where the library does.

use std::fmt::Write as _;

use protocol::Millis;
use protocol::op::Colour;
use serde::Serialize;

use super::{Counts, FORMAT, Group, Item, Kind, Library, Removed, Space, Tab, VERSION, checksum, time};
use crate::library::bin::BinId;
use crate::library::marks::Marks;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// How much the file holds.
    pub counts: Counts,
    /// The file's checksum, as it stands in it.
    pub sha256: String,
}

/// A tab's line.
#[derive(Serialize)]
struct TabLine<'a> {
    title: &'a str,
    url: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pinned: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    muted: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    shown: bool,
    #[serde(flatten)]
    marks: &'a Marks,
}

/// What a group's line begins with; its tabs follow.
#[derive(Serialize)]
struct GroupLine<'a> {
    group: &'a str,
    colour: Colour,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    collapsed: bool,
}

/// What an entry of the bin begins with; its tabs and its record follow.
#[derive(Serialize)]
struct RemovedLine<'a> {
    removed: &'a str,
    id: BinId,
    name: &'a str,
    colour: Colour,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    whole: bool,
}

/// The file of a library.
pub fn write(library: &Library, made: Millis) -> (String, Written) {
    let counts = library.counts();
    let mut file = format!(
        "{{\n  \"format\": {},\n  \"version\": {VERSION},\n  \"made\": {},\n  \"holds\": {},\n  \"spaces\": [",
        json(FORMAT),
        json(&time::write(made)),
        json(&counts)
    );
    for (at, space) in library.spaces.iter().enumerate() {
        file.push_str(if at == 0 { "\n" } else { ",\n" });
        file.push_str(&space_text(space));
    }
    file.push_str(if library.spaces.is_empty() { "]" } else { "\n  ]" });
    if !library.bin.is_empty() {
        file.push_str(",\n  \"bin\": [");
        list(&mut file, "", &library.bin, removed_text);
        file.push_str("\n  ]");
    }
    let sha256 = checksum::of(&file);
    end(&mut file, "  ", &sha256);
    file.push('\n');
    (file, Written { counts, sha256 })
}

fn space_text(space: &Space) -> String {
    let mut text = String::from("    {");
    member(&mut text, "name", &space.name);
    text.push(',');
    member(&mut text, "colour", &space.colour);
    text.push(',');
    match &space.kind {
        Kind::Private => member(&mut text, "kind", "private"),
        Kind::Shared { relay } => {
            member(&mut text, "kind", "shared");
            text.push(',');
            member(&mut text, "relay", relay);
        }
    }
    if let Some(id) = &space.id {
        text.push(',');
        member(&mut text, "id", id);
    }
    text.push(',');
    member(&mut text, "changed", &time::write(space.changed));
    if !space.marks.tags.is_empty() {
        text.push(',');
        member(&mut text, "tags", &space.marks.tags);
    }
    if !space.marks.note.is_empty() {
        text.push(',');
        member(&mut text, "note", &space.marks.note);
    }
    for (name, set) in [("starred", space.marks.starred), ("archived", space.archived)] {
        if set {
            text.push(',');
            member(&mut text, name, &true);
        }
    }
    text.push_str(",\n      \"tabs\": [");
    list(&mut text, "        ", &space.items, item_lines);
    text.push_str(if space.items.is_empty() { "]" } else { "\n      ]" });
    if let Some(exact) = &space.exact {
        let _ = write!(
            text,
            ",\n      \"exact\": {{\n        \"snapshot\": {}",
            exact.snapshot
        );
        text.push_str(",\n        \"log\": [");
        list(&mut text, "          ", &exact.log, String::clone);
        text.push_str(if exact.log.is_empty() { "]" } else { "\n        ]" });
        text.push_str("\n      }");
    }
    let sha256 = checksum::of(&text);
    end(&mut text, "      ", &sha256);
    text
}

/// An entry of the bin: no line of it looks like the first or last one of a space.
fn removed_text(entry: &Removed) -> String {
    let line = json(&RemovedLine {
        removed: &time::write(entry.removed),
        id: entry.id,
        name: &entry.name,
        colour: entry.colour,
        whole: entry.whole,
    });
    let mut text = format!("    {},\"tabs\":[", line.trim_end_matches('}'));
    list(&mut text, "        ", &entry.items, item_lines);
    let _ = write!(text, "\n    ],\"record\":{}", entry.record);
    let sha256 = checksum::of(&text);
    let _ = write!(text, ",\"sha256\":\"{sha256}\"}}");
    text
}

fn item_lines(item: &Item) -> String {
    match item {
        Item::Tab(tab) => tab_line(tab),
        Item::Group(group) => group_lines(group),
    }
}

fn group_lines(group: &Group) -> String {
    let line = json(&GroupLine {
        group: &group.title,
        colour: group.colour,
        collapsed: group.collapsed,
    });
    let mut text = format!("{},\"tabs\":[", line.trim_end_matches('}'));
    list(&mut text, "          ", &group.tabs, tab_line);
    text.push_str(if group.tabs.is_empty() {
        "]}"
    } else {
        "\n        ]}"
    });
    text
}

fn tab_line(tab: &Tab) -> String {
    json(&TabLine {
        title: &tab.title,
        url: &tab.url,
        pinned: tab.pinned,
        muted: tab.muted,
        shown: tab.shown,
        marks: &tab.marks,
    })
}

/// One entry a line.
fn list<T>(text: &mut String, indent: &str, entries: &[T], line: impl Fn(&T) -> String) {
    for (at, entry) in entries.iter().enumerate() {
        let _ = write!(
            text,
            "{}\n{indent}{}",
            if at == 0 { "" } else { "," },
            line(entry)
        );
    }
}

fn member(text: &mut String, name: &str, value: &(impl Serialize + ?Sized)) {
    let _ = write!(text, "\n      \"{name}\": {}", json(value));
}

/// The last member and the brace, which stands where the object's began.
fn end(object: &mut String, indent: &str, sha256: &str) {
    let _ = write!(object, ",\n{indent}\"sha256\": \"{sha256}\"\n{}}}", &indent[2..]);
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("texts and numbers are JSON")
}
