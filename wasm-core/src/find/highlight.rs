//! Where in a text is what was sought.

use std::ops::Range;

use super::closeness::{Closeness, Word};
use super::fold::fold_into;
use super::words::{Kind, TEXT_CHARS, each_word, kind};

/// The ranges of bytes, in order and apart. For each word those that are closest to it are meant: who finds the very
/// word does not want to see others like it.
pub(super) fn ranges(words: &[Word], text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for word in words {
        let mut closest: Option<Closeness> = None;
        let mut here = Vec::new();
        each_word(text, &mut |there, _: Kind, span| {
            let Some(closeness) = word.closeness(there) else {
                return;
            };
            if closest.is_none_or(|closest| closeness < closest) {
                closest = Some(closeness);
                here.clear();
            }
            if closest == Some(closeness)
                && let Some(part) = word.part(there)
            {
                here.push(part_of(text, span, part));
            }
        });
        for range in here {
            let at = found.partition_point(|other| other.start <= range.start);
            found.insert(at, range);
        }
    }
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for range in found {
        match apart.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

/// The characters of a word in the text that a part of the folded word comes from, with the accents behind them.
fn part_of(text: &str, word: Range<usize>, part: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (word.end, word.start);
    let (mut folded, mut before) = (String::new(), 0);
    let first = word.start;
    for (at, letter) in text[word].char_indices().take(TEXT_CHARS) {
        if kind(letter) != Kind::Mark {
            before = folded.len();
            fold_into(letter, &mut folded);
        }
        if before < part.end && folded.len() > part.start {
            start = start.min(first + at);
            end = first + at + letter.len_utf8();
        }
    }
    start.min(end)..end
}
