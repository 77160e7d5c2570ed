//! Texts that would break what trusts them.

use protocol::Millis;
use tabspace_wasm_core::find::{Document, Index, Query};

use super::{NOTHING, NOW, find, index, tab};

#[test]
fn any_text_can_be_kept_and_sought() {
    let long = "x".repeat(100_000);
    let words = "wort ".repeat(20_000);
    let wide = "東".repeat(40_000);
    let marks = "\u{301}".repeat(1_000);
    let data = format!("data:image/png;base64,{long}");
    let texts = [
        "",
        "\u{301}",
        &marks,
        "\0\u{7f}\u{85}",
        "\u{200b}\u{feff}",
        "ß\u{fe0f}",
        "\"",
        ":::",
        "\"a\" \"",
        "is:\"",
        "\u{10ffff}\u{e000}",
        "%",
        "%f",
        "%zz%c3",
        "://",
        "http://",
        "https://www.",
        "a://b@",
        "#",
        &long,
        &words,
        &wide,
        &data,
        "before:9999-12-31",
        "before:0000-01-01",
        "in:\u{301}",
        "tag:\u{301}x",
    ];
    let mut index = Index::new();
    for (at, text) in texts.iter().enumerate() {
        let everywhere = Document {
            title: text,
            address: text,
            group: text,
            note: text,
            tags: &[text, text],
            space: text,
            open: true,
            saved: true,
            pinned: true,
            uses: u32::MAX,
            seen: Millis(i64::MIN),
        };
        assert!(index.put(at, &everywhere));
    }
    for typed in texts {
        let query = Query::parse(typed);
        let found = index.search(&query, Millis(i64::MAX), 10);
        assert!(found.keys.len() <= 10 && found.keys.len() <= found.total);
        for text in texts {
            for range in query.ranges(text) {
                assert!(text.get(range).is_some_and(|part| !part.is_empty()));
            }
        }
    }
    for at in 0..texts.len() {
        assert!(index.remove(at));
    }
    assert!(index.is_empty());
    assert_eq!(index.search(&Query::default(), NOW, 10).total, 0);
}

#[test]
fn the_beginning_of_a_long_title_is_found() {
    let title = format!("Beginning {} end", "and so on ".repeat(10_000));
    let index = index(&[tab(&title, "")]);
    assert_eq!(find(&index, "beginning"), [0]);
    assert_eq!(find(&index, "end"), NOTHING);
}

#[test]
fn a_word_as_long_as_a_page_is_found_by_its_beginning() {
    let title = "abc".repeat(500);
    let index = index(&[tab(&title, "")]);
    assert_eq!(find(&index, &title), [0]);
    assert_eq!(find(&index, &title[..200]), [0]);
}
