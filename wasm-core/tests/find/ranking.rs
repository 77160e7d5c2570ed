//! What comes first.

use protocol::Millis;
use tabspace_wasm_core::find::{Document, Query};

use super::{DAY_MS, NOW, find, index, tab};

#[test]
fn the_closest_word_comes_first() {
    let tabs = [
        tab("Tset results", ""),
        tab("Contest", ""),
        tab("Testing", ""),
        tab("Test", ""),
    ];
    assert_eq!(find(&index(&tabs), "test"), [3, 2, 1, 0]);
}

#[test]
fn the_title_comes_before_the_host_and_the_host_before_the_path() {
    let tabs = [
        tab("x", "https://example.org/rust"),
        tab("x", "https://rust.example/"),
        tab("rust", "https://example.org/"),
    ];
    assert_eq!(find(&index(&tabs), "rust"), [2, 1, 0]);
    assert_eq!(find(&index(&tabs), "rus"), [2, 1, 0]);
}

#[test]
fn whichever_word_matches_better_all_count() {
    let tabs = [
        tab("Rust", "https://example.org/book"),
        tab("Rust book", "https://example.org/"),
        tab("Rusty bookshelf", "https://example.org/"),
    ];
    assert_eq!(find(&index(&tabs), "book rust"), [1, 0, 2]);
}

#[test]
fn among_equals_use_and_recency_decide_then_the_order_of_keys() {
    let seen = |days: i64, uses: u32| Document {
        seen: Millis(NOW.0 - days * DAY_MS),
        uses,
        ..tab("Notes", "")
    };
    let tabs = [seen(40, 0), seen(1, 0), seen(40, 9), seen(40, 0), seen(41, 0)];
    assert_eq!(find(&index(&tabs), "notes"), [2, 1, 0, 3, 4]);
}

#[test]
fn the_best_of_many_are_the_first_of_all() {
    let titles: Vec<String> = (0..500)
        .map(|number| format!("Page {number}{}", "s".repeat(number % 7)))
        .collect();
    let tabs: Vec<Document<'_>> = titles
        .iter()
        .zip(0..)
        .map(|(title, uses)| Document {
            uses: uses % 11,
            ..tab(title, "")
        })
        .collect();
    let index = index(&tabs);
    let query = Query::parse("pag 1");
    let all = index.search(&query, NOW, usize::MAX);
    assert!(all.total > 100 && all.keys.len() == all.total);
    for limit in [0, 1, 7, 100] {
        let best = index.search(&query, NOW, limit);
        assert_eq!((best.total, &best.keys[..]), (all.total, &all.keys[..limit]));
    }
}
