//! Tabs come, change and go, and the index with them.

use tabspace_wasm_core::find::{Document, Index};

use super::{NOTHING, NOW, find, tab};

#[test]
fn a_tab_that_changed_is_found_as_it_is_now() {
    let mut index = Index::new();
    index.put(1, &tab("Loading", "https://example.org/"));
    index.put(1, &tab("Invoice", "https://example.org/"));
    assert_eq!(find(&index, "invoice"), [1]);
    assert_eq!(find(&index, "loading"), NOTHING);
    assert_eq!(index.len(), 1);
}

#[test]
fn a_tab_that_is_gone_is_not_found_and_makes_no_duplicate() {
    let mut index = Index::new();
    index.put(1, &tab("Invoice", "https://example.org/"));
    index.put(2, &tab("Invoice", "https://example.org/#top"));
    assert_eq!(find(&index, "is:duplicate"), [1, 2]);
    assert!(index.remove(1));
    assert!(!index.remove(1));
    assert_eq!(find(&index, "invoice"), [2]);
    assert_eq!(find(&index, "is:duplicate"), NOTHING);
    assert_eq!(index.keys().collect::<Vec<_>>(), [2]);
}

#[test]
fn an_open_tab_of_a_saved_page_is_no_duplicate() {
    let page = tab("Invoice", "https://example.org/");
    let open = Document { open: true, ..page };
    let saved = Document { saved: true, ..page };
    let both = Document { saved: true, ..open };
    let mut index = Index::new();
    index.put(1, &both);
    index.put(2, &open);
    assert_eq!(find(&index, "is:duplicate"), NOTHING);
    index.put(3, &saved);
    assert_eq!(find(&index, "is:duplicate"), [1, 3]);
}

#[test]
fn a_title_that_changes_all_the_time_leaves_nothing_behind() {
    let mut index = Index::new();
    for number in 0..10_000 {
        index.put(
            1,
            &tab(&format!("message{number} waits{number}"), "https://example.org/"),
        );
    }
    assert_eq!(find(&index, "message9999"), [1]);
    assert_eq!(
        index
            .search(&tabspace_wasm_core::find::Query::parse("message"), NOW, 10)
            .total,
        1
    );
    let shown = format!("{index:?}");
    assert!(
        !shown.contains("message9998") && shown.len() < 10_000,
        "{} bytes",
        shown.len()
    );
}
