//! What TabSpace says, in English and French.
//!
//! Every message is a [`Key`]; each language is one file. A message that a language lacks does not compile,
//! one that only a language has is a warning, and the words that a build never says are not in it. `{name}` is a place to fill; `one|other` are the forms of a plural, chosen by
//! `Intl.PluralRules` in the page. Choosing the language, plurals, numbers and times is `ui::say`'s task.
//!
//! The tests below fail for a message that nothing says, and for places that differ between the languages.

/// The words of a language, each under its message's name.
macro_rules! words {
    ($($name:ident = $words:literal,)*) => {$(
        #[expect(non_upper_case_globals, reason = "a message is named like a variant")]
        pub(super) const $name: &str = $words;
    )*};
}
use words;

mod code;
mod en;
mod fr;
mod key;
mod message;

pub use code::key_of;
pub use message::Key;

/// A language of the user interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// French.
    Fr,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// The language of a BCP 47 tag (`fr-CA`); English for one that is not known.
    pub fn from_tag(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("fr") {
            Self::Fr
        } else {
            Self::En
        }
    }

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// The message, not filled in.
    pub const fn text(self, key: Key) -> &'static str {
        key.text(self)
    }
}

/// A piece of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// As it stands.
    Text(&'a str),
    /// A place to fill, by its name.
    Place(&'a str),
}

/// The pieces of a message, in order. A brace without a partner is text.
pub fn pieces(message: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((place, after)) = after.split_once('}') else {
            break;
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Place(place));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The message with its places filled; a place without a value stays as it is written.
pub fn fill(message: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(message.len() + 16);
    for piece in pieces(message) {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Place(name) => {
                if let Some((_, value)) = values.iter().find(|(place, _)| *place == name) {
                    text.push_str(value);
                } else {
                    text.extend(["{", name, "}"]);
                }
            }
        }
    }
    text
}

/// The form of a plural message for a category of `Intl.PluralRules`: the first for `one`, else the last.
pub fn form<'a>(message: &'a str, category: &str) -> &'a str {
    match message.split_once('|') {
        Some((one, _)) if category == "one" => one,
        Some((_, other)) => other,
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use protocol::Code;

    fn places(message: &str) -> BTreeSet<&str> {
        pieces(message)
            .into_iter()
            .filter_map(|piece| {
                if let Piece::Place(name) = piece {
                    Some(name)
                } else {
                    None
                }
            })
            .collect()
    }

    fn sources(folder: &Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).expect("the sources are there") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                if !path.ends_with("language") {
                    sources(&path, into);
                }
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                into.push_str(&std::fs::read_to_string(&path).expect("text"));
            }
        }
    }

    #[test]
    fn both_languages_fill_the_same_places_and_have_the_same_forms() {
        for &key in Key::ALL {
            let (en, fr) = (Language::En.text(key), Language::Fr.text(key));
            assert!(
                !en.trim().is_empty() && !fr.trim().is_empty(),
                "{} is empty",
                key.name()
            );
            assert_eq!(
                en.matches('|').count(),
                fr.matches('|').count(),
                "{} has other plural forms",
                key.name()
            );
            for (en, fr) in en.split('|').zip(fr.split('|')) {
                assert_eq!(places(en), places(fr), "{} fills other places", key.name());
            }
        }
    }

    #[test]
    fn every_message_is_said_somewhere() {
        let mut text = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
        let codes: BTreeSet<_> = Code::ALL
            .iter()
            .chain([&Code::Unknown])
            .map(|code| key_of(*code).name())
            .collect();
        let said: BTreeSet<&str> = text
            .split("Key::")
            .skip(1)
            .map(|rest| {
                rest.split(|letter: char| !letter.is_alphanumeric())
                    .next()
                    .unwrap_or_default()
            })
            .collect();
        let unused: Vec<_> = Key::ALL
            .iter()
            .map(|key| key.name())
            .filter(|name| !codes.contains(name) && !said.contains(name))
            .collect();
        assert!(unused.is_empty(), "nothing says {unused:?}");
    }

    #[test]
    fn every_code_has_its_own_sentence() {
        let keys: BTreeSet<_> = Code::ALL.iter().map(|code| key_of(*code).name()).collect();
        assert_eq!(keys.len(), Code::ALL.len());
        assert!(!keys.contains(key_of(Code::Unknown).name()));
    }

    #[test]
    fn places_are_filled_and_stray_braces_stay() {
        assert_eq!(
            fill("{who} streams {what}", &[("who", "Ada"), ("what", "{who}")]),
            "Ada streams {who}"
        );
        assert_eq!(fill("a { b", &[]), "a { b");
        assert_eq!(fill("{gone}", &[]), "{gone}");
        assert_eq!(
            (form("{n} tab|{n} tabs", "one"), form("{n} tab|{n} tabs", "many")),
            ("{n} tab", "{n} tabs")
        );
    }

    #[test]
    fn a_tag_names_a_language() {
        assert_eq!(Language::from_tag("fr-CA"), Language::Fr);
        assert_eq!(Language::from_tag("de"), Language::En);
    }
}
