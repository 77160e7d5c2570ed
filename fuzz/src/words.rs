//! Texts that mean something by themselves: ids, positions, addresses, titles, names, session descriptions, patterns
//! of the ignore list. The lines of the input are given to all of them.

use protocol::op::{favicon_hash, is_web_address, name, person_name};
use protocol::{Position, Role, TabId};
use wasm_core::address::{Page, of_relay, of_tab, secret};
use wasm_core::ask::Never;
use wasm_core::language::{Language, Piece, fill, form, pieces};
use wasm_core::library::follow::{clean_title, clean_url};
use wasm_core::library::ignore::IgnoreList;
use wasm_core::session::description::tuned;

use crate::text::text;

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let lines: Vec<&str> = text.lines().collect();
    for line in &lines {
        word(line);
    }
    positions(&lines);
    let ignored = IgnoreList::new(text, |pattern| Some(pattern.to_owned()));
    for line in &lines {
        let never = ignored.never(line);
        assert_eq!(never == Some(Never::NotWeb), !is_web_address(line));
    }
    let once = tuned(text);
    assert_eq!(tuned(&once), once, "who tunes what is tuned changes nothing");
}

fn word(line: &str) {
    if let Ok(id) = line.parse::<TabId>() {
        assert_eq!(id.to_string(), line);
    }
    if let Some(role) = Role::from_name(line) {
        assert_eq!(role.as_str(), line);
    }
    if person_name(line).is_ok() {
        assert_eq!(name(line), Ok(()), "a person's name is a name");
    }
    if favicon_hash(line).is_ok() {
        assert_eq!(line.len(), 64);
    }
    let title = clean_title(line);
    assert_eq!(clean_title(&title), title, "a clean title stays as it is");
    assert!(!title.chars().any(char::is_control));
    if let Some(url) = clean_url(line) {
        assert_eq!(url, line);
    }
    let whole = of_tab(line);
    assert_eq!(of_tab(&whole), whole, "a whole address stays as it is");
    assert_eq!(of_relay(&of_relay(line)), of_relay(line));
    if let Page::Space(space) = Page::at(line) {
        assert_eq!(Page::at(&format!("/s/{space}")), Page::Space(space));
    }
    assert!(secret(line).is_none_or(|secret| line.ends_with(secret)));
    let written: String = pieces(line)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Place(place) => format!("{{{place}}}"),
        })
        .collect();
    assert_eq!(written, line, "the pieces of a message are the message");
    assert_eq!(fill(line, &[]), line);
    let _ = (form(line, "one"), Language::from_tag(line));
}

fn positions(lines: &[&str]) {
    let read =
        |line: &str| -> Position { serde_json::from_value(line.into()).expect("a position is a text") };
    let all: Vec<Position> = lines.iter().map(|line| read(line)).collect();
    for pair in all.windows(2) {
        let (low, high) = (&pair[0], &pair[1]);
        for (low, high) in [(Some(low), Some(high)), (Some(low), None), (None, Some(high))] {
            assert!(Position::between(low, high).is_valid());
            let spread = Position::spread(low, high, 5);
            assert!(spread.len() == 5 && spread.iter().all(Position::is_valid));
            assert!(spread.is_sorted(), "{spread:?}");
        }
        let inner = low.within(high);
        assert!(inner.is_valid() || inner == *low);
    }
}
