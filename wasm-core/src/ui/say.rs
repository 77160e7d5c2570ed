//! Words, plurals, numbers and times in the person's language.
//!
//! The language is chosen once when a page starts ([`speak`]); changing it in the options reloads the page.
//! The formatters are the browser's own (`Intl`).

use std::cell::RefCell;

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use protocol::{Millis, Refusal};
use wasm_bindgen::{JsCast, JsValue};
use yew::prelude::*;

use crate::ask::Problem;
use crate::language::{Key, Language, Piece, fill, form, key_of, pieces};
use crate::ui::clock;

struct Voice {
    language: Language,
    plurals: Intl::PluralRules,
    number: Function,
    relative: Intl::RelativeTimeFormat,
    clock: Function,
    day: Function,
    date: Function,
}

thread_local! {
    static VOICE: RefCell<Option<Voice>> = const { RefCell::new(None) };
}

const MINUTE: f64 = 60_000.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

fn options(pairs: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in pairs {
        // Setting a property of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    object
}

/// Speaks this language from now on.
pub fn speak(language: Language) {
    let tag = Array::of1(&JsValue::from_str(language.tag()));
    let dates = |pairs: &[(&str, &str)]| Intl::DateTimeFormat::new(&tag, &options(pairs)).format();
    let voice = Voice {
        language,
        plurals: Intl::PluralRules::new(&tag, &Object::new()),
        number: Intl::NumberFormat::new(&tag, &Object::new()).format(),
        relative: Intl::RelativeTimeFormat::new(&tag, &options(&[("numeric", "auto")])),
        clock: dates(&[("hour", "numeric"), ("minute", "2-digit")]),
        day: dates(&[("weekday", "short")]),
        date: dates(&[("day", "numeric"), ("month", "short")]),
    };
    VOICE.with_borrow_mut(|slot| *slot = Some(voice));
}

/// The language that is spoken.
pub fn language() -> Language {
    VOICE.with_borrow(|voice| voice.as_ref().map_or(Language::En, |voice| voice.language))
}

/// A message without places.
pub fn say(key: Key) -> &'static str {
    language().text(key)
}

/// A message with its places filled.
pub fn say_with(key: Key, values: &[(&str, &str)]) -> String {
    fill(say(key), values)
}

/// A message in the plural form for `count`, which also fills the place `count`.
pub fn count(key: Key, count: usize, values: &[(&str, &str)]) -> String {
    let number = number(count);
    let mut all = vec![("count", number.as_str())];
    all.extend_from_slice(values);
    fill(plural(key, count), &all)
}

fn plural(key: Key, count: usize) -> &'static str {
    #[expect(clippy::cast_precision_loss, reason = "counts on a screen are small")]
    let category = VOICE.with_borrow(|voice| {
        voice.as_ref().map_or_else(String::new, |voice| {
            String::from(voice.plurals.select(count as f64))
        })
    });
    form(say(key), &category)
}

/// A message whose places are filled with markup.
pub fn rich(key: Key, values: &[(&str, Html)]) -> Html {
    pieces(say(key))
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => html! { {text} },
            Piece::Place(name) => values
                .iter()
                .find(|(place, _)| *place == name)
                .map_or_else(Html::default, |(_, value)| value.clone()),
        })
        .collect()
}

/// A number.
pub fn number(value: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "numbers on a screen are small")]
    format_with(|voice| &voice.number, &JsValue::from_f64(value as f64)).unwrap_or_else(|| value.to_string())
}

/// A number with one digit behind the point, if that is not 0.
pub fn tenths(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    format_with(|voice| &voice.number, &JsValue::from_f64(rounded)).unwrap_or_else(|| rounded.to_string())
}

fn format_with(pick: impl Fn(&Voice) -> &Function, value: &JsValue) -> Option<String> {
    VOICE.with_borrow(|voice| {
        pick(voice.as_ref()?)
            .call1(&JsValue::UNDEFINED, value)
            .ok()?
            .as_string()
    })
}

#[expect(clippy::cast_precision_loss, reason = "a time in milliseconds fits a double")]
fn date(time: Millis) -> Date {
    Date::new(&JsValue::from_f64(time.0 as f64))
}

/// The time of day, with the date when it was not today.
pub fn time_of(time: Millis) -> String {
    let date = date(time);
    let clock_text = format_with(|voice| &voice.clock, date.unchecked_ref()).unwrap_or_default();
    if date.to_date_string() == clock::today().to_date_string() {
        return clock_text;
    }
    let day = format_with(|voice| &voice.date, date.unchecked_ref()).unwrap_or_default();
    say_with(Key::DayAndTime, &[("day", &day), ("time", &clock_text)])
}

/// How long ago, in short: "5 minutes ago", "yesterday", a weekday, or a date.
#[expect(
    clippy::cast_precision_loss,
    reason = "a duration in milliseconds fits a double"
)]
pub fn ago(time: Millis) -> String {
    let past = clock::now().since(time) as f64;
    if past < MINUTE {
        return say(Key::JustNow).to_owned();
    }
    if past < DAY {
        return relative(-past);
    }
    let date = date(time);
    let pick: fn(&Voice) -> &Function = if past < 6.0 * DAY {
        |voice| &voice.day
    } else {
        |voice| &voice.date
    };
    format_with(pick, date.unchecked_ref()).unwrap_or_default()
}

/// When something will be, in words: "in 7 days".
#[expect(
    clippy::cast_precision_loss,
    reason = "a duration in milliseconds fits a double"
)]
pub fn ahead(time: Millis) -> String {
    relative(time.since(clock::now()) as f64)
}

fn relative(milliseconds: f64) -> String {
    let size = milliseconds.abs();
    let (value, unit) = if size < HOUR - MINUTE / 2.0 {
        (milliseconds / MINUTE, "minute")
    } else if size < DAY - HOUR / 2.0 {
        (milliseconds / HOUR, "hour")
    } else {
        (milliseconds / DAY, "day")
    };
    VOICE.with_borrow(|voice| {
        voice.as_ref().map_or_else(String::new, |voice| {
            String::from(voice.relative.format(value.round(), unit))
        })
    })
}

/// A refusal in words: by its code; the relay's own sentence for a code this version does not know.
pub fn refusal(refusal: &Refusal) -> String {
    let key = key_of(refusal.code);
    if key == Key::CodeUnknown && !refusal.message.is_empty() {
        refusal.message.clone()
    } else {
        say(key).to_owned()
    }
}

/// Why something was not done, in words.
pub fn problem(problem: &Problem) -> String {
    match problem {
        Problem::Refused(reason) => refusal(reason),
        Problem::RelayAway { relay } => say_with(Key::RelayAway, &[("relay", relay)]),
        Problem::NotARelay { relay } => say_with(Key::NotARelay, &[("relay", relay)]),
        #[cfg(not(feature = "popup"))]
        Problem::KnownAlready => say(Key::KnownAlready).to_owned(),
        Problem::RelayInUse { relay } => say_with(Key::RelayInUse, &[("relay", relay)]),
        Problem::NotCapturable => say(Key::NotCapturable).to_owned(),
        Problem::TabKeptOut => say(Key::TabKeptOut).to_owned(),
        Problem::NeedsClick => say(Key::NeedsClick).to_owned(),
        Problem::CaptureFailed(words) => say_with(Key::CaptureFailed, &[("words", words)]),
        Problem::NotShared => say(Key::NotShared).to_owned(),
        Problem::NoSuchSpace => say(Key::NoSuchSpaceHere).to_owned(),
        Problem::NoSuchPoint => say(Key::NoSuchPoint).to_owned(),
        Problem::NotSaved(words) => say_with(Key::NotSavedWords, &[("words", words)]),
        Problem::Incognito => say(Key::Incognito).to_owned(),
        Problem::NothingToOpen => say(Key::NothingToOpen).to_owned(),
        Problem::NothingToSave => say(Key::NothingToSave).to_owned(),
        Problem::Ignored => say(Key::NeverSavedHere).to_owned(),
    }
}
