//! Finding among many tabs: each keystroke of what people type, natively.
//!
//! The rival is a plain array of titles and addresses in small letters, of which each is asked whether it contains the
//! words: without typos, ranks and filters.

use protocol::Millis;
use tokio::time::Instant;
use wasm_core::find::{Document, Index, Query};

use crate::line::{Line, percentile, print, say};

/// Some time in 2026.
const NOW: Millis = Millis(1_780_000_000_000);
/// How many rows a list shows, and some more.
const SHOWN: usize = 100;
/// How often all is typed.
const ROUNDS: usize = 5;

const SYLLABLES: [&str; 18] = [
    "ta", "re", "mi", "on", "ver", "lo", "sta", "chi", "pro", "ment", "ing", "der", "qua", "zen", "bu",
    "kle", "fir", "ous",
];
const VOCABULARY: usize = 8_000;

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % end
    }

    /// A few words are in many titles, most in few.
    fn word<'a>(&mut self, vocabulary: &'a [String]) -> &'a str {
        let most = self.below(VOCABULARY) + 1;
        let at = self.below(most);
        &vocabulary[at]
    }

    fn words(&mut self, vocabulary: &[String], count: usize, between: &str) -> String {
        let words: Vec<&str> = (0..count).map(|_| self.word(vocabulary)).collect();
        words.join(between)
    }
}

struct Tab {
    title: String,
    address: String,
}

fn tabs(count: usize) -> Vec<Tab> {
    let mut numbers = Numbers(7);
    let vocabulary: Vec<String> = (0..VOCABULARY)
        .map(|_| {
            let syllables = 2 + numbers.below(3);
            (0..syllables)
                .map(|_| SYLLABLES[numbers.below(SYLLABLES.len())])
                .collect()
        })
        .collect();
    let mut tab = |number: usize| {
        let length = 5 + numbers.below(5);
        let title = numbers.words(&vocabulary, length, " ");
        let host = numbers.words(&vocabulary, 1, "");
        let path = numbers.words(&vocabulary, 3, "-");
        let secret = numbers.below(1 << 30);
        Tab {
            title,
            address: format!("https://www.{host}.com/{path}?id={secret:x}&page={number}"),
        }
    };
    (0..count).map(&mut tab).collect()
}

/// What people type, letter by letter: the beginnings of titles, one of them with a typo, and a filter.
fn keystrokes(tabs: &[Tab]) -> Vec<String> {
    let mut typed = vec!["is:duplicate ".to_owned(), "in:project ".to_owned()];
    for tab in tabs.iter().step_by(tabs.len() / 10) {
        let words: Vec<&str> = tab.title.split(' ').take(2).collect();
        let query = words.join(" ");
        let wrong: String = query
            .chars()
            .enumerate()
            .filter(|(at, _)| *at != 3)
            .map(|(_, letter)| letter)
            .collect();
        for query in [query, wrong] {
            typed.extend(
                (1..=query.len())
                    .filter_map(|end| query.get(..end))
                    .map(str::to_owned),
            );
        }
    }
    typed
}

fn index(tabs: &[Tab]) -> Index<usize> {
    let mut index = Index::new();
    for (at, tab) in tabs.iter().enumerate() {
        let document = Document {
            title: &tab.title,
            address: &tab.address,
            space: "Project",
            seen: Millis(NOW.0 - i64::try_from(at).unwrap_or_default() * 60_000),
            ..Document::default()
        };
        index.put(at, &document);
    }
    index
}

fn plain(tabs: &[Tab]) -> Vec<String> {
    let text = |tab: &Tab| {
        [tab.title.as_str(), tab.address.as_str()]
            .join("\n")
            .to_lowercase()
    };
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
        let tabs = tabs(count);
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
