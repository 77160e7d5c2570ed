//! Finding: an index of tabs, whatever space or window they are in, and what people type to find them.
//!
//! Start at [`Query::parse`] and [`Index::search`]. Nothing here reads or paints: whoever has the tabs says each as a
//! [`Document`], and says so again when it changed. No text can break it: only the beginnings of long ones count.
//!
//! **Words.** All must be found, anywhere in the title, the address, the group, the note, a tag or the space's name;
//! letter case and accents are nothing. A word is found by its beginning, by three letters inside it, and with a typo:
//! one edit from four letters on, two from eight (a letter missing, too much, wrong, or in the other order), but not
//! in numbers. Scripts without spaces between words are found by any part.
//!
//! **Filters**, the same words in every language; all must hold. A value with blanks stands in quotes.
//!
//! | filter | finds |
//! |---|---|
//! | `is:open` | tabs that are open in a window |
//! | `is:duplicate` | tabs whose page another one shows by the rules in `docs/duplicates.md`: both open, or both saved |
//! | `is:pinned` | pinned tabs |
//! | `in:space` | tabs of the spaces with a name whose words begin so |
//! | `tag:name` | tabs with this tag |
//! | `site:host` | tabs of this host and those below it; `site:github` is `site:github.com` too |
//! | `before:2026-11-25` | tabs that were last seen before that day (UTC) |
//!
//! What looks like a filter and is none is text. One that is still being typed hides nothing.

mod closeness;
mod dictionary;
mod fold;
mod highlight;
mod index;
#[cfg(not(feature = "popup"))]
pub mod markup;
mod query;
mod rank;
mod words;

use protocol::Millis;

#[cfg(not(feature = "popup"))]
pub(crate) use fold::folded;
pub use index::{Found, Index, MOST_DOCUMENTS};
pub use query::Query;

/// What is found: a tab, or something else that has a name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Document<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its address; may be empty.
    pub address: &'a str,
    /// The title of its group; may be empty.
    pub group: &'a str,
    /// What somebody wrote about it; may be empty.
    pub note: &'a str,
    /// Its tags.
    pub tags: &'a [&'a str],
    /// The name of its space; may be empty.
    pub space: &'a str,
    /// It is open in a window.
    pub open: bool,
    /// It is saved: a page that is saved once and open once is no duplicate.
    pub saved: bool,
    /// It is pinned.
    pub pinned: bool,
    /// How often it was looked at.
    pub uses: u32,
    /// When it was last looked at, or saved.
    pub seen: Millis,
}
