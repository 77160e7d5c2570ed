//! Finding among many tabs: each keystroke of what people type, natively.
//!
//! The rival is a plain array of titles and addresses in small letters, of which each is asked whether it contains the
//! words: without typos, ranks and filters.

use protocol::Millis;
use tokio::time::Instant;
use wasm_core::find::{Document, Index, Query};
use wasm_core::library::backup::Tab;

use crate::line::{Line, percentile, print, say};
use crate::pages::{pages, searches};

/// Some time in 2026.
const NOW: Millis = Millis(1_780_000_000_000);
/// How many rows a list shows, and some more.
const SHOWN: usize = 100;
/// How often all is typed.
const ROUNDS: usize = 5;

/// What people type, letter by letter: the beginnings of titles, also with a typo, and two filters.
fn keystrokes(tabs: &[Tab]) -> Vec<String> {
    let mut typed = vec!["is:duplicate ".to_owned(), "in:project ".to_owned()];
    for search in searches(tabs, 10) {
        let letters = (1..=search.len()).filter_map(|end| search.get(..end));
        typed.extend(letters.map(str::to_owned));
    }
    typed
}

fn index(tabs: &[Tab]) -> Index<usize> {
    let mut index = Index::new();
    for (at, tab) in tabs.iter().enumerate() {
        let document = Document {
            title: &tab.title,
            address: &tab.url,
            space: "Project",
            seen: Millis(NOW.0 - i64::try_from(at).unwrap_or_default() * 60_000),
            ..Document::default()
        };
        index.put(at, &document);
    }
    index
}

fn plain(tabs: &[Tab]) -> Vec<String> {
    let text = |tab: &Tab| [tab.title.as_str(), tab.url.as_str()].join("\n").to_lowercase();
    tabs.iter().map(text).collect()
}

fn scan<'a>(texts: &'a [String], typed: &str) -> Vec<&'a String> {
    let typed = typed.to_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    let found = |text: &&String| words.iter().all(|word| text.contains(word));
    texts.iter().filter(found).collect()
}

/// What something gives, and the milliseconds that it takes.
fn timed<T>(what: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    let outcome = std::hint::black_box(what());
    (outcome, begun.elapsed().as_secs_f64() * 1_000.0)
}

/// Prints how long keystrokes take, and making what is searched.
pub(crate) fn measure() {
    for count in [10_000, 100_000] {
        say(&format!("find: {ROUNDS} rounds of keystrokes among {count} tabs"));
        let tabs = pages(count);
        let (texts, texts_ms) = timed(|| plain(&tabs));
        let (index, index_ms) = timed(|| index(&tabs));
        let (mut ours, mut rival) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            for typed in keystrokes(&tabs) {
                ours.push(timed(|| index.search(&Query::parse(&typed), NOW, SHOWN)).1);
                rival.push(timed(|| scan(&texts, &typed)).1);
            }
        }
        let line = |metric: &str, ours: f64, rival: f64| {
            print(&Line {
                bench: "library",
                metric: &format!("{metric}, {count} tabs, native"),
                unit: "ms",
                ours,
                rival,
                rival_name: "a scan of a plain array, without typos and ranks",
                lower_is_better: true,
            });
        };
        for (name, share) in [("p50", 0.5), ("p95", 0.95), ("longest", 1.0)] {
            let name = format!("keystroke to what is found, {name}");
            line(&name, percentile(&ours, share), percentile(&rival, share));
        }
        line("making what is searched", index_ms, texts_ms);
    }
}
