//! The index: which words stand in which documents.
//!
//! Words are kept once, in a [`Dictionary`]; each has a list of the documents it stands in. A search looks through the
//! words, which are few, rather than through the documents. Documents are added, changed and removed one by one.

use std::collections::BTreeMap;

use protocol::Millis;

use super::Document;
use super::closeness::Word;
use super::dictionary::{Dictionary, hash};
use super::query::{Filter, Query, host, is_space, words_of};
use super::rank::{Field, habit, points};
use super::words::{each_word, parts, readable};

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
    by_key: BTreeMap<K, u32>,
    free: Vec<u32>,
    /// How many documents show the same page, the open ones and the others apart.
    pages: BTreeMap<u64, u32>,
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

/// The documents a word stands in, each with the fields. Most words stand in one.
#[derive(Debug)]
struct Postings {
    first: u32,
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
            self.others.push(posting);
        }
    }

    fn remove(&mut self, document: u32) {
        if self.first != NOBODY && self.first >> 8 == document {
            self.first = self.others.pop().unwrap_or(NOBODY);
        } else if let Some(at) = self.others.iter().position(|other| other >> 8 == document) {
            self.others.swap_remove(at);
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
            by_key: BTreeMap::new(),
            free: Vec::new(),
            pages: BTreeMap::new(),
        }
    }
}

impl<K: Ord + Copy> Index<K> {
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

    /// The keys of all documents, in order.
    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.by_key.keys().copied()
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
        if let Some(page) = stored.page {
            *self.pages.entry(page).or_default() += 1;
        }
        self.by_key.insert(key, number);
        self.documents[number as usize] = Some(stored);
        true
    }

    /// Removes the document with this key; whether there was one.
    pub fn remove(&mut self, key: K) -> bool {
        let Some(number) = self.by_key.remove(&key) else {
            return false;
        };
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
        if let Some(page) = stored.page
            && let Some(count) = self.pages.get_mut(&page)
        {
            *count -= 1;
            if *count == 0 {
                self.pages.remove(&page);
            }
        }
        self.free.push(number);
        true
    }

    /// The best documents for a query, at most `limit`.
    pub fn search(&self, query: &Query, now: Millis, limit: usize) -> Found<K> {
        let points = self.points_of(&query.words);
        let filters = self.conditions(&query.filters);
        let mut found: Vec<_> = points
            .iter()
            .zip(&self.documents)
            .filter(|(points, _)| **points > 0)
            .filter_map(|(points, stored)| Some((*points, stored.as_ref()?)))
            .filter(|(_, stored)| filters.iter().all(|condition| condition.holds(self, stored)))
            .map(|(points, stored)| {
                let habit = habit(now, stored.seen, stored.uses);
                (std::cmp::Reverse((points, habit, stored.seen.0)), stored.key)
            })
            .collect();
        let total = found.len();
        if limit > 0 && limit < total {
            found.select_nth_unstable(limit - 1);
        }
        found.truncate(limit);
        found.sort_unstable();
        Found {
            keys: found.into_iter().map(|(_, key)| key).collect(),
            total,
        }
    }

    fn add_words(&mut self, number: u32, document: &Document<'_>) -> Box<[u32]> {
        let mut standing: Vec<(u32, u8)> = Vec::new();
        let mut add = |field: Field, text: &str| {
            each_word(text, &mut |word, _, _| {
                standing.push((self.words.take(word), field.bit()));
            });
        };
        let (host, path) = parts(document.address);
        add(Field::Title, document.title);
        add(Field::Host, host);
        match readable(path) {
            Some(path) => add(Field::Path, &path),
            None => add(Field::Path, path),
        }
        add(Field::Group, document.group);
        add(Field::Note, document.note);
        add(Field::Space, document.space);
        for tag in document.tags {
            add(Field::Tag, tag);
        }
        standing.sort_unstable();
        let mut words: Vec<u32> = Vec::with_capacity(standing.len());
        let mut standing = standing.into_iter().peekable();
        self.postings.resize_with(self.words.len(), Postings::new);
        while let Some((word, mut fields)) = standing.next() {
            while let Some((_, field)) = standing.next_if(|(other, _)| *other == word) {
                fields |= field;
                // Used once by a document, however often it stands there.
                self.words.release(word);
            }
            words.push(word);
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

    fn conditions(&self, filters: &[Filter]) -> Vec<Condition> {
        let condition = |filter: &Filter| match filter {
            Filter::Open => Condition::Open,
            Filter::Duplicate => Condition::Duplicate,
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
    Duplicate,
    Pinned,
    Before(Millis),
    In(Vec<bool>),
    Tag(Vec<bool>),
    Site(Vec<bool>),
}

impl Condition {
    fn holds<K>(&self, index: &Index<K>, stored: &Stored<K>) -> bool {
        let marked = |labels: &[bool], label: u32| labels.get(label as usize).is_some_and(|marked| *marked);
        match self {
            Self::Open => stored.open,
            Self::Pinned => stored.pinned,
            Self::Duplicate => stored
                .page
                .and_then(|page| index.pages.get(&page))
                .is_some_and(|count| *count > 1),
            Self::Before(time) => stored.seen < *time,
            Self::In(labels) => marked(labels, stored.space),
            Self::Tag(labels) => stored.tags.iter().any(|tag| marked(labels, *tag)),
            Self::Site(labels) => marked(labels, stored.host),
        }
    }
}

/// What two documents have in common that show the same page: the address without scheme, `www.`, a slash at its
/// end, and a fragment that is only a place in the page. Only for addresses of the web.
fn page_of(document: &Document<'_>) -> Option<u64> {
    let address = document.address;
    let rest = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("http://"))?;
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let rest = match rest.split_once('#') {
        Some((page, fragment)) if !fragment.starts_with(['!', '/']) => page,
        _ => rest,
    };
    let page = hash(rest.trim_end_matches('/').as_bytes());
    Some(page ^ u64::from(document.open))
}
