//! Fractional positions: where a tab or group stands among its siblings.
//!
//! A position is a text whose byte order is the order of the list, and between any two there is always
//! another. So a move is one op that touches one thing, and moves made at the same time by different
//! people do not disturb each other. Equal positions are told apart by id.

use serde::{Deserialize, Serialize};

use crate::limits::POSITION_BYTES;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A place in an ordered list. It reads as the digits behind "0." in base 62; the last digit is not 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Position(String);

impl Position {
    /// Whether the text is one that [`Position::between`] could have made and is not too long.
    pub fn is_valid(&self) -> bool {
        let bytes = self.0.as_bytes();
        !bytes.is_empty()
            && bytes.len() <= POSITION_BYTES
            && bytes.last() != Some(&b'0')
            && bytes.iter().all(|byte| DIGITS.contains(byte))
    }

    /// The position of the first thing in an empty list.
    pub fn first() -> Self {
        Self::between(None, None)
    }

    /// A position after `low` and before `high`; an open end is `None`. Bounds in the wrong order, equal
    /// or not valid are treated as far as they make sense: the result is always valid, and lies after
    /// `low` when it cannot lie between.
    pub fn between(low: Option<&Self>, high: Option<&Self>) -> Self {
        let (low, high) = sensible(low, high);
        match (low, high) {
            (Some(low), None) => return after(low),
            (None, Some(high)) => return before(high),
            _ => {}
        }
        let low_digit = |at: usize| {
            low.and_then(|low| low.0.as_bytes().get(at))
                .map_or(0, |byte| value(*byte))
        };
        let mut bound = high.map(|high| high.0.as_bytes());
        let mut text = Vec::new();
        for at in 0..POSITION_BYTES {
            let from = low_digit(at);
            let to = bound.map_or(62, |bytes| bytes.get(at).map_or(0, |byte| value(*byte)));
            if to > from + 1 {
                text.push(DIGITS[usize::midpoint(from, to)]);
                return Self(text.into_iter().map(char::from).collect());
            }
            text.push(DIGITS[from]);
            if to > from {
                bound = None;
            }
        }
        // Too deep to lie between: stand beside `low`; the id decides the order.
        low.cloned().unwrap_or_else(|| Self("U".to_owned()))
    }

    /// `count` positions in rising order between two bounds, short and evenly spread. Bounds that make no
    /// sense are treated as by [`Position::between`].
    pub fn spread(low: Option<&Self>, high: Option<&Self>, count: usize) -> Vec<Self> {
        let mut positions = Vec::with_capacity(count);
        let (low, high) = sensible(low, high);
        fill(low, high, count, &mut positions);
        positions
    }

    /// The place of something that stood at `inner` in a list that itself stood at this position, when the
    /// list is dissolved: order inside is kept, and all stay where the list was.
    pub fn within(&self, inner: &Self) -> Self {
        let joined = Self(format!("{}{}", self.0, inner.0));
        if joined.is_valid() { joined } else { self.clone() }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The bounds that are valid and in order: positions come from outside and may be anything.
fn sensible<'a>(
    low: Option<&'a Position>,
    high: Option<&'a Position>,
) -> (Option<&'a Position>, Option<&'a Position>) {
    let low = low.filter(|position| position.is_valid());
    let high = high.filter(|position| position.is_valid() && low.is_none_or(|low| low < *position));
    (low, high)
}

/// Digits that are counted as one number at an open end, so that a list grows there for long without its
/// positions growing: 62^4 appends cost four digits.
const WINDOW: u32 = 4;
const WINDOW_END: usize = 62_usize.pow(WINDOW);

fn window(digits: &[u8]) -> usize {
    (0..WINDOW as usize).fold(0, |number, at| {
        number * 62 + digits.get(at).map_or(0, |byte| value(*byte))
    })
}

/// The position made of a run of one digit and a number behind it; trailing zeros say nothing and go.
fn run_and_number(run: u8, length: usize, number: usize) -> Position {
    let mut text = vec![run; length];
    text.extend((0..WINDOW).rev().map(|at| DIGITS[number / 62_usize.pow(at) % 62]));
    while text.last() == Some(&b'0') {
        text.pop();
    }
    Position(text.into_iter().map(char::from).collect())
}

/// A position after this one, near it.
fn after(low: &Position) -> Position {
    let bytes = low.0.as_bytes();
    let run = bytes.iter().take_while(|byte| **byte == b'z').count();
    let number = window(&bytes[run..]) + 1;
    let next = if number < WINDOW_END {
        run_and_number(b'z', run, number)
    } else {
        run_and_number(b'z', run + WINDOW as usize, 1)
    };
    if next.is_valid() { next } else { low.clone() }
}

/// A position before this one, near it.
fn before(high: &Position) -> Position {
    let bytes = high.0.as_bytes();
    let run = bytes.iter().take_while(|byte| **byte == b'0').count();
    let number = window(&bytes[run..]).saturating_sub(1);
    let next = if number > 0 {
        run_and_number(b'0', run, number)
    } else {
        run_and_number(b'0', run + WINDOW as usize, WINDOW_END - 1)
    };
    if next.is_valid() { next } else { high.clone() }
}

/// Halving keeps the texts short: their length grows with the logarithm of the count.
fn fill(low: Option<&Position>, high: Option<&Position>, count: usize, into: &mut Vec<Position>) {
    if count == 0 {
        return;
    }
    let middle = if low.is_none() && high.is_none() {
        Position("V".to_owned())
    } else {
        midpoint(low, high)
    };
    fill(low, Some(&middle), count / 2, into);
    into.push(middle.clone());
    fill(Some(&middle), high, count - count / 2 - 1, into);
}

/// The middle of the interval, where `between` would stay near the closed end.
fn midpoint(low: Option<&Position>, high: Option<&Position>) -> Position {
    let floor = Position("0".to_owned());
    match (low, high) {
        (None, Some(high)) => {
            let digit = first_digit(high) / 2;
            if digit > 0 {
                Position(char::from(DIGITS[digit]).to_string())
            } else {
                Position::between(Some(&floor), Some(high))
            }
        }
        (Some(low), None) => {
            let digit = usize::midpoint(first_digit(low), 62);
            let candidate = Position(char::from(DIGITS[digit.min(61)]).to_string());
            if candidate > *low {
                candidate
            } else {
                Position::between(Some(low), None)
            }
        }
        _ => Position::between(low, high),
    }
}

fn first_digit(position: &Position) -> usize {
    position.0.as_bytes().first().map_or(0, |byte| value(*byte))
}

fn value(digit: u8) -> usize {
    DIGITS.iter().position(|letter| *letter == digit).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_position() -> impl Strategy<Value = Position> {
        "[0-9A-Za-z]{0,12}[1-9A-Za-z]".prop_map(Position)
    }

    proptest! {
        #[test]
        fn between_lies_between(a in any_position(), b in any_position()) {
            prop_assume!(a != b);
            let (low, high) = if a < b { (a, b) } else { (b, a) };
            let middle = Position::between(Some(&low), Some(&high));
            prop_assert!(middle.is_valid());
            prop_assert!(low < middle && middle < high, "{low:?} {middle:?} {high:?}");
            prop_assert!(Position::between(Some(&high), None) > high);
            prop_assert!(Position::between(None, Some(&low)) < low);
        }

        #[test]
        fn any_bounds_give_valid_positions(
            a in prop::option::of(".{0,100}"),
            b in prop::option::of(".{0,100}"),
            count in 0_usize..50,
        ) {
            let (low, high) = (a.map(Position), b.map(Position));
            prop_assert!(Position::between(low.as_ref(), high.as_ref()).is_valid());
            let all = Position::spread(low.as_ref(), high.as_ref(), count);
            prop_assert_eq!(all.len(), count);
            prop_assert!(all.iter().all(Position::is_valid));
        }

        #[test]
        fn spread_rises_within_its_bounds(count in 0_usize..600, a in any_position(), b in any_position()) {
            prop_assume!(a != b);
            let (low, high) = if a < b { (a, b) } else { (b, a) };
            let all = Position::spread(Some(&low), Some(&high), count);
            prop_assert_eq!(all.len(), count);
            prop_assert!(all.iter().all(|position| position.is_valid() && *position > low && *position < high));
            prop_assert!(all.is_sorted_by(|x, y| x < y));
        }
    }

    #[test]
    fn a_spread_list_has_short_positions() {
        let all = Position::spread(None, None, 1_000);
        assert!(all.is_sorted_by(|x, y| x < y));
        assert!(
            all.iter()
                .all(|position| position.is_valid() && position.as_str().len() <= 6)
        );
    }

    #[test]
    fn growing_ten_thousand_times_at_either_end_stays_ordered_and_short() {
        let mut last = Position::first();
        for _ in 0..10_000 {
            let next = Position::between(Some(&last), None);
            assert!(next.is_valid() && next > last, "{last:?} {next:?}");
            last = next;
        }
        assert!(last.as_str().len() <= 6, "{last:?}");
        for _ in 0..10_000 {
            let next = Position::between(None, Some(&last));
            assert!(next.is_valid() && next < last, "{last:?} {next:?}");
            last = next;
        }
        assert!(last.as_str().len() <= 12, "{last:?}");
    }
}
