//! The index: which words stand in which documents.
//!
//! Words are kept once, in a [`Dictionary`]; each has a list of the documents it stands in. A search looks through the
//! words, which are few, rather than through the documents. Documents are added, changed and removed one by one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{Hash, Hasher};

use hashbrown::HashTable;
use protocol::Millis;
use protocol::op::is_web_address;

use super::Document;
use super::closeness::Word;
use super::dictionary::{Dictionary, Fnv};
use super::query::{Filter, Query, host, is_space, words_of};
use super::rank::{Field, habit, points};
use super::words::{each_word, parts, readable};
use crate::library::duplicates::normalise;

/// More documents than these are not taken: a posting has so many bits for its document.
pub const MOST_DOCUMENTS: usize = 1 << 24;

/// No document has this number.
const NOBODY: u32 = u32::MAX;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<K> {
    /// The keys of the best ones, the best first.
    pub keys: Vec<K>,
    /// How many there are.
    pub total: usize,
}

/// An index of documents, each under a key.
#[derive(Debug)]
pub struct Index<K> {
    words: Dictionary,
    /// By the number of the word.
    postings: Vec<Postings>,
    /// What filters compare with: hosts, tags, names of spaces.
    labels: Dictionary,
    documents: Vec<Option<Stored<K>>>,
    by_key: HashTable<u32>,
    free: Vec<u32>,
    /// By the number of the word: where it stands in the document that is being added; else nowhere.
    standing: Vec<u8>,
}

/// What is kept of a document.
#[derive(Debug)]
struct Stored<K> {
    key: K,
    words: Box<[u32]>,
    host: u32,
    space: u32,
    tags: Box<[u32]>,
    page: Option<u64>,
    open: bool,
    pinned: bool,
    uses: u32,
    seen: Millis,
}

/// The documents a word stands in, each with the fields. Most words stand in one, some in almost all.
#[derive(Debug)]
struct Postings {
    first: u32,
    /// In the order of their documents, so that one is found among many.
    others: Vec<u32>,
}

impl Postings {
    const fn new() -> Self {
        Self {
            first: NOBODY,
            others: Vec::new(),
        }
    }

    fn add(&mut self, posting: u32) {
        if self.first == NOBODY {
            self.first = posting;
        } else {
            // Most are new, and stand behind all others.
            let is_last = self.others.last().is_none_or(|last| *last < posting);
            let at = if is_last {
                self.others.len()
            } else {
                self.others.partition_point(|other| *other < posting)
            };
            self.others.insert(at, posting);
        }
    }

    fn remove(&mut self, document: u32) {
        if self.first != NOBODY && self.first >> 8 == document {
            self.first = self.others.pop().unwrap_or(NOBODY);
        } else if let Ok(at) = self.others.binary_search_by_key(&document, |other| other >> 8) {
            self.others.remove(at);
        }
        if self.others.is_empty() {
            self.others = Vec::new();
        }
    }

    fn iter(&self) -> impl Iterator<Item = u32> {
        let first = (self.first != NOBODY).then_some(self.first);
        first.into_iter().chain(self.others.iter().copied())
    }
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self {
            words: Dictionary::default(),
            postings: Vec::new(),
            labels: Dictionary::default(),
            documents: Vec::new(),
            by_key: HashTable::new(),
            free: Vec::new(),
            standing: Vec::new(),
        }
    }
}

impl<K: Ord + Copy + Hash> Index<K> {
    /// An empty index.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many documents it holds.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// The keys of all documents.
    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.documents.iter().flatten().map(|stored| stored.key)
    }

    /// Adds a document, or changes the one with this key. Whether there was room for it: see [`MOST_DOCUMENTS`].
    pub fn put(&mut self, key: K, document: &Document<'_>) -> bool {
        self.remove(key);
        let number = match self.free.pop() {
            Some(number) => number,
            None if self.documents.len() < MOST_DOCUMENTS => {
                self.documents.push(None);
                u32::try_from(self.documents.len() - 1).unwrap_or(NOBODY)
            }
            None => return false,
        };
        let stored = Stored {
            key,
            words: self.add_words(number, document),
            host: self.labels.take(&host(document.address)),
            space: self.labels.take(&words_of(document.space).join(" ")),
            tags: document
                .tags
                .iter()
                .map(|tag| self.labels.take(&words_of(tag).join(" ")))
                .collect(),
            page: page_of(document),
            open: document.open,
            pinned: document.pinned,
            uses: document.uses,
            seen: document.seen,
        };
        self.documents[number as usize] = Some(stored);
        let documents = &self.documents;
        self.by_key.insert_unique(hash_of(&key), number, |other| {
            let stored = documents.get(*other as usize).and_then(Option::as_ref);
            stored.map_or(0, |stored| hash_of(&stored.key))
        });
        true
    }

    /// When the document with this key was last seen, and how often, should nothing else of it have changed.
    #[cfg(not(feature = "popup"))]
    pub fn saw(&mut self, key: K, seen: Millis, uses: u32) {
        let documents = &mut self.documents;
        let number = self.by_key.find(hash_of(&key), |number| {
            let stored = documents.get(*number as usize).and_then(Option::as_ref);
            stored.is_some_and(|stored| stored.key == key)
        });
        if let Some(&number) = number
            && let Some(Some(stored)) = documents.get_mut(number as usize)
        {
            (stored.seen, stored.uses) = (seen, uses);
        }
    }

    /// Removes the document with this key; whether there was one.
    pub fn remove(&mut self, key: K) -> bool {
        let documents = &self.documents;
        let same = |number: &u32| {
            let stored = documents.get(*number as usize).and_then(Option::as_ref);
            stored.is_some_and(|stored| stored.key == key)
        };
        let Ok(known) = self.by_key.find_entry(hash_of(&key), same) else {
            return false;
        };
        let (number, _) = known.remove();
        let Some(stored) = self.documents.get_mut(number as usize).and_then(Option::take) else {
            return false;
        };
        for word in stored.words {
            if let Some(postings) = self.postings.get_mut(word as usize) {
                postings.remove(number);
            }
            self.words.release(word);
        }
        for label in stored.tags.iter().chain([&stored.host, &stored.space]) {
            self.labels.release(*label);
        }
        self.free.push(number);
        true
    }

    /// The best documents for a query, at most `limit`.
    pub fn search(&self, query: &Query, now: Millis, limit: usize) -> Found<K> {
        let points = self.points_of(&query.words);
        let filters = self.conditions(&query.filters);
        let mut total = 0;
        // The worst of those that are kept is on top.
        let mut best = BinaryHeap::new();
        for (number, (points, stored)) in points.iter().zip(&self.documents).enumerate() {
            let Some(stored) = stored.as_ref().filter(|_| *points > 0) else {
                continue;
            };
            if !filters.iter().all(|condition| condition.holds(number, stored)) {
                continue;
            }
            total += 1;
            let habit = habit(now, stored.seen, stored.uses);
            let rank = (Reverse((*points, habit, stored.seen.0)), stored.key);
            if best.len() < limit {
                best.push(rank);
            } else if let Some(mut worst) = best.peek_mut()
                && rank < *worst
            {
                *worst = rank;
            }
        }
        let keys = best.into_sorted_vec().into_iter().map(|(_, key)| key).collect();
        Found { keys, total }
    }

    fn add_words(&mut self, number: u32, document: &Document<'_>) -> Box<[u32]> {
        let (host, path) = parts(document.address);
        let decoded = readable(path);
        let fields = [
            (Field::Title, document.title),
            (Field::Host, host),
            (Field::Path, decoded.as_deref().unwrap_or(path)),
            (Field::Group, document.group),
            (Field::Note, document.note),
            (Field::Space, document.space),
        ];
        let tags = document.tags.iter().map(|tag| (Field::Tag, *tag));
        let mut words: Vec<u32> = Vec::new();
        for (field, text) in fields.into_iter().chain(tags) {
            each_word(text, &mut |word, _, _| {
                let word = self.words.take(word);
                if self.standing.len() <= word as usize {
                    self.standing.resize(word as usize + 1, 0);
                }
                let standing = &mut self.standing[word as usize];
                if *standing == 0 {
                    words.push(word);
                } else {
                    // Used once by a document, however often it stands there.
                    self.words.release(word);
                }
                *standing |= field.bit();
            });
        }
        self.postings.resize_with(self.words.len(), Postings::new);
        for &word in &words {
            let fields = std::mem::take(&mut self.standing[word as usize]);
            self.postings[word as usize].add(number << 8 | u32::from(fields));
        }
        words.into()
    }

    /// The points of each document: 0 for those that lack a word.
    fn points_of(&self, words: &[Word]) -> Vec<u16> {
        let mut sums = vec![1_u16; self.documents.len()];
        let mut best = vec![0_u16; self.documents.len()];
        for word in words {
            best.fill(0);
            for (number, text) in self.words.like(word) {
                let (Some(closeness), Some(postings)) =
                    (word.closeness(text), self.postings.get(number as usize))
                else {
                    continue;
                };
                for posting in postings.iter() {
                    if let Some(best) = best.get_mut((posting >> 8) as usize) {
                        *best = points(closeness, posting.to_le_bytes()[0]).max(*best);
                    }
                }
            }
            for (sum, best) in sums.iter_mut().zip(&best) {
                *sum = if *sum == 0 || *best == 0 { 0 } else { *sum + *best };
            }
        }
        sums
    }

    /// The documents whose page another one shows.
    fn duplicates(&self) -> Vec<bool> {
        let page = |number: u32| self.documents.get(number as usize)?.as_ref()?.page;
        let mut twice = vec![false; self.documents.len()];
        let mut first: HashTable<u32> = HashTable::new();
        for (number, at) in (0_u32..).zip(0..twice.len()) {
            let Some(shown) = page(number) else { continue };
            if let Some(&other) = first.find(shown, |other| page(*other) == Some(shown)) {
                twice[at] = true;
                twice[other as usize] = true;
            } else {
                first.insert_unique(shown, number, |other| page(*other).unwrap_or(0));
            }
        }
        twice
    }

    fn conditions(&self, filters: &[Filter]) -> Vec<Condition> {
        let condition = |filter: &Filter| match filter {
            Filter::Open => Condition::Open,
            Filter::Duplicate => Condition::Duplicate(self.duplicates()),
            Filter::Pinned => Condition::Pinned,
            Filter::Before(time) => Condition::Before(*time),
            Filter::In(words) => Condition::In(self.labels.marked(|name| is_space(words, name))),
            Filter::Tag(value) => Condition::Tag(self.labels.marked(|tag| value.is_tag(tag))),
            Filter::Site(value) => Condition::Site(self.labels.marked(|host| value.is_site(host))),
        };
        filters.iter().map(condition).collect()
    }
}

/// A filter that is asked of many documents: what it says of each label is known.
enum Condition {
    Open,
    Duplicate(Vec<bool>),
    Pinned,
    Before(Millis),
    In(Vec<bool>),
    Tag(Vec<bool>),
    Site(Vec<bool>),
}

impl Condition {
    fn holds<K>(&self, number: usize, stored: &Stored<K>) -> bool {
        let is = |marked: &[bool], number: usize| marked.get(number).is_some_and(|marked| *marked);
        let marked = |labels: &[bool], label: u32| is(labels, label as usize);
        match self {
            Self::Open => stored.open,
            Self::Pinned => stored.pinned,
            Self::Duplicate(documents) => is(documents, number),
            Self::Before(time) => stored.seen < *time,
            Self::In(labels) => marked(labels, stored.space),
            Self::Tag(labels) => stored.tags.iter().any(|tag| marked(labels, *tag)),
            Self::Site(labels) => marked(labels, stored.host),
        }
    }
}

/// What two documents have in common that show the same page. Only for addresses of the web.
fn page_of(document: &Document<'_>) -> Option<u64> {
    is_web_address(document.address).then(|| hash_of(&(normalise(document.address), document.saved)))
}

fn hash_of(what: &impl Hash) -> u64 {
    let mut hasher = Fnv::default();
    what.hash(&mut hasher);
    hasher.finish()
}
