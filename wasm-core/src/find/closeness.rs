//! How close a word that is sought is to one that is there.

use std::ops::Range;

use super::words::Kind;

/// Longer words are compared letter by letter only.
const LONGEST_TYPO: usize = 32;
/// From so many letters on a word may have one edit, and two.
const ONE_EDIT: usize = 4;
const TWO_EDITS: usize = 8;
/// From so many letters on a word is also found inside another.
const INSIDE: usize = 3;

/// How close two words are, the closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Closeness {
    /// They are the same.
    Exact,
    /// The one that is there begins with the other.
    Prefix,
    /// The other is inside it.
    Inside,
    /// One letter is missing, too much, another one, or changed places with the next.
    OneEdit,
    /// Two of these.
    TwoEdits,
}

/// A word that is sought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    text: String,
    letters: Vec<char>,
    letters_in: u64,
    edits: u8,
    inside: bool,
    /// It is still being typed: what is typed so far may have a typo, too.
    typing: bool,
}

impl Word {
    pub(super) fn new(text: &str, kind: Kind, typing: bool) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let may_err = kind == Kind::Letter
            && letters.len() <= LONGEST_TYPO
            // Another number is another number.
            && !letters.iter().all(char::is_ascii_digit);
        let edits = match letters.len() {
            TWO_EDITS.. if may_err => 2,
            ONE_EDIT.. if may_err => 1,
            _ => 0,
        };
        Self {
            text: text.to_owned(),
            letters_in: letters_in(text),
            edits,
            inside: kind == Kind::Unspaced || letters.len() >= INSIDE,
            typing,
            letters,
        }
    }

    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a word with these letters may be close at all. Saves looking at most of them.
    pub(super) fn may_be_in(&self, letters: u64) -> bool {
        (self.letters_in & !letters).count_ones() <= u32::from(self.edits)
    }

    /// How close this is to a word that is there; `None` when they have nothing to do with each other.
    pub(super) fn closeness(&self, there: &str) -> Option<Closeness> {
        if there.starts_with(&self.text) {
            return Some(if there.len() == self.text.len() {
                Closeness::Exact
            } else {
                Closeness::Prefix
            });
        }
        if self.inside && there.contains(&self.text) {
            return Some(Closeness::Inside);
        }
        match self.edits_to(there)?.0 {
            1 => Some(Closeness::OneEdit),
            _ => Some(Closeness::TwoEdits),
        }
    }

    /// The part of a word that is meant, in bytes of it.
    pub(super) fn part(&self, there: &str) -> Option<Range<usize>> {
        if (self.inside || there.starts_with(&self.text))
            && let Some(at) = there.find(&self.text)
        {
            return Some(at..at + self.text.len());
        }
        let (_, letters) = self.edits_to(there)?;
        let end = there
            .char_indices()
            .nth(letters)
            .map_or(there.len(), |(at, _)| at);
        Some(0..end)
    }

    /// The fewest edits between this and a word, or its beginning while this is being typed, and how many letters
    /// of it that takes; `None` when they are too many. Whoever types a beginning has its first letter right.
    fn edits_to(&self, there: &str) -> Option<(u8, usize)> {
        if self.edits == 0 {
            return None;
        }
        let (most, sought) = (usize::from(self.edits), self.letters.len());
        let mut letters = ['\0'; LONGEST_TYPO + 2];
        let mut count = 0;
        for letter in there.chars().take(sought + most) {
            *letters.get_mut(count)? = letter;
            count += 1;
        }
        let letters = &letters[..count];
        let begins = self.typing && letters.first() == self.letters.first();
        let whole = there.chars().nth(count).is_none();
        if count + most < sought || !(begins || whole) {
            return None;
        }
        self.edits_to_letters(letters, begins, whole)
    }

    /// The table of edits, row by row: optimal string alignment.
    fn edits_to_letters(&self, letters: &[char], begins: bool, whole: bool) -> Option<(u8, usize)> {
        let sought = self.letters.len();
        let mut rows = [[0_u8; LONGEST_TYPO + 1]; 3];
        for (at, cell) in (0..).zip(&mut rows[0]) {
            *cell = at;
        }
        let mut best: Option<(u8, usize)> = None;
        for (at, letter) in letters.iter().enumerate() {
            let [now, before, earlier] = [(at + 1) % 3, at % 3, (at + 2) % 3];
            let mut least = u8::try_from(at + 1).ok()?;
            rows[now][0] = least;
            for (i, wanted) in self.letters.iter().enumerate() {
                let mut cost = rows[before][i] + u8::from(wanted != letter);
                cost = cost.min(rows[before][i + 1] + 1).min(rows[now][i] + 1);
                if i > 0 && at > 0 && *wanted == letters[at - 1] && self.letters[i - 1] == *letter {
                    cost = cost.min(rows[earlier][i - 1] + 1);
                }
                rows[now][i + 1] = cost;
                least = least.min(cost);
            }
            if least > self.edits {
                break;
            }
            let edits = rows[now][sought];
            let counts = begins || (whole && at + 1 == letters.len());
            if counts && edits <= self.edits && best.is_none_or(|(fewest, _)| edits < fewest) {
                best = Some((edits, at + 1));
            }
        }
        best
    }
}

/// Which letters are in a word, a bit each: those of other scripts share bits.
pub(super) fn letters_in(word: &str) -> u64 {
    word.chars().fold(0, |letters, letter| {
        let bit = match letter {
            'a'..='z' => u32::from(letter) - u32::from('a'),
            '0'..='9' => 26 + u32::from(letter) - u32::from('0'),
            other => 36 + u32::from(other) % 28,
        };
        letters | 1 << bit
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sought(text: &str) -> Word {
        Word::new(text, Kind::Letter, false)
    }

    fn typing(text: &str) -> Word {
        Word::new(text, Kind::Letter, true)
    }

    #[test]
    fn the_closest_way_counts() {
        for (word, there, closeness) in [
            ("github", "github", Some(Closeness::Exact)),
            ("git", "github", Some(Closeness::Prefix)),
            ("hub", "github", Some(Closeness::Inside)),
            ("hu", "github", None),
            ("gihtub", "github", Some(Closeness::OneEdit)),
            ("githb", "github", Some(Closeness::OneEdit)),
            ("gitthub", "github", Some(Closeness::OneEdit)),
            ("hithub", "github", Some(Closeness::OneEdit)),
            ("gthb", "github", None),
            ("cta", "cat", None),
            ("tset", "test", Some(Closeness::OneEdit)),
            ("documantetion", "documentation", Some(Closeness::TwoEdits)),
            ("docmantetion", "documentation", None),
            ("2024", "2025", None),
            ("githb", "githubs", None),
        ] {
            assert_eq!(sought(word).closeness(there), closeness, "{word} and {there}");
        }
    }

    #[test]
    fn what_is_being_typed_may_have_a_typo_already() {
        assert_eq!(
            typing("docuemn").closeness("documentation"),
            Some(Closeness::OneEdit)
        );
        assert_eq!(sought("docuemn").closeness("documentation"), None);
        assert_eq!(
            typing("cocum").closeness("documentation"),
            None,
            "the first letter is right"
        );
        assert_eq!(typing("docuemn").part("documentation"), Some(0..7));
    }

    #[test]
    fn the_part_that_is_meant_is_told() {
        assert_eq!(sought("hub").part("github"), Some(3..6));
        assert_eq!(sought("git").part("github"), Some(0..3));
        assert_eq!(sought("gihtub").part("github"), Some(0..6));
        assert_eq!(
            Word::new("京都", Kind::Unspaced, false).part("東京都"),
            Some(3..9)
        );
        assert_eq!(sought("wiki").part("github"), None);
    }

    #[test]
    fn a_word_that_may_be_close_has_its_letters() {
        for (word, there) in [
            ("hub", "github"),
            ("gihtub", "github"),
            ("hithub", "github"),
            ("документ", "документы"),
        ] {
            assert!(sought(word).may_be_in(letters_in(there)), "{word} and {there}");
        }
        assert!(!sought("wiki").may_be_in(letters_in("github")));
    }
}
