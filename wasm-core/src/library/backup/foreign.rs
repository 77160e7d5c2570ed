//! Files of other programs: bookmarks as browsers export them, and the exports of Tab Session Manager and Session
//! Buddy. Each window, folder or collection of theirs becomes a space. What is not understood is passed over.

mod html;

use protocol::op::Colour;
use protocol::{Millis, limits};
use serde_json::Value;

use super::{Found, Group, Item, Kind, Library, Space, Tab};
use crate::library::marks::Marks;

/// Bytes of another program's file that is read: its JSON is held whole.
const FOREIGN_BYTES: usize = 32 * 1024 * 1024;

/// The spaces of another program's file; `None` when it is of none that is known, or holds no tab.
pub(super) fn read(text: &str) -> Option<Found> {
    if text.len() > FOREIGN_BYTES {
        return None;
    }
    let spaces = if text.starts_with('<') {
        html::bookmarks(text)?
    } else {
        let value: Value = serde_json::from_str(text).ok()?;
        tab_session_manager(&value).or_else(|| session_buddy(&value))?
    };
    let spaces: Vec<Space> = spaces
        .into_iter()
        .filter(|space| space.tabs().next().is_some())
        .flat_map(within_limits)
        .collect();
    (!spaces.is_empty()).then_some(Found {
        made: None,
        announced: None,
        library: Library {
            spaces,
            ..Library::default()
        },
        set_aside: Vec::new(),
        removed_aside: 0,
        whole: false,
    })
}

fn space(name: &str, items: Vec<Item>) -> Space {
    Space {
        name: name.to_owned(),
        colour: Colour::Grey,
        id: None,
        kind: Kind::Private,
        changed: Millis(0),
        marks: Marks::default(),
        archived: false,
        items,
        exact: None,
    }
}

/// The name of the first, second … window of a session.
fn numbered(name: &str, index: usize) -> String {
    if index == 0 {
        name.to_owned()
    } else {
        format!("{name} {}", index + 1)
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn tab(value: &Value) -> Option<Tab> {
    let url = text(value, "url");
    (!url.is_empty()).then(|| Tab {
        title: text(value, "title").to_owned(),
        url: url.to_owned(),
        pinned: value["pinned"].as_bool().unwrap_or_default(),
        ..Tab::default()
    })
}

/// A list of sessions: `windows` are tabs by their ids by the windows' ids, `tabGroups` says what groups there are.
fn tab_session_manager(file: &Value) -> Option<Vec<Space>> {
    let sessions = file.as_array()?;
    let mut spaces = Vec::new();
    for session in sessions {
        let Some(windows) = session["windows"].as_object() else {
            continue;
        };
        for (index, window) in windows.values().filter_map(Value::as_object).enumerate() {
            let mut tabs: Vec<&Value> = window.values().collect();
            tabs.sort_by_key(|tab| tab["index"].as_i64());
            spaces.push(space(
                &numbered(text(session, "name"), index),
                grouped(&tabs, &session["tabGroups"]),
            ));
        }
    }
    (!spaces.is_empty()).then_some(spaces)
}

/// Tabs that stand side by side in one group become it.
fn grouped(tabs: &[&Value], groups: &Value) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut open: Option<i64> = None;
    for value in tabs {
        let Some(tab) = tab(value) else { continue };
        let id = value["groupId"].as_i64().filter(|id| *id >= 0);
        match (id, items.last_mut()) {
            (Some(_), Some(Item::Group(group))) if id == open => group.tabs.push(tab),
            (Some(id), _) => {
                let known = groups.as_array().into_iter().flatten();
                let about = known.into_iter().find(|group| group["id"].as_i64() == Some(id));
                let about = about.unwrap_or(&Value::Null);
                items.push(Item::Group(Group {
                    title: text(about, "title").to_owned(),
                    colour: Colour::from_name(text(about, "color")),
                    collapsed: about["collapsed"].as_bool().unwrap_or_default(),
                    tabs: vec![tab],
                }));
            }
            (None, _) => items.push(Item::Tab(tab)),
        }
        open = id;
    }
    items
}

/// `collections` of `folders` of `links` (version 4), or `sessions` of `windows` of `tabs` (version 3). What it kept
/// by itself, the history, is not brought in.
fn session_buddy(file: &Value) -> Option<Vec<Space>> {
    let mut spaces = Vec::new();
    for (all, windows, tabs) in [
        ("collections", "folders", "links"),
        ("sessions", "windows", "tabs"),
    ] {
        for saved in file[all].as_array().into_iter().flatten() {
            let name = [text(saved, "title"), text(saved, "name")].concat();
            for (index, window) in saved[windows].as_array().into_iter().flatten().enumerate() {
                let tabs = window[tabs].as_array().into_iter().flatten();
                let items = tabs.filter_map(tab).map(Item::Tab).collect();
                spaces.push(space(&numbered(&name, index), items));
            }
        }
    }
    (!spaces.is_empty()).then_some(spaces)
}

/// A space as several, when it holds more than one can.
fn within_limits(whole: Space) -> Vec<Space> {
    let mut parts: Vec<Vec<Item>> = vec![Vec::new()];
    let (mut tabs, mut groups) = (0, 0);
    for item in whole.items.into_iter().flat_map(in_pieces) {
        let (more_tabs, more_groups) = match &item {
            Item::Tab(_) => (1, 0),
            Item::Group(group) => (group.tabs.len(), 1),
        };
        if tabs + more_tabs > limits::PRIVATE_TABS || groups + more_groups > limits::PRIVATE_GROUPS {
            parts.push(Vec::new());
            (tabs, groups) = (0, 0);
        }
        (tabs, groups) = (tabs + more_tabs, groups + more_groups);
        if let Some(part) = parts.last_mut() {
            part.push(item);
        }
    }
    parts
        .into_iter()
        .enumerate()
        .map(|(index, items)| space(&numbered(&whole.name, index), items))
        .collect()
}

/// A group that alone is more than a space holds, as several.
fn in_pieces(item: Item) -> Vec<Item> {
    let Item::Group(group) = item else {
        return vec![item];
    };
    let pieces = group.tabs.chunks(limits::PRIVATE_TABS).map(|tabs| {
        Item::Group(Group {
            title: group.title.clone(),
            colour: group.colour,
            collapsed: group.collapsed,
            tabs: tabs.to_vec(),
        })
    });
    pieces.collect()
}
