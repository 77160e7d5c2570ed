//! Texts with a number each, counted: the words of an index, and the names that filters compare with.
//!
//! Looking through all of them is quick: what decides for most stands side by side.

use std::hash::Hasher;

use hashbrown::HashTable;

use super::closeness::{Word, letters_in};

/// Texts by number. One that nobody uses is gone, and its number is given again.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    entries: Vec<Entry>,
    texts: Vec<Box<str>>,
    by_text: HashTable<u32>,
    free: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    letters: u64,
    hash: u32,
    uses: u32,
}

impl Dictionary {
    /// How many numbers there are, those that are free among them.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The number of a text that is used once more.
    pub(super) fn take(&mut self, text: &str) -> u32 {
        let hash = short(text);
        let texts = &self.texts;
        let same = |number: &u32| texts.get(*number as usize).is_some_and(|known| **known == *text);
        if let Some(&number) = self.by_text.find(spread(hash), same) {
            if let Some(entry) = self.entries.get_mut(number as usize) {
                entry.uses = entry.uses.saturating_add(1);
            }
            return number;
        }
        let entry = Entry {
            letters: letters_in(text),
            hash,
            uses: 1,
        };
        let number = if let Some(number) = self.free.pop() {
            self.entries[number as usize] = entry;
            self.texts[number as usize] = text.into();
            number
        } else {
            self.entries.push(entry);
            self.texts.push(text.into());
            u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
        };
        let entries = &self.entries;
        self.by_text.insert_unique(spread(hash), number, |other| {
            entries.get(*other as usize).map_or(0, |entry| spread(entry.hash))
        });
        number
    }

    /// A text is used once less.
    pub(super) fn release(&mut self, number: u32) {
        let Some(entry) = self.entries.get_mut(number as usize) else {
            return;
        };
        entry.uses = entry.uses.saturating_sub(1);
        if entry.uses > 0 {
            return;
        }
        entry.letters = 0;
        let hash = spread(entry.hash);
        if let Ok(known) = self.by_text.find_entry(hash, |other| *other == number) {
            known.remove();
        }
        self.texts[number as usize] = Box::default();
        self.free.push(number);
    }

    /// A text.
    pub(super) fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |text| text)
    }

    /// The texts that may be close to a word.
    pub(super) fn like<'a>(&'a self, word: &'a Word) -> impl Iterator<Item = (u32, &'a str)> {
        (0..)
            .zip(&self.entries)
            .filter(|(_, entry)| entry.uses > 0 && word.may_be_in(entry.letters))
            .map(|(number, _)| (number, self.text(number)))
    }

    /// The texts of which this is true, by number.
    pub(super) fn marked(&self, is: impl Fn(&str) -> bool) -> Vec<bool> {
        self.texts.iter().map(|text| is(text)).collect()
    }
}

/// FNV-1a, mixed at its end: the table looks at both ends of a hash.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        spread(half(self.0))
    }
}

/// The half of a hash that is kept.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the upper half is mixed in before it goes"
)]
fn half(hash: u64) -> u32 {
    (hash ^ (hash >> 32)) as u32
}

fn spread(half: u32) -> u64 {
    u64::from(half).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn short(text: &str) -> u32 {
    let mut hasher = Fnv::default();
    hasher.write(text.as_bytes());
    half(hasher.0)
}
