//! Which of what was found comes first.
//!
//! First how well it matches, each word for itself: the very word before one that begins so, before one that has it
//! inside, before one with a typo; in the title before tags and group, host, space, note, and path. Among equals what
//! is used much and was seen lately, then what was seen last, then the order of the keys.

use protocol::Millis;

use super::closeness::Closeness;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Being used more often than this changes nothing.
const MOST_USES: u32 = 1_000;

/// Where a word stands. The order is that of their points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    Tag,
    Group,
    Host,
    Space,
    Note,
    Path,
}

/// Points of the fields, by the number of each.
const FIELDS: [u16; 7] = [8, 7, 6, 5, 4, 3, 0];

impl Field {
    /// Its bit among those of all fields in which a word stands.
    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Points of a word in the best of these fields; never 0.
pub(super) fn points(closeness: Closeness, fields: u8) -> u16 {
    let close = match closeness {
        Closeness::Exact => 25,
        Closeness::Prefix => 21,
        Closeness::Inside => 15,
        Closeness::OneEdit => 3,
        Closeness::TwoEdits => 1,
    };
    let best = FIELDS.get(fields.trailing_zeros() as usize);
    close + best.copied().unwrap_or(0)
}

/// How much it is used, and how lately. A day of the future is today.
pub(super) fn habit(now: Millis, seen: Millis, uses: u32) -> u32 {
    let weight = match now.0.saturating_sub(seen.0) / DAY_MS {
        ..4 => 100,
        4..14 => 70,
        14..31 => 50,
        31..90 => 30,
        _ => 10,
    };
    weight * (1 + uses.min(MOST_USES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_comes_behind_everything_that_is_there_as_typed() {
        let fields = [Field::Title, Field::Host, Field::Path];
        let typos = fields.map(|field| points(Closeness::OneEdit, field.bit()));
        let typed = fields.map(|field| points(Closeness::Inside, field.bit()));
        assert!(typos.iter().max() < typed.iter().min());
        assert!(typos.is_sorted_by(|one, other| one > other));
    }

    #[test]
    fn the_closer_word_and_the_better_field_count_more() {
        let closeness = [
            Closeness::Exact,
            Closeness::Prefix,
            Closeness::Inside,
            Closeness::OneEdit,
            Closeness::TwoEdits,
        ];
        let in_title = closeness.map(|closeness| points(closeness, Field::Title.bit()));
        assert!(in_title.is_sorted_by(|one, other| one > other));
        assert_eq!(
            points(Closeness::Exact, Field::Path.bit() | Field::Title.bit()),
            points(Closeness::Exact, Field::Title.bit())
        );
    }

    #[test]
    fn habits_fade() {
        let day = |days: i64| Millis(days * DAY_MS);
        assert!(habit(day(100), day(99), 0) > habit(day(100), day(50), 1));
        assert!(habit(day(100), day(50), 10) > habit(day(100), day(99), 0));
        assert_eq!(habit(day(1), day(100), 3), habit(day(100), day(100), 3));
        assert!(habit(Millis(i64::MAX), Millis(i64::MIN), u32::MAX) > 0);
    }
}
