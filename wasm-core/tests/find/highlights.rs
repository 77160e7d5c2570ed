//! What is marked in what was found.

use tabspace_wasm_core::find::Query;

/// The text with what is marked in brackets.
fn marked(typed: &str, text: &str) -> String {
    let mut marked = String::new();
    let mut at = 0;
    for range in Query::parse(typed).ranges(text) {
        assert!(at <= range.start && range.start < range.end);
        marked.push_str(&text[at..range.start]);
        marked.push('[');
        marked.push_str(&text[range.clone()]);
        marked.push(']');
        at = range.end;
    }
    marked.push_str(&text[at..]);
    marked
}

#[test]
fn the_part_that_was_typed_is_marked() {
    for (typed, as_marked) in [
        // The very word is meant where it is there.
        ("git", "GitHub, a hub for [git]"),
        ("hub", "GitHub, a [hub] for git"),
        ("gith a", "[GitH]ub, [a] hub for git"),
        ("gihtub ", "[GitHub], a hub for git"),
        ("wiki", "GitHub, a hub for git"),
    ] {
        assert_eq!(marked(typed, "GitHub, a hub for git"), as_marked, "{typed}");
    }
}

#[test]
fn whole_characters_are_marked_whatever_they_are_folded_to() {
    assert_eq!(marked("elo", "E\u{301}lodie"), "[E\u{301}lo]die");
    assert_eq!(marked("o", "Œuvre"), "[Œ]uvre");
    assert_eq!(marked("rass", "Straße"), "St[raß]e");
    assert_eq!(marked("京都", "東京都の"), "東[京都]の");
    assert_eq!(marked("서우", "서울의"), "[서울]의");
    assert_eq!(marked("🍕", "a 🍕🍕"), "a [🍕🍕]");
}

#[test]
fn what_overlaps_is_marked_once() {
    assert_eq!(marked("docu document", "documents"), "[document]s");
}

#[test]
fn filters_mark_nothing() {
    assert_eq!(marked("is:open in:work tag:x", "open work x"), "open work x");
}
