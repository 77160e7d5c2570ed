//! Words of a text: what is found is a word, or a part of one.
//!
//! Letters and digits make words, everything else stands between them. Scripts that put nothing between words
//! (Chinese, Japanese, Thai, Korean with its endings …) have long ones: those are found by any part. A picture such as
//! an emoji is a word of its own.

use std::ops::Range;

use super::fold::fold_into;

/// So many characters of a text count, those at its beginning.
pub(super) const TEXT_CHARS: usize = 2_000;

/// What a character is to a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It stands between words.
    Break,
    /// A letter or digit.
    Letter,
    /// A letter of a script without spaces.
    Unspaced,
    /// A word of its own.
    Picture,
    /// An accent and the like: it belongs to the word it stands in, and is nothing.
    Mark,
}

/// What a character is.
pub(super) fn kind(letter: char) -> Kind {
    match letter {
        '0'..='9' | 'a'..='z' | 'A'..='Z' | 'ª' | 'µ' | 'º' => Kind::Letter,
        '\u{ad}'
        | '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5bd}'
        | '\u{5bf}'
        | '\u{5c1}'
        | '\u{5c2}'
        | '\u{5c4}'
        | '\u{5c5}'
        | '\u{5c7}'
        | '\u{610}'..='\u{61a}'
        | '\u{640}'
        | '\u{64b}'..='\u{65f}'
        | '\u{670}'
        | '\u{6d6}'..='\u{6dc}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}'
        | '\u{feff}'
        | '\u{1f3fb}'..='\u{1f3ff}'
        | '\u{e0000}'..='\u{e0fff}' => Kind::Mark,
        '\0'..='\u{bf}'
        | '×'
        | '÷'
        | '\u{37e}'
        | '\u{387}'
        | '\u{55a}'..='\u{55f}'
        | '\u{589}'..='\u{5c6}'
        | '\u{5f3}'..='\u{60f}'
        | '\u{61b}'..='\u{61f}'
        | '\u{66a}'..='\u{66d}'
        | '\u{6d4}'
        | '\u{964}'
        | '\u{965}'
        | '\u{e4f}'
        | '\u{e5a}'
        | '\u{e5b}'
        | '\u{2000}'..='\u{205f}'
        | '\u{2e00}'..='\u{2e7f}'
        | '\u{3000}'..='\u{3004}'
        | '\u{3008}'..='\u{3020}'
        | '\u{3030}'
        | '\u{303d}'..='\u{3040}'
        | '\u{30a0}'
        | '\u{30fb}'
        | '\u{fe10}'..='\u{fe1f}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff0f}'
        | '\u{ff1a}'..='\u{ff20}'
        | '\u{ff3b}'..='\u{ff40}'
        | '\u{ff5b}'..='\u{ff65}'
        | '\u{fff0}'..='\u{ffff}' => Kind::Break,
        '\u{2070}'..='\u{2bff}' | '\u{1f000}'..='\u{1ffff}' => Kind::Picture,
        '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1100}'..='\u{11ff}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ffdf}'
        | '\u{20000}'..='\u{3ffff}' => Kind::Unspaced,
        _ => Kind::Letter,
    }
}

/// Says every word of a text, folded, and where it stands in the text.
pub(super) fn each_word(text: &str, say: &mut dyn FnMut(&str, Kind, Range<usize>)) {
    let mut word = String::new();
    let mut now = Kind::Break;
    let (mut start, mut end) = (0, 0);
    for (at, letter) in text.char_indices().take(TEXT_CHARS) {
        let next = kind(letter);
        let after = at + letter.len_utf8();
        if next == Kind::Mark {
            if !word.is_empty() {
                end = after;
            }
            continue;
        }
        if (next != now || next == Kind::Picture) && !word.is_empty() {
            say(&word, now, start..end);
            word.clear();
        }
        now = next;
        if next == Kind::Break {
            continue;
        }
        if word.is_empty() {
            start = at;
        }
        fold_into(letter, &mut word);
        end = after;
    }
    if !word.is_empty() {
        say(&word, now, start..end);
    }
}

/// The host and the rest of an address, without what all addresses of the web have. What an address carries in itself
/// (`data:`) is not looked at.
pub(super) fn parts(address: &str) -> (&str, &str) {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest))
            if scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') =>
        {
            (scheme, rest)
        }
        _ if address.starts_with("data:") => {
            let end = address.find(',').unwrap_or(address.len());
            return ("", &address[..end]);
        }
        _ => return ("", address),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.strip_prefix("www.").unwrap_or(host);
    if host.is_empty() || !scheme.starts_with("http") {
        return (host, address);
    }
    (host, path)
}

/// A path as people read it: `%C3%A9` is é. One that makes no sense stays as it is.
pub(super) fn readable(path: &str) -> Option<String> {
    if !path.contains('%') {
        return None;
    }
    let mut rest = path.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    while let [first, after @ ..] = rest {
        let coded = match rest {
            [b'%', high, low, ..] => digit(*high).zip(digit(*low)),
            _ => None,
        };
        if let Some((high, low)) = coded {
            bytes.push(high << 4 | low);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        each_word(text, &mut |word, _, span| {
            assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
            words.push(word.to_owned());
        });
        words
    }

    #[test]
    fn what_is_no_letter_stands_between_words() {
        assert_eq!(
            words("L'élève – snake_case, C++!"),
            ["l", "eleve", "snake", "case", "c"]
        );
        assert_eq!(words(""), Vec::<String>::new());
        assert_eq!(words(" \u{301}\u{fe0f} "), Vec::<String>::new());
        assert_eq!(words("e\u{301}t\u{e9}"), ["ete"]);
    }

    #[test]
    fn scripts_without_spaces_stand_apart_from_others_and_pictures_alone() {
        assert_eq!(words("東京Wiki、大阪"), ["東京", "wiki", "大阪"]);
        assert_eq!(words("🍕🍕 party👋🏽"), ["🍕", "🍕", "party", "👋"]);
    }

    #[test]
    fn an_address_is_a_host_and_a_path() {
        for (address, host, path) in [
            ("https://www.example.org/a?b", "example.org", "/a?b"),
            ("http://me:x@example.org:8080", "example.org:8080", ""),
            ("chrome://settings/x", "settings", "chrome://settings/x"),
            ("file:///etc", "", "file:///etc"),
            ("about:blank", "", "about:blank"),
            ("data:text/html,<p>", "", "data:text/html"),
            ("", "", ""),
        ] {
            assert_eq!(parts(address), (host, path), "{address}");
        }
    }

    #[test]
    fn a_path_is_read_as_people_write_it() {
        assert_eq!(
            readable("/wiki/%C3%89l%C3%A9phant").as_deref(),
            Some("/wiki/Éléphant")
        );
        assert_eq!(readable("/100%/%zz").as_deref(), Some("/100%/%zz"));
        assert_eq!(readable("/%ff"), None);
        assert_eq!(readable("/plain"), None);
    }
}
