//! What is of a space in this browser alone, also when the space is shared: what a person notes for himself (tags, notes,
//! stars, what is put aside), and how its window was: which tab was shown, and which were muted.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{TabId, limits};
use serde::{Deserialize, Serialize};

/// Tags of a tab or space.
pub const TAGS: usize = 32;
/// Characters of a tag.
pub const TAG_CHARS: usize = 50;
/// Characters of a note.
pub const NOTE_CHARS: usize = 10_000;

/// Tags, a note, a star.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// In the order in which they were given; each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// May have several lines.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether it is starred.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub starred: bool,
}

impl Marks {
    /// Whether nothing is marked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The marks as they can be kept: tags in one line, each once, letter case not counting; all within the bounds.
    #[must_use]
    pub fn cleaned(&self) -> Self {
        let mut tags: Vec<String> = Vec::new();
        for tag in &self.tags {
            let words: Vec<&str> = tag
                .split(|letter: char| letter.is_whitespace() || letter.is_control())
                .collect();
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            let tag: String = words.join(" ").chars().take(TAG_CHARS).collect();
            let tag = tag.trim_end().to_owned();
            let same = |other: &String| other.to_lowercase() == tag.to_lowercase();
            if !tag.is_empty() && tags.len() < TAGS && !tags.iter().any(same) {
                tags.push(tag);
            }
        }
        let keep = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
        let note: String = self.note.chars().filter(keep).take(NOTE_CHARS).collect();
        Self {
            tags,
            note: note.trim_end().to_owned(),
            starred: self.starred,
        }
    }
}

/// What is marked anew; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marking {
    /// Whether it has a star.
    pub starred: Option<bool>,
    /// All tags.
    pub tags: Option<Vec<String>>,
    /// One tag more.
    pub tag: Option<String>,
    /// The note.
    pub note: Option<String>,
}

impl Marking {
    /// What is marked then of what is marked so.
    pub fn on(&self, marks: &Marks) -> Marks {
        let tags = self.tags.as_ref().unwrap_or(&marks.tags).iter().chain(&self.tag);
        let marked = Marks {
            tags: tags.cloned().collect(),
            note: self.note.as_ref().unwrap_or(&marks.note).clone(),
            starred: self.starred.unwrap_or(marks.starred),
        };
        marked.cleaned()
    }
}

impl From<Marks> for Marking {
    fn from(marks: Marks) -> Self {
        Self {
            starred: Some(marks.starred),
            tags: Some(marks.tags),
            tag: None,
            note: Some(marks.note),
        }
    }
}

/// What is of a space in this browser alone. Stored under `marks/{space}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpaceMarks {
    /// Of the space itself.
    pub own: Marks,
    /// It is put aside.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Of its tabs; only of those that have some.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tabs: BTreeMap<TabId, Marks>,
    /// The tab that was shown when its window was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<TabId>,
    /// The tabs that were muted then.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub muted: BTreeSet<TabId>,
}

/// What is set of a space's marks; all else stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MarksChange {
    /// Of the space itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<Marks>,
    /// Whether it is put aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Of these tabs; empty ones are taken away.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tabs: BTreeMap<TabId, Marks>,
    /// Whether these tabs are muted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub muted: BTreeMap<TabId, bool>,
}

impl MarksChange {
    /// Whether it sets nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// This change, and then another.
    pub fn follow(&mut self, other: &Self) {
        self.own = other.own.clone().or_else(|| self.own.take());
        self.archived = other.archived.or(self.archived);
        self.tabs
            .extend(other.tabs.iter().map(|(tab, marks)| (*tab, marks.clone())));
        self.muted.extend(&other.muted);
    }
}

impl SpaceMarks {
    /// Whether nothing is marked.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The marks as they can be kept; see [`Marks::cleaned`].
    #[must_use]
    pub fn cleaned(&self) -> Self {
        let tabs = self.tabs.iter().map(|(tab, marks)| (*tab, marks.cleaned()));
        Self {
            own: self.own.cleaned(),
            archived: self.archived,
            tabs: tabs.filter(|(_, marks)| !marks.is_empty()).collect(),
            shown: self.shown,
            muted: self.muted.iter().copied().take(limits::PRIVATE_TABS).collect(),
        }
    }

    /// Sets what a change says, and gives the change that takes it back.
    pub fn change(&mut self, change: &MarksChange) -> MarksChange {
        let mut back = MarksChange::default();
        if let Some(own) = change.own.as_ref().filter(|own| **own != self.own) {
            back.own = Some(std::mem::replace(&mut self.own, own.clone()));
        }
        if let Some(archived) = change.archived.filter(|archived| *archived != self.archived) {
            back.archived = Some(std::mem::replace(&mut self.archived, archived));
        }
        for (&tab, marks) in &change.tabs {
            let before = if marks.is_empty() {
                self.tabs.remove(&tab)
            } else {
                self.tabs.insert(tab, marks.clone())
            };
            let before = before.unwrap_or_default();
            if before != *marks {
                back.tabs.insert(tab, before);
            }
        }
        for (&tab, &muted) in &change.muted {
            let changed = if muted {
                self.muted.insert(tab)
            } else {
                self.muted.remove(&tab)
            };
            if changed {
                back.muted.insert(tab, !muted);
            }
        }
        back
    }

    /// Tabs have other ids now.
    pub(crate) fn rename(&mut self, ids: &BTreeMap<TabId, TabId>) {
        for (old, new) in ids {
            if let Some(marks) = self.tabs.remove(old) {
                self.tabs.insert(*new, marks);
            }
            if self.muted.remove(old) {
                self.muted.insert(*new);
            }
            if self.shown == Some(*old) {
                self.shown = Some(*new);
            }
        }
    }

    /// What is marked of these tabs, and which of them are muted.
    #[must_use]
    pub fn of_tabs(&self, tabs: impl Iterator<Item = TabId>) -> Self {
        let mut of_tabs = Self::default();
        for tab in tabs {
            if let Some(marks) = self.tabs.get(&tab) {
                of_tabs.tabs.insert(tab, marks.clone());
            }
            if self.muted.contains(&tab) {
                of_tabs.muted.insert(tab);
            }
        }
        of_tabs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_kept_clean_and_within_bounds() {
        let marks = Marks {
            tags: vec![
                " to  read\n".into(),
                "To Read".into(),
                "\u{0}".into(),
                "x".repeat(900),
            ],
            note: "one\ntwo\u{7}  ".into(),
            starred: true,
        };
        let clean = marks.cleaned();
        assert_eq!(clean.tags, ["to read".to_owned(), "x".repeat(TAG_CHARS)]);
        assert_eq!(clean.note, "one\ntwo");
        let many = Marks {
            tags: (0..100).map(|number| number.to_string()).collect(),
            ..Marks::default()
        };
        assert_eq!(many.cleaned().tags.len(), TAGS);
    }

    #[test]
    fn what_is_not_named_stays_marked() {
        let starred = Marking {
            starred: Some(true),
            ..Marking::default()
        };
        let tagged = Marking {
            tag: Some("quiet".into()),
            ..Marking::default()
        };
        let noted = Marking {
            note: Some("Ask Ada".into()),
            ..Marking::default()
        };
        let marks = [starred, tagged.clone(), noted, tagged]
            .iter()
            .fold(Marks::default(), |marks, marking| marking.on(&marks));
        let expected = Marks {
            tags: vec!["quiet".into()],
            note: "Ask Ada".into(),
            starred: true,
        };
        assert_eq!(marks, expected);
        assert_eq!(Marking::from(Marks::default()).on(&marks), Marks::default());
    }

    #[test]
    fn a_change_that_is_taken_back_leaves_what_others_changed() {
        let (one, two) = (TabId::from_bits(1), TabId::from_bits(2));
        let noted = |note: &str| Marks {
            note: note.into(),
            ..Marks::default()
        };
        let mut marks = SpaceMarks::default();
        let back = marks.change(&MarksChange {
            tabs: BTreeMap::from([(one, noted("first"))]),
            ..MarksChange::default()
        });
        marks.change(&MarksChange {
            tabs: BTreeMap::from([(two, noted("second"))]),
            ..MarksChange::default()
        });
        marks.change(&back);
        assert_eq!(marks.tabs, BTreeMap::from([(two, noted("second"))]));
    }
}
