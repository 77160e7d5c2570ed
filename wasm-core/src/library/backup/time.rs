//! Moments as people read them, by ISO 8601: `2026-11-25T18:00:00.000Z`.

use std::ops::RangeInclusive;

use protocol::Millis;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The moments that can be written: the years 0 to 9999.
pub const TIMES: RangeInclusive<Millis> = Millis(-62_167_219_200_000)..=Millis(253_402_300_799_999);

/// The moment; one out of [`TIMES`] becomes the nearest in it.
pub(super) fn write(time: Millis) -> String {
    let ms = time.clamp(*TIMES.start(), *TIMES.end()).0;
    let (year, month, day) = date(ms.div_euclid(DAY_MS));
    let rest = ms.rem_euclid(DAY_MS);
    let (hours, minutes) = (rest / 3_600_000, rest / 60_000 % 60);
    let (seconds, thousandths) = (rest / 1_000 % 60, rest % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{thousandths:03}Z")
}

/// The day of a moment, as `2026-11-25`.
pub fn day_of(time: Millis) -> String {
    write(time).chars().take(10).collect()
}

/// The moment that [`write()`] wrote; `None` for any other text.
pub(super) fn read(text: &str) -> Option<Millis> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok().map(i64::from);
    let days = days(number(0..4)?, number(5..7)?, number(8..10)?);
    let clock = number(11..13)? * 3_600_000 + number(14..16)? * 60_000;
    let time = Millis(days * DAY_MS + clock + number(17..19)? * 1_000 + number(20..23)?);
    // Only what would be written like this is a moment.
    (write(time) == text).then_some(time)
}

/// Year, month and day of a number of days since 1970-01-01, by Howard Hinnant's `civil_from_days`.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Days since 1970-01-01, by Howard Hinnant's `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let of_era = year.rem_euclid(400);
    let of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_123, "2000-02-29T00:00:00.123Z"),
            (TIMES.start().0, "0000-01-01T00:00:00.000Z"),
            (TIMES.end().0, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(write(Millis(ms)), text);
            assert_eq!(read(text), Some(Millis(ms)));
        }
        assert_eq!(write(Millis(i64::MAX)), "9999-12-31T23:59:59.999Z");
        assert_eq!(day_of(Millis(0)), "1970-01-01");
        for wrong in [
            "",
            "yesterday",
            "2026-02-30T00:00:00.000Z",
            "1970-01-01T00:00:00.000",
            "1970-01-01Té0:00:00.000Z",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn days_of_ten_thousand_years_read_back() {
        for day in (TIMES.start().0 / DAY_MS..=TIMES.end().0 / DAY_MS).step_by(13) {
            let noon = Millis(day * DAY_MS + 43_200_001);
            assert_eq!(read(&write(noon)), Some(noon));
        }
    }
}
