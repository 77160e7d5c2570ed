//! Reading what was typed: words that all must be found, and filters.

use std::ops::Range;

use protocol::Millis;

use super::closeness::Word;
use super::fold::folded;
use super::words::{Kind, each_word};

/// So much of what was typed counts: characters, words and filters.
const QUERY_CHARS: usize = 256;
const MOST_WORDS: usize = 16;
const MOST_FILTERS: usize = 16;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What is sought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pub(super) words: Vec<Word>,
    pub(super) filters: Vec<Filter>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filter {
    Open,
    Duplicate,
    Pinned,
    /// Words of the space's name begin like this.
    In(Vec<String>),
    Tag(Value),
    Site(Value),
    Before(Millis),
}

/// What a filter compares with, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) text: String,
    /// There may be more to come.
    pub(super) typing: bool,
}

/// What became of something that looks like a filter.
enum Read {
    Filter(Filter),
    /// It is not finished.
    Unfinished,
    /// It is none.
    Text,
}

/// A piece of what was typed: up to a blank outside of quotes.
struct Piece {
    text: String,
    /// Where the first quote stood.
    quote: Option<usize>,
    typing: bool,
}

impl Query {
    /// Reads what was typed. Anything can be read.
    pub fn parse(typed: &str) -> Self {
        let mut query = Self::default();
        for piece in pieces(typed) {
            let read = match piece.text.split_once(':') {
                Some((name, value)) if piece.quote.is_none_or(|quote| quote > name.len()) => {
                    filter(name, value, piece.typing)
                }
                _ => Read::Text,
            };
            match read {
                Read::Filter(filter) if query.filters.len() < MOST_FILTERS => query.filters.push(filter),
                Read::Text => query.add_words(&piece),
                Read::Filter(_) | Read::Unfinished => {}
            }
        }
        query
    }

    /// Nothing is sought: everything is found.
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty() && self.filters.is_empty()
    }

    /// Where a text has what is sought, for highlighting: ranges of bytes, in order, apart from each other, each of
    /// whole characters.
    pub fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        super::highlight::ranges(&self.words, text)
    }

    fn add_words(&mut self, piece: &Piece) {
        each_word(&piece.text, &mut |word, kind, span| {
            let typing = piece.typing && span.end == piece.text.len();
            let word = Word::new(word, kind, typing);
            if self.words.len() < MOST_WORDS && !self.words.contains(&word) {
                self.words.push(word);
            }
        });
    }
}

fn pieces(typed: &str) -> Vec<Piece> {
    let empty = || Piece {
        text: String::new(),
        quote: None,
        typing: false,
    };
    let (mut pieces, mut piece, mut quoted) = (Vec::new(), empty(), false);
    let mut closed = false;
    for letter in typed.chars().take(QUERY_CHARS) {
        closed = false;
        match letter {
            '"' | '“' | '”' => {
                closed = quoted;
                quoted = !quoted;
                piece.quote.get_or_insert(piece.text.len());
            }
            blank if blank.is_whitespace() && !quoted => pieces.push(std::mem::replace(&mut piece, empty())),
            other => piece.text.push(other),
        }
    }
    piece.typing = !closed;
    pieces.push(piece);
    pieces
}

fn filter(name: &str, value: &str, typing: bool) -> Read {
    let name = name.to_ascii_lowercase();
    let value = value.trim();
    let known = matches!(name.as_str(), "is" | "in" | "tag" | "site" | "before");
    if known && typing && value.is_empty() {
        return Read::Unfinished;
    }
    let read = match name.as_str() {
        "is" => return state(value, typing),
        "before" => return before(value, typing),
        "in" => Some(Filter::In(words_of(value))).filter(|filter| *filter != Filter::In(Vec::new())),
        "tag" => Some(words_of(value).join(" "))
            .filter(|text| !text.is_empty())
            .map(|text| Filter::Tag(Value { text, typing })),
        "site" => Some(host(value))
            .filter(|text| !text.is_empty())
            .map(|text| Filter::Site(Value { text, typing })),
        _ => None,
    };
    read.map_or(Read::Text, Read::Filter)
}

fn state(value: &str, typing: bool) -> Read {
    let states = [
        ("open", Filter::Open),
        ("duplicate", Filter::Duplicate),
        ("pinned", Filter::Pinned),
    ];
    let value = value.to_ascii_lowercase();
    for (name, filter) in states {
        if name == value {
            return Read::Filter(filter);
        }
        if typing && name.starts_with(&value) {
            return Read::Unfinished;
        }
    }
    Read::Text
}

/// `YYYY-MM-DD`, the beginning of that day in UTC.
fn before(value: &str, typing: bool) -> Read {
    if let Some(day) = date(value) {
        return Read::Filter(Filter::Before(Millis(day.saturating_mul(DAY_MS))));
    }
    let begins = value.len() < 10 && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if typing && begins {
        Read::Unfinished
    } else {
        Read::Text
    }
}

/// The days since 1970 of a date.
fn date(value: &str) -> Option<i64> {
    let number = |range: Range<usize>| {
        let digits = value.get(range)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<i64>().ok().filter(|_| all)
    };
    let bytes = value.as_bytes();
    if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leaps),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    // A year that begins in March ends with the day that leaps.
    let year = if month <= 2 { year - 1 } else { year };
    let days_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + days_of_year
            - 719_468,
    )
}

/// The words of a value or of a name.
pub(super) fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(text, &mut |word, _: Kind, _| words.push(word.to_owned()));
    words
}

/// A host as it is compared: a whole address is one of its host.
pub(super) fn host(value: &str) -> String {
    let (host, path) = super::words::parts(value);
    let host = if host.is_empty() { path } else { host };
    let host = host.strip_prefix("www.").unwrap_or(host);
    let end = host.find(['/', '?', '#']).unwrap_or(host.len());
    folded(&host[..end])
}

impl Value {
    /// Whether a tag is meant.
    pub(super) fn is_tag(&self, tag: &str) -> bool {
        tag == self.text || (self.typing && tag.starts_with(&self.text))
    }

    /// Whether a host is meant: it or one below it, with or without what comes behind (`github` is `github.com`).
    pub(super) fn is_site(&self, host: &str) -> bool {
        let begins = |at: usize| {
            host.get(at..)
                .and_then(|from| from.strip_prefix(self.text.as_str()))
                .is_some_and(|rest| self.typing || rest.is_empty() || rest.starts_with(['.', ':']))
        };
        begins(0) || host.match_indices('.').any(|(dot, _)| begins(dot + 1))
    }
}

/// Whether each of these words begins one of the name's.
pub(super) fn is_space(words: &[String], name: &str) -> bool {
    words
        .iter()
        .all(|word| name.split(' ').any(|named| named.starts_with(word.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filters(typed: &str) -> Vec<Filter> {
        Query::parse(typed).filters
    }

    fn words(typed: &str) -> Vec<String> {
        let query = Query::parse(typed);
        query.words.iter().map(|word| word.text().to_owned()).collect()
    }

    #[test]
    fn words_and_filters_are_told_apart() {
        let typed = r#"Réunion is:open IN:"Projet été" note"#;
        assert_eq!(words(typed), ["reunion", "note"]);
        assert_eq!(
            filters(typed),
            [Filter::Open, Filter::In(vec!["projet".into(), "ete".into()])]
        );
    }

    #[test]
    fn what_is_no_filter_is_text() {
        for typed in [
            "foo:bar",
            "is:closed x",
            "before:2026-02-30 x",
            "\"is:open\"",
            "in:?? x",
            ":",
            "https://a.b",
        ] {
            assert_eq!(filters(typed), [], "{typed}");
        }
        assert_eq!(words("foo:bar"), ["foo", "bar"]);
        assert_eq!(words("\"is:open\""), ["is", "open"]);
        assert_eq!(words("before:2026-02-30 x"), ["before", "2026", "02", "30", "x"]);
    }

    #[test]
    fn a_filter_that_is_being_typed_hides_nothing() {
        for typed in [
            "is:",
            "is:op",
            "in:",
            "tag:",
            "site:",
            "before:",
            "before:2026-0",
            "in:\"",
        ] {
            assert!(Query::parse(typed).is_empty(), "{typed}");
        }
        assert_eq!(words("is:op "), ["is", "op"]);
    }

    #[test]
    fn a_day_begins_where_it_does() {
        let midnight = |date: &str| match filters(&format!("before:{date}")).first() {
            Some(Filter::Before(time)) => Some(time.0),
            _ => None,
        };
        assert_eq!(midnight("1970-01-01"), Some(0));
        assert_eq!(midnight("2000-02-29"), Some(951_782_400_000));
        assert_eq!(midnight("2026-11-25"), Some(1_795_564_800_000));
        assert_eq!(midnight("0000-03-01"), Some(-719_468 * DAY_MS));
        for none in [
            "2026-13-01",
            "2026-00-10",
            "2025-02-29",
            "2026-1-1",
            "2026/01/01",
            "+026-01-01",
        ] {
            assert_eq!(midnight(none), None, "{none}");
        }
    }

    #[test]
    fn a_site_is_a_host_and_all_below_it() {
        let site = |typed: &str, host: &str| match filters(&format!("site:{typed} ")).as_slice() {
            [Filter::Site(value)] => value.is_site(host),
            _ => false,
        };
        for (typed, host) in [
            ("github.com", "github.com"),
            ("GitHub.com", "gist.github.com"),
            ("https://www.github.com/x", "github.com"),
            ("github", "github.com"),
            ("localhost", "localhost:8080"),
        ] {
            assert!(site(typed, host), "{typed} and {host}");
        }
        for (typed, host) in [
            ("github.com", "notgithub.com"),
            ("git", "github.com"),
            ("github.com", "github.community"),
        ] {
            assert!(!site(typed, host), "{typed} and {host}");
        }
    }

    #[test]
    fn however_much_is_typed_it_stays_small() {
        let long = Query::parse(&"wort und noch eins ".repeat(10_000));
        assert!(long.words.len() <= MOST_WORDS);
        let many = "in:here tag:that ".repeat(100);
        assert!(Query::parse(&many).filters.len() <= MOST_FILTERS);
    }
}
