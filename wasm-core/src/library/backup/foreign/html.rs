//! Bookmarks as HTML (the "Netscape bookmark file"): a folder is a space, a folder in it a group, and one in that a
//! group of its own, named after both.

use super::super::{Group, Item, Space, Tab};
use super::space;

/// The name of what lies outside of all folders.
const OUTSIDE: &str = "Bookmarks";
/// Folders in folders; those below count as the last.
const DEPTH: usize = 64;

/// Where the next link goes.
#[derive(Default)]
struct Shelf {
    /// The names of the folders that are open; the first is the file itself.
    folders: Vec<String>,
    outside: Vec<Item>,
    spaces: Vec<Space>,
    /// Another folder than before: its links begin a group.
    entered: bool,
}

/// The folders of a file; `None` when it says that it is something else.
pub(super) fn bookmarks(html: &str) -> Option<Vec<Space>> {
    let start: String = html.chars().take(200).collect();
    if !start.to_ascii_uppercase().contains("NETSCAPE-BOOKMARK-FILE") {
        return None;
    }
    let mut shelf = Shelf::default();
    let mut name: Option<String> = None;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (tag, after) = split_tag(&rest[at + 1..]);
        rest = after;
        let word = tag
            .split(|letter: char| letter.is_ascii_whitespace())
            .next()
            .unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "h3" => name = Some(words(rest)),
            "dl" if shelf.folders.len() < DEPTH => shelf.open(name.take().unwrap_or_default()),
            "/dl" => shelf.close(),
            "a" => {
                if let Some(url) = attribute(tag, "href").filter(|url| !url.is_empty()) {
                    shelf.add(Tab {
                        title: words(rest),
                        url,
                        ..Tab::default()
                    });
                }
            }
            _ => {}
        }
    }
    if !shelf.outside.is_empty() {
        shelf.spaces.push(space(OUTSIDE, shelf.outside));
    }
    Some(shelf.spaces)
}

impl Shelf {
    fn open(&mut self, name: String) {
        self.folders.push(name);
        if self.folders.len() == 2 {
            self.spaces.push(space(&self.folders[1], Vec::new()));
        }
        self.entered = true;
    }

    fn close(&mut self) {
        self.folders.pop();
        self.entered = true;
    }

    fn add(&mut self, tab: Tab) {
        let title = self.folders.get(2..).unwrap_or_default().join(" / ");
        let is_grouped = self.folders.len() > 2;
        let items = match self.spaces.last_mut() {
            Some(space) if self.folders.len() > 1 => &mut space.items,
            _ => &mut self.outside,
        };
        match items.last_mut() {
            Some(Item::Group(group)) if is_grouped && !self.entered => group.tabs.push(tab),
            _ if is_grouped => items.push(Item::Group(Group {
                title,
                tabs: vec![tab],
                ..Group::default()
            })),
            _ => items.push(Item::Tab(tab)),
        }
        self.entered = false;
    }
}

/// What stands in a tag, and what comes after it. A `>` in quotes does not end it.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return (&text[..at], &text[at + 1..]),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    (text, "")
}

/// An attribute's value, in quotes.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.find(&format!("{name}="))? + name.len() + 1;
    let quote = tag
        .get(at..)?
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    tag.get(at + 1..)?.split(quote).next().map(unescaped)
}

/// The words up to the next tag.
fn words(text: &str) -> String {
    unescaped(text.split('<').next().unwrap_or_default())
        .trim()
        .to_owned()
}

/// Text in which characters are written by their names or numbers.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let named = rest[at + 1..]
            .split_once(';')
            .and_then(|(name, after)| Some((character(name)?, after)));
        if let Some((letter, after)) = named {
            plain.push(letter);
            rest = after;
        } else {
            plain.push('&');
            rest = &rest[at + 1..];
        }
    }
    plain.push_str(rest);
    plain
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#').filter(|number| number.len() < 9)?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}
