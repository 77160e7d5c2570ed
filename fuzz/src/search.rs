//! Finding tabs. The first line is typed, the others are tabs: title, address, space, tag and note, a tab between them.
//! A line that begins with `-` removes the tab of its place again.
//!
//! What is found is there, once, and the same in an index that was made at once; what is marked are whole characters, in
//! order and apart; a tab is found by the first words of its own title.

use std::collections::BTreeMap;

use protocol::Millis;
use wasm_core::find::{Document, Index, Query};

use crate::text::text;

const NOW: Millis = Millis(1_780_000_000_000);

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let (typed, rest) = text.split_once('\n').unwrap_or((text, ""));
    let query = Query::parse(typed);
    let (mut index, mut tabs) = (Index::new(), BTreeMap::new());
    for (line, place) in rest.lines().zip(0..) {
        if let Some(place) = line.strip_prefix('-').and_then(|place| place.parse::<i32>().ok()) {
            assert_eq!(index.remove(place), tabs.remove(&place).is_some());
            continue;
        }
        // Places are used again.
        let place = place % 16;
        assert!(put(&mut index, place, line));
        tabs.insert(place, line);
    }
    let found = index.search(&query, NOW, usize::MAX);
    assert_eq!(found.total, found.keys.len());
    let mut once = found.keys.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), found.total, "nothing is found twice");
    assert!(once.iter().all(|place| tabs.contains_key(place)));
    assert!(!query.is_empty() || found.total == tabs.len());
    let best = index.search(&query, NOW, 2);
    assert_eq!(best.keys, found.keys[..found.total.min(2)]);
    let mut again = Index::new();
    for (place, line) in &tabs {
        put(&mut again, *place, line);
        marks(&query, line);
    }
    assert_eq!(again.search(&query, NOW, usize::MAX), found);
    for (place, line) in &tabs {
        is_found_by_its_title(&index, *place, line);
    }
}

fn put(index: &mut Index<i32>, place: i32, line: &str) -> bool {
    let mut fields = line.split('\t');
    let mut next = || fields.next().unwrap_or_default();
    let (title, address, space, tag, note) = (next(), next(), next(), next(), next());
    let tab = Document {
        title,
        address,
        space,
        tags: &[tag],
        note,
        open: line.len().is_multiple_of(2),
        pinned: line.len().is_multiple_of(3),
        seen: Millis(i64::try_from(line.len()).unwrap_or_default() << 32),
        ..Document::default()
    };
    index.put(place, &tab)
}

fn marks(query: &Query, line: &str) {
    let mut end = 0;
    for range in query.ranges(line) {
        assert!(range.start >= end && range.start < range.end);
        assert!(line.get(range.clone()).is_some());
        end = range.end;
    }
}

/// As it stands there, in quotes so that nothing of it is a filter.
fn is_found_by_its_title(index: &Index<i32>, place: i32, line: &str) {
    let title = line.split('\t').next().unwrap_or_default();
    let begins: String = title
        .chars()
        .filter(|letter| !"\"“”".contains(*letter))
        .take(40)
        .collect();
    let found = index.search(&Query::parse(&format!("\"{begins}")), NOW, usize::MAX);
    assert!(
        begins != title.chars().take(40).collect::<String>() || found.keys.contains(&place),
        "{begins:?}"
    );
}
