//! What people find when they type.
#![cfg(not(target_arch = "wasm32"))]

mod changes;
mod highlights;
mod naive;
mod ranking;
mod trouble;

use protocol::Millis;
use tabspace_wasm_core::find::{Document, Index, Query};

/// Noon of 25 November 2026.
const NOW: Millis = Millis(1_795_608_000_000);
/// No tab.
const NOTHING: [usize; 0] = [];
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A tab with this title and address.
fn tab<'a>(title: &'a str, address: &'a str) -> Document<'a> {
    Document {
        title,
        address,
        seen: NOW,
        ..Document::default()
    }
}

/// Tabs under the numbers of their places.
fn index(tabs: &[Document<'_>]) -> Index<usize> {
    let mut index = Index::new();
    for (at, tab) in tabs.iter().enumerate() {
        assert!(index.put(at, tab));
    }
    index
}

/// What typing this finds, the best first.
fn find(index: &Index<usize>, typed: &str) -> Vec<usize> {
    index.search(&Query::parse(typed), NOW, 100).keys
}

/// Whether this tab alone is found by each of these.
fn is_found(tab: &Document<'_>, by: &[&str]) {
    let index = index(&[*tab]);
    for typed in by {
        assert_eq!(find(&index, typed), [0], "{typed}");
    }
}

/// Whether it is found by none of these.
fn is_not_found(tab: &Document<'_>, by: &[&str]) {
    let index = index(&[*tab]);
    for typed in by {
        assert_eq!(find(&index, typed), NOTHING, "{typed}");
    }
}

#[test]
fn a_tab_is_found_by_everything_that_is_said_of_it() {
    let tab = Document {
        group: "Reading list",
        note: "Ask Bob about the invoice",
        tags: &["urgent", "à lire"],
        space: "Kitchen renovation",
        ..tab(
            "Ceramic tiles compared",
            "https://www.shop.example/floors/stone?size=40",
        )
    };
    is_found(
        &tab,
        &[
            "tiles",
            "shop.example",
            "floors",
            "40",
            "reading",
            "invoice",
            "urgent",
            "lire",
            "kitchen",
            "stone bob kitchen",
            "KITCHEN  tiles ",
        ],
    );
    is_not_found(&tab, &["https", "www", "tiles alice", "bathroom"]);
}

#[test]
fn words_are_found_while_they_are_typed_and_with_typos() {
    let tab = tab("Documentation of PostgreSQL", "https://example.org/");
    for end in 1..="documentation".len() {
        is_found(&tab, &[&"documentation"[..end]]);
    }
    is_found(
        &tab,
        &[
            "docuemntation",
            "documantetion",
            "postgers",
            "postgresq",
            "dokument",
            "sql",
        ],
    );
    is_not_found(&tab, &["dacomantetion", "od", "postfix"]);
}

#[test]
fn case_and_accents_are_nothing_also_in_french() {
    let tab = tab(
        "L’Œuvre d’Élodie Çelik – où naît la forêt",
        "https://fr.wikipedia.org/wiki/%C3%89l%C3%A9phant",
    );
    is_found(
        &tab,
        &[
            "oeuvre",
            "ŒUVRE",
            "elodie",
            "ÉLODIE",
            "e\u{301}lodie",
            "celik",
            "ou nait",
            "foret",
            "elephant",
        ],
    );
}

#[test]
fn scripts_without_spaces_are_found_by_any_part() {
    is_found(
        &tab("東京都の天気予報", ""),
        &["東京", "京都", "天気", "報", "東京 予報"],
    );
    is_found(&tab("ข่าววันนี้ในกรุงเทพ", ""), &["วันนี้", "กรุงเทพ"]);
    is_found(
        &tab("대한민국 서울의 날씨", ""),
        &["서울", "서우", "민국", "날씨"],
    );
    is_found(&tab("Привет, МИР", ""), &["привет", "мир", "прив", "превет"]);
    is_found(&tab("🍕 near me", ""), &["🍕", "🍕 near"]);
    is_not_found(&tab("東京都の天気予報", ""), &["大阪", "京東", "天予"]);
}

#[test]
fn filters_choose() {
    let tabs = [
        Document {
            open: true,
            pinned: true,
            ..tab("Mail", "https://mail.example.org/inbox")
        },
        Document {
            space: "Projet été",
            tags: &["à lire", "red"],
            seen: Millis(NOW.0 - 30 * DAY_MS),
            ..tab("Mail of last month", "https://www.example.org/a#top")
        },
        Document {
            space: "Summer",
            tags: &["redo"],
            ..tab("Minutes", "https://www.example.org/a/?utm_source=x")
        },
    ];
    let index = index(&tabs);
    for (typed, found) in [
        ("is:open", &[0][..]),
        ("is:pinned", &[0]),
        ("is:duplicate", &[2, 1]),
        ("in:\"projet ete\"", &[1]),
        ("in:proj", &[1]),
        ("in:projet in:summer", &[]),
        ("tag:red ", &[1]),
        ("tag:red", &[2, 1]),
        ("tag:\"a lire\"", &[1]),
        ("site:example.org", &[0, 2, 1]),
        ("site:mail.example.org", &[0]),
        ("before:2026-11-01", &[1]),
        ("mail before:2026-11-01", &[1]),
        ("mail is:open", &[0]),
        ("minutes is:open", &[]),
        ("mail before:2026-11-26", &[0, 1]),
        ("in:nowhere", &[]),
    ] {
        let keys = find(&index, typed);
        assert_eq!(keys, found, "{typed}");
    }
}

#[test]
fn what_is_no_filter_is_text() {
    is_found(
        &tab("foo: the bar is closed", ""),
        &["foo:bar", "is:closed", "\"foo bar\""],
    );
    is_not_found(&tab("the bar", ""), &["foo:bar", "is:closed", "before:yesterday"]);
}

#[test]
fn whoever_seeks_nothing_finds_everything_the_last_seen_first() {
    let old = Document {
        seen: Millis(NOW.0 - 90 * DAY_MS),
        ..tab("Old", "")
    };
    let index = index(&[old, tab("New", "")]);
    for typed in ["", "  ", "is:", "…", "\""] {
        assert_eq!(find(&index, typed), [1, 0], "{typed}");
    }
}
