//! The index beside a scan of all tabs that knows nothing of it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use protocol::Millis;
use tabspace_wasm_core::find::{Document, Index, Query};

use super::NOW;

#[derive(Debug, Clone)]
struct Tab {
    title: String,
    host: &'static str,
    path: String,
    space: &'static str,
    tag: &'static str,
    open: bool,
    pinned: bool,
    day: i64,
}

#[derive(Debug, Clone)]
enum Change {
    Put(u16, Tab),
    Remove(u16),
}

#[derive(Debug, Clone)]
enum Term {
    Word(String),
    Open,
    Pinned,
    In(&'static str),
    Tag(&'static str),
    Site(&'static str),
    Before(i64),
}

const SPACES: [&str; 4] = ["", "work", "work notes", "summer"];
const TAGS: [&str; 3] = ["", "red", "redo"];
const HOSTS: [&str; 3] = ["alpha.example", "beta.alpha.example", "beta.example"];

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[abc]{1,4}", "[a-c]{4,9}", "[0-2]{1,5}", "[é京都ж]{1,3}"]
}

fn tab() -> impl Strategy<Value = Tab> {
    let title = prop::collection::vec(word(), 0..5).prop_map(|words| words.join(" "));
    let path = prop::collection::vec("[abc]{1,5}", 0..3).prop_map(|words| words.join("/"));
    let places = (
        prop::sample::select(&HOSTS[..]),
        prop::sample::select(&SPACES[..]),
        prop::sample::select(&TAGS[..]),
    );
    (title, path, places, any::<(bool, bool)>(), 1..20_i64).prop_map(
        |(title, path, (host, space, tag), (open, pinned), day)| Tab {
            title,
            host,
            path,
            space,
            tag,
            open,
            pinned,
            day,
        },
    )
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (0..20_u16, tab()).prop_map(|(key, tab)| Change::Put(key, tab)),
        1 => (0..20_u16).prop_map(Change::Remove),
    ]
}

fn term() -> impl Strategy<Value = Term> {
    prop_oneof![
        6 => word().prop_map(Term::Word),
        1 => Just(Term::Open),
        1 => Just(Term::Pinned),
        1 => prop::sample::select(&SPACES[1..]).prop_map(Term::In),
        1 => prop::sample::select(&TAGS[1..]).prop_map(Term::Tag),
        1 => prop::sample::select(&HOSTS[..]).prop_map(Term::Site),
        1 => (1..20_i64).prop_map(Term::Before),
    ]
}

impl Tab {
    fn put(&self, index: &mut Index<u16>, key: u16) {
        let address = format!("https://{}/{}", self.host, self.path);
        let tags = [self.tag];
        let document = Document {
            title: &self.title,
            address: &address,
            tags: &tags[usize::from(self.tag.is_empty())..],
            space: self.space,
            open: self.open,
            pinned: self.pinned,
            seen: day(self.day),
            ..Document::default()
        };
        assert!(index.put(key, &document));
    }

    fn words(&self) -> Vec<String> {
        let address = format!("{} {}", self.host, self.path);
        let all = [self.title.as_str(), address.as_str(), self.space, self.tag].join(" ");
        all.replace('é', "e")
            .split([' ', '.', '/'])
            .map(str::to_owned)
            .collect()
    }

    fn meets(&self, term: &Term) -> bool {
        match term {
            Term::Word(word) => {
                let word = word.replace('é', "e");
                self.words().iter().any(|there| there.starts_with(&word))
            }
            other => self.meets_filter(other),
        }
    }

    fn meets_filter(&self, term: &Term) -> bool {
        match term {
            Term::Word(_) => true,
            Term::Open => self.open,
            Term::Pinned => self.pinned,
            Term::In(name) => name
                .split(' ')
                .all(|word| self.space.split(' ').any(|named| named.starts_with(word))),
            Term::Tag(tag) => self.tag == *tag,
            Term::Site(site) => self.host == *site || self.host.ends_with(&format!(".{site}")),
            Term::Before(date) => self.day < *date,
        }
    }
}

impl Term {
    fn typed(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Open => "is:open".to_owned(),
            Self::Pinned => "is:pinned".to_owned(),
            Self::In(name) => format!("in:\"{name}\""),
            Self::Tag(tag) => format!("tag:{tag}"),
            Self::Site(site) => format!("site:{site}"),
            Self::Before(date) => format!("before:2026-11-{date:02}"),
        }
    }
}

/// Noon of a day of November 2026.
fn day(day: i64) -> Millis {
    Millis(NOW.0 - (25 - day) * super::DAY_MS)
}

proptest! {
    #[test]
    fn what_a_scan_finds_is_found_and_filters_hold(
        changes in prop::collection::vec(change(), 0..60),
        terms in prop::collection::vec(term(), 0..4),
    ) {
        let mut index = Index::new();
        let mut tabs = BTreeMap::new();
        for change in changes {
            match change {
                Change::Put(key, tab) => {
                    tab.put(&mut index, key);
                    tabs.insert(key, tab);
                }
                Change::Remove(key) => prop_assert_eq!(index.remove(key), tabs.remove(&key).is_some()),
            }
        }
        let typed: Vec<String> = terms.iter().map(Term::typed).collect();
        let query = Query::parse(&format!("{} ", typed.join(" ")));
        let found = index.search(&query, NOW, usize::MAX);
        prop_assert_eq!(found.total, found.keys.len());
        for (key, tab) in &tabs {
            let times = found.keys.iter().filter(|found| *found == key).count();
            if terms.iter().all(|term| tab.meets(term)) {
                prop_assert_eq!(times, 1, "{} misses {:?}", typed.join(" "), tab);
            }
            if !terms.iter().all(|term| tab.meets_filter(term)) {
                prop_assert_eq!(times, 0, "{} finds {:?}", typed.join(" "), tab);
            }
            prop_assert!(times <= 1);
        }
        prop_assert!(found.keys.iter().all(|key| tabs.contains_key(key)));
        // However it came to be, it is the same index.
        let mut again = Index::new();
        for (key, tab) in &tabs {
            tab.put(&mut again, *key);
        }
        prop_assert_eq!(again.search(&query, NOW, usize::MAX), found);
    }
}
